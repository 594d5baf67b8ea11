import { encodeColourPng } from '../../imaging/colour-png.ts';
import { clamp } from '../../lib/guards.ts';
import type { Zone } from '../../contract/region.ts';
import type { ReportedFind, RunPlan } from '../../contract/run.ts';
import type { RunHistory } from './history.ts';
import { html, tenth, type Markup } from './markup.ts';
import { formatLength, formatNumber, roundLength, ticks } from './quantities.ts';

type Rgb = readonly [number, number, number];

const hex = (colour: string): Rgb => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16)) as unknown as Rgb;

/** Probability on a logarithmic-odds scale: a prior of a thousandth and a find both keep their colour. */
const PROBABILITY_STOPS = [
  { p: 0.0005, colour: '#f2f4f7' },
  { p: 0.01, colour: '#d9d6ee' },
  { p: 0.1, colour: '#a99bdb' },
  { p: 0.5, colour: '#6b4fb8' },
  { p: 0.99, colour: '#2c1266' },
] as const;

const SEEN_COLOURS = ['#eef1f4', '#c9d9e8', '#7ea6cb', '#2f6296', '#e0b35c'] as const;
const SEEN_WORDS = ['not looked at', 'survey only', 'inspected', 'confirmed or dismissed', 'skipped'] as const;
const OUTSIDE: Rgb = hex('#ffffff');

const logit = (p: number): number => Math.log(p / (1 - p));

function probabilityColour(probability: number): Rgb {
  const value = logit(clamp(probability, 0.0005, 0.99));
  const upper = Math.max(1, PROBABILITY_STOPS.findIndex(({ p }) => logit(p) >= value - 1e-9));
  const [from, to] = [PROBABILITY_STOPS[upper - 1]!, PROBABILITY_STOPS[upper]!];
  const share = (value - logit(from.p)) / (logit(to.p) - logit(from.p));
  const [a, b] = [hex(from.colour), hex(to.colour)];
  return [0, 1, 2].map((k) => Math.round(a[k]! + share * (b[k]! - a[k]!))) as unknown as Rgb;
}

/** One pixel for each tile; the browser enlarges it without smoothing. */
async function tilePicture(plan: RunPlan, colour: (tile: number) => Rgb): Promise<string> {
  const { columns, rows, excluded } = plan.grid;
  const rgb = new Uint8Array(columns * rows * 3);
  for (let tile = 0; tile < columns * rows; tile++) rgb.set(colour(tile), tile * 3);
  for (const tile of excluded) rgb.set(OUTSIDE, tile * 3);
  return `data:image/png;base64,${Buffer.from(await encodeColourPng({ widthPx: columns, heightPx: rows, rgb })).toString('base64')}`;
}

const MAP_WIDTH = 520;
const MARGIN = { left: 46, right: 14, top: 10, bottom: 34 };

interface MapFrame {
  readonly width: number;
  readonly height: number;
  readonly x: (xUm: number) => number;
  readonly y: (yUm: number) => number;
}

function mapFrame({ grid }: RunPlan): MapFrame {
  const areaWidthUm = grid.columns * grid.tileWidthUm;
  const areaHeightUm = grid.rows * grid.tileHeightUm;
  const scale = Math.min((MAP_WIDTH - MARGIN.left - MARGIN.right) / areaWidthUm, 420 / areaHeightUm);
  return {
    width: MARGIN.left + MARGIN.right + areaWidthUm * scale,
    height: MARGIN.top + MARGIN.bottom + areaHeightUm * scale,
    x: (xUm) => MARGIN.left + (xUm - grid.leftUm) * scale,
    y: (yUm) => MARGIN.top + (grid.topUm - yUm) * scale,
  };
}

function findMarkers(finds: readonly ReportedFind[], frame: MapFrame): Markup[] {
  return finds.map(
    (find, index) => html`<g class="marker"><circle cx="${tenth(frame.x(find.xUm))}" cy="${tenth(frame.y(find.yUm))}" r="8"/><text x="${tenth(frame.x(find.xUm))}" y="${tenth(frame.y(find.yUm) + 3.6)}">${index + 1}</text><title>${find.id}: x ${find.xUm.toFixed(1)} µm, y ${find.yUm.toFixed(1)} µm</title></g>`,
  );
}

