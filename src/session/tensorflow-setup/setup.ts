import { readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { BUILT_FILE, isBuilt, keptFolder, type BuiltTensorFlow, type TensorFlowPackage } from '../../classify/tensorflow/kept-folder.ts';
import { EmagentError } from '../../contract/errors.ts';
import { packageRoot } from '../../lib/package-root.ts';
import { linkInstalled } from './link-installed.ts';
import { checkRequirements, nodeHeaders, wheelPlatform } from './requirements.ts';
import { runProgram } from './run-program.ts';
import { cudaRequirements, fetchWheel, lastError, unpackWheel } from './wheel.ts';

/** The release that was tried with tfjs-node 4.22. */
const TENSORFLOW_VERSION = '2.21.0';
const NODE_GYP_TASKS = ['npm', ['exec', '--no', '--', 'node-pre-gyp', 'rebuild', '--build-from-source']] as const;

export interface SetupOptions {
  /** tfjs-node-gpu with the wheel for CUDA and CUDA's libraries; else tfjs-node with the wheel for the CPU. */
  readonly gpu: boolean;
  /** A wheel that is already on disk. */
  readonly wheel?: string;
  /** Build anew what is there. */
  readonly force: boolean;
  /** Programs may show their own progress on stderr. */
  readonly shown: boolean;
  onStep(step: number, of: number, what: string): void;
  readonly signal?: AbortSignal;
}

export interface SetupResult extends BuiltTensorFlow {
  readonly folder: string;
  /** It was there already and nothing was done. */
  readonly already: boolean;
  /** TensorFlow's own version, asked of the addon. */
  readonly version: string;
  readonly device: 'cpu' | 'gpu';
  /** Packages beside emagent that now find the addon too. */
  readonly linked: readonly string[];
  readonly seconds: number;
}

const packageFolder = (folder: string, packageName: TensorFlowPackage): string => join(folder, 'node_modules', packageName);

/** The version that emagent was made with. */
function packageVersionOf(packageName: TensorFlowPackage): string {
  const { optionalDependencies, peerDependencies } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as Record<string, Record<string, string> | undefined>;
  return optionalDependencies?.[packageName] ?? peerDependencies?.[packageName] ?? '4.22.0';
}

async function must(what: string, [program, args]: readonly [string, readonly string[]], options: Parameters<typeof runProgram>[2]): Promise<void> {
  const { code, output } = await runProgram(program, args, options);
  if (code === 0) return;
  const log = `${keptFolder('@tensorflow/tfjs-node')}-setup.log`;
  await writeFile(log, output).catch(() => undefined);
  throw new EmagentError('EM_SETUP', `${what} failed (${lastError(output)}); all that was said is in ${log}.`);
}

/** The libraries, their headers and the names under which the addon looks for them. */
async function placeLibraries(wheel: string, packageDir: string): Promise<void> {
  const [include, lib] = [join(packageDir, 'deps', 'include'), join(packageDir, 'deps', 'lib')];
  const headers = await unpackWheel(wheel, include, { prefixes: ['tensorflow/include/'], strip: 'tensorflow/include' });
  const libraries = ['libtensorflow_cc.so.2', 'libtensorflow_framework.so.2'] as const;
  const found = await unpackWheel(wheel, lib, { prefixes: libraries.map((name) => `tensorflow/${name}`), strip: 'tensorflow' });
  if (headers === 0 || found !== libraries.length) {
    throw new EmagentError('EM_SETUP', `${wheel} is no wheel of TensorFlow for Linux: it lacks ${libraries.join(' or ')}.`);
  }
  await symlink(libraries[0], join(lib, 'libtensorflow.so'));
  await symlink(libraries[1], join(lib, 'libtensorflow_framework.so'));
}

/**
 * CUDA's libraries go to where the TensorFlow library of the wheel looks for them: ../nvidia/<part>/lib beside its own folder. They
 * are fetched as the wheel names them, so that only the GPU's driver must be there.
 */
async function placeCuda(wheel: string, packageDir: string, fetch: (requirement: string) => Promise<string>): Promise<void> {
  for (const requirement of await cudaRequirements(wheel)) {
    const part = await fetch(requirement);
    await unpackWheel(part, join(packageDir, 'deps'), { prefixes: ['nvidia/'] });
    await rm(part);
  }
}

/** Loads the addon in a process of its own and asks it. Throws EM_SETUP when it cannot be loaded. */
async function probe(folder: string, packageName: TensorFlowPackage): Promise<{ version: string; device: 'cpu' | 'gpu' }> {
  const script = `
    const util = require('node:util');
    util.isNullOrUndefined ??= (v) => v === null || v === undefined;
    util.isArray ??= Array.isArray;
    const tf = require(${JSON.stringify(packageFolder(folder, packageName))});
    const sum = tf.tidy(() => tf.add(tf.scalar(1), tf.scalar(2)).dataSync()[0]);
    if (sum !== 3) throw new Error('1 + 2 gave ' + sum);
    process.stdout.write('\\n' + JSON.stringify({ version: tf.backend().binding.TF_Version, device: tf.backend().isUsingGpuDevice ? 'gpu' : 'cpu' }));`;
  const { code, output } = await runProgram(process.execPath, ['-e', script], { env: { TF_CPP_MIN_LOG_LEVEL: '3' } });
  if (code !== 0) throw new EmagentError('EM_SETUP', `The addon that was built does not work (${lastError(output)}).`);
  const line = output.split('\n').find((text) => text.startsWith('{"version"')) ?? '{}';
  return JSON.parse(line) as { version: string; device: 'cpu' | 'gpu' };
}

async function build(fresh: string, packageName: TensorFlowPackage, options: SetupOptions): Promise<BuiltTensorFlow> {
  const { gpu, shown, onStep } = options;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const steps = gpu ? 5 : 4;
  let step = 0;
  const next = (what: string): void => onStep(++step, steps, what);

  next(`installing ${packageName}`);
  await mkdir(fresh, { recursive: true });
  await writeFile(join(fresh, 'package.json'), `${JSON.stringify({ name: 'emagent-tensorflow', private: true })}\n`);
  await must(`npm install ${packageName}`, ['npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--prefix', fresh, `${packageName}@${packageVersionOf(packageName)}`]], { cwd: fresh, ...signal });

  const requirement = `${gpu ? 'tensorflow' : 'tensorflow-cpu'}==${TENSORFLOW_VERSION}`;
  const wheels = join(fresh, 'wheels');
  const platform = wheelPlatform();
  const fetch = (wanted: string): Promise<string> => fetchWheel(wanted, wheels, { platform, shown, ...signal });
  next(options.wheel === undefined ? `fetching the TensorFlow library (${requirement}, ${gpu ? '600' : '270'} MB)` : `taking the TensorFlow library from ${options.wheel}`);
  const wheel = options.wheel === undefined ? await fetch(requirement) : resolve(options.wheel);
  const packageDir = packageFolder(fresh, packageName);
  await placeLibraries(wheel, packageDir);

  if (gpu) {
    next("fetching CUDA's libraries (about 2.5 GB)");
    await placeCuda(wheel, packageDir, fetch);
  }

  next('building the addon (1 to 3 minutes)');
  await must('Building the addon', NODE_GYP_TASKS, { cwd: packageDir, env: nodeHeaders(), ...signal });

  next('trying it');
  await probe(fresh, packageName);
  for (const leftover of [wheels, join(packageDir, 'build'), join(packageDir, 'deps', 'include')]) await rm(leftover, { recursive: true, force: true });
  return { package: packageName, wheel: basename(wheel).split('-').slice(0, 2).join(' ').replaceAll('_', '-'), cuda: gpu };
}

