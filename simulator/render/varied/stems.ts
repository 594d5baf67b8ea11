import type { Random } from '../../../src/lib/random.ts';
import { between, chance, logBetween, logNormal, pick } from '../draws.ts';
import { noisePlane } from '../noise.ts';
import { createPlane, type Grid } from '../raster.ts';
import { addHeight, createRelief, type Relief } from '../relief.ts';
import { develop } from '../shade.ts';
import { drawEllipsoid, drawTube } from '../solids.ts';
import { strand } from '../strands.ts';
import { at, anywhere, smoothStep } from './ground.ts';
import { packDiscs, roundMin, shareOut, type Disc, type Stretch } from './tissue.ts';

/** How deep below the outer edge of a stem a point lies, fractions of the picture's width; below 0 outside. */
type Depth = (x: number, y: number) => number;

function stemEdge(grid: Grid, random: Random): { depth: Depth; along: number } {
  const towards = between(random, 0, 2 * Math.PI);
  if (chance(random, 0.35)) return { depth: () => 1, along: towards };
  const radius = logBetween(random, 0.5, 6);
  const inside = between(random, 0.1, 0.45);
  const [cx, cy] = [0.5 + (radius - inside) * Math.cos(towards), grid.aspect / 2 + (radius - inside * grid.aspect) * Math.sin(towards)];
  return { depth: (x, y) => radius - Math.sqrt((x - cx) ** 2 + (y - cy) ** 2), along: towards + Math.PI / 2 };
}

interface Anatomy {
  readonly discs: readonly Disc[];
  readonly cell: number;
  readonly depth: Depth;
  readonly form: Stretch;
}

/** Small cells along the edge, larger ones inwards, bundles of fine cells with wide vessels. */
function anatomy(grid: Grid, random: Random): Anatomy {
  const { depth, along } = stemEdge(grid, random);
  const form = { stretch: pick(random, [1, between(random, 1, 1.7)]), angle: along };
  const cell = logBetween(random, 0.014, 0.06);
  const growth = between(random, 0, 1.5);
  const outer = between(random, 0.5, 1);
  const spread = between(random, 0.08, 0.3);
  const bundles = Array.from({ length: random.integer(4) }, () => ({ ...anywhere(grid, random), radius: cell * between(random, 3, 8) }));
  const vessels = bundles.flatMap((bundle) => Array.from({ length: 1 + random.integer(4) }, () => ({ x: bundle.x + bundle.radius * between(random, -1, 1), y: bundle.y + bundle.radius * between(random, -1, 1), radius: cell * between(random, 2, 4.5) })));
  const sizeAt = (x: number, y: number): number => {
    const deep = depth(x, y);
    if (deep < cell * 0.7) return 0;
    const fine = bundles.some((bundle) => (bundle.x - x) ** 2 + (bundle.y - y) ** 2 < bundle.radius ** 2) ? 0.5 : 1;
    return logNormal(random, cell, spread) * fine * (deep < cell * 4 ? outer : 1 + growth * Math.min(1, deep));
  };
  return { depth, cell, form, discs: packDiscs(grid, random, { sizeAt, form, overlap: 0.1, first: vessels.filter(({ x, y, radius }) => depth(x, y) > radius * 1.4), beyond: 0.12, trials: 12_000 }) };
}

