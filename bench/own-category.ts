import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBackbone, type OpenBackbone } from '../src/learn/backbone.ts';
import { readDataset, type DatasetItem } from '../src/learn/dataset.ts';
import { auroc, figuresAtThreshold, recallAtFalseFindRate } from '../src/learn/detection.ts';
import { headLogits } from '../src/learn/head.ts';
import { learnOwn } from '../src/learn/own/learn-own.ts';
import { lookAtExample, SHOWN, type Example, type Roots } from '../src/learn/own/examples.ts';
import { shuffle } from '../src/learn/split.ts';
import { BACKGROUND, OTHER } from '../src/contract/categories.ts';
import { readPicture } from '../src/imaging/picture-file.ts';
import { randomFor } from '../src/lib/random.ts';
import type { BenchOptions } from './registry.ts';

/**
 * Categories of one's own on real micrographs: a kind of structure of one instrument against everything else of that instrument. The
 * categories among them that a base model knows are as unknown to this method as any other: it never sees the base's labels.
 */
interface Case {
  readonly name: string;
  readonly laboratory: string;
  readonly own: (item: DatasetItem) => boolean;
  /** Hard ones are told apart from the mean: pictures of many papers, where not enough is the honest answer. */
  readonly hard?: boolean;
}

const MICROPLASTICS = 'ARIM-Academy/Advanced_Tutorial_7-2';
const PAPERS = 'tldr-group/micrograph_extractor';
const of = (category: string) => (item: DatasetItem) => item.category === category;
const named = (part: string) => (item: DatasetItem) => item.file.includes(part) && item.category !== BACKGROUND;

const CASES: readonly Case[] = [
  { name: 'fibres (microplastics)', laboratory: MICROPLASTICS, own: of('Fibres') },
  { name: 'beads (microplastics)', laboratory: MICROPLASTICS, own: of('Particles') },
  { name: 'suspension (microplastics)', laboratory: MICROPLASTICS, own: named('PS_Isopropyl') },
  { name: 'fragments (microplastics)', laboratory: MICROPLASTICS, own: named('image_Particle') },
  { name: 'polyester (microplastics)', laboratory: MICROPLASTICS, own: named('polyester') },
  { name: 'particles (NFFA)', laboratory: 'NFFA', own: of('Particles') },
  { name: 'fibres (NFFA)', laboratory: 'NFFA', own: of('Fibres') },
  { name: 'powders (many papers)', laboratory: PAPERS, own: of('Powder'), hard: true },
  { name: 'films (many papers)', laboratory: PAPERS, own: of('Films_Coated_Surface'), hard: true },
  { name: 'particles (many papers)', laboratory: PAPERS, own: of('Particles'), hard: true },
];

/** Pictures learned from, of either side; at most this share of the groups that there are. */
const SIZES = [15, 8] as const;
const LARGEST_SHARE = 0.6;
const FEWEST_TESTED = 3;

interface Seen extends DatasetItem {
  readonly key: string;
  readonly roots: Roots;
}

async function cached(path: string, columns: number, make: () => Promise<Roots>): Promise<Roots> {
  const bytes = await readFile(path).catch(() => undefined);
  if (bytes?.byteLength === SHOWN.length * columns * 4) {
    const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
    return Object.fromEntries(SHOWN.map((shown, row) => [shown, all.subarray(row * columns, (row + 1) * columns)])) as unknown as Roots;
  }
  const roots = await make();
  const all = new Float32Array(SHOWN.length * columns);
  SHOWN.forEach((shown, row) => all.set(roots[shown], row * columns));
  await writeFile(path, all);
  return roots;
}

async function look(items: readonly DatasetItem[], { backbone, progress }: { backbone: OpenBackbone; progress: ((line: string) => void) | undefined }): Promise<Seen[]> {
  const dir = join(tmpdir(), `emagent-own-category-${backbone.sha256.slice(0, 12)}`);
  await mkdir(dir, { recursive: true });
  const seen: Seen[] = [];
  for (const item of items) {
    const roots = await cached(join(dir, item.sha256), backbone.embeddingLength, async () => lookAtExample(await readPicture(item.path), item.sha256, { backbone, seed: 1 }));
    seen.push({ ...item, key: item.group ?? item.sha256, roots });
    if (seen.length % 50 === 0) progress?.(`${seen.length} of ${items.length} pictures looked at`);
  }
  return seen;
}

interface Draw {
  readonly recall1: number;
  readonly recall3: number;
  readonly auroc: number;
  readonly recall: number;
  readonly falseFinds: number;
  readonly expected: number;
}

