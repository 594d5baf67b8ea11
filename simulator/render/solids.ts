import { pixelRange, type Relief, type Surface } from './relief.ts';

export interface Ellipsoid extends Surface {
  readonly x: number;
  readonly y: number;
  /** Height of the centre. */
  readonly z: number;
  readonly radius: number;
  /** Second axis in the picture; `radius` when absent. */
  readonly radiusAcross?: number;
  /** Half axis along the view; `radius` when absent. */
  readonly radiusUp?: number;
  /** Direction of `radius`, radians. */
  readonly angle?: number;
}

/** Steepest slope that a rounded edge gets: at the limb it would be infinite. */
const LIMB = 0.12;

/** Draws an ellipsoid where it is higher than what is there. */
export function drawEllipsoid(relief: Relief, solid: Ellipsoid): void {
  const { widthPx: width } = relief;
  const least = 0.7 / width;
  const a = Math.max(least, solid.radius);
  const b = Math.max(least, solid.radiusAcross ?? solid.radius);
  const c = solid.radiusUp ?? Math.min(a, b);
  const cosine = Math.cos(solid.angle ?? 0);
  const sine = Math.sin(solid.angle ?? 0);
  const reachX = Math.hypot(a * cosine, b * sine);
  const reachY = Math.hypot(a * sine, b * cosine);
  const [left, right] = pixelRange(solid.x - reachX, solid.x + reachX, { scale: width, count: width });
  const [top, bottom] = pixelRange(solid.y - reachY, solid.y + reachY, { scale: width, count: relief.heightPx });
  for (let py = top; py <= bottom; py++) {
    const dy = (py + 0.5) / width - solid.y;
    for (let px = left; px <= right; px++) {
      const dx = (px + 0.5) / width - solid.x;
      const u = (dx * cosine + dy * sine) / a;
      const v = (dy * cosine - dx * sine) / b;
      const rest = 1 - u * u - v * v;
      if (rest <= 0) continue;
      const root = Math.sqrt(rest);
      const z = solid.z + c * root;
      const index = py * width + px;
      if (z <= relief.height[index]!) continue;
      const steep = -c / Math.max(LIMB, root);
      const su = (steep * u) / a;
      const sv = (steep * v) / b;
      relief.height[index] = z;
      relief.slopeX[index] = su * cosine - sv * sine;
      relief.slopeY[index] = su * sine + sv * cosine;
      relief.material[index] = solid.material;
      relief.roughness[index] = solid.roughness;
    }
  }
}

export interface TubePoint {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly radius: number;
}

export interface TubeOptions extends Surface {
  /** Thickness over width of the section; 1 (round) when absent, small for ribbons. */
  readonly flatness?: number;
}

/** One segment and how far its round ends are needed: all of them at the ends of a tube, the gap of the bend between. */
interface Segment {
  readonly a: TubePoint;
  readonly b: TubePoint;
  readonly slackA: number;
  readonly slackB: number;
}