function axes({ grid }: RunPlan, frame: MapFrame): Markup {
  const [right, bottom] = [grid.leftUm + grid.columns * grid.tileWidthUm, grid.topUm - grid.rows * grid.tileHeightUm];
  const inMm = Math.max(right - grid.leftUm, grid.topUm - bottom) >= 2000;
  const words = (um: number): string => formatNumber(inMm ? um / 1000 : um).replace('-', '−');
  const xs = ticks(grid.leftUm, right).map((um) => html`<text class="tick" x="${tenth(frame.x(um))}" y="${tenth(frame.y(bottom) + 15)}" text-anchor="middle">${words(um)}</text><line class="axis" x1="${tenth(frame.x(um))}" x2="${tenth(frame.x(um))}" y1="${tenth(frame.y(bottom))}" y2="${tenth(frame.y(bottom) + 4)}"/>`);
  const ys = ticks(bottom, grid.topUm).map((um) => html`<text class="tick" x="${MARGIN.left - 7}" y="${tenth(frame.y(um) + 3.5)}" text-anchor="end">${words(um)}</text><line class="axis" x1="${MARGIN.left - 4}" x2="${MARGIN.left}" y1="${tenth(frame.y(um))}" y2="${tenth(frame.y(um))}"/>`);
  const unit = `stage x and y, ${inMm ? 'mm' : 'µm'}`;
  return html`<g>${xs}${ys}<text class="tick" x="${tenth(frame.x((grid.leftUm + right) / 2))}" y="${tenth(frame.height - 4)}" text-anchor="middle">${unit}</text></g>`;
}

/** The outline of a zone as the data of an SVG path; holes run through the even-odd rule. */
function zonePath(zone: Zone, frame: MapFrame): string {
  const corner = (xUm: number, yUm: number): string => `${tenth(frame.x(xUm))} ${tenth(frame.y(yUm))}`;
  if (zone.kind === 'circle') {
    const { xUm, yUm, radiusUm } = zone;
    const radius = tenth(frame.x(xUm + radiusUm) - frame.x(xUm));
    return `M${corner(xUm - radiusUm, yUm)}A${radius} ${radius} 0 1 0 ${corner(xUm + radiusUm, yUm)}A${radius} ${radius} 0 1 0 ${corner(xUm - radiusUm, yUm)}Z`;
  }
  const outlines = zone.kind === 'polygon' ? zone.outlines : [[[zone.leftUm, zone.topUm], [zone.rightUm, zone.topUm], [zone.rightUm, zone.bottomUm], [zone.leftUm, zone.bottomUm]] as const];
  return outlines.map((outline) => `M${outline.map(([xUm, yUm]) => corner(xUm, yUm)).join('L')}Z`).join('');
}

/** What was to be searched, and what no picture may show. */
function zones({ region }: RunPlan, frame: MapFrame): Markup | undefined {
  if (region === undefined) return undefined;
  const { search, keepOut } = region;
  return html`${search.map((zone) => html`<path class="region" d="${zonePath(zone, frame)}"/>`)}${keepOut.map((zone) => html`<path class="keep-out" d="${zonePath(zone, frame)}"><title>keep-out zone</title></path>`)}`;
}

/** Marks of the legend for the outlines that a map has. */
const zoneLegend = ({ region }: RunPlan): Markup => html`${region !== undefined && region.search.length > 0 ? html`<span><i class="region"></i>region</span>` : undefined}${region !== undefined && region.keepOut.length > 0 ? html`<span><i class="keep-out"></i>keep-out</span>` : undefined}`;

/** A line that is broken where nothing is said, at most some thousand points long. */
function pathOf(history: RunHistory, frame: MapFrame): Markup {
  const points = history.looks.map(({ xUm, yUm }) => `${tenth(frame.x(xUm))},${tenth(frame.y(yUm))}`);
  return html`<polyline class="path" points="${points.join(' ')}"/>`;
}

