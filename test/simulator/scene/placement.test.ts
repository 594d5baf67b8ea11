import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRandom } from '../../../src/lib/random.ts';
import { placeSites } from '../../../simulator/scene/placement.ts';
import { outlineOf, outlinesOverlap } from '../../../simulator/scene/site.ts';
import { scenarioOf } from '../simulated.ts';

const sampleOf = (sample: object) => scenarioOf({ sample }).sample;
const placeWith = (sample: object, seed = 5) => placeSites(sampleOf(sample), createRandom(seed));

const centre = (sites: readonly { xUm: number; yUm: number }[]) => ({
  xUm: sites.reduce((sum, site) => sum + site.xUm, 0) / sites.length,
  yUm: sites.reduce((sum, site) => sum + site.yUm, 0) / sites.length,
});

describe('placement', () => {
  test('no site lies over another or sticks out of the area, whatever the model and the seed', () => {
    const model = fc.constantFrom({ model: 'uniform' }, { model: 'clustered', parents: 2, spreadUm: 25 }, { model: 'gradient' }, { model: 'edge-ring' });
    fc.assert(
      fc.property(model, fc.integer(), (placement, seed) => {
        const outlines = placeWith({ sites: { Tips: 12, Powder: 12 }, placement }, seed).map(outlineOf);
        outlines.forEach((outline, index) => {
          expect(outlines.slice(index + 1).some((other) => outlinesOverlap(outline, other))).toBe(false);
          expect(outline.every(([x, y]) => Math.abs(x) <= 200 && Math.abs(y) <= 150)).toBe(true);
        });
      }),
      { numRuns: 60 },
    );
  });

  test('a cluster is tight, uniform sites are not', () => {
    const spread = (placement: object): number => {
      const sites = placeWith({ sites: { Tips: 6 }, placement });
      const { xUm, yUm } = centre(sites);
      return Math.sqrt(sites.reduce((sum, site) => sum + (site.xUm - xUm) ** 2 + (site.yUm - yUm) ** 2, 0) / sites.length);
    };
    expect(spread({ model: 'clustered', parents: 1, spreadUm: 20 })).toBeLessThan(60);
    expect(spread({ model: 'uniform' })).toBeGreaterThan(80);
  });

  test('a gradient leans to its side, a ring leaves the middle free, a needle lies where it was put', () => {
    const lean = placeWith({ sites: { Tips: 60 }, placement: { model: 'gradient', directionDeg: 180 } });
    expect(centre(lean).xUm).toBeLessThan(-20);
    const ring = placeWith({ sites: { Tips: 12 }, placement: { model: 'edge-ring', widthUm: 40 } });
    expect(ring.every(({ xUm, yUm }) => Math.hypot(xUm / 200, yUm / 150) > 0.45)).toBe(true);
    const needle = placeWith({ sites: { Tips: 2 }, placement: { model: 'needle', xUm: 900, yUm: -700 } });
    expect(Math.hypot(centre(needle).xUm - 900, centre(needle).yUm + 700)).toBeLessThan(60);
  });

  test('too many sites for the area are one sentence', () => {
    expect(() => placeWith({ widthUm: 40, heightUm: 30, sites: { Tips: 9 } })).toThrow(/no room for 9 sites of Tips on 40 x 30 um/);
    expect(placeWith({ widthUm: 40, heightUm: 30, sites: { Tips: 9 }, allowOverlap: true })).toHaveLength(9);
  });
});
