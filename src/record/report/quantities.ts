/** Quantities as people write them: three figures at most, unit and prefix fitting the size. */

function figures(value: number, digits = 3): string {
  if (value === 0) return '0';
  const rounded = Number(value.toPrecision(digits));
  return Math.abs(rounded) >= 1000 ? String(Math.round(rounded)) : String(rounded);
}

export function formatNumber(value: number): string {
  return figures(value);
}

export function formatPercent(share: number): string {
  const percent = share * 100;
  if (percent > 99 && percent < 100) return `${Math.min(99.99, percent).toFixed(percent > 99.9 ? 2 : 1)} %`;
  return `${percent < 10 ? figures(percent, 2) : Math.round(percent)} %`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${figures(seconds)} s`;
  const whole = Math.round(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60];
  return hours > 0 ? `${hours} h ${String(minutes).padStart(2, '0')} min` : `${minutes} min ${String(rest).padStart(2, '0')} s`;
}

const LENGTHS = [{ unit: 'mm', um: 1000 }, { unit: 'µm', um: 1 }, { unit: 'nm', um: 0.001 }] as const;

export function formatLength(um: number): string {
  const { unit, um: size } = LENGTHS.find(({ um: least }) => Math.abs(um) >= least) ?? LENGTHS[2];
  return `${figures(um / size)} ${unit}`;
}

/** In the unit that suits `likeUm2`, so that areas in one sentence can be compared. */
export function formatArea(um2: number, likeUm2 = um2): string {
  return likeUm2 >= 1e4 ? `${figures(um2 / 1e6)} mm²` : `${figures(um2)} µm²`;
}

const PREFIXES = [['', 1], ['m', 1e-3], ['µ', 1e-6], ['n', 1e-9], ['p', 1e-12]] as const;

export function formatCharge(coulomb: number): string {
  const [prefix, size] = PREFIXES.find(([, least]) => coulomb >= least) ?? PREFIXES[4];
  return `${figures(coulomb / size)} ${prefix}C`;
}

/** Elementary charges on a square nanometre for one coulomb on a square metre. */
const ELECTRONS_PER_NM2 = 1 / 1.602176634e-19 / 1e18;

export function formatDose(coulombPerM2: number): string {
  return `${figures(coulombPerM2)} C/m² (${figures(coulombPerM2 * ELECTRONS_PER_NM2, 2)} e⁻/nm²)`;
}

/** A round length of at most `longestUm`: 1, 2 or 5 times a power of ten. */
export function roundLength(longestUm: number): number {
  const power = 10 ** Math.floor(Math.log10(longestUm));
  return (longestUm >= 5 * power ? 5 : longestUm >= 2 * power ? 2 : 1) * power;
}

/** Some three to seven round values from `min` to `max`. */
export function ticks(min: number, max: number): number[] {
  if (!(max > min)) return [min];
  const step = roundLength((max - min) / 2.5);
  const first = Math.ceil(min / step - 1e-9);
  return Array.from({ length: Math.floor(max / step + 1e-9) - first + 1 }, (_, index) => Number(((first + index) * step).toPrecision(12)));
}

export function plural(count: number, singular: string, more = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : more}`;
}
