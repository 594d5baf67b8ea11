import type { Zone } from '../contract/region.ts';

export interface Point {
  readonly xUm: number;
  readonly yUm: number;
}

/** A rectangle by its edges, x right and y up. */
export interface Edges {
  readonly leftUm: number;
  readonly rightUm: number;
  readonly bottomUm: number;
  readonly topUm: number;
}

export function rectangleAround({ xUm, yUm }: Point, widthUm: number, heightUm: number): Edges {
  return { leftUm: xUm - widthUm / 2, rightUm: xUm + widthUm / 2, bottomUm: yUm - heightUm / 2, topUm: yUm + heightUm / 2 };
}

const edgesCache = new WeakMap<Zone, Edges>();

/** The smallest rectangle around a zone. */
export function edgesOf(zone: Zone): Edges {
  if (zone.kind === 'rectangle') return zone;
  if (zone.kind === 'circle') return rectangleAround(zone, 2 * zone.radiusUm, 2 * zone.radiusUm);
  let edges = edgesCache.get(zone);
  if (edges === undefined) {
    edges = { leftUm: Infinity, rightUm: -Infinity, bottomUm: Infinity, topUm: -Infinity };
    for (const [xUm, yUm] of zone.outlines.flat()) edges = around(edges, { leftUm: xUm, rightUm: xUm, bottomUm: yUm, topUm: yUm });
    edgesCache.set(zone, edges);
  }
  return edges;
}

/** The smallest rectangle around two. */
export function around(a: Edges, b: Edges): Edges {
  return {
    leftUm: Math.min(a.leftUm, b.leftUm), rightUm: Math.max(a.rightUm, b.rightUm),
    bottomUm: Math.min(a.bottomUm, b.bottomUm), topUm: Math.max(a.topUm, b.topUm),
  };
}

/** Whether two rectangles share area. */
const share = (a: Edges, b: Edges): boolean => a.leftUm < b.rightUm && a.rightUm > b.leftUm && a.bottomUm < b.topUm && a.topUm > b.bottomUm;

/** The pieces of a polygon's outlines, holes included. */
export function* segmentsOf(outlines: readonly (readonly (readonly [number, number])[])[]): Generator<readonly [Point, Point]> {
  for (const outline of outlines) {
    for (const [index, [xUm, yUm]] of outline.entries()) {
      const [nextX, nextY] = outline[(index + 1) % outline.length]!;
      yield [{ xUm, yUm }, { xUm: nextX, yUm: nextY }];
    }
  }
}

/** Whether a point lies in a zone, by the even-odd rule; of points on an outline either may be said. */
export function holdsPoint(zone: Zone, { xUm, yUm }: Point): boolean {
  if (zone.kind === 'rectangle') return xUm >= zone.leftUm && xUm <= zone.rightUm && yUm >= zone.bottomUm && yUm <= zone.topUm;
  if (zone.kind === 'circle') return Math.hypot(xUm - zone.xUm, yUm - zone.yUm) <= zone.radiusUm;
  let inside = false;
  for (const [a, b] of segmentsOf(zone.outlines)) {
    if (a.yUm > yUm !== b.yUm > yUm && xUm < b.xUm + ((yUm - b.yUm) * (a.xUm - b.xUm)) / (a.yUm - b.yUm)) inside = !inside;
  }
  return inside;
}

/** Liang-Barsky: does any part of the segment lie in the open rectangle? */
function segmentMeets(edges: Edges, a: Point, b: Point): boolean {
  let from = 0;
  let to = 1;
  const clip = (step: number, room: number): boolean => {
    if (step === 0) return room > 0;
    const t = room / step;
    if (step < 0) from = Math.max(from, t);
    else to = Math.min(to, t);
    return from < to;
  };
  const dx = b.xUm - a.xUm;
  const dy = b.yUm - a.yUm;
  return clip(-dx, a.xUm - edges.leftUm) && clip(dx, edges.rightUm - a.xUm) && clip(-dy, a.yUm - edges.bottomUm) && clip(dy, edges.topUm - a.yUm);
}

/** Whether a rectangle and a zone share area. */
export function meetsZone(edges: Edges, zone: Zone): boolean {
  if (!share(edges, edgesOf(zone))) return false;
  if (zone.kind === 'rectangle') return true;
  if (zone.kind === 'circle') {
    const dx = Math.max(0, edges.leftUm - zone.xUm, zone.xUm - edges.rightUm);
    const dy = Math.max(0, edges.bottomUm - zone.yUm, zone.yUm - edges.topUm);
    return Math.hypot(dx, dy) < zone.radiusUm;
  }
  for (const [a, b] of segmentsOf(zone.outlines)) if (segmentMeets(edges, a, b)) return true;
  return holdsPoint(zone, { xUm: (edges.leftUm + edges.rightUm) / 2, yUm: (edges.bottomUm + edges.topUm) / 2 });
}
