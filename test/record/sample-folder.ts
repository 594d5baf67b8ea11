import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunEvent } from '../../src/contract/events.ts';
import type { Frame, GreyImage } from '../../src/contract/frame.ts';
import type { RunFile } from '../../src/contract/run.ts';
import { required } from '../../src/lib/guards.ts';
import { randomFor } from '../../src/lib/random.ts';
import { createRunFolder, type RunFolder } from '../../src/record/run-folder.ts';
import { sampleRun, type SampleRunOptions } from '../support/sample-run.ts';

export const quietLog = { warn: () => undefined };

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'emagent-record-'));
}

/** Bright lines on a grey ground with noise: something that looks like a picture. */
export function drawnPicture(seed: number, widthPx = 128, heightPx = 96): GreyImage & { data: Uint8Array } {
  const random = randomFor(seed, 'drawn-picture');
  const lines = Array.from({ length: 5 }, () => ({ angle: random.uniform() * Math.PI, offset: (random.uniform() - 0.5) * widthPx }));
  const data = new Uint8Array(widthPx * heightPx);
  for (let y = 0; y < heightPx; y++) {
    for (let x = 0; x < widthPx; x++) {
      const nearest = Math.min(...lines.map(({ angle, offset }) => Math.abs((x - widthPx / 2) * Math.cos(angle) + (y - heightPx / 2) * Math.sin(angle) - offset)));
      data[y * widthPx + x] = Math.max(0, Math.min(255, Math.round(60 + 150 * Math.exp(-((nearest / 3) ** 2)) + 8 * random.gaussian())));
    }
  }
  return { widthPx, heightPx, data };
}

export function sampleFrame(id: string, changes: Partial<Frame> = {}): Frame {
  return {
    ...drawnPicture(3),
    id,
    depth: 8,
    pixelSizeNm: 39.0625,
    stage: { xUm: 12.5, yUm: -40.25, zUm: 5000, rotationDeg: 0, tiltDeg: 0 },
    optics: { fieldWidthUm: 5, workingDistanceMm: 8.1, accelerationKv: 5, beamCurrentPa: 50, stigmatorX: 0, stigmatorY: 0, scanRotationDeg: 0 },
    request: { widthPx: 128, heightPx: 96, dwellUs: 2, depth: 8 },
    doseCPerM2: 0.0655,
    startedAtMs: 1000,
    endedAtMs: 1025,
    ...changes,
  };
}

/** The `run.json` that belongs to the events of `sampleRun`. */
export function runFileOf(events: readonly RunEvent[]): RunFile {
  const started = required(events.find((event) => event.type === 'run-started'), 'the first event');
  const ended = events.find((event) => event.type === 'run-ended');
  const snapshot = { ...sampleFrame('x'), beam: 'on', blanked: true, vacuum: 'ready', detector: 'SE' };
  const before = { stage: snapshot.stage, optics: snapshot.optics, beam: 'on', blanked: true, vacuum: 'ready', detector: 'SE' };
  return {
    v: 1,
    runId: started.runId,
    version: started.version,
    node: 'v20.20.2',
    plan: started.plan,
    microscope: started.microscope,
    model: started.model,
    modelFiles: { 'model.onnx': 'ab'.repeat(32) },
    modelMetrics: [{ data: 'pictures of specimens that were not trained on', n: 98, accuracy: 0.71, macroF1: 0.64, ece: 0.06 }],
    instrument: { info: {}, before },
    ...(ended === undefined ? {} : { after: before, result: ended.result }),
  };
}

/** Writes a whole sample run, with a picture for every frame of a find or a confirmation, and closes the folder. */
export async function writeSampleFolder(
  options: SampleRunOptions & { root?: string; picture?: (seed: number) => GreyImage & { data: Uint8Array } } = {},
): Promise<{ dir: string; events: RunEvent[] }> {
  const { root = temporaryFolder(), picture = drawnPicture, ...sample } = options;
  const events = sampleRun(sample);
  const folder: RunFolder = await createRunFolder({ root, runId: required(events[0], 'an event').runId, log: quietLog });
  const run = runFileOf(events);
  for (const event of events) {
    folder.append(event);
    if (event.type === 'frame' && event.frame.band !== 'survey') {
      const { frame } = event;
      const image = picture(Number(frame.id.replace(/\D/g, '')));
      folder.writeFrame(
        sampleFrame(frame.id, { ...image, stage: frame.stage, pixelSizeNm: (frame.fieldWidthUm * 1000) / image.widthPx, doseCPerM2: frame.doseCPerM2 }),
        { action: frame.band },
      );
    }
  }
  await folder.sync();
  await folder.writeRun(run);
  if (run.result !== undefined) await folder.writeFinds(run.result.finds, run.plan);
  await folder.close();
  return { dir: folder.dir, events };
}