/** What a blade leaves behind: fringes along the rims, crumpled scraps in the cells. */
function debris(relief: Relief, random: Random, discs: readonly Disc[]): void {
  const torn = chance(random, 0.75) ? logBetween(random, 0.02, 0.3) : 0;
  const material = between(random, 0.55, 0.85);
  for (const { x, y, radius } of discs) {
    if (!chance(random, torn)) continue;
    const from = between(random, 0, 6.3);
    for (let fringe = 2 + random.integer(7); fringe > 0; fringe--) {
      const around = from + between(random, 0, 2);
      const root = { x: x + 0.95 * radius * Math.cos(around), y: y + 0.95 * radius * Math.sin(around), z: 0.003 };
      drawTube(relief, strand(random, { ...root, angle: around + Math.PI + between(random, -0.7, 0.7), length: radius * between(random, 0.15, 0.8), radius: Math.max(0.001, radius * between(random, 0.04, 0.12)), step: 0.008, curl: 0.6 / radius, taper: 0.15 }), { material: material * between(random, 0.8, 1.15), roughness: 0.001, flatness: 0.3 });
    }
    if (!chance(random, 0.4)) continue;
    for (let scrap = 3 + random.integer(10); scrap > 0; scrap--) {
      const own = radius * between(random, 0.06, 0.25);
      drawEllipsoid(relief, { x: x + 0.4 * radius * random.gaussian(), y: y + 0.4 * radius * random.gaussian(), z: -radius * 0.4, radius: own * between(random, 1, 2.5), radiusAcross: own * 0.6, radiusUp: own * 0.6, angle: between(random, 0, 3), material: material * between(random, 0.6, 1.1), roughness: 0.002 });
    }
  }
}

/** A stem, stalk or leaf cut across: hollow cells of several sizes in double walls, wide vessels, up to its outer edge. */
export function stemCut(grid: Grid, random: Random): Float32Array {
  const plant = anatomy(grid, random);
  const { discs, cell, depth } = plant;
  const { owner, gap, rim } = shareOut(grid, discs, { form: plant.form });
  const wall = cell * logBetween(random, 0.06, 0.35);
  const lip = Math.max(0.0022, wall * 0.25);
  const [viewX, viewY] = [between(random, -1, 1), between(random, -1, 1)];
  const streaks = noisePlane(grid, random, { cell: cell * 0.35, octaves: 3, stretch: 3, angle: Math.atan2(viewY, viewX) });
  const bend = noisePlane(grid, random, { cell: cell * 1.5, octaves: 2 });
  const [floor, inner, bright, lamella] = [between(random, 0.3, 0.8), between(random, 0.6, 1), between(random, 0.1, 0.7), between(random, 0, 0.35)];
  const roundness = between(random, 0.02, 0.25);
  const outside = between(random, 0.15, 0.75);
  const cuticle = cell * between(random, 0.3, 1);
  const relief = createRelief(grid, { material: between(random, 0.4, 0.6), roughness: between(random, 0.0005, 0.0015) });
  const heights = createPlane(grid);
  for (let index = 0; index < heights.length; index++) {
    const { x, y } = at(grid, index);
    const deep = depth(x, y) + 0.06 * cell * bend[index]!;
    if (deep < 0) {
      heights[index] = -cell * smoothStep(-deep / (cell * 0.5));
      relief.material[index]! *= outside * (1 + 0.5 * Math.exp(deep / (cell * 0.15)));
      continue;
    }
    const disc = discs[owner[index]!];
    if (disc === undefined) continue;
    const own = Math.min(deep - cuticle, roundMin(gap[index]! - wall * (1 + 0.12 * bend[index]!), roundness * disc.radius - rim[index]!, 0.4 * disc.radius));
    const open = smoothStep(own / 0.0035 + 0.5);
    const across = ((x - disc.x) * viewX + (y - disc.y) * viewY) / disc.radius;
    const shown = smoothStep((across + 0.35) / 1.1) * smoothStep(1 - own / (0.75 * disc.radius));
    relief.roughness[index]! *= 1 - 0.8 * open;
    heights[index] = -cell * open * (0.3 + 0.9 * smoothStep(own / (0.5 * disc.radius)));
    relief.material[index]! *= (1 - open) * (1 - lamella * Math.exp(-((gap[index]! / (0.2 * wall)) ** 2))) + open * (floor + (inner - floor) * shown) * (1 + 0.05 * streaks[index]! * shown) + bright * Math.exp(-((own / lip) ** 2));
  }
  addHeight(relief, heights, 0.35);
  debris(relief, random, discs);
  return develop(relief, random, { occlusion: between(random, 0.15, 0.5), occlusionWidths: [cell * 0.6, cell * 2], maxSecant: 2, tilt: between(random, 0.15, 0.4), bump: noisePlane(grid, random, { cell: 0.02, octaves: 5 }), white: between(random, 0.6, 0.95) });
}

