import type { RunEvent, RunEventBody } from '../../src/contract/events.ts';
import type { Outcome, ReportedFind, RunPlan, RunResult, RunTotals } from '../../src/contract/run.ts';
import type { Action, LookAction, LookSettings, TileGrid } from '../../src/contract/strategy.ts';
import { BACKGROUND, CATEGORIES } from '../../src/contract/categories.ts';
import { randomFor } from '../../src/lib/random.ts';

export interface SampleRunOptions {
  readonly seed?: number;
  readonly columns?: number;
  readonly rows?: number;
  readonly blockTiles?: number;
  readonly findsWanted?: number;
  /** Most fields imaged; the run ends as `budget` after them. */
  readonly fields?: number;
  /** How the run ends when it has not found everything before; `open`: it has not ended. */
  readonly ending?: 'budget' | 'stopped' | 'faulted' | 'panicked' | 'open';
}

const LABELS = [...CATEGORIES, BACKGROUND];
const START_MS = Date.UTC(2026, 10, 23, 9, 30);
const BEAM_CURRENT_A = 50e-12;

const logistic = (x: number): number => 1 / (1 + Math.exp(-x));
const logit = (p: number): number => Math.log(p / (1 - p));

/**
 * The events of a plausible whole run: survey of all blocks, then the most probable tiles one by one, confirmation of the
 * suspects, with a refocus, a pause, a skipped field on the way. Same options, same events.
 */
