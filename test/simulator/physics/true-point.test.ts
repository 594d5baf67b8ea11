import { describe, expect, test } from 'vitest';
import type { AcquireRequest, Frame } from '../../../src/contract/frame.ts';
import { createDrift } from '../../../simulator/physics/drift.ts';
import { deviationOf, meanOf, scenarioOf, simulated, spotIn, spots } from '../simulated.ts';

const REQUEST: AcquireRequest = { widthPx: 256, heightPx: 192, dwellUs: 10, depth: 16 };
const FIELD_UM = 25.6;
/** Edge of a pixel. */
const PX_UM = 0.1;

async function frameOf(scenario: Parameters<typeof simulated>[0], request: AcquireRequest = REQUEST): Promise<Frame> {
  const { microscope } = await simulated({ ...scenario, optics: { fieldWidthUm: FIELD_UM, ...scenario?.optics } });
  await microscope.setBlanker(false);
  return microscope.acquire(request);
}

/** Where a spot appears, um from the centre, y up. */
async function seen(scenario: Parameters<typeof simulated>[0]): Promise<{ xUm: number; yUm: number }> {
  const { xPx, yPx } = spotIn(await frameOf(scenario));
  return { xUm: (xPx - 128) * PX_UM, yUm: (96 - yPx) * PX_UM };
}

describe('the true point of a pixel', () => {
  test('without any error a spot is seen where it lies', async () => {
    const { xUm, yUm } = await seen(spots([4, 2]));
    expect(xUm).toBeCloseTo(4, 1);
    expect(yUm).toBeCloseTo(2, 1);
  });

  test('beam shift: what lies under the axis appears on the other side', async () => {
    const { xUm, yUm } = await seen({ ...spots([0, 0]), optics: { beamShiftUm: [2, -1] } });
    expect(xUm).toBeCloseTo(-2, 1);
    expect(yUm).toBeCloseTo(1, 1);
  });

  test('scan rotation error: the specimen appears turned the other way', async () => {
    const { xUm, yUm } = await seen({ ...spots([6, 0]), optics: { scanRotationErrorDeg: 10 } });
    expect(xUm).toBeCloseTo(6 * Math.cos(Math.PI / 18), 1);
    expect(yUm).toBeCloseTo(-6 * Math.sin(Math.PI / 18), 1);
  });

  test('magnification error: the field is larger than it says, what it shows appears smaller', async () => {
    expect((await seen({ ...spots([6, 0]), optics: { magnificationError: 0.1 } })).xUm).toBeCloseTo(6 / 1.1, 1);
  });

  test('image to stage: turned, scaled, sheared, mirrored', async () => {
    const { stage, ...rest } = spots([0, 6]);
    const withImage = (image: object) => ({ ...rest, stage: { ...stage, image: { rotationDeg: 0, scale: 1, ...image } } });
    expect((await seen(withImage({ rotationDeg: 5 }))).xUm).toBeCloseTo(6 * Math.sin(Math.PI / 36), 1);
    expect((await seen(withImage({ scale: 1.2 }))).yUm).toBeCloseTo(5, 1);
    expect((await seen(withImage({ mirroredY: true }))).yUm).toBeCloseTo(-6, 1);
    // A line above the centre starts further along by the shear: what it shows appears further back, or the other way round.
    expect(Math.abs((await seen(withImage({ shear: 0.1 }))).xUm)).toBeCloseTo(0.6, 1);
  });

  test('drift shears a frame: each line sees the specimen where it was at its time', async () => {
    const { drift, ...rest } = spots([0, 6], [0, -6]);
    const slow = { ...drift, amplitudeNm: 20_000, periodS: 120 };
    const frame = await frameOf({ ...rest, drift: slow }, { ...REQUEST, dwellUs: 20 });
    const upper = spotIn(frame, [0, 96]);
    const lower = spotIn(frame, [96, 192]);
    const driftUm = createDrift(scenarioOf({ drift: slow }).drift, 1);
    const lineMs = (256 * 20 + 40) / 1000;
    const at = (row: number): number => driftUm(frame.startedAtMs + row * lineMs)[0];
    const shearUm = at(lower.yPx) - at(upper.yPx);
    expect(Math.abs(shearUm)).toBeGreaterThan(0.3);
    expect((lower.xPx - upper.xPx) * PX_UM).toBeCloseTo(-shearUm, 1);
  });

  test('vibration gives an upright edge saw-teeth, as high as its amplitude', async () => {
    const edge = { substrate: { level: 0.05, contrast: 0 }, discs: [{ xUm: 500, yUm: 0, radiusUm: 500, yield: 0.9 }] };
    const teethUm = async (amplitudeNm: number): Promise<number> => {
      const frame = await frameOf({ ...spots(), sample: edge, vibration: { amplitudeNm, frequencyHz: 50 } });
      const middle = 0.45 * 65535;
      return PX_UM * deviationOf(Array.from({ length: frame.heightPx }, (_, row) => frame.data.subarray(row * 256, (row + 1) * 256).filter((value) => value < middle).length));
    };
    expect(await teethUm(0)).toBeLessThan(0.05);
    expect(await teethUm(800)).toBeGreaterThan(0.45);
    expect(await teethUm(800)).toBeLessThan(0.7);
  });
});

