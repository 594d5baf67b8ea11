import type { SiteLabel } from '../scenario-schema.ts';
import type { Rectangle } from './scan-grid.ts';

/** Where a site's picture comes from. */
export type PictureRef =
  | { readonly kind: 'drawn'; readonly seed: number }
  | { readonly kind: 'file'; readonly path: string };

/** One structure on the substrate: a picture at a place, with a size and a direction. Coordinates of the stage, y up. */
export interface Site {
  readonly id: string;
  readonly label: SiteLabel;
  readonly xUm: number;
  readonly yUm: number;
  readonly widthUm: number;
  readonly heightUm: number;
  /** Counter-clockwise. */
  readonly rotationDeg: number;
  /** Part of the shorter edge over which it fades into the substrate. */
  readonly blend: number;
  /** Makes the shape of its fading edge its own. */
  readonly edgeSeed: number;
  readonly picture: PictureRef;
}

/** The rectangle that a site lies in. */
export function rectangleOf({ xUm, yUm, widthUm, heightUm, rotationDeg }: Pick<Site, 'xUm' | 'yUm' | 'widthUm' | 'heightUm' | 'rotationDeg'>): Rectangle {
  return { xUm, yUm, widthUm, heightUm, angleDeg: rotationDeg };
}

export type Point = readonly [xUm: number, yUm: number];

/** Corners in stage coordinates, counter-clockwise from the lower left one. */
export function outlineOf({ xUm, yUm, widthUm, heightUm, rotationDeg }: Omit<Site, 'picture' | 'label' | 'id' | 'blend' | 'edgeSeed'>): [number, number][] {
  const angle = (rotationDeg * Math.PI) / 180;
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  const corners = [[-1, -1], [1, -1], [1, 1], [-1, 1]] as const;
  return corners.map(([i, j]) => {
    const x = (i * widthUm) / 2;
    const y = (j * heightUm) / 2;
    return [xUm + x * cos - y * sin, yUm + x * sin + y * cos];
  });
}

function separatedAlong(axis: Point, a: readonly Point[], b: readonly Point[]): boolean {
  const project = (points: readonly Point[]): [number, number] => {
    const along = points.map(([x, y]) => x * axis[0] + y * axis[1]);
    return [Math.min(...along), Math.max(...along)];
  };
  const [minA, maxA] = project(a);
  const [minB, maxB] = project(b);
  return maxA <= minB || maxB <= minA;
}

/** Separating-axis test of two convex outlines. */
export function outlinesOverlap(a: readonly Point[], b: readonly Point[]): boolean {
  for (const outline of [a, b]) {
    for (let index = 0; index < outline.length; index++) {
      const [x0, y0] = outline[index]!;
      const [x1, y1] = outline[(index + 1) % outline.length]!;
      if (separatedAlong([y0 - y1, x1 - x0], a, b)) return false;
    }
  }
  return true;
}
