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

function drawSegment(relief: Relief, ends: readonly [TubePoint, TubePoint], options: TubeOptions): void {
  const [a, b] = ends;
  const { widthPx: width } = relief;
  const least = 0.6 / width;
  const radiusA = Math.max(least, a.radius);
  const radiusB = Math.max(least, b.radius);
  const reach = Math.max(radiusA, radiusB);
  const flatness = options.flatness ?? 1;
  const dx = b.x - a.x;
  const dy = b.y - a.y;
  const squared = dx * dx + dy * dy;
  const inverse = squared > 1e-14 ? 1 / squared : 0;
  const halfSpan = Math.abs(dy) > 1e-9 ? (reach * Math.sqrt(squared)) / Math.abs(dy) : Infinity;
  const minX = Math.min(a.x, b.x) - reach;
  const maxX = Math.max(a.x, b.x) + reach;
  const [top, bottom] = pixelRange(Math.min(a.y, b.y) - reach, Math.max(a.y, b.y) + reach, { scale: width, count: relief.heightPx });
  for (let py = top; py <= bottom; py++) {
    const y = (py + 0.5) / width;
    // The row crosses the band around the axis here; beyond the ends the box limits it.
    const middle = halfSpan === Infinity ? 0 : a.x + ((y - a.y) * dx) / dy;
    const [left, right] = pixelRange(Math.max(minX, middle - halfSpan), Math.min(maxX, middle + halfSpan), { scale: width, count: width });
    for (let px = left; px <= right; px++) {
      const x = (px + 0.5) / width;
      let t = ((x - a.x) * dx + (y - a.y) * dy) * inverse;
      t = t < 0 ? 0 : t > 1 ? 1 : t;
      const offX = x - a.x - t * dx;
      const offY = y - a.y - t * dy;
      const radius = radiusA + (radiusB - radiusA) * t;
      const rest = radius * radius - offX * offX - offY * offY;
      if (rest <= 0) continue;
      const root = Math.sqrt(rest);
      const z = a.z + (b.z - a.z) * t + root * flatness;
      const index = py * width + px;
      if (z <= relief.height[index]!) continue;
      const steep = -flatness / Math.max(LIMB * radius, root);
      relief.height[index] = z;
      relief.slopeX[index] = offX * steep;
      relief.slopeY[index] = offY * steep;
      relief.material[index] = options.material;
      relief.roughness[index] = options.roughness;
    }
  }
}

/** Draws a tube through the points, round at both ends, where it is higher than what is there. */
export function drawTube(relief: Relief, points: readonly TubePoint[], options: TubeOptions): void {
  for (let index = 1; index < points.length; index++) drawSegment(relief, [points[index - 1]!, points[index]!], options);
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

/** Draws a convex body with flat faces where it is higher than what is there. */
export function drawPolyhedron(relief: Relief, solid: Polyhedron): void {
  const { widthPx: width } = relief;
  const up = solid.faces.filter((face) => face[2] > 0.02);
  const side = solid.faces.filter((face) => face[2] <= 0.02);
  const [left, right] = pixelRange(solid.x - solid.reach, solid.x + solid.reach, { scale: width, count: width });
  const [top, bottom] = pixelRange(solid.y - solid.reach, solid.y + solid.reach, { scale: width, count: relief.heightPx });
  const rounding = Math.max(solid.rounding, 1.2 / width);
  for (let py = top; py <= bottom; py++) {
    const dy = (py + 0.5) / width - solid.y;
    for (let px = left; px <= right; px++) {
      const dx = (px + 0.5) / width - solid.x;
      let z = 1e9;
      let second = 1e9;
      let face = up[0];
      let other = up[0];
      for (const candidate of up) {
        const level = (candidate[3] - candidate[0] * dx - candidate[1] * dy) / candidate[2];
        if (level < z) {
          second = z;
          other = face;
          z = level;
          face = candidate;
        } else if (level < second) {
          second = level;
          other = candidate;
        }
      }
      if (face === undefined || other === undefined) continue;
      // Depth of the point under the faces that look down: outside when below zero.
      let inside = 1e9;
      for (const candidate of side) inside = Math.min(inside, candidate[3] - candidate[0] * dx - candidate[1] * dy - candidate[2] * z);
      if (inside <= 0) continue;
      const index = py * width + px;
      if (solid.z + z <= relief.height[index]!) continue;
      const gap = Math.min(1, ((second - z) * face[2]) / rounding);
      const blend = 0.5 * (1 - gap);
      relief.height[index] = solid.z + z;
      relief.slopeX[index] = -(face[0] / face[2]) * (1 - blend) - (other[0] / other[2]) * blend;
      relief.slopeY[index] = -(face[1] / face[2]) * (1 - blend) - (other[1] / other[2]) * blend;
      relief.material[index] = solid.material * (1 + solid.edge * (1 - Math.min(gap, Math.min(1, inside / rounding))));
      relief.roughness[index] = solid.roughness;
    }
  }
}
