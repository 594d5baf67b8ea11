import { once } from 'node:events';
import { WebSocket } from 'ws';

// Process of bench/live.ts: says `open` when all viewers stand, `done` when each has got all events.
const [url = '', ...numbers] = process.argv.slice(2);
const [count = 0, events = 0] = numbers.map(Number);

async function openViewer(): Promise<{ received: Promise<void> }> {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}v1/live?since=0`);
  const received = new Promise<void>((resolve, reject) => {
    let messages = -1; // The first is `hello`.
    socket.on('message', () => {
      if (++messages === events) resolve();
    });
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`a viewer was closed with ${code} after ${messages} events`)));
  });
  await once(socket, 'open');
  return { received };
}

const opened = await Promise.all(Array.from({ length: count }, openViewer));
process.send?.('open');
await Promise.all(opened.map(({ received }) => received));
process.send?.('done');
