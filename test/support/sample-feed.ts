import type { RunEvent, RunFeed } from '../../src/contract/events.ts';
import type { GreyImage } from '../../src/contract/frame.ts';
import { encodeJpeg } from '../../src/imaging/picture-file.ts';
import { hash32, randomFor } from '../../src/lib/random.ts';

/** A run that a test plays: it publishes the events one by one, as the session would. */
export interface SampleFeed extends RunFeed {
  /** Publishes the next `count` events; all that are left when absent. */
  play(count?: number): void;
  /** Publishes an event that is not of the list. */
  publish(event: RunEvent): void;
}

export function sampleFeed(events: readonly RunEvent[], options: { played?: number; thumbnail?: RunFeed['thumbnail'] } = {}): SampleFeed {
  const published: RunEvent[] = [];
  const listeners = new Set<(event: RunEvent) => void>();
  let next = 0;
  const publish = (event: RunEvent): void => {
    published.push(event);
    for (const listener of listeners) listener(event);
  };
  const play = (count = events.length): void => {
    for (const event of events.slice(next, next + count)) {
      next++;
      publish(event);
    }
  };
  play(options.played ?? 0);
  return {
    runId: events[0]?.runId ?? 'none',
    publish,
    play,
    subscribe: (sinceSeq, listener) => {
      for (const event of published.filter(({ seq }) => seq >= sinceSeq)) listener(event);
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastSeq: () => published.at(-1)?.seq ?? -1,
    thumbnail: options.thumbnail ?? ((frameId) => sampleThumbnail(frameId)),
  };
}

/** Wires on a substrate with shot noise: a picture for looking at pages, different for each frame. */
export function sampleMicrograph(frameId: string, edgePx = 384): GreyImage {
  const random = randomFor(hash32(frameId), 'sample-micrograph');
  const signal = new Float32Array(edgePx * edgePx).fill(46);
  const wires = 3 + random.integer(14);
  for (let wire = 0; wire < wires; wire++) {
    const angle = random.uniform() * Math.PI;
    const [nx, ny] = [Math.sin(angle), -Math.cos(angle)];
    const offset = nx * random.uniform() * edgePx + ny * random.uniform() * edgePx;
    const radius = 2.5 + 4 * random.uniform();
    for (let y = 0; y < edgePx; y++) {
      for (let x = 0; x < edgePx; x++) {
        const distance = Math.abs(nx * x + ny * y - offset) / radius;
        // Edge brightening of a cylinder: more secondary electrons escape where the surface is steep.
        if (distance < 1) signal[y * edgePx + x] = 70 + 85 / Math.sqrt(Math.max(0.2, 1 - distance * distance));
      }
    }
  }
  return { widthPx: edgePx, heightPx: edgePx, data: Uint8Array.from(signal, (value) => Math.max(0, Math.min(255, value + 1.6 * Math.sqrt(value) * random.gaussian()))) };
}

export async function sampleThumbnail(frameId: string): Promise<Uint8Array> {
  return encodeJpeg(sampleMicrograph(frameId), { quality: 80 });
}
