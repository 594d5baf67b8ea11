import type { RunHistory } from './history.ts';
import { html, tenth, type Markup } from './markup.ts';
import { formatNumber, ticks } from './quantities.ts';

const SIZE = { width: 1040, height: 230 };
const MARGIN = { left: 46, right: 120, top: 14, bottom: 36 };

interface Plot {
  readonly x: (seconds: number) => number;
  readonly y: (value: number) => number;
  readonly grid: Markup;
}

/** Time axis in the unit that suits its length. */
function timeUnit(seconds: number): { unit: string; seconds: number } {
  if (seconds >= 7200) return { unit: 'h', seconds: 3600 };
  return seconds >= 180 ? { unit: 'min', seconds: 60 } : { unit: 's', seconds: 1 };
}

function plot(lastS: number, top: number, labels: { y: readonly number[]; format: (value: number) => string }): Plot {
  const span = Math.max(lastS, 1e-9);
  const x = (seconds: number): number => MARGIN.left + (seconds / span) * (SIZE.width - MARGIN.left - MARGIN.right);
  const y = (value: number): number => SIZE.height - MARGIN.bottom - (value / top) * (SIZE.height - MARGIN.top - MARGIN.bottom);
  const time = timeUnit(span);
  const right = SIZE.width - MARGIN.right;
  const bottom = SIZE.height - MARGIN.bottom;
  const lines = labels.y.map((value) => html`<line class="rule" x1="${MARGIN.left}" x2="${right}" y1="${tenth(y(value))}" y2="${tenth(y(value))}"/><text class="tick" x="${MARGIN.left - 8}" y="${tenth(y(value) + 3.5)}" text-anchor="end">${labels.format(value)}</text>`);
  const times = ticks(0, span / time.seconds).map((value) => html`<line class="axis" x1="${tenth(x(value * time.seconds))}" x2="${tenth(x(value * time.seconds))}" y1="${bottom}" y2="${bottom + 4}"/><text class="tick" x="${tenth(x(value * time.seconds))}" y="${bottom + 16}" text-anchor="middle">${formatNumber(value)}</text>`);
  return { x, y, grid: html`<g>${lines}${times}<line class="axis" x1="${MARGIN.left}" x2="${right}" y1="${bottom}" y2="${bottom}"/><text class="tick" x="${tenth((MARGIN.left + right) / 2)}" y="${SIZE.height - 4}" text-anchor="middle">instrument time, ${time.unit}</text></g>` };
}

function steps(points: readonly { atS: number; value: number }[], { x, y }: Plot, lastS: number): string {
  let path = '';
  for (const [index, { atS, value }] of points.entries()) {
    path += index === 0 ? `M${tenth(x(atS))} ${tenth(y(value))}` : `H${tenth(x(atS))}V${tenth(y(value))}`;
  }
  return `${path}H${tenth(x(lastS))}`;
}

const svg = (label: string, content: Markup): Markup => html`<svg viewBox="0 0 ${SIZE.width} ${SIZE.height}" role="img" aria-label="${label}">${content}</svg>`;

/** Finds, and the number of targets expected to be out there still, against instrument time. */
export function findsCurve(history: RunHistory): Markup {
  const { finds, progress, lastS } = history;
  const missed = progress.map(({ atS, missedExpected }) => ({ atS, value: missedExpected }));
  const found = [{ atS: 0, value: 0 }, ...finds.map(({ instrumentSeconds }, index) => ({ atS: instrumentSeconds, value: index + 1 }))];
  const top = Math.max(1, finds.length, ...missed.map(({ value }) => value)) * 1.08;
  const area = plot(lastS, top, { y: ticks(0, top).filter(Number.isInteger), format: String });
  const lastMissed = missed.at(-1)?.value ?? 0;
  const gap = Math.abs(area.y(lastMissed) - area.y(finds.length)) < 16 ? 8 : 0;
  const up = lastMissed > finds.length ? 1 : -1;
  const end = (value: number, words: string, shift: number): Markup => html`<text class="series" x="${SIZE.width - MARGIN.right + 8}" y="${tenth(area.y(value) + 4 + shift)}">${words}</text>`;
  const content = html`${area.grid}${missed.length > 0 ? html`<path class="missed" d="${steps(missed, area, lastS)}"/>${end(lastMissed, 'expected unseen', -gap * up)}` : undefined}<path class="found" d="${steps(found, area, lastS)}"/>${finds.map(({ instrumentSeconds }, index) => html`<circle class="dot" cx="${tenth(area.x(instrumentSeconds))}" cy="${tenth(area.y(index + 1))}" r="4"/>`)}${end(finds.length, 'found', gap * up)}`;
  return html`<figure>${svg('Finds against instrument time', content)}<figcaption><b>Finds over time</b>, and the number of targets that the search still expected among what it had not settled.</figcaption></figure>`;
}

const MARKS = { survey: 'survey', inspect: 'inspect', confirm: 'confirm', refocus: 'inspect' } as const;
/** More dots than this cannot be told apart; every n-th is drawn then, and all confirmations. */
const MOST_DOTS = 3000;

/** Probability of the target after each look. */
export function probabilityCurve(history: RunHistory): Markup {
  const seen = history.looks.filter((look) => look.probability !== undefined);
  const stride = Math.ceil(seen.length / MOST_DOTS);
  const drawn = seen.filter(({ kind }, index) => kind === 'confirm' || index % stride === 0);
  const area = plot(history.lastS, 1.04, { y: [0, 0.25, 0.5, 0.75, 1], format: (value) => `${value * 100} %` });
  const dots = drawn.map(({ kind, atS, probability = 0 }) => {
    const [x, y] = [area.x(atS), area.y(probability)];
    if (kind === 'survey') return html`<rect class="${MARKS[kind]}" x="${tenth(x - 2.5)}" y="${tenth(y - 2.5)}" width="5" height="5"/>`;
    if (kind === 'confirm') return html`<path class="${MARKS[kind]}" d="M${tenth(x)} ${tenth(y - 5)}l5 5l-5 5l-5 -5z"/>`;
    return html`<circle class="${MARKS[kind]}" cx="${tenth(x)}" cy="${tenth(y)}" r="3"/>`;
  });
  const rows = (['survey', 'inspect', 'confirm'] as const).map((kind, index) => {
    const [x, y] = [SIZE.width - MARGIN.right + 16, MARGIN.top + 12 + index * 20];
    const mark =
      kind === 'survey' ? html`<rect class="survey" x="${x - 2.5}" y="${y - 2.5}" width="5" height="5"/>`
      : kind === 'confirm' ? html`<path class="confirm" d="M${x} ${y - 5}l5 5l-5 5l-5 -5z"/>`
      : html`<circle class="inspect" cx="${x}" cy="${y}" r="3"/>`;
    return html`${mark}<text class="series" x="${x + 12}" y="${y + 4}">${kind}</text>`;
  });
  return html`<figure>${svg('Probability of the target after each look', html`${area.grid}${dots}${rows}`)}<figcaption><b>What each look brought</b>: probability of the target in the tile afterwards (of a survey, in its best tile).</figcaption></figure>`;
}
