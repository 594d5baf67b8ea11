import { createVirtualClock } from '../src/lib/clock.ts';
import type { AcquireRequest } from '../src/contract/frame.ts';
import { createSimulatedMicroscope } from '../simulator/device/microscope.ts';
import { loadScenario } from '../simulator/scenario.ts';
import { quantile } from './quantile.ts';

const REPETITIONS = 15;
/** Off by so much that the blur is some 1.9 px of a 1024-pixel field: from 2 px on it is made on a coarser grid. */
const DEFOCUS_UM = 7.5;
/** Field width at which the agent inspects. */
const INSPECT_UM = 20;

interface Timing {
  readonly medianMs: number;
  readonly p90Ms: number;
  /** The least: what other work on the machine disturbs least. */
  readonly minMs: number;
  /** Of this process alone: what the wall time would be on an idle core. */
  readonly medianCpuMs: number;
}

export interface FrameBenchmark {
  readonly fieldWidthUm: number;
  readonly repetitions: number;
  readonly frames: Readonly<Record<string, Timing>>;
}

/**
 * Time to make a frame of the simulated microscope on a site, noise and blur included, pictures already at hand. The
 * instrument's own time costs nothing on the virtual clock.
 */
export async function run({ json }: { readonly json: boolean }): Promise<FrameBenchmark> {
  const clock = createVirtualClock();
  const scenario = await loadScenario('default');
  const microscope = await createSimulatedMicroscope({ scenario, seed: 1, clock, log: () => undefined, url: 'sim:' });
  const site = microscope.truth().sites[0]!;
  await microscope.moveStage({ xUm: site.xUm, yUm: site.yUm });
  await microscope.setBlanker(false);
  const { workingDistanceMm: sharpMm } = await microscope.autofocus({ rangeUm: 50 });
  await microscope.setOptics({ fieldWidthUm: INSPECT_UM });

  const frames: Record<string, Timing> = {};
  for (const [widthPx, heightPx] of [[1024, 768], [512, 384]] as const) {
    for (const focus of ['sharp', 'defocused'] as const) {
      await microscope.setOptics({ workingDistanceMm: sharpMm + (focus === 'sharp' ? 0 : DEFOCUS_UM / 1000) });
      const request: AcquireRequest = { widthPx, heightPx, dwellUs: 1, depth: 8 };
      const wall: number[] = [];
      const cpu: number[] = [];
      for (let repetition = -3; repetition < REPETITIONS; repetition++) {
        const startMs = performance.now();
        const startCpu = process.cpuUsage();
        await microscope.acquire(request);
        const used = process.cpuUsage(startCpu);
        if (repetition < 0) continue;
        wall.push(performance.now() - startMs);
        cpu.push((used.user + used.system) / 1000);
      }
      frames[`${widthPx}x${heightPx} ${focus}`] = { medianMs: quantile(wall, 0.5), p90Ms: quantile(wall, 0.9), minMs: quantile(wall, 0), medianCpuMs: quantile(cpu, 0.5) };
    }
  }
  await microscope.close();
  const result: FrameBenchmark = { fieldWidthUm: INSPECT_UM, repetitions: REPETITIONS, frames };
  if (json) return result;
  for (const [name, { medianMs, p90Ms, medianCpuMs }] of Object.entries(frames)) {
    process.stdout.write(`${name.padEnd(20)} median ${medianMs} ms, p90 ${p90Ms} ms, of this process ${medianCpuMs} ms\n`);
  }
  return result;
}