describe('focus', () => {
  test('a move along the tilt, a step, a change of z and of the high tension put it out', async () => {
    const defocus: number[] = [];
    const { microscope } = await simulated(
      { ...spots(), surface: { workingDistanceMm: 5, tiltXUmPerMm: 30, tiltYUmPerMm: 0, steps: [{ yUm: 100, normalDeg: 90, riseUm: 12 }] } },
      {
        trace: (line) => {
          const entry = JSON.parse(line) as { kind: string; defocusUm?: number };
          if (entry.kind === 'scan') defocus.push(entry.defocusUm!);
        },
      },
    );
    const look = async (): Promise<unknown> => microscope.acquire({ ...REQUEST, widthPx: 128, heightPx: 96 });
    await look();
    await microscope.moveStage({ xUm: 1000 });
    await look();
    await microscope.moveStage({ xUm: 0, yUm: 200 });
    await look();
    await microscope.moveStage({ yUm: 0, zUm: 10_005 });
    await look();
    await microscope.setBeam({ accelerationKv: 6 });
    await look();
    expect(defocus.map((um) => Number(um.toFixed(6)) + 0)).toEqual([0, -30, -12, 5, 25]);
  });
});

describe('astigmatism', () => {
  test('the streaks of a spot turn by 90 degrees through focus and are round in it', async () => {
    const elongation = async (defocusUm: number): Promise<number> => {
      const { xx, yy } = spotIn(await frameOf({ ...spots([0, 0]), optics: { astigmatismUm: 300, astigmatismDeg: 0, workingDistanceMm: 5 + defocusUm / 1000 } }));
      return xx / yy;
    };
    expect(await elongation(150)).toBeGreaterThan(1.5);
    expect(await elongation(-150)).toBeLessThan(1 / 1.5);
    expect(await elongation(0)).toBeCloseTo(1, 1);
  });
});

describe('integration', () => {
  const flat = { ...spots(), sample: { substrate: { level: 0.3, contrast: 0 } } };
  const take = async (averaging: { mode: 'line' | 'frame'; count: number }) => {
    const { microscope, clock } = await simulated({ ...flat, detector: { averaging } });
    await microscope.setBlanker(false);
    const startMs = clock.nowMs();
    const frame = await microscope.acquire({ ...REQUEST, dwellUs: 1 });
    return { frame, tookMs: clock.nowMs() - startMs, totalDoseC: microscope.truth().exposure.totalDoseC };
  };

  test.each(['line', 'frame'] as const)('%s: 16 times the time and dose, a quarter of the noise, the same grey', async (mode) => {
    const once = await take({ mode, count: 1 });
    const many = await take({ mode, count: 16 });
    expect(many.tookMs).toBeCloseTo(16 * once.tookMs, 6);
    expect(many.frame.doseCPerM2).toBeCloseTo(16 * once.frame.doseCPerM2, 9);
    expect(many.totalDoseC / once.totalDoseC).toBeCloseTo(16, 6);
    expect(deviationOf(once.frame.data) / deviationOf(many.frame.data)).toBeCloseTo(4, 0);
    expect(meanOf(many.frame.data) / meanOf(once.frame.data)).toBeCloseTo(1, 2);
  });

  test('of frames: drift goes on meanwhile and smears what they show', async () => {
    const { drift, ...rest } = spots([0, 0]);
    const width = async (count: number): Promise<number> => {
      const drifting = { ...rest, drift: { ...drift, amplitudeNm: 30_000, periodS: 120 }, detector: { readNoiseElectrons: 0, averaging: { mode: 'frame' as const, count } } };
      const { xx, yy } = spotIn(await frameOf(drifting));
      return Math.sqrt(xx + yy);
    };
    expect(await width(8)).toBeGreaterThan(1.15 * (await width(1)));
  });
});
