import { intersection, type Geom } from 'polyclip-ts';
import { EmagentError } from '../contract/errors.ts';
import type { Zone } from '../contract/region.ts';
import { segmentsOf, type Point } from '../search/zones.ts';

/** Where a shape was given, for messages: `The keep-out circle:1,2,3`. */
export interface NamedShape {
  readonly name: string;
  readonly zone: Zone;
}

type Outline = readonly (readonly [number, number])[];

const fail = (message: string): never => {
  throw new EmagentError('EM_REGION', message);
};

/** Signed area of an outline, um^2, counter-clockwise positive (shoelace formula). */
function areaOf(outline: Outline): number {
  let twice = 0;
  for (const [index, [x, y]] of outline.entries()) {
    const [nextX, nextY] = outline[(index + 1) % outline.length]!;
    twice += x * nextY - nextX * y;
  }
  return twice / 2;
}

const cross = (o: Point, a: Point, b: Point): number => (a.xUm - o.xUm) * (b.yUm - o.yUm) - (a.yUm - o.yUm) * (b.xUm - o.xUm);

const between = (a: Point, b: Point, p: Point): boolean =>
  Math.min(a.xUm, b.xUm) <= p.xUm && p.xUm <= Math.max(a.xUm, b.xUm) && Math.min(a.yUm, b.yUm) <= p.yUm && p.yUm <= Math.max(a.yUm, b.yUm);

type Piece = readonly [Point, Point];

const on = (p: Point, [a, b]: Piece): boolean => cross(a, b, p) === 0 && between(a, b, p);

/** Whether two pieces have any point in common. */
function touch(first: Piece, second: Piece): boolean {
  const [[a, b], [c, d]] = [first, second];
  const [c1, d1, a2, b2] = [cross(a, b, c), cross(a, b, d), cross(c, d, a), cross(c, d, b)];
  if (c1 * d1 < 0 && a2 * b2 < 0) return true;
  return on(c, first) || on(d, first) || on(a, second) || on(b, second);
}

/** Every pair of pieces is compared: enough for outlines drawn by hand or by a program that simplifies. */
const MOST_CORNERS = 4000;

/** Throws EM_REGION when an outline crosses or touches itself. */
function checkSimple(outline: Outline, name: string): void {
  if (outline.length > MOST_CORNERS) fail(`${name} has ${outline.length} corners, more than the ${MOST_CORNERS} that can be checked: simplify it.`);
  const pieces = [...segmentsOf([outline])];
  for (const [first, piece] of pieces.entries()) {
    for (let second = first + 1; second < pieces.length; second++) {
      const other = pieces[second]!;
      // Neighbours share a corner; they may not run back over each other.
      const follows = second === first + 1;
      const precedes = first === 0 && second === pieces.length - 1;
      const crosses = follows ? on(piece[0], other) || on(other[1], piece) : precedes ? on(piece[1], other) || on(other[0], piece) : touch(piece, other);
      if (crosses) {
        fail(`${name} crosses itself near (${other[0].xUm.toFixed(1)}, ${other[0].yUm.toFixed(1)}) µm.`);
      }
    }
  }
}

/** Corners of a circle where it is compared with other shapes. */
const CIRCLE_CORNERS = 256;
/** Shapes that share less than this part of the smaller one touch: rounding of coordinates is no overlap. */
const TOUCHING_SHARE = 1e-9;

function geometryOf(zone: Zone): Geom {
  switch (zone.kind) {
    case 'rectangle': {
      const { leftUm, rightUm, bottomUm, topUm } = zone;
      return [[[leftUm, bottomUm], [rightUm, bottomUm], [rightUm, topUm], [leftUm, topUm]]];
    }
    case 'circle':
      return [
        Array.from({ length: CIRCLE_CORNERS }, (_, corner): [number, number] => {
          const angle = (2 * Math.PI * corner) / CIRCLE_CORNERS;
          return [zone.xUm + zone.radiusUm * Math.cos(angle), zone.yUm + zone.radiusUm * Math.sin(angle)];
        }),
      ];
    case 'polygon':
      return zone.outlines;
  }
}

/** Area that two shapes share, um^2. */
function sharedAreaUm2(a: Geom, b: Geom): number {
  return intersection(a, b).reduce((sum, polygon) => sum + polygon.reduce((area, outline, index) => area + (index === 0 ? 1 : -1) * Math.abs(areaOf(outline)), 0), 0);
}

/** Area of a shape, um^2. */
export function zoneAreaUm2(zone: Zone): number {
  if (zone.kind === 'rectangle') return (zone.rightUm - zone.leftUm) * (zone.topUm - zone.bottomUm);
  if (zone.kind === 'circle') return Math.PI * zone.radiusUm ** 2;
  return zone.outlines.reduce((area, outline, index) => area + (index === 0 ? 1 : -1) * Math.abs(areaOf(outline)), 0);
}

function checkHoles([outline, ...holes]: readonly Outline[], name: string): void {
  const ring = (corners: Outline): Geom => [corners.map(([x, y]): [number, number] => [x, y])];
  for (const [index, hole] of holes.entries()) {
    const area = Math.abs(areaOf(hole));
    if (sharedAreaUm2(ring(outline!), ring(hole)) < area * (1 - TOUCHING_SHARE)) fail(`Hole ${index + 1} of ${name} reaches out of its outline.`);
    const other = holes.findIndex((candidate, at) => at < index && sharedAreaUm2(ring(candidate), ring(hole)) > TOUCHING_SHARE * area);
    if (other >= 0) fail(`Holes ${other + 1} and ${index + 1} of ${name} overlap.`);
  }
}

/** Throws EM_REGION for a shape that encloses nothing or crosses itself. */
export function checkShape({ name, zone }: NamedShape): void {
  const numbers = zone.kind === 'polygon' ? zone.outlines.flat(2) : Object.values(zone).filter((value) => typeof value === 'number');
  if (!numbers.every(Number.isFinite)) fail(`${name} has a coordinate that is not a number.`);
  if (zone.kind === 'rectangle' && (zone.rightUm <= zone.leftUm || zone.topUm <= zone.bottomUm)) {
    fail(`${name} encloses no area: its right must exceed its left and its top its bottom.`);
  }
  if (zone.kind === 'circle' && zone.radiusUm <= 0) fail(`${name} encloses no area: its radius is ${zone.radiusUm} µm.`);
  if (zone.kind !== 'polygon') return;
  for (const [index, outline] of zone.outlines.entries()) {
    const which = index === 0 ? name : `Hole ${index} of ${name}`;
    if (new Set(outline.map(String)).size < 3) fail(`${which} encloses no area: it has fewer than three different corners.`);
    checkSimple(outline, which);
    if (areaOf(outline) === 0) fail(`${which} encloses no area.`);
  }
  checkHoles(zone.outlines, name);
}

/** Throws EM_REGION when two shapes of the region share area: what is searched once should be said once. */
export function checkApart(shapes: readonly NamedShape[]): void {
  for (const [index, shape] of shapes.entries()) {
    for (const other of shapes.slice(0, index)) {
      const least = Math.min(zoneAreaUm2(shape.zone), zoneAreaUm2(other.zone));
      if (sharedAreaUm2(geometryOf(shape.zone), geometryOf(other.zone)) > TOUCHING_SHARE * least) fail(`${other.name} and ${shape.name[0]!.toLowerCase()}${shape.name.slice(1)} overlap: make them one shape, or move them apart.`);
    }
  }
}
