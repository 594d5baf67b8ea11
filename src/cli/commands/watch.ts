import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { createRealClock } from '../../lib/clock.ts';
import { followRun } from '../../live/watch/client.ts';
import { createLineWriter } from '../../live/watch/lines.ts';
import { createScreen } from '../../live/watch/screen.ts';
import type { Snapshot } from '../../live/snapshot.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .positional('url', { type: 'string', default: 'ws://127.0.0.1:8787', describe: 'Where the run is' })
      .option('token', { type: 'string', describe: 'The token that the run was started with' })
      .option('since', { type: 'number', describe: 'First event wanted with --json; 0 when absent' }),
  schema: z.object({
    url: z.string(),
    token: z.string().min(1).optional(),
    since: z.int().nonnegative().optional(),
    json: z.boolean().default(false),
  }),
  run: async ({ url, token, since, json }, { print, log }) => {
    const clock = createRealClock();
    const leaving = new AbortController();
    const leave = (): void => leaving.abort();
    process.once('SIGINT', leave);
    process.once('SIGTERM', leave);
    // `emagent watch --json | head` closes the pipe when it has seen enough.
    process.stdout.once('error', leave);
    const base = { url, clock, signal: leaving.signal, ...(token === undefined ? {} : { token }), onConnectionLost: () => log.warn('connection lost: trying again') };
    try {
      if (json) {
        await followRun({ ...base, since: since ?? 0, onHello: () => undefined, onEvent: (event) => print(JSON.stringify(event)) });
      } else if (process.stdout.isTTY) {
        await watchOnScreen(base);
      } else {
        const writer = createLineWriter(print);
        let begun = false;
        await followRun({
          ...base,
          onHello: (_hello, snapshot) => {
            // After a reconnect only what is new is told.
            if (!begun) writer.start(snapshot);
            begun = true;
          },
          onEvent: writer.event,
        });
      }
    } finally {
      process.off('SIGINT', leave);
      process.off('SIGTERM', leave);
      process.stdout.off('error', leave);
    }
    return EXIT.done;
  },
});

async function watchOnScreen(base: Omit<Parameters<typeof followRun>[0], 'onHello' | 'onEvent'>): Promise<void> {
  const { stdout } = process;
  let screen: ReturnType<typeof createScreen> | undefined;
  let latest: Snapshot | undefined;
  const size = () => ({
    columns: Math.max(20, stdout.columns),
    rows: Math.max(8, stdout.rows),
    colours: process.env['NO_COLOR'] === undefined && stdout.hasColors(256),
  });
  const show = (snapshot: Snapshot): void => {
    latest = snapshot;
    // Only once there is something to show: a refusal must not flash an empty page.
    screen ??= createScreen({ clock: base.clock, size, write: (text) => stdout.write(text) });
    screen.show(snapshot);
  };
  const redraw = (): void => {
    if (latest !== undefined) show(latest);
  };
  stdout.on('resize', redraw);
  try {
    await followRun({ ...base, onHello: (_hello, snapshot) => show(snapshot), onEvent: (_event, snapshot) => show(snapshot) });
  } finally {
    stdout.off('resize', redraw);
    screen?.end(latest);
  }
}
