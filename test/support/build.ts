import { execFileSync } from 'node:child_process';

/** Tests start the real command line, so what they start must be built from what they test. */
export default function buildOnce(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { stdio: 'inherit' });
}
