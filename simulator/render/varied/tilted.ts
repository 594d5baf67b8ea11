import type { Relief } from '../relief.ts';
import { drawPolyhedron, type Polyhedron } from '../solids.ts';

export type Vector = readonly [x: number, along: number, out: number];
/** From (x, along the specimen, out of it) to the picture's (x, y, z). */
export type View = (vector: Vector) => readonly [x: number, y: number, z: number];

/** The view on a specimen that is tilted about x, radians. The relief's own heights are inclined by tan(tilt) along y. */
export const tilted = (tilt: number): View => {
  const [sine, cosine] = [Math.sin(tilt), Math.cos(tilt)];
  return ([x, along, out]) => [x, along * cosine - out * sine, along * sine + out * cosine];
};

interface Standing {
  readonly x: number;
  readonly along: number;
  readonly see: View;
  /** Direction of the first wall in the plane of the specimen, radians. */
  readonly turn: number;
  readonly tall: number;
  readonly material: number;
  /** Extra yield on edges. */
  readonly edge: number;
}

/** A post with `sides` walls at `half` from its axis that lean inwards by `taper`; `rounding` is a share of `half`. */
export function drawPost(relief: Relief, post: Standing & { readonly sides: number; readonly half: number; readonly taper: number; readonly rounding: number }): void {
  const { see, half, tall, taper, sides } = post;
  const norm = Math.sqrt(1 + taper * taper);
  const walls = Array.from({ length: sides }, (_, side): Polyhedron['faces'][number] => {
    const around = post.turn + (2 * Math.PI * side) / sides;
    return [...see([Math.cos(around) / norm, Math.sin(around) / norm, taper / norm]), half / norm];
  });
  const [x, y, z] = see([post.x, post.along, 0]);
  drawPolyhedron(relief, { x, y, z, faces: [...walls, [...see([0, 0, 1]), tall], [...see([0, 0, -1]), 0.002]], reach: tall + half * 1.8, rounding: half * post.rounding, edge: post.edge, material: post.material, roughness: 0.0004 });
}

/** A beam or plate of `long` (along `turn`) by `wide`, from `base` above the specimen up to `base + tall`. */
export function drawBar(relief: Relief, bar: Standing & { readonly long: number; readonly wide: number; readonly base?: number; readonly roughness?: number }): void {
  const { see, turn, long, wide, tall, base = 0 } = bar;
  const [cosine, sine] = [Math.cos(turn), Math.sin(turn)];
  const [x, y, z] = see([bar.x, bar.along, base]);
  const faces: Polyhedron['faces'] = [
    [...see([cosine, sine, 0]), long / 2],
    [...see([-cosine, -sine, 0]), long / 2],
    [...see([-sine, cosine, 0]), wide / 2],
    [...see([sine, -cosine, 0]), wide / 2],
    [...see([0, 0, 1]), tall],
    [...see([0, 0, -1]), 0.0005],
  ];
  drawPolyhedron(relief, { x, y, z, faces, reach: long / 2 + wide / 2 + tall, rounding: Math.min(0.006, Math.min(wide, tall) * 0.25), edge: bar.edge, material: bar.material, roughness: bar.roughness ?? 0.0004 });
}
