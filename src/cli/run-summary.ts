import type { RunResult } from '../contract/run.ts';
import { durationText } from '../live/words.ts';

const WORDS: Readonly<Record<RunResult['outcome'], string>> = {
  found: 'Found what was asked for.',
  exhausted: 'The whole area was searched.',
  budget: 'The goal was not reached.',
  stopped: 'Stopped.',
  faulted: 'The run ended with a fault; the microscope is safe.',
  panicked: 'IT COULD NOT BE PROVEN THAT THE MICROSCOPE IS SAFE. Go and look.',
};

function findLines({ finds }: RunResult): string[] {
  return [
    '  find      probability      x µm      y µm  frame',
    ...finds.map(
      ({ id, probability, xUm, yUm, frame }) =>
        `  ${id.padEnd(9)} ${probability.toFixed(3).padStart(11)} ${xUm.toFixed(1).padStart(9)} ${yUm.toFixed(1).padStart(9)}  ${frame}`,
    ),
  ];
}

/** The outcome in words, for the person who comes back to the microscope. */
export function summariseRun(result: RunResult): string {
  const { fields, closing = [] } = result;
  const bad = [fields.skipped > 0 ? `${fields.skipped} skipped` : '', fields.rejected > 0 ? `${fields.rejected} not trusted` : ''].filter(Boolean);
  return [
    `${WORDS[result.outcome]} ${result.reason}`.trim(),
    `${result.finds.length} ${result.target} confirmed in ${durationText(result.instrumentSeconds)} of instrument time (${durationText(result.wallSeconds)} on the clock).`,
    ...(result.finds.length === 0 ? closing.slice(0, 1) : findLines(result)),
    `Fields: ${fields.imaged} imaged (${fields.surveyed} survey, ${fields.inspected} inspect, ${fields.confirmed} confirm)${bad.length > 0 ? `, ${bad.join(', ')}` : ''}; ${fields.planned} tiles in the area.`,
    `Dose: ${result.meanDoseCPerM2.toPrecision(3)} C/m² on average. Stage travel: ${(result.stageTravelUm / 1000).toFixed(2)} mm.`,
    ...closing.slice(1),
    `Run folder: ${result.runDir} (open report.html)`,
    ...(result.error === undefined ? [] : [`${result.error.message} ${result.error.hint}`]),
  ].join('\n');
}
