import { createRealClock } from '../src/lib/clock.ts';
import { followRun } from '../src/live/watch/client.ts';

// Process of bench/live.ts: says `open` when all viewers stand, `done` when each has got all events.
const [url = '', ...numbers] = process.argv.slice(2);
const [count = 0, events = 0] = numbers.map(Number);
const clock = createRealClock();

function openViewer(): { opened: Promise<void>; received: Promise<void> } {
  let onOpen: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    onOpen = resolve;
  });
  const received = new Promise<void>((resolve, reject) => {
    let next = 0;
    followRun({
      url,
      since: 0,
      clock,
      signal: new AbortController().signal,
      onHello: () => onOpen(),
      onEvent: ({ seq }) => {
        if (seq !== next++) reject(new Error(`event ${seq} came where ${next - 1} was due`));
        if (next === events) resolve();
      },
    }).catch(reject);
  });
  return { opened, received };
}

const viewers = Array.from({ length: count }, openViewer);
await Promise.all(viewers.map(({ opened }) => opened));
process.send?.('open');
await Promise.all(viewers.map(({ received }) => received));
process.send?.('done');