function drawSegment(relief: Relief, segment: Segment, options: TubeOptions): void {
  const { a, b } = segment;
  const { widthPx: width } = relief;
  const thinnest = 0.6 / width;
  const radiusA = Math.max(thinnest, a.radius);
  const radiusB = Math.max(thinnest, b.radius);
  const reach = Math.max(radiusA, radiusB);
  const flatness = options.flatness ?? 1;
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const squared = dx * dx + dy * dy;
  const inverse = squared > 1e-14 ? 1 / squared : 0;
  const span = Math.sqrt(squared);
  const least = span > 1e-7 ? -segment.slackA / span : -Infinity;
  const most = span > 1e-7 ? 1 + segment.slackB / span : Infinity;
  const climb = Math.max(-span, Math.min(span, b.z - a.z));
  const riseX = 0.7 * climb * dx * inverse;
  const riseY = 0.7 * climb * dy * inverse;
  const halfSpan = Math.abs(dy) > 1e-9 ? (reach * span) / Math.abs(dy) : Infinity;
  const minX = Math.min(a.x, b.x) - reach;
  const maxX = Math.max(a.x, b.x) + reach;
  const [top, bottom] = pixelRange(Math.min(a.y, b.y) - reach, Math.max(a.y, b.y) + reach, { scale: width, count: relief.heightPx });
  for (let py = top; py <= bottom; py++) {
    const y = (py + 0.5) / width;
    // The row crosses the band around the axis here; beyond the ends the box limits it.
    const middle = halfSpan === Infinity ? 0 : a.x + ((y - a.y) * dx) / dy;
    const left = Math.max(0, Math.floor(Math.max(minX, middle - halfSpan) * width));
    const right = Math.min(width - 1, Math.ceil(Math.min(maxX, middle + halfSpan) * width));
    for (let px = left; px <= right; px++) {
      const x = (px + 0.5) / width;
      const beyond = ((x - a.x) * dx + (y - a.y) * dy) * inverse;
      if (beyond < least || beyond > most) continue;
      const t = beyond < 0 ? 0 : beyond > 1 ? 1 : beyond;
      const offX = x - a.x - t * dx;
      const offY = y - a.y - t * dy;
      const radius = radiusA + (radiusB - radiusA) * t;
      const rest = radius * radius - offX * offX - offY * offY;
      if (rest <= 0) continue;
      const root = Math.sqrt(rest);
      // Past its ends a segment goes on rising as it did, so that two segments meet without a rib.
      const z = a.z + (b.z - a.z) * t + climb * (beyond - t) + root * flatness;
      const index = py * width + px;
      if (z <= relief.height[index]!) continue;
      const steep = -flatness / Math.max(LIMB * radius, root);
      relief.height[index] = z;
      relief.slopeX[index] = offX * steep + riseX;
      relief.slopeY[index] = offY * steep + riseY;
      relief.material[index] = options.material;
      relief.roughness[index] = options.roughness;
    }
  }
}

/** Length past the joint b that the bend from a to c leaves open on its outer side. */
function bendGap(joint: { a: TubePoint; b: TubePoint; c: TubePoint }, pixels: number): number {
  const { a, b, c } = joint;
  const [ux, uy, vx, vy] = [b.x - a.x, b.y - a.y, c.x - b.x, c.y - b.y];
  const size = Math.sqrt((ux * ux + uy * uy) * (vx * vx + vy * vy));
  if (size < 1e-12 || ux * vx + uy * vy <= 0.3 * size) return Infinity;
  return (b.radius * Math.abs(ux * vy - uy * vx)) / size + pixels;
}

/** Draws a tube through the points, round at both ends, where it is higher than what is there. */
export function drawTube(relief: Relief, points: readonly TubePoint[], options: TubeOptions): void {
  let slackA = Infinity;
  for (let index = 1; index < points.length; index++) {
    const a = points[index - 1]!;
    const b = points[index]!;
    const next = points[index + 1];
    const slackB = next === undefined ? Infinity : bendGap({ a, b, c: next }, 1.5 / relief.widthPx);
    drawSegment(relief, { a, b, slackA, slackB }, options);
    slackA = slackB;
  }
}

export interface Polyhedron extends Surface {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Outward unit normals with their distance from the centre; those that look down only bound the outline. */
  readonly faces: readonly (readonly [nx: number, ny: number, nz: number, distance: number])[];
  /** Largest distance of a corner from the centre. */
  readonly reach: number;
  /** Width over which an edge is rounded; 0 sharp. */
  readonly rounding: number;
  /** Extra yield on edges. */
  readonly edge: number;
}

