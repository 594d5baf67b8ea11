import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCli, temporaryFolder } from '../support/cli.ts';

/** A folder of programs in which only some of what the setup needs is there. */
async function pathWith(programs: Readonly<Record<string, string>>): Promise<string> {
  const bin = await temporaryFolder();
  for (const [name, script] of Object.entries(programs)) {
    await writeFile(join(bin, name), `#!/bin/sh\n${script}\n`);
    await chmod(join(bin, name), 0o755);
  }
  await symlink(process.execPath, join(bin, 'node'));
  return bin;
}

const DOES_NOTHING = 'exit 0';

describe.runIf(process.platform === 'linux')('emagent setup tensorflow', () => {
  const refused = async (env: NodeJS.ProcessEnv, args: readonly string[] = []): Promise<string> => {
    const home = await temporaryFolder();
    const { code, stdout, stderr } = await runCli(['setup', 'tensorflow', ...args], { env: { EMAGENT_HOME: home, ...env } });
    expect(code, stderr).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).not.toMatch(/\n\s+at /);
    return stderr;
  };

  test('what is missing is named, with what brings it', async () => {
    const none = await refused({ PATH: await pathWith({ npm: DOES_NOTHING, python3: DOES_NOTHING }) });
    expect(none).toContain('g++ and make are missing: install them (Debian, Ubuntu: apt-get install g++ make; Fedora: dnf install gcc-c++ make).');
    const noPip = await refused({ PATH: await pathWith({ 'npm': DOES_NOTHING, 'g++': DOES_NOTHING, 'make': DOES_NOTHING, 'python3': 'test "$1" = --version' }) });
    expect(noPip).toContain('pip is missing: install it (Debian, Ubuntu: apt-get install python3-pip;');
  });

  test('a folder that cannot be made is told before anything is fetched', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const tools = await pathWith({ 'npm': DOES_NOTHING, 'g++': DOES_NOTHING, 'make': DOES_NOTHING, 'python3': DOES_NOTHING });
    expect(await refused({ PATH: tools, EMAGENT_HOME: join(file, 'home') })).toContain('set EMAGENT_HOME to a folder that you may write to');
  });

  test('a wheel that cannot be fetched, and one that is none, leave nothing behind', async () => {
    const fetching = await pathWith({ 'npm': DOES_NOTHING, 'g++': DOES_NOTHING, 'make': DOES_NOTHING, 'python3': 'case "$*" in *--version*) exit 0;; esac; echo "ERROR: No matching distribution found for tensorflow-cpu" >&2; exit 1' });
    const home = join(await temporaryFolder(), 'home');
    expect(await refused({ PATH: fetching, EMAGENT_HOME: home })).toMatch(/could not be fetched with pip \(No matching distribution found for tensorflow-cpu\): check the network/);
    const wheel = join(await temporaryFolder(), 'tensorflow_cpu-2.21.0.whl');
    await writeFile(wheel, 'no archive');
    const tools = await pathWith({ 'npm': DOES_NOTHING, 'g++': DOES_NOTHING, 'make': DOES_NOTHING, 'python3': 'case "$*" in *--version*) exit 0;; esac; echo "zipfile.BadZipFile: File is not a zip file" >&2; exit 1' });
    expect(await refused({ PATH: tools, EMAGENT_HOME: home }, ['--wheel', wheel])).toMatch(/could not be unpacked \(zipfile.BadZipFile: File is not a zip file\)/);
    await mkdir(home, { recursive: true });
    expect(execFileSync('find', [home, '-type', 'f'], { encoding: 'utf8' })).toBe('');
  });

  test('a name that it does not know is refused', async () => {
    const { code, stderr } = await runCli(['setup', 'pytorch']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/pytorch/);
  });
});
