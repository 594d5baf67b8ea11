import type { RunFile, RunPlan } from '../../contract/run.ts';
import { ACTION_KINDS, type RunHistory } from './history.ts';
import { html, type Markup } from './markup.ts';
import { formatCharge, formatDose, formatDuration, formatLength, formatNumber, formatPercent, plural } from './quantities.ts';

type Cell = string | Markup;

function table(head: readonly string[], rows: readonly (readonly Cell[])[], foot?: readonly Cell[]): Markup {
  const row = (cells: readonly Cell[]): Markup => html`<tr>${cells.map((cell, index) => (index === 0 ? html`<th scope="row">${cell}</th>` : html`<td>${cell}</td>`))}</tr>`;
  return html`<div class="scroll"><table><thead><tr>${head.map((cell) => html`<th scope="col">${cell}</th>`)}</tr></thead><tbody>${rows.map(row)}</tbody>${foot === undefined ? undefined : html`<tfoot>${row(foot)}</tfoot>`}</table></div>`;
}

/** Pairs of a name and a value. */
export function facts(pairs: readonly (readonly [string, Cell | undefined])[]): Markup {
  return html`<dl>${pairs.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [html`<div><dt>${name}</dt><dd>${value}</dd></div>`]))}</dl>`;
}

const KIND_WORDS = { survey: 'Survey', inspect: 'Inspect', confirm: 'Confirm', refocus: 'Refocus' } as const;

/** Instrument time by kind of action, and the charge that each put on the specimen. */
export function timingTable(history: RunHistory): Markup {
  const kinds = ACTION_KINDS.filter((kind) => history.accounts[kind].count > 0);
  const cells = (name: string, parts: (typeof history.accounts)['survey']): Cell[] => {
    const rest = Math.max(0, parts.seconds - parts.movingSeconds - parts.imagingSeconds - parts.focusingSeconds);
    return [
      name,
      String(parts.count),
      formatDuration(parts.seconds),
      parts.count === 0 ? '' : formatDuration(parts.seconds / parts.count),
      formatDuration(parts.movingSeconds),
      formatDuration(parts.imagingSeconds),
      formatDuration(parts.focusingSeconds),
      formatDuration(rest),
      formatCharge(parts.doseC),
    ];
  };
  const sum = { count: 0, seconds: 0, movingSeconds: 0, imagingSeconds: 0, focusingSeconds: 0, doseC: 0 };
  for (const kind of kinds) for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += history.accounts[kind][key];
  const head = ['Action', 'Count', 'Time', 'Each', 'Moving', 'Exposing', 'Focusing', 'Other', 'Charge'];
  return table(head, kinds.map((kind) => cells(KIND_WORDS[kind], history.accounts[kind])), cells('All', sum));
}

/** Where the time beyond the actions went, and the dose. */
export function doseFacts(history: RunHistory): Markup {
  const totals = history.totals;
  const strongest = Math.max(0, ...[...history.frames.values()].map(({ doseCPerM2 }) => doseCPerM2));
  return facts([
    ['Instrument time', formatDuration(totals?.instrumentSeconds ?? history.lastS)],
    ['Wall time', totals && formatDuration(totals.wallSeconds)],
    ['Paused', history.pausedSeconds > 0 ? formatDuration(history.pausedSeconds) : undefined],
    ['Stage travel', totals && formatLength(totals.stageTravelUm)],
    ['Focused', plural(history.focusings, 'time')],
    ['Charge on the specimen', totals && formatCharge(totals.doseC)],
    ['Mean dose over the area', totals && formatDose(totals.meanDoseCPerM2)],
    ['Highest dose of one field, all exposures', totals?.highestSiteDoseCPerM2 === undefined ? undefined : formatDose(totals.highestSiteDoseCPerM2)],
    ['Highest dose of one picture', strongest > 0 ? formatDose(strongest) : undefined],
  ]);
}

const VERDICT_WORDS = {
  good: 'good', empty: 'empty field', blurred: 'blurred', noisy: 'noisy', charging: 'charging', saturated: 'saturated', incomplete: 'incomplete', torn: 'torn (the specimen slipped)', frozen: 'frozen (same as the one before)', dark: 'dark',
} as const;

/** Picture quality, skipped fields and faults. */
export function troubles(history: RunHistory): Markup {
  const verdicts = [...history.verdicts].sort(([, a], [, b]) => b - a).map(([verdict, count]) => `${count} ${VERDICT_WORDS[verdict]}`);
  const rejected = history.rejections === 0 ? '' : ` ${plural(history.rejections, 'picture')} fitted no category of the model.`;
  const quality = html`<p>${verdicts.length === 0 ? 'No picture was judged.' : `Pictures judged: ${verdicts.join(', ')}.`}${rejected}</p>`;
  const skips = [...history.skips].map(([code, { count, message }]) => html`<li><b>${code}</b>, ${plural(count, 'field')}; the last one: ${message}</li>`);
  const faults = history.faults.map(({ code, message, hint, instrumentSeconds }) => html`<li><b>${code}</b> after ${formatDuration(instrumentSeconds)}: ${message} ${hint}</li>`);
  const halted = history.halted;
  const safe = halted === undefined
    ? html`<p>No halt is in the journal: how the instrument was left is not known.</p>`
    : html`<p>At the end the stage was ${halted.stageStill ? 'still' : html`<b>not proven still</b>`} and the beam ${halted.blanked ? 'blanked' : html`<b>not proven blanked</b>`}. ${halted.differences.length === 0 ? 'All settings were as before the run.' : `Settings that differ from before the run: ${halted.differences.join('; ')}.`}</p>`;
  return html`${quality}${skips.length === 0 ? html`<p>No field was skipped.</p>` : html`<p>Skipped:</p><ul class="faults">${skips}</ul>`}${faults.length === 0 ? html`<p>No fault was reported.</p>` : html`<ul class="faults">${faults}</ul>`}${safe}`;
}

