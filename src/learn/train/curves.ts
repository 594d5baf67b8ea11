/** What is known of one epoch when it has ended. */
export interface EpochRecord {
  /** From 1. */
  readonly epoch: number;
  /** What was trained: the head alone, or the network from a block on. */
  readonly phase: 'head' | 'network';
  readonly learningRate: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly validationLoss: number;
  readonly validationAccuracy: number;
  readonly imagesPerSecond: number;
}

const PLOT = { widthPx: 420, heightPx: 260, left: 52, right: 16, top: 34, bottom: 40 } as const;
const COLOURS = { training: '#1f77b4', validation: '#d62728' } as const;

/** A round step for about five ticks. */
function tickStep(range: number): number {
  const rough = range / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? rough;
}

function panel(title: string, series: Readonly<Record<keyof typeof COLOURS, readonly number[]>>, { offsetX, top: wantedTop, change }: { offsetX: number; top?: number; change: number }): string {
  const { widthPx, heightPx, left, right, top, bottom } = PLOT;
  const values = Object.values(series).flat().filter(Number.isFinite);
  const highest = wantedTop ?? Math.max(1e-6, ...values) * 1.05;
  const epochs = Math.max(2, series.training.length);
  const x = (epoch: number): number => left + ((epoch - 1) / (epochs - 1)) * (widthPx - left - right);
  const y = (value: number): number => heightPx - bottom - (Math.min(value, highest) / highest) * (heightPx - top - bottom);
  const parts = [`<g transform="translate(${offsetX},0)">`, `<text x="${widthPx / 2}" y="18" text-anchor="middle" font-weight="bold">${title}</text>`];
  const step = tickStep(highest);
  for (let value = 0; value <= highest + 1e-9; value += step) {
    parts.push(`<line x1="${left}" x2="${widthPx - right}" y1="${y(value).toFixed(1)}" y2="${y(value).toFixed(1)}" stroke="#ddd"/>`);
    parts.push(`<text x="${left - 6}" y="${(y(value) + 4).toFixed(1)}" text-anchor="end">${Number(value.toPrecision(3))}</text>`);
  }
  const every = Math.max(1, Math.round(tickStep(epochs)));
  for (let epoch = 1; epoch <= epochs; epoch += every) parts.push(`<text x="${x(epoch).toFixed(1)}" y="${heightPx - bottom + 16}" text-anchor="middle">${epoch}</text>`);
  parts.push(`<text x="${widthPx / 2}" y="${heightPx - 8}" text-anchor="middle">epoch</text>`);
  if (change > 1) parts.push(`<line x1="${x(change - 0.5).toFixed(1)}" x2="${x(change - 0.5).toFixed(1)}" y1="${top}" y2="${heightPx - bottom}" stroke="#999" stroke-dasharray="4 3"/>`);
  for (const [index, [name, line]] of Object.entries(series).entries()) {
    const colour = COLOURS[name as keyof typeof COLOURS];
    const points = line.map((value, at) => `${x(at + 1).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
    parts.push(line.length === 1 ? `<circle cx="${x(1)}" cy="${y(line[0]!).toFixed(1)}" r="3" fill="${colour}"/>` : `<polyline points="${points}" fill="none" stroke="${colour}" stroke-width="1.8"/>`);
    parts.push(`<text x="${left + 6 + index * 70}" y="${top - 4}" fill="${colour}">${name}</text>`);
  }
  return `${parts.join('\n')}\n</g>`;
}

/** Loss and accuracy by epoch as one SVG; the dashed line is where the network began to be trained with the head. */
export function curvesSvg(history: readonly EpochRecord[]): string {
  const pick = (key: 'loss' | 'accuracy' | 'validationLoss' | 'validationAccuracy'): number[] => history.map((record) => record[key]);
  const change = history[0]?.phase === 'head' ? (history.find(({ phase }) => phase === 'network')?.epoch ?? 0) : 0;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${2 * PLOT.widthPx}" height="${PLOT.heightPx}" font-family="sans-serif" font-size="11">`,
    '<rect width="100%" height="100%" fill="white"/>',
    panel('loss', { training: pick('loss'), validation: pick('validationLoss') }, { offsetX: 0, change }),
    panel('accuracy', { training: pick('accuracy'), validation: pick('validationAccuracy') }, { offsetX: PLOT.widthPx, top: 1, change }),
    '</svg>\n',
  ].join('\n');
}
