import { EmagentError } from '../../../src/contract/errors.ts';
import { unknownNameMessage } from '../../../src/lib/nearest-name.ts';
import type { BenchOptions } from '../../registry.ts';
import { readHoles } from './holes.ts';
import { DEFAULT_REPLAY_POLICY, REPLAY_POLICIES } from './registry.ts';
import { scoreReplay, START_ROWS, type ReplayScore } from './replay.ts';

const DATA_SETS = ['cryorl'] as const;

function policiesOf(strategy: string | undefined): string[] {
  const names = (strategy ?? DEFAULT_REPLAY_POLICY).split(',').map((name) => name.trim());
  const known = Object.keys(REPLAY_POLICIES);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage('replay strategy', unknown, known));
  return names;
}

/** One score, or a list of them where several strategies were asked for. */
export async function run({ name, data, strategy, starts = START_ROWS.length, progress }: BenchOptions): Promise<ReplayScore | ReplayScore[]> {
  if (name === undefined) throw new EmagentError('EM_USAGE', `Which data set? There are: ${DATA_SETS.join(', ')}.`);
  if (!DATA_SETS.some((known) => known === name)) throw new EmagentError('EM_UNKNOWN_NAME', unknownNameMessage('data set', name, DATA_SETS));
  if (data === undefined) throw new EmagentError('EM_USAGE', '--data needs the folder of the recorded holes.');
  if (starts > START_ROWS.length) throw new EmagentError('EM_USAGE', `--starts ${starts} is more than the ${START_ROWS.length} starting holes that there are.`);
  const policies = policiesOf(strategy);
  const holes = await readHoles(data);
  const scores: ReplayScore[] = [];
  for (const policy of policies) {
    progress?.(`${policy}: ${starts} starts on ${holes.holes.length} holes`);
    scores.push(scoreReplay(await REPLAY_POLICIES[policy]!(holes), holes, starts));
  }
  return scores.length === 1 ? scores[0]! : scores;
}
