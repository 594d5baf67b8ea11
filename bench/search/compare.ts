import { parseArgs } from 'node:util';
import { STRATEGIES, strategyNames } from '../../src/search/registry.ts';
import { runOnScores } from './score-run.ts';
import { createScoreWorld, type Scatter } from './score-world.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '30' },
    separation: { type: 'string', default: '1.5' },
    claimed: { type: 'string', default: '1.5' },
    strategies: { type: 'string', default: strategyNames.join(',') },
    scatters: { type: 'string', default: 'uniform,loose,tight' },
    densities: { type: 'string', default: '0.002,0.01,0.05' },
    edge: { type: 'string', default: '64' },
  },
});
const seeds = Number(values.seeds);
const names = values.strategies.split(',').filter((name) => name in STRATEGIES) as (keyof typeof STRATEGIES)[];
const mean = (list: readonly number[]): number => list.reduce((a, b) => a + b, 0) / list.length;

for (const scatter of values.scatters.split(',') as Scatter[]) {
  for (const density of values.densities.split(',').map(Number)) {
    const row: Record<string, unknown> = { scatter, density };
    const reference: number[] = [];
    for (const name of ['serpentine' as const, ...names.filter((other) => other !== 'serpentine')]) {
      const { strategy } = await STRATEGIES[name].load();
      const seconds: number[] = [];
      let falseFinds = 0;
      let suspected = 0;
      let declared = 0;
      for (let seed = 0; seed < seeds; seed++) {
        const world = createScoreWorld({
          edgeTiles: Number(values.edge), density, scatter, seed,
          surveySeparation: Number(values.separation), inspectSeparation: 3.5,
        });
        const run = runOnScores(strategy, world, { finds: 5, seed, claimed: { survey: Number(values.claimed), inspect: 3.5 } });
        seconds.push(run.seconds);
        falseFinds += run.falseFinds;
        declared += run.trueFinds + run.falseFinds;
        suspected += run.suspected;
      }
      if (name === 'serpentine') reference.push(...seconds);
      const ratios = seconds.map((value, seed) => Math.log(reference[seed]! / value));
      row[name] = {
        meanS: Math.round(mean(seconds)),
        ofMeans: Number((mean(reference) / mean(seconds)).toFixed(2)),
        geometric: Number(Math.exp(mean(ratios)).toFixed(2)),
        falseFinds, declared, suspected,
      };
    }
    console.log(JSON.stringify(row));
  }
}
