import type { Clock } from '../contract/clock.ts';
import type { Microscope } from '../contract/microscope.ts';
import type { Ledger } from './ledger.ts';
import { doseOf, scannedField, type SiteDose } from './site-dose.ts';
import type { Station } from './station.ts';

/** Longest wait for the blanker on the way out of an exposure that was aborted. */
const BLANK_LIMIT_MS = 10_000;

/** Whether there is a beam that this program can keep off the specimen. */
export const hasBlanker = ({ info }: Microscope): boolean => info.capabilities.includes('blanker');

/**
 * The only place that unblanks: the beam is on the specimen while `expose` runs and not a moment longer, also when it
 * fails or is aborted. Throws, still blanked, EM_OPERATOR when the stage is not where the run put it, and EM_DOSE when the
 * field has had its dose. `aspect`: width over height of what is scanned.
 */
export async function withBeam<T>(
  { microscope, clock, ledger, station, siteDose }: { microscope: Microscope; clock: Clock; ledger: Ledger; station: Station; siteDose: SiteDose },
  { seconds, aspect, signal }: { readonly seconds: number; readonly aspect: number; readonly signal: AbortSignal },
  expose: () => Promise<T>,
): Promise<T> {
  const state = await microscope.readState(signal);
  const { optics } = state;
  station.check(state);
  // Without a blanker the beam, if there is one, is its user's affair: there is nothing to account for.
  if (!hasBlanker(microscope)) return expose();
  const field = scannedField(state.stage, optics, aspect);
  siteDose.check(field, doseOf(field, seconds, optics.beamCurrentPa));
  const startMs = clock.nowMs();
  try {
    await microscope.setBlanker(false, signal);
    return await expose();
  } finally {
    // Not under the caller's signal: an aborted exposure must be blanked all the same.
    const limit = clock.deadline(undefined, BLANK_LIMIT_MS, 'EM_TIMEOUT');
    try {
      await microscope.setBlanker(true, limit.signal);
    } finally {
      limit.clear();
      const beamSeconds = (clock.nowMs() - startMs) / 1000;
      ledger.beam(beamSeconds, optics.beamCurrentPa);
      siteDose.expose(field, doseOf(field, beamSeconds, optics.beamCurrentPa));
    }
  }
}
