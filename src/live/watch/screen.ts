import type { Clock } from '../../contract/clock.ts';
import type { Snapshot } from '../snapshot.ts';
import { actionText, doseText, durationText, labelText, lengthText, outcomeText, percentText, positionText, stateText, summaryText } from '../words.ts';
import { blockMap } from './block-map.ts';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
  readonly colours: boolean;
}

const REDRAW_MS = 150;
const WIDEST_MAP = 64;
const TALLEST_MAP = 18;

type Paint = (style: 'bold' | 'soft' | 'good' | 'warn' | 'bad' | 'find', text: string) => string;
const STYLES = { bold: '1', soft: '2', good: '32', warn: '33', bad: '31;1', find: '38;5;208' } as const;

function painter(colours: boolean): Paint {
  return (style, text) => (colours ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text);
}

function progressBar(share: number, width: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share)) * width);
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)}`;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

function header(snapshot: Snapshot, columns: number, paint: Paint): string[] {
  const { plan, microscope, progress, ended, paused, state, action } = snapshot;
  if (plan === null || microscope === null) return [paint('bold', 'Waiting for the run to begin')];
  const share = ended?.outcome === 'found' ? 1 : (progress?.share ?? 0);
  const left = ended !== null || progress?.secondsLeft == null ? '' : `, about ${durationText(progress.secondsLeft)} left`;
  const label = ` ${percentText(share)}${left}`;
  const tone = ended === null ? (paused ? 'warn' : 'good') : ended.outcome === 'faulted' || ended.outcome === 'panicked' ? 'bad' : 'good';
  const doing = ended === null ? (action === null ? '' : actionText(action)) : ended.reason;
  return [
    paint('bold', cut(`${labelText(plan.target)} on ${microscope.model}, ${plan.strategy}`, columns)),
    paint(tone, cut(paused ? 'Paused' : ended === null ? stateText(state) : outcomeText(ended.outcome), columns)),
    paint('soft', cut(doing, columns)),
    cut(`${progressBar(share, Math.max(4, Math.min(60, columns - label.length - 1)))}${label}`, columns),
  ];
}

function numbers(snapshot: Snapshot, columns: number): string {
  const { totals, finds, plan, progress } = snapshot;
  const missed = progress === null ? '' : `, about ${progress.missed.expected.toFixed(1)} still missing`;
  const found = `${finds.length} of ${plan?.search.finds ?? '?'} finds${missed}`;
  if (totals === null) return cut(found, columns);
  const skipped = totals.fields.skipped === 0 ? '' : ` (${totals.fields.skipped} skipped)`;
  return cut(`${found} · ${totals.fields.imaged} fields${skipped} · ${durationText(totals.instrumentSeconds)} instrument time · ${doseText(totals.meanDoseCPerM2)}`, columns);
}

function prediction({ frame, labels }: Snapshot): string {
  const found = frame?.prediction;
  if (frame == null || found == null) return frame === null ? '' : `${frame.summary.id}: ${frame.verdict ?? 'imaged'}`;
  const ranked = labels.map((label, index) => ({ label, p: found.probabilities[index] ?? 0 })).sort((a, b) => b.p - a.p);
  const top = ranked.slice(0, 3).map(({ label, p }) => `${labelText(label)} ${percentText(p)}`);
  return `${frame.summary.id} (${frame.summary.band}): ${top.join(', ')}${found.rejected === null ? '' : `; not trusted: ${found.rejected}`}`;
}

function caption({ plan }: Snapshot, colours: boolean): string {
  if (plan === null) return '';
  const { columns, rows, tileWidthUm, tileHeightUm } = plan.grid;
  return ` ${lengthText(columns * tileWidthUm)} x ${lengthText(rows * tileHeightUm)}; ${colours ? 'brighter' : 'darker'}: more probable; ${colours ? 'orange' : 'X'}: find`;
}

/** The whole screen as lines no longer and no more than the terminal has. */
export function screenLines(snapshot: Snapshot, { columns, rows, colours }: TerminalSize): string[] {
  const paint = painter(colours);
  const lines = [...header(snapshot, columns, paint), numbers(snapshot, columns), paint('soft', cut(prediction(snapshot), columns)), ''];
  const spare = rows - 1 - lines.length;
  const map = blockMap(snapshot, { width: Math.min(WIDEST_MAP, columns - 2), height: Math.max(3, Math.min(TALLEST_MAP, spare - 9)), colours });
  lines.push(...map.map((line) => ` ${line}`), paint('soft', cut(caption(snapshot, colours), columns)), '');
  const findLines = snapshot.finds.map((find) => `${find.id.padEnd(8)} ${labelText(find.label)} ${percentText(find.probability)} at ${positionText(find)}`);
  const room = Math.max(0, rows - 1 - lines.length);
  const logRoom = Math.min(4, Math.max(1, Math.floor(room / 3)));
  const shownFinds = findLines.slice(-Math.max(1, room - logRoom - 1));
  lines.push(...shownFinds.map((line) => paint('find', cut(line, columns))));
  const logged = snapshot.log.filter(({ level, text }) => level !== 'info' || !text.startsWith('find-')).slice(-logRoom);
  for (const { level, text } of logged) lines.push(paint(level === 'error' ? 'bad' : level === 'warn' ? 'warn' : 'soft', cut(text, columns)));
  return lines.slice(0, Math.max(1, rows - 1));
}

export interface Screen {
  show(snapshot: Snapshot): void;
  /** Gives the terminal back; with a snapshot, its summary stays on the screen. */
  end(snapshot?: Snapshot): void;
}

/** Redraws on the terminal's second page, at most seven times a second. `write` goes to the terminal. */
export function createScreen(options: { clock: Clock; size(): TerminalSize; write(text: string): void }): Screen {
  const { clock, write } = options;
  let latest: Snapshot | undefined;
  let timer: unknown;
  let ended = false;
  write('\u001b[?1049h\u001b[?25l');
  const draw = (): void => {
    timer = undefined;
    if (latest === undefined || ended) return;
    // Each line is cleared to its end as it is written, which flickers less than clearing the screen first.
    write(`\u001b[H${screenLines(latest, options.size()).map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`);
  };
  return {
    show: (snapshot) => {
      latest = snapshot;
      if (timer === undefined && !ended) timer = clock.setTimeout(draw, REDRAW_MS);
    },
    end: (snapshot) => {
      if (ended) return;
      ended = true;
      clock.clearTimeout(timer);
      write('\u001b[?25h\u001b[?1049l');
      if (snapshot === undefined) return;
      write(`${screenLines(snapshot, options.size()).join('\n')}\n`);
      if (snapshot.ended !== null) write(`${summaryText(snapshot.ended.result)}\n`);
    },
  };
}