function builtAs(folder: string): BuiltTensorFlow {
  return createRequire(import.meta.url)(join(folder, BUILT_FILE)) as BuiltTensorFlow;
}

/** Folders that a setup left which was killed. */
async function removeLeftovers(folder: string): Promise<void> {
  const parent = join(folder, '..');
  const names = await readdir(parent).catch(() => []);
  for (const name of names) {
    const pid = new RegExp(`^${basename(folder)}\\.(\\d+)\\.new$`).exec(name)?.[1];
    if (pid === undefined) continue;
    try {
      process.kill(Number(pid), 0);
    } catch {
      await rm(join(parent, name), { recursive: true, force: true });
    }
  }
}

/**
 * Builds the native library of TensorFlow.js against the TensorFlow library of a Python wheel, in a folder of emagent's own, and
 * tries it. Does nothing when that has been done. What was there stays until the new one works. Throws EM_SETUP.
 */
export async function setUpTensorFlow(options: SetupOptions): Promise<SetupResult> {
  const start = performance.now();
  const packageName: TensorFlowPackage = options.gpu ? '@tensorflow/tfjs-node-gpu' : '@tensorflow/tfjs-node';
  const folder = keptFolder(packageName);
  const already = isBuilt(packageName) && !options.force;
  if (!already) {
    wheelPlatform();
    await checkRequirements(folder, options.gpu);
    await removeLeftovers(folder);
    const fresh = `${folder}.${process.pid}.new`;
    try {
      const built = await build(fresh, packageName, options);
      await writeFile(join(fresh, BUILT_FILE), `${JSON.stringify(built)}\n`);
      await rm(folder, { recursive: true, force: true });
      await rename(fresh, folder);
    } finally {
      await rm(fresh, { recursive: true, force: true });
    }
  }
  const { version, device } = await probe(folder, packageName);
  const linked = await linkInstalled(packageFolder(folder, packageName));
  return { ...builtAs(folder), folder, already, version, device, linked, seconds: (performance.now() - start) / 1000 };
}
