import type { Random } from '../../src/lib/random.ts';
import type { TubePoint } from './solids.ts';

export interface StrandOptions {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Direction at the start, radians. */
  readonly angle: number;
  readonly length: number;
  readonly radius: number;
  /** Distance between points; the smaller, the smoother a bend. */
  readonly step: number;
  /** Standard deviation of the curvature, radians per picture width; 0 straight. */
  readonly curl: number;
  /** Distance over which the curvature changes; 0.1 when absent. */
  readonly persistence?: number;
  /** Height gained per length; 0 when absent. */
  readonly rise?: number;
  /** Radius at the end over radius at the start; 1 when absent. */
  readonly taper?: number;
  /** Relative spread of the radius along the strand; 0 when absent. */
  readonly unevenness?: number;
}

/** Points along a wire or fibre whose curvature wanders (an Ornstein-Uhlenbeck process). */
export function strand(random: Random, options: StrandOptions): TubePoint[] {
  const { length, step, curl, persistence = 0.1, rise = 0, taper = 1, unevenness = 0 } = options;
  const count = curl === 0 && unevenness === 0 ? 1 : Math.max(1, Math.round(length / step));
  const stride = length / count;
  const keep = Math.exp(-stride / persistence);
  const kick = Math.sqrt(1 - keep * keep);
  let { x, y, z, angle } = options;
  let curvature = curl * random.gaussian();
  let swell = 0;
  const points: TubePoint[] = [];
  for (let index = 0; index <= count; index++) {
    const along = index / count;
    points.push({ x, y, z, radius: options.radius * (1 + (taper - 1) * along) * Math.max(0.3, 1 + unevenness * swell) });
    x += stride * Math.cos(angle);
    y += stride * Math.sin(angle);
    z += stride * rise;
    angle += curvature * stride;
    curvature = keep * curvature + kick * curl * random.gaussian();
    swell = 0.7 * swell + 0.7 * random.gaussian();
  }
  return points;
}
