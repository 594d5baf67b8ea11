import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { imageAxes, PROMISED_AXES } from '../../src/session/image-axes.ts';
import { runWithFaults } from '../faults/fault-bench.ts';
import { temporaryFolder } from '../support/cli.ts';

const TURNED = `name: turned
summary: A picture that is turned, sheared and upside down against the stage
sample:
  widthUm: 100
  heightUm: 75
  site: { widthUm: 18, heightUm: 14 }
  sites: { Nanowires: 6 }
  placement: { model: uniform }
stage: { image: { rotationDeg: 6, scale: 1.01, shear: 0.01, mirroredY: true } }
`;

async function scenario(): Promise<string> {
  const path = join(await temporaryFolder(), 'turned.yaml');
  await writeFile(path, TURNED);
  return path;
}

test('what the driver promises: x right, y up', () => {
  expect(PROMISED_AXES.toStage(10, 5, 0.1)).toEqual({ xUm: 1, yUm: -0.5 });
  expect(PROMISED_AXES.toImage(1, -0.5, 0.1)).toEqual({ xPx: 10, yPx: 5 });
});

test('there and back again, for any axes', () => {
  const axes = imageAxes([[0.98, 0.2], [-0.19, 1.02]]);
  const { xUm, yUm } = axes.toStage(33, -12, 0.04);
  const { xPx, yPx } = axes.toImage(xUm, yUm, 0.04);
  expect(xPx).toBeCloseTo(33, 9);
  expect(yPx).toBeCloseTo(-12, 9);
});

test('known steps tell how the picture is turned, sheared and mirrored', async () => {
  const { events } = await runWithFaults({ scenario: await scenario(), settings: { calibrates: true } });
  const measured = events.filter((event) => event.type === 'calibrated');
  expect(measured).toHaveLength(1);
  expect(measured[0]).toMatchObject({ mirrored: true });
  expect(Math.abs(measured[0]!.rotationDeg)).toBeGreaterThan(5);
  expect(Math.abs(measured[0]!.rotationDeg)).toBeLessThan(7);
  expect(measured[0]!.residualPx).toBeLessThan(3);
});

test('nobody calibrates unasked', async () => {
  const { events } = await runWithFaults({ settings: { area: { widthUm: 60, heightUm: 45 } } });
  expect(events.some((event) => event.type === 'calibrated')).toBe(false);
});
