/** How a dwell time is had: a scan rate, and so many frames or lines of it added up. */
export interface ScanSetting {
  readonly rate: number;
  readonly count: number;
  readonly dwellUs: number;
}

/** More are seldom of use: the specimen drifts meanwhile. */
const MAX_COUNT = 16;
const SAME = 1e-6;

/** A picosecond: so that 11 x 0.06 is 0.66. */
const rounded = (us: number): number => Math.round(us * 1e6) / 1e6;
const isSame = (a: number, b: number): boolean => Math.abs(a / b - 1) < SAME;

/**
 * Every dwell time on offer, rising: each rate's own, and its multiples by integration up to the slowest rate. Where there
 * are two ways, the one with fewer frames, so that less time is lost between them.
 */
export function scanSettings(dwellUsOfRate: readonly number[]): ScanSetting[] {
  const slowest = Math.max(...dwellUsOfRate);
  const settings = dwellUsOfRate.flatMap((own, rate) => Array.from({ length: MAX_COUNT }, (_, index) => ({ rate, count: index + 1, dwellUs: rounded(own * (index + 1)) })));
  const rising = settings.filter(({ dwellUs }) => dwellUs <= slowest * (1 + SAME)).toSorted((a, b) => (isSame(a.dwellUs, b.dwellUs) ? a.count - b.count : a.dwellUs - b.dwellUs));
  return rising.filter((setting, index) => index === 0 || !isSame(setting.dwellUs, rising[index - 1]!.dwellUs));
}

/** The setting for a dwell time of the list; undefined when it is not in it. */
export function settingOf(settings: readonly ScanSetting[], dwellUs: number): ScanSetting | undefined {
  return settings.find((setting) => isSame(setting.dwellUs, dwellUs));
}
