import { z } from 'zod';
import { EXIT } from '../../contract/errors.ts';
import { scoreRun } from '../../session/score.ts';
import { defineCommand } from '../command.ts';

export const command = defineCommand({
  builder: (yargs) =>
    yargs
      .positional('run', { type: 'string', describe: 'Run folder of a simulated run', demandOption: true })
      .option('truth', { type: 'string', describe: 'What `emagent simulate --truth` wrote (truth.json beside the run)' }),
  schema: z.strictObject({ run: z.string(), truth: z.string().min(1).optional(), json: z.boolean().default(false) }),
  run: async ({ run, truth, json }, { print, printJson }) => {
    const score = await scoreRun(run, truth);
    if (json) {
      printJson(score);
      return EXIT.done;
    }
    const { target, declared, right, duplicates, wrong, targetsInArea, precision, recall, exposure } = score;
    print(
      [
        `${declared} finds declared: ${right} right, ${wrong.length} wrong, ${duplicates} a second time.`,
        ...wrong.map(({ id, there }) => `  ${id} lies on ${there}`),
        `${targetsInArea} ${target} in the searched area: precision ${precision.toFixed(2)}, recall ${recall.toFixed(2)}.`,
        `Beam on the specimen while the stage moved: ${exposure.unblankedWhileMovingS.toFixed(3)} s.`,
      ].join('\n'),
    );
    return EXIT.done;
  },
});
