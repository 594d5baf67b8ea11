import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { RunEvent } from '../../src/contract/events.ts';
import { runWithFaults } from '../faults/fault-bench.ts';
import { temporaryFolder } from '../support/cli.ts';

async function scenario(more: string): Promise<string> {
  const path = join(await temporaryFolder(), 'lens.yaml');
  const sample = 'sample: { widthUm: 100, heightUm: 75, site: { widthUm: 18, heightUm: 14 }, sites: { Nanowires: 6 }, placement: { model: uniform } }';
  await writeFile(path, `name: lens\nsummary: A lens to be set\n${sample}\n${more}\n`);
  return path;
}

const ofType = <Type extends RunEvent['type']>(events: readonly RunEvent[], type: Type): Extract<RunEvent, { type: Type }>[] =>
  events.filter((event): event is Extract<RunEvent, { type: Type }> => event.type === type);

test('a specimen out of focus is brought into focus once, and later fields start there', async () => {
  const { events, result } = await runWithFaults({ scenario: await scenario('surface: { workingDistanceMm: 5.03, tiltXUmPerMm: 0, tiltYUmPerMm: 0 }') });
  const [first, ...more] = ofType(events, 'focused');
  expect(Math.abs(first!.workingDistanceMm - 5.03)).toBeLessThan(0.008);
  expect(more.length).toBeLessThan(4);
  expect(result.finds.length).toBeGreaterThan(0);
  // As it was found: the lens is the user's.
  expect(ofType(events, 'halted')[0]).toMatchObject({ differences: [] });
});

test('on a tilted specimen the working distance follows the heights without focusing on every field', async () => {
  const steep = await scenario('surface: { workingDistanceMm: 5.01, tiltXUmPerMm: 300, tiltYUmPerMm: 0 }');
  const { events } = await runWithFaults({ scenario: steep });
  const frames = ofType(events, 'frame').map(({ frame }) => frame);
  const sharp = frames.filter(({ stage, workingDistanceMm }) => Math.abs(workingDistanceMm - (5.01 + (300 * stage.xUm) / 1e6)) < 0.016);
  expect(sharp.length / frames.length).toBeGreaterThan(0.6);
  expect(ofType(events, 'focused').length).toBeLessThan(frames.length / 3);
});

test('astigmatism that a focusing has shown is taken away by the stigmators, which are given back as they were', async () => {
  const { events, after } = await runWithFaults({ scenario: await scenario('optics: { astigmatismUm: 30, astigmatismDeg: 20 }') });
  const [set] = ofType(events, 'stigmated');
  // 50 um between the line foci at full setting; 30 um at 20 degrees were there, as a vector of twice the angle.
  const left = Math.hypot(30 * Math.cos((40 * Math.PI) / 180) + 50 * set!.stigmatorX, 30 * Math.sin((40 * Math.PI) / 180) + 50 * set!.stigmatorY);
  expect(left).toBeLessThan(15);
  expect(after.blanked).toBe(true);
  expect(ofType(events, 'halted')[0]).toMatchObject({ differences: [] });
});
