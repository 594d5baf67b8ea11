import { BACKGROUND, CATEGORIES } from '../src/contract/categories.ts';
import type { RunEvent, RunEventBody } from '../src/contract/events.ts';
import type { LookAction } from '../src/contract/strategy.ts';

const COLUMNS = 40;
const ROWS = 30;
const TILE_UM = 20;
const LABELS = [...CATEGORIES, BACKGROUND];
const SETTINGS = { fieldWidthUm: TILE_UM, widthPx: 512, heightPx: 512, dwellUs: 1 };

const begin: RunEventBody = {
  type: 'run-started',
  plan: {
    target: 'Nanowires', microscope: 'sim:', model: 'bench', engine: 'auto', device: 'auto', strategy: 'serpentine', seed: 1,
    grid: { columns: COLUMNS, rows: ROWS, tileWidthUm: TILE_UM, tileHeightUm: TILE_UM, leftUm: -400, topUm: 300, blockTiles: 10, excluded: [] },
    search: {
      finds: 10, prevalence: 0.02, falseFindRate: 0.01, missRate: 0.05, looks: { survey: SETTINGS, inspect: SETTINGS, confirm: SETTINGS }, seed: 1,
      costs: { stageSpeedUmPerS: 200, settleS: 0.4, opticsChangeS: 0.6, frameS: { survey: 1, inspect: 1, confirm: 1 } },
    },
    budget: {}, maxConsecutiveSkips: 5, autofocusRangeUm: 50,
  },
  labels: LABELS,
  microscope: { driver: 'sim', url: 'sim:', model: 'bench', serialNumber: '1' },
  model: { id: 'bench', engine: 'onnx', device: 'cpu', provider: 'CPU' },
  version: '0',
};

/** What the agent tells of one field, in its order. */
function fieldEvents(field: number): RunEventBody[] {
  const tile = field % (COLUMNS * ROWS);
  const stage = { xUm: -390 + (tile % COLUMNS) * TILE_UM, yUm: 290 - Math.floor(tile / COLUMNS) * TILE_UM, zUm: 5000, rotationDeg: 0, tiltDeg: 0 };
  const { xUm, yUm } = stage;
  const action: LookAction = { kind: 'inspect', tile, look: { band: 'inspect', xUm, yUm, settings: SETTINGS } };
  const frameId = `frame-${field}`;
  const counts = { planned: COLUMNS * ROWS, imaged: field, skipped: 0, rejected: 0, surveyed: 0, inspected: field, confirmed: 0 };
  return [
    { type: 'state', state: 'deciding' },
    { type: 'decided', action },
    { type: 'state', state: 'moving' },
    { type: 'moved', requested: { xUm, yUm }, stage, seconds: 0.5 },
    { type: 'state', state: 'acquiring' },
    { type: 'frame', frame: { id: frameId, band: 'inspect', look: action.look, stage, ...SETTINGS, workingDistanceMm: 8, pixelSizeNm: 39.1, depth: 8, doseCPerM2: 0.033 } },
    { type: 'state', state: 'judging' },
    { type: 'judged', frameId, verdict: 'good', measures: { sharpness: 0.41, snr: 7.3 } },
    { type: 'state', state: 'classifying' },
    { type: 'classified', frameId, label: BACKGROUND, probabilities: LABELS.map(() => 1 / LABELS.length) },
    { type: 'state', state: 'recording' },
    { type: 'observed', action, outcome: 'seen', frameId, tiles: [{ tile, logRatio: -3.1, probability: 0.0009, seen: 2 }], seconds: 1.1, doseC: 1.3e-11 },
    { type: 'state', state: 'checkpointing' },
    {
      type: 'progress', finds: 0, wanted: 10, share: tile / (COLUMNS * ROWS), secondsLeft: 100, missed: { expected: 4.2, upper95: 8.1 },
      totals: { fields: counts, instrumentSeconds: field, wallSeconds: field, doseC: 1e-9, meanDoseCPerM2: 0.002, stageTravelUm: 20 * field },
    },
  ];
}

/** Events of one field after another, as many as asked for. */
export function runEvents(count: number): RunEvent[] {
  const bodies: RunEventBody[] = [begin];
  for (let field = 0; bodies.length < count; field++) bodies.push(...fieldEvents(field));
  return bodies.slice(0, count).map((body, seq) => ({ v: 1, seq, runId: 'bench', at: '2026-01-01T00:00:00.000Z', instrumentSeconds: seq / 10, ...body }) as RunEvent);
}
