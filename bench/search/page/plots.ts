import { drawing, fixed, textAt } from '../../../src/learn/plots/svg.ts';
import { quantile } from '../../quantile.ts';
import type { Comparison } from '../metrics.ts';
import type { TaskResult } from '../task.ts';

const COLOURS = ['#3b75af', '#c44e52', '#519e3e', '#8d69b8', '#ef8636', '#777777'] as const;
const STEPS = 200;

interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Round number of the right order for some five ticks. */
function tickStep(range: number): number {
  const raw = range / 5;
  const power = 10 ** Math.floor(Math.log10(raw));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10);
}

/** Finds so far at a time, in each world. */
const findsAt = (group: readonly TaskResult[], strategy: string, timeS: number): number[] =>
  group.map(({ runs }) => runs.find((run) => run.strategy === strategy)!.findTimesS.filter((at) => at <= timeS).length);

/** Mean number of finds against instrument time, with the band in which the middle four fifths of the worlds lie. */
export function findsCurveSvg(group: readonly TaskResult[], title: string): string {
  const box: Box = { left: 60, top: 46, width: 520, height: 300 };
  const finds = group[0]!.finds;
  const strategies = group[0]!.runs.map(({ strategy }) => strategy);
  const endS = quantile(group.map(({ runs }) => runs[0]!.timeS), 0.75);
  const x = (timeS: number): number => box.left + (timeS / endS) * box.width;
  const y = (value: number): number => box.top + (1 - value / finds) * box.height;
  const parts = [textAt([box.left, 24], title, { size: 15, bold: true }), `<rect x="${box.left}" y="${box.top}" width="${box.width}" height="${box.height}" fill="#fafafa" stroke="#888"/>`];
  for (let value = 0; value <= finds; value++) {
    parts.push(`<path d="M${box.left} ${fixed(y(value))}h${box.width}" stroke="#ddd"/>`, textAt([box.left - 8, y(value) + 4], String(value), { anchor: 'end', colour: '#555' }));
  }
  for (let timeS = 0; timeS <= endS; timeS += tickStep(endS)) parts.push(textAt([x(timeS), box.top + box.height + 18], String(timeS), { anchor: 'middle', colour: '#555' }));
  strategies.forEach((strategy, at) => {
    const colour = COLOURS[at % COLOURS.length]!;
    const columns = Array.from({ length: STEPS + 1 }, (_, step) => {
      const counts = findsAt(group, strategy, (step / STEPS) * endS);
      return { at: x((step / STEPS) * endS), low: quantile(counts, 0.1), high: quantile(counts, 0.9), mean: counts.reduce((a, b) => a + b, 0) / counts.length };
    });
    const edge = [...columns.map(({ at: left, high }) => `${fixed(left)} ${fixed(y(high))}`), ...columns.toReversed().map(({ at: left, low }) => `${fixed(left)} ${fixed(y(low))}`)];
    parts.push(
      `<path d="M${edge.join('L')}Z" fill="${colour}" fill-opacity="0.12"/>`,
      `<path d="M${columns.map(({ at: left, mean }) => `${fixed(left)} ${fixed(y(mean))}`).join('L')}" stroke="${colour}" stroke-width="2" fill="none"/>`,
      `<path d="M${box.left + box.width + 14} ${box.top + 12 + 20 * at}h22" stroke="${colour}" stroke-width="3"/>`,
      textAt([box.left + box.width + 42, box.top + 16 + 20 * at], strategy),
    );
  });
  parts.push(
    textAt([box.left + box.width / 2, box.top + box.height + 40], 'instrument time, s', { anchor: 'middle', size: 13 }),
    textAt([20, box.top + box.height / 2], 'confirmed targets', { anchor: 'middle', size: 13, turn: -90 }),
  );
  return drawing({ width: box.left + box.width + 200, height: box.top + box.height + 56 }, title, parts);
}

/** Speed-ups with their intervals on a logarithmic axis, one row per family. */
export function speedupSvg(comparisons: readonly Comparison[], title: string): string {
  const strategies = [...new Set(comparisons.map(({ strategy }) => strategy))];
  const families = [...new Set(comparisons.map(({ family }) => family))];
  const rowHeight = 16 * strategies.length + 12;
  const box: Box = { left: 150, top: 46, width: 520, height: families.length * rowHeight };
  const low = Math.min(0.5, ...comparisons.map((entry) => entry.low));
  const high = Math.max(2, ...comparisons.map((entry) => entry.high));
  const x = (value: number): number => box.left + (Math.log(value / low) / Math.log(high / low)) * box.width;
  const parts = [textAt([20, 24], title, { size: 15, bold: true }), `<rect x="${box.left}" y="${box.top}" width="${box.width}" height="${box.height}" fill="#fafafa" stroke="#888"/>`];
  for (const tick of [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50].filter((value) => value >= low && value <= high)) {
    parts.push(
      `<path d="M${fixed(x(tick))} ${box.top}v${box.height}" stroke="${tick === 1 ? '#444' : '#ddd'}"/>`,
      textAt([x(tick), box.top + box.height + 18], `${tick}x`, { anchor: 'middle', colour: '#555' }),
    );
  }
  families.forEach((family, row) => {
    const top = box.top + row * rowHeight;
    parts.push(textAt([box.left - 10, top + rowHeight / 2 + 4], family, { anchor: 'end' }));
    strategies.forEach((strategy, at) => {
      const entry = comparisons.find((one) => one.family === family && one.strategy === strategy);
      if (entry === undefined) return;
      const colour = COLOURS[(at + 1) % COLOURS.length]!;
      const middle = top + 14 + 16 * at;
      parts.push(
        `<path d="M${fixed(x(entry.low))} ${middle}H${fixed(x(entry.high))}" stroke="${colour}" stroke-width="3"/>`,
        `<circle cx="${fixed(x(entry.speedup))}" cy="${middle}" r="5" fill="${colour}"/>`,
      );
    });
  });
  strategies.forEach((strategy, at) => {
    const left = box.left + 150 * at;
    parts.push(`<circle cx="${left}" cy="${box.top + box.height + 36}" r="5" fill="${COLOURS[(at + 1) % COLOURS.length]!}"/>`, textAt([left + 12, box.top + box.height + 40], strategy));
  });
  return drawing({ width: box.left + box.width + 30, height: box.top + box.height + 56 }, title, parts);
}
