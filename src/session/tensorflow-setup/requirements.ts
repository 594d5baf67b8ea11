import { existsSync } from 'node:fs';
import { mkdir, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EmagentError } from '../../contract/errors.ts';
import { runProgram } from './run-program.ts';

/** Disk that is needed while building, GB (1e9 bytes): the wheel, what is unpacked of it, and the packages. CUDA's libraries are large. */
export const DISK_GB = { cpu: 2, gpu: 8 } as const;

/** Platform tags of the wheels of TensorFlow 2.21, by Node's name of the processor. */
const WHEEL_PLATFORM: Readonly<Record<string, string>> = { x64: 'manylinux_2_27_x86_64', arm64: 'manylinux_2_27_aarch64' };

interface Tool {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What brings it on Debian and Ubuntu, and on Fedora. */
  readonly packages: readonly [string, string];
}

const TOOLS: readonly Tool[] = [
  { name: 'g++', command: ['g++', '--version'], packages: ['g++', 'gcc-c++'] },
  { name: 'make', command: ['make', '--version'], packages: ['make', 'make'] },
  { name: 'python3', command: ['python3', '--version'], packages: ['python3', 'python3'] },
  { name: 'pip', command: ['python3', '-m', 'pip', '--version'], packages: ['python3-pip', 'python3-pip'] },
  { name: 'npm', command: ['npm', '--version'], packages: ['npm', 'npm'] },
];

/** The tag of the wheel for this machine. Throws EM_SETUP where TensorFlow has none that is known here. */
export function wheelPlatform(): string {
  const tag = process.platform === 'linux' ? WHEEL_PLATFORM[process.arch] : undefined;
  if (tag === undefined) {
    throw new EmagentError('EM_SETUP', `The TensorFlow engine can be built on Linux with an x64 or arm64 processor only, and this is ${process.platform} ${process.arch}: run npm install @tensorflow/tfjs-node instead, which downloads its native library.`);
  }
  return tag;
}

async function missingTools(): Promise<Tool[]> {
  const missing: Tool[] = [];
  for (const tool of TOOLS) {
    const [program, ...args] = tool.command;
    if ((await runProgram(program, args)).code !== 0) missing.push(tool);
  }
  // Without python3 there is no pip either: one of the two says it.
  return missing.some(({ name }) => name === 'python3') ? missing.map((tool) => (tool.name === 'pip' ? { ...tool, name: 'its pip' } : tool)) : missing;
}

/** Names as a person lists them. */
const listed = (names: readonly string[]): string => (names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)!}`);

/** Checks programs, disk and permissions before anything is fetched. Throws EM_SETUP in one sentence that says what to do. */
export async function checkRequirements(folder: string, cuda: boolean): Promise<void> {
  const missing = await missingTools();
  if (missing.length > 0) {
    const [debian, fedora] = [0, 1].map((system) => missing.map(({ packages }) => packages[system as 0 | 1]).join(' '));
    throw new EmagentError('EM_SETUP', `To build the TensorFlow engine ${listed(missing.map(({ name }) => name))} ${missing.length === 1 ? 'is' : 'are'} missing: install ${missing.length === 1 ? 'it' : 'them'} (Debian, Ubuntu: apt-get install ${debian}; Fedora: dnf install ${fedora}).`);
  }
  const parent = dirname(folder);
  try {
    await mkdir(parent, { recursive: true });
  } catch (cause) {
    throw new EmagentError('EM_SETUP', `${parent} cannot be made (${(cause as NodeJS.ErrnoException).code ?? String(cause)}): set EMAGENT_HOME to a folder that you may write to.`, { cause });
  }
  const { bavail, bsize } = await statfs(parent);
  const needed = DISK_GB[cuda ? 'gpu' : 'cpu'];
  const free = (bavail * bsize) / 1e9;
  if (free < needed) {
    throw new EmagentError('EM_SETUP', `${parent} has ${free.toFixed(1)} GB free, and ${needed} GB are needed: free some space, or set EMAGENT_HOME to a folder on another disk.`);
  }
}

/** Node's own headers, when they came with it: node-gyp would download them otherwise. */
export function nodeHeaders(): Record<string, string> {
  if (process.env['npm_config_nodedir'] !== undefined) return {};
  const prefix = dirname(dirname(process.execPath));
  for (const folder of [prefix, '/usr']) {
    if (existsSync(join(folder, 'include', 'node', 'node_api.h'))) return { npm_config_nodedir: folder };
  }
  return {};
}
