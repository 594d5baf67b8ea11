import type { Random } from '../../src/lib/random.ts';
import { between } from './draws.ts';
import type { Polyhedron } from './solids.ts';

type Vector = readonly [number, number, number];

/** A rotation, uniform over all (Shoemake, Uniform random rotations, 1992). */
function randomRotation(random: Random): (vector: Vector) => Vector {
  const a = random.uniform();
  const b = random.uniform() * 2 * Math.PI;
  const c = random.uniform() * 2 * Math.PI;
  const x = Math.sqrt(1 - a) * Math.sin(b);
  const y = Math.sqrt(1 - a) * Math.cos(b);
  const z = Math.sqrt(a) * Math.sin(c);
  const w = Math.sqrt(a) * Math.cos(c);
  return ([u, v, t]) => [
    (1 - 2 * (y * y + z * z)) * u + 2 * (x * y - z * w) * v + 2 * (x * z + y * w) * t,
    2 * (x * y + z * w) * u + (1 - 2 * (x * x + z * z)) * v + 2 * (y * z - x * w) * t,
    2 * (x * z - y * w) * u + 2 * (y * z + x * w) * v + (1 - 2 * (x * x + y * y)) * t,
  ];
}

const CUBE: readonly Vector[] = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]];
const THIRD = 1 / Math.sqrt(3);
const OCTAHEDRON: readonly Vector[] = [1, -1].flatMap((x) => [1, -1].flatMap((y) => [1, -1].map((z): Vector => [x * THIRD, y * THIRD, z * THIRD])));

export interface GrainOptions {
  /** Distance of the faces from the centre, about. */
  readonly radius: number;
  /** Number of faces of a broken grain. */
  readonly count: number;
  readonly form?: 'cube' | 'octahedron' | 'grain' | 'rod';
  /** A broken grain is this many times longer than wide; 1 when absent. */
  readonly elongation?: number;
}

/** Faces of a crystal or of a broken grain, turned at random. */
export function grainFaces(random: Random, options: GrainOptions): Polyhedron['faces'] {
  const { radius, count, form = 'grain', elongation = 1 } = options;
  const turn = randomRotation(random);
  const faces: [Vector, number][] = [];
  if (form === 'cube') for (const normal of CUBE) faces.push([normal, radius * between(random, 0.95, 1.05)]);
  if (form === 'octahedron') {
    const cut = between(random, 1, 1.7);
    for (const normal of OCTAHEDRON) faces.push([normal, radius]);
    for (const normal of CUBE) faces.push([normal, radius * cut]);
  }
  if (form === 'rod') {
    const length = between(random, 1.5, 3);
    for (let side = 0; side < 6; side++) faces.push([[Math.cos((side * Math.PI) / 3), Math.sin((side * Math.PI) / 3), 0], radius * 0.7]);
    faces.push([[0, 0, 1], radius * length], [[0, 0, -1], radius * length]);
  }
  if (form === 'grain') {
    // Golden-angle spiral: spread over the sphere, so that the grain is closed on every side.
    for (let index = 0; index < count; index++) {
      const z = 1 - (2 * index + 1) / count + 0.25 * (random.uniform() - 0.5);
      const across = Math.sqrt(Math.max(0, 1 - Math.min(1, z * z)));
      const around = index * 2.39996 + 0.7 * (random.uniform() - 0.5);
      const normal: Vector = [across * Math.cos(around), across * Math.sin(around), Math.max(-1, Math.min(1, z))];
      faces.push([normal, radius * between(random, 0.7, 1.15) * (1 + (elongation - 1) * normal[2] * normal[2])]);
    }
  }
  return faces.map(([normal, distance]) => [...turn(normal), distance] as const);
}
