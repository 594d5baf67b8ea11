import { EmagentError } from '../contract/errors.ts';

export interface Point {
  readonly xUm: number;
  readonly yUm: number;
}

/** A rectangle by its edges (x right, y up), or a simple polygon by its corners, in stage micrometres. */
export type Zone =
  | { readonly leftUm: number; readonly rightUm: number; readonly bottomUm: number; readonly topUm: number }
  | { readonly corners: readonly Point[] };

export interface Edges {
  readonly leftUm: number;
  readonly rightUm: number;
  readonly bottomUm: number;
  readonly topUm: number;
}

export function rectangleAround({ xUm, yUm }: Point, widthUm: number, heightUm: number): Edges {
  return { leftUm: xUm - widthUm / 2, rightUm: xUm + widthUm / 2, bottomUm: yUm - heightUm / 2, topUm: yUm + heightUm / 2 };
}

/** Throws EM_PLAN for a zone that encloses nothing. */
export function checkZone(zone: Zone): void {
  const values = 'corners' in zone ? zone.corners.flatMap(({ xUm, yUm }) => [xUm, yUm]) : Object.values(zone);
  if (!values.every(Number.isFinite)) throw new EmagentError('EM_PLAN', 'A keep-out zone has a coordinate that is not a number.');
  if ('corners' in zone && zone.corners.length < 3) {
    throw new EmagentError('EM_PLAN', `A keep-out polygon of ${zone.corners.length} corners encloses nothing.`);
  }
  if (!('corners' in zone) && (zone.rightUm <= zone.leftUm || zone.topUm <= zone.bottomUm)) {
    throw new EmagentError('EM_PLAN', 'A keep-out rectangle is empty: right must exceed left and top must exceed bottom.');
  }
}

/** Even-odd rule. */
function insidePolygon(corners: readonly Point[], { xUm, yUm }: Point): boolean {
  let inside = false;
  let previous = corners[corners.length - 1]!;
  for (const corner of corners) {
    const crosses = corner.yUm > yUm !== previous.yUm > yUm;
    if (crosses && xUm < previous.xUm + ((yUm - previous.yUm) * (corner.xUm - previous.xUm)) / (corner.yUm - previous.yUm)) inside = !inside;
    previous = corner;
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
  if (!('corners' in zone)) {
    return edges.leftUm < zone.rightUm && edges.rightUm > zone.leftUm && edges.bottomUm < zone.topUm && edges.topUm > zone.bottomUm;
  }
  const { corners } = zone;
  if (corners.some((corner, index) => segmentMeets(edges, corner, corners[(index + 1) % corners.length]!))) return true;
  return insidePolygon(corners, { xUm: (edges.leftUm + edges.rightUm) / 2, yUm: (edges.bottomUm + edges.topUm) / 2 });
}
