import type { Scenario } from '../scenario-schema.ts';
import type { Span } from './scan-grid.ts';

/** A round spot of one yield: a hole, or something that saturates the detector. */
export type Disc = Scenario['sample']['discs'][number];

/** A straight line of points, `start + k step`. */
interface Line {
  readonly start: readonly [number, number];
  readonly step: readonly [number, number];
  readonly length: number;
}

/** The points of a line that lie on the disc: |start + k step - centre| < radius. */
export function discSpan({ xUm, yUm, radiusUm }: Disc, { start: [x0, y0], step: [dx, dy], length }: Line): Span {
  const [ex, ey] = [x0 - xUm, y0 - yUm];
  const step = Math.hypot(dx, dy);
  const nearest = -(ex * dx + ey * dy) / (step * step);
  const away = (ex * dy - ey * dx) / step;
  if (Math.abs(away) >= radiusUm) return [0, 0];
  const half = Math.sqrt(radiusUm * radiusUm - away * away) / step;
  return [Math.max(0, Math.ceil(nearest - half)), Math.min(length, Math.floor(nearest + half) + 1)];
}
