import { EmagentError } from '../../src/contract/errors.ts';
import type { Random } from '../../src/lib/random.ts';
import type { Placement, Scenario, SiteLabel } from '../scenario-schema.ts';
import { outlineOf, outlinesOverlap, type Point } from './site.ts';

/** A site before it has a picture. */
export interface PlacedSite {
  readonly label: SiteLabel;
  readonly xUm: number;
  readonly yUm: number;
  readonly widthUm: number;
  readonly heightUm: number;
  readonly rotationDeg: number;
}

type Sample = Scenario['sample'];
type Draw = () => Point;

/** Tries for a free place before the scenario is called too crowded. */
const TRIES = 2000;

function uniformIn({ widthUm, heightUm, centreUm: [x, y] }: Sample, random: Random): Point {
  return [x + (random.uniform() - 0.5) * widthUm, y + (random.uniform() - 0.5) * heightUm];
}

const scatter = (points: readonly Point[], spreadUm: number, random: Random): Draw => () => {
  const [x, y] = points[random.integer(points.length)]!;
  return [x + spreadUm * random.gaussian(), y + spreadUm * random.gaussian()];
};

/** Linear density by rejection: a point is kept with the probability of its place along the direction. */
function gradient(sample: Sample, directionDeg: number, random: Random): Draw {
  const angle = (directionDeg * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const reach = (Math.abs(cos) * sample.widthUm + Math.abs(sin) * sample.heightUm) / 2;
  const [cx, cy] = sample.centreUm;
  return () => {
    for (;;) {
      const point = uniformIn(sample, random);
      const along = (point[0] - cx) * cos + (point[1] - cy) * sin;
      if (random.uniform() < (along + reach) / (2 * reach)) return point;
    }
  };
}

/** On the ellipse that the area holds, normal across it. */
function edgeRing({ widthUm, heightUm, centreUm: [x, y] }: Sample, ringUm: number, random: Random): Draw {
  return () => {
    const angle = 2 * Math.PI * random.uniform();
    const inward = (ringUm / 2) * (1 + random.gaussian());
    return [x + (widthUm / 2 - inward) * Math.cos(angle), y + (heightUm / 2 - inward) * Math.sin(angle)];
  };
}

function drawFor(placement: Placement, sample: Sample, context: { random: Random; placed: readonly PlacedSite[] }): Draw {
  const { random, placed } = context;
  switch (placement.model) {
    case 'uniform':
      return () => uniformIn(sample, random);
    case 'clustered':
      return scatter(Array.from({ length: placement.parents }, () => uniformIn(sample, random)), placement.spreadUm, random);
    case 'gradient':
      return gradient(sample, placement.directionDeg, random);
    case 'edge-ring':
      return edgeRing(sample, placement.widthUm, random);
    case 'needle':
      return scatter([[placement.xUm, placement.yUm]], sample.site.widthUm, random);
    case 'near': {
      const others = placed.filter(({ label }) => label === placement.label).map(({ xUm, yUm }): Point => [xUm, yUm]);
      if (others.length === 0) throw new EmagentError('EM_SCENARIO', `Sites are to lie near ${placement.label}, of which the scenario has none.`);
      return scatter(others, placement.spreadUm, random);
    }
  }
}

function inside({ widthUm, heightUm, centreUm: [x, y] }: Sample, outline: readonly Point[]): boolean {
  return outline.every(([px, py]) => Math.abs(px - x) <= widthUm / 2 && Math.abs(py - y) <= heightUm / 2);
}

/**
 * Places the sites of a sample, none over another unless the scenario allows it, all whole inside the area (a needle may
 * lie anywhere). A place that does not fit is drawn again; a cluster without room left moves over to uniform places.
 * Throws EM_SCENARIO when the area is too crowded.
 */
export function placeSites(sample: Sample, random: Random): PlacedSite[] {
  const placed: PlacedSite[] = [];
  const outlines: Point[][] = [];
  const entries = Object.entries(sample.sites) as [SiteLabel, number][];
  const modelOf = (label: SiteLabel): Placement => sample.placements[label] ?? sample.placement;
  // Those that lie near others come when the others are there.
  entries.sort(([a], [b]) => Number(modelOf(a).model === 'near') - Number(modelOf(b).model === 'near'));
  for (const [label, count] of entries) {
    if (count === 0) continue;
    const placement = modelOf(label);
    const draw = drawFor(placement, sample, { random, placed });
    for (let index = 0; index < count; index++) {
      let found = false;
      for (let attempt = 0; attempt < TRIES && !found; attempt++) {
        const [xUm, yUm] = attempt < TRIES / 2 || placement.model === 'needle' ? draw() : uniformIn(sample, random);
        const size = Math.max(0.3, 1 + sample.site.sizeSpread * random.gaussian());
        const site: PlacedSite = {
          label,
          xUm,
          yUm,
          widthUm: sample.site.widthUm * size,
          heightUm: sample.site.heightUm * size,
          rotationDeg: (2 * random.uniform() - 1) * sample.site.maxRotationDeg,
        };
        const outline = outlineOf(site);
        if (placement.model !== 'needle' && !inside(sample, outline)) continue;
        if (!sample.allowOverlap && outlines.some((other) => outlinesOverlap(other, outline))) continue;
        placed.push(site);
        outlines.push(outline);
        found = true;
      }
      if (!found) {
        throw new EmagentError('EM_SCENARIO', `There is no room for ${count} sites of ${label} on ${sample.widthUm} x ${sample.heightUm} um.`);
      }
    }
  }
  return placed;
}
