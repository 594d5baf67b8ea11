import { execFileSync } from 'node:child_process';

/** Tests start the real command line, so what they start must be built from what they test. */
export default function buildOnce(): void {
  // While several people edit one tree, somebody else's half-written file must not stop a test run.
  if (process.env['EMAGENT_TEST_NO_BUILD'] !== undefined) return;
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
  // Every project of the runner comes by here: once is enough.
  process.env['EMAGENT_TEST_NO_BUILD'] = '1';
}
