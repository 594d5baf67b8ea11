import type { StagePosition } from '../../src/contract/microscope.ts';
import type { KeepOut } from '../scenario-schema.ts';

/** How finely a way is looked at. */
const STEP_MS = 5;

function holds(shape: KeepOut, { xUm, yUm, zUm }: StagePosition): boolean {
  if (shape.shape === 'sphere') return Math.hypot(xUm - shape.xUm, yUm - shape.yUm, zUm - shape.zUm) < shape.radiusUm;
  const within = (value: number, [low, high]: readonly [number, number]): boolean => value > low && value < high;
  return within(xUm, shape.xUm) && within(yUm, shape.yUm) && within(zUm, shape.zUm);
}

/** When a way first enters a shape; undefined when never. A way that begins inside may leave. */
export function touchesAtMs(
  shapes: readonly KeepOut[],
  { at, fromMs, untilMs }: { readonly at: (nowMs: number) => StagePosition; readonly fromMs: number; readonly untilMs: number },
): number | undefined {
  const start = at(fromMs);
  const outside = shapes.filter((shape) => !holds(shape, start));
  if (outside.length === 0) return undefined;
  for (let nowMs = fromMs; nowMs < untilMs + STEP_MS; nowMs += STEP_MS) {
    const position = at(Math.min(nowMs, untilMs));
    if (outside.some((shape) => holds(shape, position))) return Math.min(nowMs, untilMs);
  }
  return undefined;
}
