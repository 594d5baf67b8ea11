import type { Band } from '../../src/contract/model-manifest.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import { createRandom, hash32, randomFor } from '../../src/lib/random.ts';
import { planGrid } from '../../src/search/grid.ts';
import type { Family, Field, FieldRequest } from './families/family.ts';
import { PROFILES, ROUND, type Profile } from './instrument/profiles.ts';
import { logRatioOf, type Separations, type World } from './world.ts';

const BLOCK_TILES = 4;
const DEFAULT_SEPARATIONS: Separations = { survey: 1.5, inspect: 3.5, confirm: 4 };
const DEFAULT_PREVALENCE = 0.01;
/** Correlation of the scores of any two looks at one tile: they show the same structure. */
export const LOOK_CORRELATION = 0.2;
/** Log ratio of a confirm look that tells the truth: far beyond any other evidence, and finite. */
const CERTAIN_LOG_RATIO = 30;

/** Finds that a search over so many tiles is asked for. */
export const findsFor = (tiles: number): number => (tiles < 1000 ? 3 : 5);

const BAND_NUMBER: Readonly<Record<Band, number>> = { survey: 1, inspect: 2, confirm: 3 };

/** A standard normal that depends on nothing but its three numbers (mulberry32 seeded with their hash, Box-Muller). */
function normalAt(seed: number, tile: number, look: number): number {
  let mixed = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(tile + 1, 0xc2b2ae35) ^ Math.imul(look + 1, 0x27d4eb2f);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  mixed ^= mixed >>> 13;
  const random = createRandom(mixed >>> 0);
  const u1 = random.uniform();
  return Math.sqrt(-2 * Math.log(1 - u1)) * Math.cos(2 * Math.PI * random.uniform());
}

function checkField(family: Family, field: Field, tiles: number): void {
  const fault = (words: string): EmagentError => new EmagentError('EM_USAGE', `The family ${family.id} ${words}.`);
  if (!Array.isArray(field?.targets)) throw fault('gives no list of targets');
  const tileLists = { target: field.targets, 'look-alike': field.lookAlikes?.tiles ?? [], 'keep-out tile': field.excluded ?? [] };
  for (const [what, list] of Object.entries(tileLists)) {
    const wrong = list.find((tile) => !Number.isInteger(tile) || tile < 0 || tile >= tiles);
    if (wrong !== undefined) throw fault(`puts a ${what} at ${String(wrong)}, which is none of its ${tiles} tiles`);
  }
  if (new Set(field.targets).size !== field.targets.length) throw fault('puts two targets on one tile');
  const { excluded = [], finds } = field;
  if (excluded.length >= tiles) throw fault('leaves no tile that may be looked at');
  if (field.profile !== undefined && !(field.profile in PROFILES)) throw fault(`asks for the instrument ${field.profile}; there are ${Object.keys(PROFILES).join(', ')}`);
  if (finds !== undefined && !(Number.isInteger(finds) && finds > 0)) throw fault(`asks for ${finds} finds`);
}

/** A generator of a user's own may fail in any way. */
function fieldOf(family: Family, request: FieldRequest): Field {
  try {
    return family.field(request);
  } catch (cause) {
    throw new EmagentError('EM_USAGE', `The family ${family.id} failed for seed ${request.seed}: ${(cause as Error).message}.`, { cause });
  }
}

/** How the scores of a field come about: mean by what the tile holds and where it lies, noise that all its looks share in part. */
function scoresOf(field: Field, seed: number, separations: Separations): (tile: number, band: Band, attempt: number) => number {
  const targets = new Set(field.targets);
  const lookAlikes = new Set(field.lookAlikes?.tiles ?? []);
  const { scores, disturbance } = field;
  const meanOf = (tile: number, band: Band): number => {
    if (targets.has(tile)) return separations[band];
    return lookAlikes.has(tile) ? field.lookAlikes!.means[band] : 0;
  };
  const shared = Math.sqrt(LOOK_CORRELATION);
  const own = Math.sqrt(1 - LOOK_CORRELATION);
  return (tile, band, attempt) => {
    if (scores !== undefined) {
      if (band === 'confirm') return targets.has(tile) ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
      return scores[band][tile]!;
    }
    const noise = shared * normalAt(seed, tile, 0) + own * normalAt(seed, tile, 8 * BAND_NUMBER[band] + attempt);
    const { clarity, offset } = disturbance?.(tile, band) ?? { clarity: 1, offset: 0 };
    return clarity * meanOf(tile, band) + offset + noise;
  };
}

/** The world of a family, an edge length and a seed: always the same. Throws EM_USAGE for a family that gives nonsense. */
export function createWorld(family: Family, edgeTiles: number, seed: number): World {
  const tiles = edgeTiles ** 2;
  const random = randomFor(seed, `${family.id} ${edgeTiles}`);
  const field = fieldOf(family, { columns: edgeTiles, rows: edgeTiles, seed, finds: findsFor(tiles), random });
  checkField(family, field, tiles);
  const profile: Profile = PROFILES[field.profile ?? ROUND[seed % ROUND.length]!];
  const sizeUm = edgeTiles * profile.tileUm;
  const plan = { centreXUm: 0, centreYUm: 0, widthUm: sizeUm, heightUm: sizeUm, tileWidthUm: profile.tileUm, tileHeightUm: profile.tileUm };
  const grid = { ...planGrid({ ...plan, overlap: 0, blockTiles: BLOCK_TILES }), excluded: [...(field.excluded ?? [])].sort((a, b) => a - b) };
  const separations = field.separations ?? DEFAULT_SEPARATIONS;
  const claimed = field.claimed ?? separations;
  const overstatement = field.overstatement ?? 1;
  // The numbers of a world differ from those of another family with the same seed.
  const score = scoresOf(field, hash32(`${family.id} ${edgeTiles} ${seed}`), separations);
  const luck = randomFor(seed, `${family.id} ${edgeTiles} luck`).state();
  return {
    grid,
    profile,
    targets: new Set(field.targets.filter((tile) => !grid.excluded.includes(tile))),
    claimed,
    prevalence: field.prevalence ?? DEFAULT_PREVALENCE,
    finds: field.finds ?? findsFor(tiles),
    logRatio: (tile, band, attempt) => {
      const value = score(tile, band, attempt);
      if (!Number.isFinite(value)) return value > 0 ? CERTAIN_LOG_RATIO : -CERTAIN_LOG_RATIO;
      return overstatement * logRatioOf(value, claimed[band]);
    },
    outcome: ({ tile, band, number }) => field.outcome?.({ tile, band, luck: createRandom(Math.imul(luck + number, 0x9e3779b1) >>> 0).uniform() }) ?? 'seen',
    budget: { seconds: field.budget?.seconds ?? Number.POSITIVE_INFINITY, doseC: field.budget?.doseC ?? Number.POSITIVE_INFINITY },
    ...(field.focusing !== undefined && { focusing: field.focusing }),
    begin: { xUm: 0, yUm: 0, fieldWidthUm: profile.tileUm },
  };
}