/** One picture of each of `count` groups. */
function pick(pictures: readonly Seen[], count: number, seed: string): Seen[] {
  const random = randomFor(1, seed);
  const groups = shuffle([...new Set(pictures.map(({ key }) => key))].sort(), random);
  return groups.slice(0, Math.min(count, Math.floor(groups.length * LARGEST_SHARE))).map((key) => {
    const members = pictures.filter((picture) => picture.key === key);
    return members[random.integer(members.length)]!;
  });
}

const example = (label: number) => ({ path, sha256, roots }: Seen): Example => ({ name: path, sha256, label, roots });

/** Learns from one draw and tests on the instrument's other pictures, none of a group that was learned from. */
function draw({ own, others, shipped }: { own: readonly Seen[]; others: readonly Seen[]; shipped: readonly Seen[] }, { size, against, seed }: { size: number; against: boolean; seed: string }): Draw | undefined {
  const [mine, theirs] = [pick(own, size, `${seed} own`), pick(others, size, `${seed} others`)];
  const used = new Set([...mine, ...theirs].map(({ key }) => key));
  const test = { present: own.filter(({ key }) => !used.has(key)), absent: others.filter(({ key }) => !used.has(key)) };
  if (test.present.length < FEWEST_TESTED) return undefined;
  const learned = learnOwn({
    labels: ['Mine', OTHER],
    examples: [...mine.map(example(0)), ...(against ? theirs.map(example(1)) : [])],
    shipped: shipped.map(({ roots: { centre, survey } }) => ({ centre, survey })),
  });
  const scoreOf = ({ roots }: Seen): number => {
    const [a, b] = headLogits(learned.head, { rows: 1, columns: roots.whole.length, data: roots.whole })[0]!;
    return 1 / (1 + Math.exp((b! - a!) / learned.temperature));
  };
  const scores = { present: test.present.map(scoreOf), absent: test.absent.map(scoreOf) };
  const { threshold, expected } = learned.own['Mine']!;
  const at = figuresAtThreshold(scores, threshold);
  return {
    recall1: recallAtFalseFindRate(scores, 0.01),
    recall3: recallAtFalseFindRate(scores, 0.03),
    auroc: auroc(scores),
    recall: at.recall,
    falseFinds: at.falseFindRate,
    expected: expected?.recall ?? NaN,
  };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const means = (rows: readonly Draw[]): Draw => {
  const rounded = (name: keyof Draw): number => Math.round(1e3 * mean(rows.map((row) => row[name]))) / 1e3;
  return { recall1: rounded('recall1'), recall3: rounded('recall3'), auroc: rounded('auroc'), recall: rounded('recall'), falseFinds: rounded('falseFinds'), expected: rounded('expected') };
};

export async function run({ data = '../shared/data/sem', starts = 20, progress }: BenchOptions): Promise<object> {
  const dataset = await readDataset(data);
  const backbone = await openBackbone('sem11');
  const items = [...dataset.items, ...dataset.other];
  const shippable = (item: DatasetItem): boolean => item.category === BACKGROUND || item.category === '_other';
  const wanted = items.filter((item) => shippable(item) || CASES.some(({ laboratory }) => laboratory === item.laboratory));
  const seen = await look(wanted, { backbone, progress });
  await backbone.dispose();
  const results: object[] = [];
  for (const [size, against] of [...SIZES.map((count) => [count, true] as const), [15, false] as const]) {
    const easy: Draw[] = [];
    for (const { name, laboratory, own, hard } of CASES) {
      const ofInstrument = seen.filter((picture) => picture.laboratory === laboratory);
      const sides = { own: ofInstrument.filter(own), others: ofInstrument.filter((picture) => !own(picture)), shipped: seen.filter((picture) => shippable(picture) && picture.laboratory !== laboratory) };
      const draws = Array.from({ length: starts }, (_, at) => draw(sides, { size, against, seed: `${name} ${size} ${at}` })).filter((row) => row !== undefined);
      if (draws.length === 0) continue;
      const row = means(draws);
      if (hard !== true) easy.push(row);
      results.push({ pictures: size, against: against ? size : 0, case: name, draws: draws.length, ...row });
      progress?.(JSON.stringify(results.at(-1)));
    }
    results.push({ pictures: size, against: against ? size : 0, case: 'mean of those not from many papers', ...means(easy) });
    progress?.(JSON.stringify(results.at(-1)));
  }
  return { data, draws: starts, results };
}