/** Wood cut across: files of narrow cells, early wood wide and late wood thick-walled, vessels and rays between them. */
export function woodCut(grid: Grid, random: Random): Float32Array {
  const file = logBetween(random, 0.015, 0.06);
  const turn = between(random, 0, Math.PI);
  const [cos, sin] = [Math.cos(turn), Math.sin(turn)];
  const ring = between(random, 0.3, 1.5);
  const phase = between(random, 0, 1);
  const late = (along: number): number => smoothStep(((((along / ring + phase) % 1) + 1) % 1) * 2 - 1);
  const bend = noisePlane(grid, random, { cell: 0.4, octaves: 2 });
  const discs: Disc[] = [];
  for (let across = -0.9; across < 0.9; across += file * 1.02) {
    for (let along = -0.9 - between(random, 0, file); along < 0.9;) {
      const radius = 0.5 * file * (1 - 0.4 * late(along)) * between(random, 0.9, 1.1);
      const aside = across + file * between(random, -0.1, 0.1) + 0.5 * file * bend[Math.floor((along + 0.9) * 0.5 * bend.length)]!;
      discs.push({ x: 0.5 + along * cos - aside * sin, y: grid.aspect / 2 + along * sin + aside * cos, radius });
      along += radius * between(random, 1.9, 2.5);
    }
  }
  const vessels = chance(random, 0.5) ? [] : packDiscs(grid, random, { sizeAt: () => file * between(random, 1.2, 3), overlap: -between(random, 0.1, 2), trials: 40 + random.integer(200) });
  const inView = ({ x, y }: Disc): boolean => x > -0.06 && x < 1.06 && y > -0.06 && y < grid.aspect + 0.06;
  const visible = discs.filter((disc) => inView(disc) && !vessels.some((vessel) => (vessel.x - disc.x) ** 2 + (vessel.y - disc.y) ** 2 < (vessel.radius + file * 0.3) ** 2)).concat(vessels);
  const { owner, gap, rim } = shareOut(grid, visible, { reach: 2.5 });
  const wall = file * between(random, 0.06, 0.16);
  const [floor, bright, thick] = [between(random, 0.12, 0.5), between(random, 0, 0.5), between(random, 1, 2)];
  const relief = createRelief(grid, { material: between(random, 0.45, 0.65), roughness: 0.001 });
  const heights = createPlane(grid);
  const fibrous = noisePlane(grid, random, { cell: file * 0.6, octaves: 3 });
  for (let index = 0; index < heights.length; index++) {
    const disc = visible[owner[index]!];
    if (disc === undefined) continue;
    const { x, y } = at(grid, index);
    const own = Math.min(gap[index]! - wall * (1 + thick * late((x - 0.5) * cos + (y - grid.aspect / 2) * sin)) - 0.04 * file * fibrous[index]!, 0.25 * disc.radius - rim[index]!);
    const open = smoothStep(own / 0.004 + 0.5);
    heights[index] = -file * open * (0.5 + 0.7 * smoothStep(own / (0.6 * disc.radius)));
    relief.material[index]! *= 1 - (1 - floor) * open + bright * Math.exp(-((own / 0.003) ** 2));
  }
  addHeight(relief, heights, 0.5);
  debris(relief, random, visible.filter(() => chance(random, 0.3)));
  return develop(relief, random, { occlusion: between(random, 0.3, 0.8), occlusionWidths: [file * 0.5, file * 2], maxSecant: 2.2, tilt: between(random, 0.15, 0.45), bump: noisePlane(grid, random, { cell: 0.02, octaves: 5 }) });
}
