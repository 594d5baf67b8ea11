import { describe, expect, test } from 'vitest';
import type { AcquireRequest, Frame } from '../../../src/contract/frame.ts';
import { discSpan } from '../../../simulator/scene/disc.ts';
import { codeOf, deviationOf, meanOf, PERFECT, simulated } from '../simulated.ts';

const REQUEST: AcquireRequest = { widthPx: 256, heightPx: 192, dwellUs: 10, depth: 8 };

async function look(sample: object, at: { xUm: number; yUm: number } = { xUm: 0, yUm: 0 }): Promise<Frame> {
  const { microscope } = await simulated({ ...PERFECT, sample, optics: { fieldWidthUm: 40 } });
  await microscope.moveStage(at);
  await microscope.setBlanker(false);
  return microscope.acquire(REQUEST);
}

describe('traps of the scene', () => {
  test('a periodic grid looks the same one period on, and otherwise half a period on', async () => {
    const sample = { substrate: { contrast: 0, grid: { periodUm: 20, lineUm: 3, contrast: 0.3 } } };
    const difference = async (xUm: number): Promise<number> => {
      const [here, there] = [(await look(sample)).data, (await look(sample, { xUm, yUm: 0 })).data];
      return deviationOf(Array.from(here, (value, index) => value - there[index]!));
    };
    const noise = await difference(20);
    expect(await difference(10)).toBeGreaterThan(4 * noise);
    expect(await difference(200)).toBeCloseTo(noise, 0);
  });

  test('at low magnification the grid keeps its mean and shows no false lines', async () => {
    const grid = { periodUm: 1, lineUm: 0.25, contrast: 0.4 };
    const { microscope } = await simulated({ ...PERFECT, sample: { substrate: { contrast: 0, grid } }, optics: { fieldWidthUm: 1000 } });
    await microscope.setBlanker(false);
    const { data } = await microscope.acquire({ ...REQUEST, dwellUs: 40 });
    expect(meanOf(data) / 255).toBeCloseTo(0.02 + 0.3 + 0.4 * (0.5 - 0.0625), 1);
    // Noise alone: 12 500 detected electrons per unit of yield.
    expect(deviationOf(data)).toBeLessThan(3);
  });

  test('a hole gives no signal, something very bright saturates', async () => {
    const disc = (value: number) => ({ substrate: { contrast: 0 }, discs: [{ xUm: 0, yUm: 0, radiusUm: 10, yield: value }] });
    const centre = ({ data }: Frame): number => data[96 * 256 + 128]!;
    expect(centre(await look(disc(0)))).toBeLessThan(15);
    expect(centre(await look(disc(4)))).toBe(255);
    // 10 um of 40: a quarter of the width.
    const bright = (await look(disc(4))).data.subarray(96 * 256, 97 * 256).filter((value) => value === 255).length;
    expect(bright).toBeGreaterThan(126);
    expect(bright).toBeLessThan(131);
  });

  test('a featureless substrate has nothing to focus on', async () => {
    const { microscope } = await simulated({ ...PERFECT, sample: { substrate: { contrast: 0 } } });
    await microscope.setBlanker(false);
    expect(await codeOf(microscope.autofocus({ rangeUm: 50 }))).toBe('EM_FOCUS_FAILED');
  });

  test.each([
    [[-5, 0], [1, 0], [4, 7]],
    [[-5, 3], [1, 0], [0, 0]],
    [[5, 0], [-1, 0], [4, 7]],
    [[0, 0], [1, 0], [0, 2]],
  ] as const)('points from %j by %j on a disc of 1.5', (start, step, span) => {
    const [from, to] = discSpan({ xUm: 0, yUm: 0, radiusUm: 1.5, yield: 1 }, { start, step, length: 100 });
    expect(from < to ? [from, to] : [0, 0]).toEqual(span);
  });
});