/** Box around the corners of the body, cut to `reach`: a corner is where three faces meet inside all others. */
function outline(solid: Polyhedron): { left: number; right: number; top: number; bottom: number } {
  const { faces, reach } = solid;
  const box = { left: reach, right: -reach, top: reach, bottom: -reach };
  for (let i = 0; i < faces.length; i++) {
    const [ax, ay, az, ad] = faces[i]!;
    for (let j = i + 1; j < faces.length; j++) {
      const [bx, by, bz, bd] = faces[j]!;
      const crossX = ay * bz - az * by;
      const crossY = az * bx - ax * bz;
      const crossZ = ax * by - ay * bx;
      for (let k = j + 1; k < faces.length; k++) {
        const [cx, cy, cz, cd] = faces[k]!;
        const determinant = cx * crossX + cy * crossY + cz * crossZ;
        if (Math.abs(determinant) < 1e-6) continue;
        // Cramer's rule.
        const x = (ad * (by * cz - bz * cy) + bd * (cy * az - cz * ay) + cd * crossX) / determinant;
        const y = (ad * (bz * cx - bx * cz) + bd * (cz * ax - cx * az) + cd * crossY) / determinant;
        const z = (ad * (bx * cy - by * cx) + bd * (cx * ay - cy * ax) + cd * crossZ) / determinant;
        let inside = true;
        for (let face = 0; face < faces.length && inside; face++) {
          const [nx, ny, nz, distance] = faces[face]!;
          inside = nx * x + ny * y + nz * z <= distance + 1e-6;
        }
        if (!inside) continue;
        box.left = Math.min(box.left, x);
        box.right = Math.max(box.right, x);
        box.top = Math.min(box.top, y);
        box.bottom = Math.max(box.bottom, y);
      }
    }
  }
  return { left: Math.max(-reach, box.left), right: Math.min(reach, box.right), top: Math.max(-reach, box.top), bottom: Math.min(reach, box.bottom) };
}

/** Draws a convex body with flat faces where it is higher than what is there. */
export function drawPolyhedron(relief: Relief, solid: Polyhedron): void {
  const { widthPx: width, height, slopeX, slopeY, material, roughness } = relief;
  // Upward faces as planes z = level + sx * dx + sy * dy; the others only bound the outline.
  const up = solid.faces.filter((face) => face[2] > 0.02);
  const side = solid.faces.filter((face) => face[2] <= 0.02);
  const level = Float64Array.from(up, (face) => face[3] / face[2]);
  const sx = Float64Array.from(up, (face) => -face[0] / face[2]);
  const sy = Float64Array.from(up, (face) => -face[1] / face[2]);
  const inRow = new Float64Array(up.length);
  const box = outline(solid);
  const [left, right] = pixelRange(solid.x + box.left, solid.x + box.right, { scale: width, count: width });
  const [top, bottom] = pixelRange(solid.y + box.top, solid.y + box.bottom, { scale: width, count: relief.heightPx });
  const rounding = Math.max(solid.rounding, 1.2 / width);
  for (let py = top; py <= bottom; py++) {
    const dy = (py + 0.5) / width - solid.y;
    for (let index = 0; index < inRow.length; index++) inRow[index] = level[index]! + sy[index]! * dy;
    for (let px = left; px <= right; px++) {
      const dx = (px + 0.5) / width - solid.x;
      let z = 1e9;
      let second = 1e9;
      let face = 0;
      let other = 0;
      for (let index = 0; index < inRow.length; index++) {
        const at = inRow[index]! + sx[index]! * dx;
        if (at < z) {
          second = z;
          other = face;
          z = at;
          face = index;
        } else if (at < second) {
          second = at;
          other = index;
        }
      }
      const pixel = py * width + px;
      if (solid.z + z <= height[pixel]!) continue;
      // Distance of the point from the faces that look down: outside when below zero.
      let inside = 1e9;
      for (const bound of side) {
        const distance = bound[3] - bound[0] * dx - bound[1] * dy - bound[2] * z;
        if (distance < inside) inside = distance;
        if (inside <= 0) break;
      }
      if (inside <= 0) continue;
      const gap = Math.min(1, (second - z) / (rounding * Math.sqrt(1 + sx[face]! ** 2 + sy[face]! ** 2)));
      const blend = 0.5 * (1 - gap);
      height[pixel] = solid.z + z;
      slopeX[pixel] = sx[face]! * (1 - blend) + sx[other]! * blend;
      slopeY[pixel] = sy[face]! * (1 - blend) + sy[other]! * blend;
      material[pixel] = solid.material * (1 + solid.edge * (1 - Math.min(gap, Math.min(1, inside / rounding))));
      roughness[pixel] = solid.roughness;
    }
  }
}
