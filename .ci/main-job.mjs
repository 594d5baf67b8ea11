// The main job as a user would run it: in this process's own simulator, and against `emagent simulate` over the socket
// with real micrographs on the stage. The finds are held against what really lay there.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const runs = await mkdtemp(join(tmpdir(), 'emagent-ci-'));
let failures = 0;

function check(what, holds, seen) {
  console.log(`${holds ? 'ok  ' : 'FAIL'} ${what}: ${seen}`);
  if (!holds) failures++;
}

/** Runs `npx emagent …` and gives its exit code and its JSON document. */
function emagent(...args) {
  return new Promise((resolve) => {
    execFile('npx', ['emagent', ...args, '--json'], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (stderr !== '') process.stderr.write(stderr);
      resolve({ code: error === null ? 0 : error.code, document: stdout === '' ? undefined : JSON.parse(stdout) });
    });
  });
}

async function searchAndScore(name, args, bars) {
  const { code, document } = await emagent('search', '--target', 'Nanowires', '--runs', runs, '--no-live', ...args);
  check(`${name}: ends as it should`, bars.codes.includes(code), `exit code ${code}, ${document?.reason}`);
  if (document === undefined) return;
  const { document: score } = await emagent('score', document.runDir);
  check(`${name}: finds are right`, score.precision >= bars.precision && score.right >= bars.right, `${score.right} right, ${score.wrong.length} wrong of ${score.declared}`);
  check(`${name}: beam never on the specimen while the stage moves`, score.exposure.unblankedWhileMovingS === 0, `${score.exposure.unblankedWhileMovingS} s`);
  console.log(`     ${document.fields.imaged} fields, ${document.instrumentSeconds.toFixed(0)} instrument seconds, ${document.wallSeconds.toFixed(1)} s on the clock`);
}

/** Starts `emagent simulate` and gives its address once it listens. */
async function simulate(args) {
  const child = spawn('npx', ['emagent', 'simulate', '--listen', '127.0.0.1:0', '--runs', runs, '--speed', '20', '--json', ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own: npx does not pass a signal on.
    detached: true,
  });
  let text = '';
  for await (const line of createInterface({ input: child.stdout })) {
    text += line;
    try {
      return { child, url: JSON.parse(text).url };
    } catch {
      // The document goes on in the next line.
    }
  }
  throw new Error('emagent simulate ended without an address');
}

try {
  for (const seed of ['1', '2']) await searchAndScore(`in process, seed ${seed}`, ['--seed', seed], { codes: [0], precision: 0.65, right: 2 });
  const dataset = process.env.EMAGENT_SHARED ? join(process.env.EMAGENT_SHARED, 'data/sem') : '../shared/data/sem';
  if (existsSync(dataset)) {
    const { child, url } = await simulate(['--dataset', dataset, '--seed', '1']);
    await searchAndScore('over the socket, real micrographs', ['--microscope', url], { codes: [0, 3], precision: 0.5, right: 1 });
    process.kill(-child.pid, 'SIGINT');
  } else {
    console.log(`SKIPPED: no real micrographs at ${dataset}, so the job over the socket was not run on them`);
  }
} finally {
  await rm(runs, { recursive: true, force: true });
}
process.exitCode = failures === 0 ? 0 : 1;
