import type { Scenario } from '../scenario-schema.ts';

type Grid = NonNullable<Scenario['sample']['substrate']['grid']>;

/** Share of a pixel of width `stepUm` around `um` that lines of a period cover: the overlap of two intervals. */
function coverage(um: number, stepUm: number, { periodUm, lineUm }: Grid): number {
  // A pixel that holds whole periods sees their mean.
  if (stepUm >= periodUm) return lineUm / periodUm;
  const from = um - stepUm / 2 - Math.floor((um - stepUm / 2) / periodUm) * periodUm;
  const to = from + stepUm;
  const overlap = Math.max(0, Math.min(to, lineUm) - from) + Math.max(0, Math.min(to, periodUm + lineUm) - periodUm);
  return Math.min(1, overlap / stepUm);
}

/** Adds lines along x and y that repeat to a straight row of points: every place looks like its neighbours one period on. */
export function addGrid(row: Float32Array, grid: Grid, { start: [x0, y0], step: [dx, dy] }: { readonly start: readonly [number, number]; readonly step: readonly [number, number] }): void {
  const stepUm = Math.hypot(dx, dy);
  for (let k = 0; k < row.length; k++) {
    const acrossX = coverage(x0 + k * dx, stepUm, grid);
    const acrossY = coverage(y0 + k * dy, stepUm, grid);
    row[k] = row[k]! + grid.contrast * (acrossX + acrossY - acrossX * acrossY);
  }
}
