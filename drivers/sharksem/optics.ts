import { EmagentError } from '../../src/contract/errors.ts';
import type { AutofocusRequest, AutofocusResult, OpticsState, OpticsTarget } from '../../src/contract/microscope.ts';
import { requireCapability } from '../../src/lib/instrument-limits.ts';
import { BLANKER } from './codec/functions.ts';
import { WAIT } from './codec/message.ts';
import type { Parts } from './parts.ts';
import { clearScan, requireBeam } from './scan.ts';
import { blankerArguments, readOptics } from './status.ts';
import { mmOfUm } from './units.ts';

/** The instrument clamps in silence and rounds: what is read back may differ from what was asked by this share. */
const ROUNDING = 0.01;
/** The automatic focus takes 10 to 60 s. */
const FOCUS_LIMIT_MS = 120_000;
const FOCUS_POLL_MS = 100;
/** It must have begun within this. */
const FOCUS_START_MS = 1000;
/** After it was broken off. */
const FOCUS_STOP_MS = 60_000;

function requireClose(name: string, wanted: number | undefined, got: number): void {
  if (wanted === undefined || Math.abs(got - wanted) <= Math.max(Math.abs(wanted) * ROUNDING, 1e-6)) return;
  throw new EmagentError('EM_LIMIT', `The microscope set ${name} to ${got}; ${wanted}, which was asked for, lies outside what it allows at present.`);
}

/** Sets what is given and reads back when the lenses have settled. Throws EM_LIMIT, EM_UNSUPPORTED. */
export async function setOptics(parts: Parts, target: OpticsTarget): Promise<OpticsState> {
  const { session, instrument } = parts;
  const { fieldWidthUm, workingDistanceMm, scanRotationDeg } = target;
  if (target.stigmatorX !== undefined || target.stigmatorY !== undefined) requireCapability(instrument.info, 'stigmator');
  if (scanRotationDeg !== undefined && !instrument.has('SetImageRot')) {
    throw new EmagentError('EM_UNSUPPORTED', `${instrument.info.model} (SharkSEM ${instrument.version}) does not let the scan be turned.`);
  }
  // The working distance first: it changes the field a little.
  if (workingDistanceMm !== undefined) await session.call('SetWD', [workingDistanceMm]);
  if (scanRotationDeg !== undefined) await session.call('SetImageRot', [scanRotationDeg]);
  if (fieldWidthUm !== undefined) await session.call('SetViewField', [mmOfUm(fieldWidthUm)]);
  const optics = await readOptics(parts, true);
  requireClose('fieldWidthUm', fieldWidthUm, optics.fieldWidthUm);
  requireClose('workingDistanceMm', workingDistanceMm, optics.workingDistanceMm);
  return optics;
}

/** Whether the automatic procedure runs: asked, or waited for where it cannot be asked. */
async function isFocusing({ session, instrument }: Parts): Promise<boolean> {
  if (instrument.has('IsBusy')) return (await session.call('IsBusy', [WAIT.automatic]))[0] !== 0;
  await session.call('GetWD', [], { waits: WAIT.automatic, timeoutMs: FOCUS_LIMIT_MS });
  return false;
}

/**
 * The instrument's own routine around the present working distance. It says neither how sharp it got nor that it failed:
 * a working distance that has not changed at all counts as a failure.
 * Throws EM_INTERLOCK, EM_FOCUS_FAILED, EM_TIMEOUT.
 */
export async function autofocus(parts: Parts, { rangeUm }: AutofocusRequest, stop: AbortSignal): Promise<AutofocusResult> {
  const { session, instrument, options, clock } = parts;
  await requireBeam(parts);
  const [mode] = await session.call('ScGetBlanker', blankerArguments(parts));
  if (mode === BLANKER.closed) throw new EmagentError('EM_INTERLOCK', 'No focusing: the beam is blanked.');
  await clearScan(parts);
  const [before] = await session.call('GetWD');
  const { min, max } = instrument.info.workingDistanceMm;
  const range = [Math.max(min, before - rangeUm / 1000), Math.min(max, before + rangeUm / 1000)];
  stop.throwIfAborted();

  const startMs = clock.nowMs();
  await session.call('AutoWD', [options.channel, ...(instrument.takesFocusRange ? range : [])]);
  let hasRun = false;
  try {
    for (;;) {
      const runs = await isFocusing(parts);
      hasRun ||= runs;
      if (!runs && (hasRun || clock.nowMs() - startMs > FOCUS_START_MS || !instrument.has('IsBusy'))) break;
      if (clock.nowMs() - startMs > FOCUS_LIMIT_MS) throw new EmagentError('EM_TIMEOUT', `The automatic focus did not end within ${FOCUS_LIMIT_MS / 1000} s; it was stopped.`);
      await clock.sleep(hasRun ? FOCUS_POLL_MS : FOCUS_POLL_MS / 5, stop);
    }
  } catch (thrown) {
    if (session.lost === undefined) await breakOff(parts);
    throw thrown;
  }
  const [workingDistanceMm] = await session.call('GetWD');
  if (workingDistanceMm === before) {
    throw new EmagentError('EM_FOCUS_FAILED', hasRun ? 'The automatic focus of the instrument ended where it had begun.' : 'The automatic focus of the instrument did not begin.');
  }
  // SharkSEM tells no sharpness.
  return { workingDistanceMm, score: 0 };
}

/** No function ends the automatic focus; stopping the scan takes its images away (to confirm on hardware). */
async function breakOff(parts: Parts): Promise<void> {
  await parts.session.call('ScStopScan', [], { jump: true });
  const endMs = parts.clock.nowMs() + FOCUS_STOP_MS;
  while ((await isFocusing(parts)) && parts.clock.nowMs() < endMs) await parts.clock.sleep(FOCUS_POLL_MS);
}