export function sampleRun(options: SampleRunOptions = {}): RunEvent[] {
  const { seed = 7, columns = 24, rows = 18, blockTiles = 6, findsWanted = 5, fields: fieldBudget = 90, ending = 'budget' } = options;
  const random = randomFor(seed, 'sample-run');
  const tileUm = 20;
  const grid: TileGrid = {
    columns,
    rows,
    tileWidthUm: tileUm,
    tileHeightUm: tileUm,
    leftUm: -(columns * tileUm) / 2,
    topUm: (rows * tileUm) / 2,
    blockTiles,
    excluded: columns * rows > 4 ? [0, columns - 1, (rows - 1) * columns, rows * columns - 1] : [],
  };
  const looks: Record<'survey' | 'inspect' | 'confirm', LookSettings> = {
    survey: { fieldWidthUm: tileUm * blockTiles, widthPx: 1024, heightPx: 1024, dwellUs: 1 },
    inspect: { fieldWidthUm: tileUm, widthPx: 512, heightPx: 512, dwellUs: 2 },
    confirm: { fieldWidthUm: tileUm / 2, widthPx: 512, heightPx: 512, dwellUs: 4 },
  };
  const plan: RunPlan = {
    target: 'Nanowires',
    microscope: 'sim:',
    model: 'sem11',
    engine: 'auto',
    device: 'auto',
    strategy: 'adaptive',
    seed,
    grid,
    search: {
      finds: findsWanted,
      prevalence: 0.02,
      falseFindRate: 0.01,
      missRate: 0.05,
      looks,
      costs: { stageSpeedUmPerS: 200, settleS: 0.4, opticsChangeS: 0.6, frameS: { survey: 1.4, inspect: 0.8, confirm: 1.3 } },
      seed,
    },
    budget: { fields: fieldBudget },
    maxConsecutiveSkips: 5,
    autofocusRangeUm: 50,
  };
  const runId = `sample-${seed}`;
  const area = columns * tileUm * rows * tileUm * 1e-12;

  // Truth: a few clusters of tiles that hold wires.
  const holdsTarget = new Set<number>();
  for (let cluster = 0; cluster < Math.max(2, Math.ceil((columns * rows) / 150)); cluster++) {
    const column = random.integer(columns);
    const row = random.integer(rows);
    for (const [dx, dy] of [[0, 0], [1, 0], [0, 1]] as const) {
      const tile = Math.min(rows - 1, row + dy) * columns + Math.min(columns - 1, column + dx);
      if (!grid.excluded.includes(tile)) holdsTarget.add(tile);
    }
  }

  const events: RunEvent[] = [];
  let seconds = 0;
  let sequence = 0;
  const emit = (body: RunEventBody): void => {
    events.push({
      v: 1,
      seq: sequence++,
      runId,
      at: new Date(START_MS + seconds * 1000).toISOString(),
      instrumentSeconds: Number(seconds.toFixed(3)),
      ...body,
    } as RunEvent);
  };
  const evidence = Array.from({ length: columns * rows }, () => logit(plan.search.prevalence));
  const seen = evidence.map(() => 0);
  const finds: ReportedFind[] = [];
  const counts = { planned: columns * rows - grid.excluded.length, imaged: 0, skipped: 0, rejected: 0, surveyed: 0, inspected: 0, confirmed: 0 };
  let doseC = 0;
  let travelUm = 0;
  let stage = { xUm: 0, yUm: 0, zUm: 5000, rotationDeg: 0, tiltDeg: 0 };
  let workingDistanceMm = 8;
  let frameNumber = 0;

  const totals = (): RunTotals => ({
    fields: { ...counts },
    instrumentSeconds: Number(seconds.toFixed(3)),
    wallSeconds: Number((seconds / 40).toFixed(3)),
    doseC,
    meanDoseCPerM2: doseC / area,
    stageTravelUm: Number(travelUm.toFixed(2)),
  });
  const missed = (): { expected: number; upper95: number } => {
    const expected = evidence.reduce((sum, x, tile) => sum + (grid.excluded.includes(tile) || seen[tile] === 3 ? 0 : logistic(x)), 0);
    return { expected, upper95: expected + 1.645 * Math.sqrt(expected) };
  };
  const centreOf = (tile: number): { xUm: number; yUm: number } => ({
    xUm: grid.leftUm + ((tile % columns) + 0.5) * tileUm,
    yUm: grid.topUm - (Math.floor(tile / columns) + 0.5) * tileUm,
  });
  const probabilitiesFor = (target: boolean): number[] => {
    const weights = LABELS.map((label) => {
      const favoured = target ? label === 'Nanowires' : label === BACKGROUND;
      const similar = label === 'Fibres' || label === 'Tips';
      return Math.exp((favoured ? 4 : similar ? 1.2 : 0) + 0.7 * random.gaussian());
    });
    const sum = weights.reduce((a, b) => a + b, 0);
    return weights.map((weight) => weight / sum);
  };
  const progress = (): void => {
    const share = Math.min(1, Math.max(counts.imaged / fieldBudget, finds.length / findsWanted));
    emit({
      type: 'progress',
      totals: totals(),
      finds: finds.length,
      wanted: findsWanted,
      share,
      ...(share > 0.02 ? { secondsLeft: (seconds * (1 - share)) / share } : {}),
      missed: missed(),
    });
  };
  const moveTo = (xUm: number, yUm: number): void => {
    emit({ type: 'state', state: 'moving' });
    const distance = Math.hypot(xUm - stage.xUm, yUm - stage.yUm);
    const took = distance / 200 + 0.4;
    seconds += took;
    travelUm += distance;
    stage = { ...stage, xUm: xUm + 0.05 * random.gaussian(), yUm: yUm + 0.05 * random.gaussian() };
    emit({ type: 'moved', requested: { xUm, yUm }, stage, seconds: took });
  };
  const focus = (reason: 'start' | 'blurred'): void => {
    emit({ type: 'state', state: 'focusing' });
    seconds += 6;
    workingDistanceMm += 0.004 * random.gaussian();
    emit({ type: 'focused', workingDistanceMm, score: 0.7 + 0.1 * random.uniform(), reason });
  };
  const image = (action: LookAction): string => {
    emit({ type: 'state', state: 'acquiring' });
    const { settings, band } = action.look;
    const exposureS = (settings.widthPx * settings.heightPx * settings.dwellUs) / 1e6;
    const chargeC = exposureS * BEAM_CURRENT_A;
    const pixelSizeNm = (settings.fieldWidthUm * 1000) / settings.widthPx;
    seconds += exposureS + 0.2;
    doseC += chargeC;
    counts.imaged++;
    const id = `frame-${String(++frameNumber).padStart(5, '0')}`;
    emit({
      type: 'frame',
      frame: {
        id,
        band,
        look: action.look,
        stage,
        fieldWidthUm: settings.fieldWidthUm,
        workingDistanceMm,
        pixelSizeNm,
        widthPx: settings.widthPx,
        heightPx: settings.heightPx,
        depth: 8,
        dwellUs: settings.dwellUs,
        doseCPerM2: (BEAM_CURRENT_A * settings.dwellUs * 1e-6) / (pixelSizeNm * 1e-9) ** 2,
      },
    });
    return id;
  };
  const observe = (action: LookAction, tiles: readonly number[]): void => {
    const before = seconds;
    const chargeBefore = doseC;
    emit({ type: 'state', state: 'deciding' });
    emit({ type: 'decided', action });
    moveTo(action.look.xUm, action.look.yUm);
    if (random.uniform() < 0.015) {
      counts.skipped++;
      emit({ type: 'skipped', action, code: 'EM_TARGET_NOT_REACHED', message: `The stage stopped 3.2 µm from x ${action.look.xUm} µm, y ${action.look.yUm} µm.` });
      for (const tile of tiles) seen[tile] = 4;
      emit({
        type: 'observed',
        action,
        outcome: 'skipped',
        tiles: tiles.map((tile) => ({ tile, logRatio: 0, probability: logistic(evidence[tile]!), seen: 4 })),
        seconds: seconds - before,
        doseC: 0,
      });
      return;
    }
    let frameId = image(action);
    emit({ type: 'state', state: 'judging' });
    if (random.uniform() < 0.02) {
      emit({ type: 'judged', frameId, verdict: 'blurred', measures: { sharpness: 0.11, snr: 6.2 } });
      focus('blurred');
      frameId = image(action);
      emit({ type: 'state', state: 'judging' });
    }
    emit({ type: 'judged', frameId, verdict: 'good', measures: { sharpness: 0.4 + 0.2 * random.uniform(), snr: 7 + random.gaussian() } });
    emit({ type: 'state', state: 'classifying' });
    const any = tiles.some((tile) => holdsTarget.has(tile));
    const probabilities = probabilitiesFor(any && action.kind !== 'survey');
    const label = LABELS[probabilities.indexOf(Math.max(...probabilities))]!;
    emit({ type: 'classified', frameId, label, probabilities, ...(random.uniform() < 0.03 ? { rejected: 'fits no category well enough' } : {}) });
    const strength = action.kind === 'survey' ? { yes: 2.2, no: -1 } : { yes: 4, no: -3.2 };
    const state = action.kind === 'survey' ? 1 : action.kind === 'inspect' ? 2 : 3;
    if (action.kind === 'survey') counts.surveyed++;
    else if (action.kind === 'inspect') counts.inspected++;
    else counts.confirmed++;
    const touched = tiles.map((tile) => {
      const logRatio = (holdsTarget.has(tile) ? strength.yes : strength.no) + 0.8 * random.gaussian();
      evidence[tile] = evidence[tile]! + logRatio;
      seen[tile] = Math.max(seen[tile]!, state);
      return { tile, logRatio, probability: logistic(evidence[tile]!), seen: seen[tile]! };
    });
    emit({ type: 'state', state: 'recording' });
    emit({ type: 'observed', action, outcome: 'seen', frameId, tiles: touched, centre: { xUm: stage.xUm, yUm: stage.yUm }, seconds: seconds - before, doseC: doseC - chargeBefore });
    const tile = tiles[0]!;
    if (action.kind === 'confirm' && logistic(evidence[tile]!) > 0.98) {
      const find: ReportedFind = {
        id: `find-${finds.length + 1}`,
        tile,
        xUm: stage.xUm,
        yUm: stage.yUm,
        probability: logistic(evidence[tile]!),
        looks: 3,
        label: plan.target,
        zUm: stage.zUm,
        fieldWidthUm: action.look.settings.fieldWidthUm,
        frame: frameId,
        at: new Date(START_MS + seconds * 1000).toISOString(),
        instrumentSeconds: Number(seconds.toFixed(3)),
      };
      finds.push(find);
      emit({ type: 'find', find });
    }
    emit({ type: 'state', state: 'checkpointing' });
    progress();
  };

  emit({
    type: 'run-started',
    plan,
    labels: LABELS,
    microscope: { driver: 'sim', url: 'sim:', model: 'Simulated SEM', serialNumber: 'SIM-0001' },
    model: { id: 'sem11', engine: 'onnx', device: 'cpu', provider: 'CPU' },
    version: '0.1.0',
  });
  emit({ type: 'state', state: 'preflight' });
  seconds += 2;
  focus('start');
  const blockColumns = Math.ceil(columns / blockTiles);
  const blocks = blockColumns * Math.ceil(rows / blockTiles);
  const room = (): boolean => counts.imaged < fieldBudget && finds.length < findsWanted;
  for (let block = 0; block < blocks && room(); block++) {
    const left = (block % blockColumns) * blockTiles;
    const top = Math.floor(block / blockColumns) * blockTiles;
    const tiles: number[] = [];
    for (let row = top; row < Math.min(rows, top + blockTiles); row++) {
      for (let column = left; column < Math.min(columns, left + blockTiles); column++) {
        const tile = row * columns + column;
        if (!grid.excluded.includes(tile)) tiles.push(tile);
      }
    }
    const xUm = grid.leftUm + (left + blockTiles / 2) * tileUm;
    const yUm = grid.topUm - (top + blockTiles / 2) * tileUm;
    observe({ kind: 'survey', block, tiles, look: { band: 'survey', xUm, yUm, settings: looks.survey } }, tiles);
  }
  let paused = false;
  while (room()) {
    let best = -1;
    for (let tile = 0; tile < evidence.length; tile++) {
      if (grid.excluded.includes(tile) || seen[tile]! >= 2) continue;
      if (best < 0 || evidence[tile]! > evidence[best]!) best = tile;
    }
    if (best < 0) break;
    const look = { ...centreOf(best), band: 'inspect' as const, settings: looks.inspect };
    observe({ kind: 'inspect', tile: best, look }, [best]);
    if (seen[best] === 2 && logistic(evidence[best]!) > 0.5 && room()) {
      observe({ kind: 'confirm', tile: best, attempt: 1, look: { ...look, band: 'confirm', settings: looks.confirm } }, [best]);
    }
    if (!paused && counts.imaged > 25) {
      paused = true;
      emit({ type: 'state', state: 'paused' });
      emit({ type: 'paused' });
      seconds += 30;
      emit({ type: 'resumed' });
    }
  }
  const found = finds.length >= findsWanted;
  if (ending === 'open' && !found) return events;

  const outcome: Outcome = found ? 'found' : ending === 'open' ? 'budget' : ending;
  const finish: Action = { kind: 'finish', outcome: found ? 'found' : 'exhausted', reason: found ? 'all finds confirmed' : 'nothing more to look at' };
  if (found) emit({ type: 'decided', action: finish });
  const error =
    outcome === 'faulted' || outcome === 'panicked'
      ? { code: 'EM_VACUUM', message: 'The chamber pressure rose to 3.1e-2 Pa.', hint: 'The vacuum is out of band.' }
      : undefined;
  if (error !== undefined) emit({ type: 'fault', ...error });
  const reasons: Record<Outcome, string> = {
    found: `${finds.length} of ${findsWanted} finds confirmed`,
    exhausted: 'every tile was looked at',
    budget: `${counts.imaged} of ${fieldBudget} fields imaged`,
    stopped: 'stopped from the dashboard',
    faulted: 'the vacuum is out of band',
    panicked: 'the blanker did not answer',
  };
  const safe = outcome !== 'panicked';
  emit({ type: 'state', state: 'halting' });
  emit({ type: 'halted', reason: reasons[outcome], stageStill: true, blanked: safe, differences: safe ? [] : ['blanker: asked closed, read open'] });
  emit({ type: 'state', state: safe ? 'ended' : 'panicked' });
  const result: RunResult = {
    ...totals(),
    runId,
    target: plan.target,
    outcome,
    reason: reasons[outcome],
    finds,
    missedBound: missed(),
    engine: 'onnx',
    device: 'cpu',
    model: 'sem11',
    microscope: 'sim:',
    strategy: plan.strategy,
    seed,
    runDir: 'runs/sample',
    ...(error === undefined ? {} : { error }),
  };
  emit({ type: 'run-ended', outcome, reason: reasons[outcome], result });
  return events;
}