function drawing(plan: RunPlan, content: { picture: string; over: Markup; label: string }): Markup {
  const frame = mapFrame(plan);
  const { grid } = plan;
  const [x, y] = [frame.x(grid.leftUm), frame.y(grid.topUm)];
  const [width, height] = [frame.x(grid.leftUm + grid.columns * grid.tileWidthUm) - x, frame.y(grid.topUm - grid.rows * grid.tileHeightUm) - y];
  const clip = html`<svg x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(height)}" viewBox="${tenth(x)} ${tenth(y)} ${tenth(width)} ${tenth(height)}">${zones(plan, frame)}</svg>`;
  return html`<svg viewBox="0 0 ${tenth(frame.width)} ${tenth(frame.height)}" role="img" aria-label="${content.label}"><image href="${content.picture}" x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(height)}" preserveAspectRatio="none"/>${clip}<rect class="edge" x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(height)}"/>${axes(plan, frame)}${content.over}</svg>`;
}

/** Posterior probability of each tile at the end, with the finds. */
export async function probabilityMap(plan: RunPlan, history: RunHistory): Promise<Markup> {
  const { prevalence, priorLogOdds } = plan.search;
  const before = (tile: number): number => 1 / (1 + Math.exp(-logit(prevalence) - (priorLogOdds?.[tile] ?? 0)));
  const picture = await tilePicture(plan, (tile) => probabilityColour(history.tiles.get(tile)?.probability ?? before(tile)));
  const frame = mapFrame(plan);
  const svg = drawing(plan, { picture, over: html`${findMarkers(history.finds, frame)}`, label: `Probability of ${plan.target} in each tile at the end` });
  const stops = PROBABILITY_STOPS.map(({ p, colour }, index) => html`<span><i style="background:${colour}"></i>${index === 0 ? '< ' : index === PROBABILITY_STOPS.length - 1 ? '≥ ' : ''}${formatNumber(p * 100)} %</span>`);
  return html`<figure class="map">${svg}<figcaption><b>How likely ${plan.target} are in each tile, at the end.</b> Numbers are the finds.</figcaption><p class="legend">${stops}${zoneLegend(plan)}</p></figure>`;
}

/** What was looked at how closely, and the way of the stage. */
export async function coverageMap(plan: RunPlan, history: RunHistory): Promise<Markup> {
  const picture = await tilePicture(plan, (tile) => hex(SEEN_COLOURS[history.tiles.get(tile)?.seen ?? 0] ?? SEEN_COLOURS[0]));
  const frame = mapFrame(plan);
  const over = html`${pathOf(history, frame)}${findMarkers(history.finds, frame)}`;
  const present = new Set([...history.tiles.values()].map(({ seen }) => seen).concat(0));
  const legend = SEEN_WORDS.flatMap((words, seen) => (present.has(seen) ? [html`<span><i style="background:${SEEN_COLOURS[seen]}"></i>${words}</span>`] : []));
  return html`<figure class="map">${drawing(plan, { picture, over, label: 'What was looked at, and the path of the stage' })}<figcaption><b>What was looked at, and the path of the stage.</b> One square is one tile of ${formatLength(plan.grid.tileWidthUm)} × ${formatLength(plan.grid.tileHeightUm)}.</figcaption><p class="legend">${legend}<span><i class="line"></i>path</span>${zoneLegend(plan)}</p></figure>`;
}

/** A picture in a page with a scale bar of round length drawn over it. */
export function micrograph(picture: { href: string; widthPx: number; heightPx: number; fieldWidthUm: number; alt: string }): Markup {
  const { widthPx, heightPx, fieldWidthUm } = picture;
  const lengthUm = roundLength(fieldWidthUm / 3.5);
  const width = (lengthUm / fieldWidthUm) * widthPx;
  const unit = widthPx / 100;
  const [x, y] = [4 * unit, heightPx - 5 * unit];
  const plate = html`<rect x="${tenth(x - 2 * unit)}" y="${tenth(y - 8.4 * unit)}" width="${tenth(Math.max(width, 16 * unit) + 4 * unit)}" height="${tenth(11.4 * unit)}" rx="${tenth(unit)}" fill="#0b1118" fill-opacity=".72"/>`;
  const bar = html`<rect x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(1.2 * unit)}" fill="#fff"/><text x="${tenth(x)}" y="${tenth(y - 2 * unit)}" font-size="${tenth(5.2 * unit)}" fill="#fff">${formatLength(lengthUm)}</text>`;
  return html`<svg class="micrograph" viewBox="0 0 ${widthPx} ${heightPx}" role="img" aria-label="${picture.alt}"><image href="${picture.href}" width="${widthPx}" height="${heightPx}"/>${plate}${bar}</svg>`;
}