/** How each kind of look was taken. */
export function lookTable(plan: RunPlan): Markup {
  const { looks } = plan.search;
  return table(
    ['Look', 'Field width', 'Pixels', 'Pixel size', 'Dwell'],
    (['survey', 'inspect', 'confirm'] as const).map((band) => {
      const { fieldWidthUm, widthPx, heightPx, dwellUs } = looks[band];
      return [KIND_WORDS[band], formatLength(fieldWidthUm), `${widthPx} × ${heightPx}`, formatLength(fieldWidthUm / widthPx), `${formatNumber(dwellUs)} µs`];
    }),
  );
}

export function instrumentFacts(run: RunFile): Markup {
  const { optics, detector, vacuum, stage } = run.instrument.before;
  return facts([
    ['Instrument', `${run.microscope.model} (${run.microscope.serialNumber})`],
    ['Reached as', run.microscope.url],
    ['Acceleration voltage', `${formatNumber(optics.accelerationKv)} kV`],
    ['Beam current', `${formatNumber(optics.beamCurrentPa)} pA`],
    ['Working distance at the start', `${formatNumber(optics.workingDistanceMm)} mm`],
    ['Detector', detector],
    ['Stage z, rotation, tilt', `${formatNumber(stage.zUm / 1000)} mm, ${formatNumber(stage.rotationDeg)}°, ${formatNumber(stage.tiltDeg)}°`],
    ['Vacuum at the start', vacuum],
  ]);
}

function regionWords({ region, grid }: RunPlan): string | undefined {
  if (region === undefined) return undefined;
  const tiles = grid.columns * grid.rows - grid.excluded.length;
  const zones = region.keepOut.length === 0 ? '' : `, ${plural(region.keepOut.length, 'keep-out zone')}`;
  return `${region.search.length === 0 ? 'the whole area' : plural(region.search.length, 'shape')}${zones}: ${plural(tiles, 'tile')}`;
}

export function planFacts({ plan }: RunFile): Markup {
  const { grid, budget, search } = plan;
  const budgets = [
    budget.fields === undefined ? undefined : plural(budget.fields, 'field'),
    budget.instrumentSeconds === undefined ? undefined : formatDuration(budget.instrumentSeconds),
    budget.doseCPerM2 === undefined ? undefined : formatDose(budget.doseCPerM2),
  ].filter((part) => part !== undefined);
  return facts([
    ['Target', plan.target],
    ['Wanted', plural(search.finds, 'find')],
    ['Budget', budgets.length === 0 ? 'none' : budgets.join(', ')],
    ['Area', `${formatLength(grid.columns * grid.tileWidthUm)} × ${formatLength(grid.rows * grid.tileHeightUm)}, ${grid.columns} × ${grid.rows} tiles`],
    ['Region', regionWords(plan)],
    ['Fields from', plan.fieldPlan && `${plan.fieldPlan.path}${plan.fieldPlan.leftOut === 0 ? '' : `, ${plural(plan.fieldPlan.leftOut, 'field')} left out for a keep-out zone`}`],
    ['Strategy', `${plan.strategy}, seed ${plan.seed}`],
    ['Prior', plan.prior && `${plan.prior.source}: ${plan.prior.words}`],
    ['Expected before the search', `${formatPercent(search.prevalence)} of tiles`],
    ['Nominal errors', `${formatPercent(search.falseFindRate)} false finds, ${formatPercent(search.missRate)} missed at confirmation`],
  ]);
}

/** What the model is, and what its figures were measured on. */
export function modelFacts(run: RunFile): Markup {
  const metrics = run.modelMetrics ?? [];
  const honesty = metrics.length === 0
    ? html`<p>The model folder says nothing about how accurate it is.</p>`
    : table(
        ['Measured on', 'Pictures', 'Accuracy', 'Macro F1', 'Calibration error'],
        metrics.map(({ data, n, accuracy, macroF1, ece }) => [data, String(n), formatPercent(accuracy), formatNumber(macroF1), formatNumber(ece)]),
      );
  const weights = Object.entries(run.modelFiles).map(([name, sha256]) => html`${name} <code>${sha256.slice(0, 16)}…</code> `);
  return html`<div class="wide">${facts([
    ['Model', run.model.id],
    ['Run with', `${run.model.engine} on ${run.model.device} (${run.model.provider})`],
    ['Files', weights.length === 0 ? undefined : html`${weights}`],
    ['emagent', run.version],
    ['Node', run.node],
  ])}</div><h3>How good the model is</h3>${honesty}<p class="note">All probabilities in this report are the model's, calibrated on pictures like those above. On a specimen of another kind they may be too sure of themselves: look at the pictures of the finds.</p>`;
}
