import type { Clock } from '../../src/contract/clock.ts';
import type { BeamState, MicroscopeFault, MicroscopeState, OpticsState, VacuumState } from '../../src/contract/microscope.ts';
import { READ } from './codec/commands.ts';
import { refusalNumberOf } from './codec/refusals.ts';
import type { Coordinates } from './coordinates.ts';
import type { Learned } from './learning.ts';
import type { RemconOptions } from './options.ts';
import type { RemconPort } from './port.ts';
import { askFlag, askNumber, askNumbers, askStage, askText, askVacuum } from './readings.ts';

export interface StateReader {
  optics(signal?: AbortSignal): Promise<OpticsState>;
  state(signal?: AbortSignal): Promise<MicroscopeState>;
  /** Vacuum and beam only; tells of what has failed since it was last asked. */
  health(signal?: AbortSignal): Promise<Health>;
}

export interface Health {
  readonly vacuum: VacuumState;
  readonly beam: BeamState;
  readonly accelerationKv: number;
}

export interface StateReaderOptions {
  readonly port: RemconPort;
  readonly clock: Clock;
  readonly coordinates: Coordinates;
  readonly learned: Learned;
  readonly options: RemconOptions;
  /** RemCon32 of some age does not tell the vacuum. */
  readonly tellsVacuum: boolean;
  fault(fault: MicroscopeFault): void;
}

/** m on the wire of the field width, um here. */
const UM_PER_M = 1e6;
/** Two readings of the high tension, so long apart at most, ms, that differ by this share: it is being run up or down. */
const RAMP = { withinMs: 3000, share: 0.01 } as const;

export function createStateReader({ port, clock, coordinates, learned, options, tellsVacuum, fault }: StateReaderOptions): StateReader {
  let last: (Health & { readonly atMs: number }) | undefined;

  const health = async (signal?: AbortSignal): Promise<Health> => {
    const accelerationKv = await askNumber(port, READ.highTension, signal);
    const vacuum: VacuumState = !tellsVacuum || (await askVacuum(port, signal)) <= options.vacuumLimit ? 'ready' : 'error';
    const atMs = clock.nowMs();
    // The actual value is told: it runs for seconds after a change.
    const ramping = last !== undefined && atMs - last.atMs < RAMP.withinMs && Math.abs(accelerationKv - last.accelerationKv) > RAMP.share * accelerationKv;
    const beam: BeamState = accelerationKv <= 0 ? 'off' : ramping ? 'ramping' : 'on';
    const before = last;
    last = { vacuum, beam, accelerationKv, atMs };
    if (before?.vacuum === 'ready' && vacuum !== 'ready') fault({ code: 'EM_VACUUM', message: 'The vacuum is out of band: the pressure has risen above its limit.' });
    else if (before !== undefined && before.beam !== 'off' && beam === 'off' && vacuum === 'ready') fault({ code: 'EM_BEAM', message: 'The high tension is off: there is no beam.' });
    return last;
  };
  const probeCurrentPa = async (signal?: AbortSignal): Promise<number> => {
    try {
      learned.setProbeCurrent((await askNumber(port, READ.probeCurrent, signal)) * 1e12);
    } catch (thrown) {
      // Refused while the specimen current monitor is off, which it must be while the stage may move.
      if (refusalNumberOf(thrown) === undefined) throw thrown;
    }
    return learned.probeCurrentPa ?? 0;
  };
  const lens = async (accelerationKv: number, signal?: AbortSignal): Promise<OpticsState> => {
    const magnification = await askNumber(port, READ.magnification, signal);
    const workingDistanceMm = await askNumber(port, READ.workingDistance, signal);
    const [xPercent, yPercent] = (await askNumbers(port, READ.stigmator, { count: 2, signal })) as [number, number];
    const scanRotationDeg = await askNumber(port, READ.scanRotation, signal);
    return {
      fieldWidthUm: (learned.hfwAtMag1M / magnification) * UM_PER_M,
      workingDistanceMm,
      accelerationKv,
      beamCurrentPa: await probeCurrentPa(signal),
      stigmatorX: xPercent / 100,
      stigmatorY: yPercent / 100,
      scanRotationDeg,
    };
  };

  return {
    health,
    optics: async (signal) => lens(await askNumber(port, READ.highTension, signal), signal),
    state: async (signal) => {
      const stage = await askStage(port, signal);
      const { vacuum, beam, accelerationKv } = await health(signal);
      return {
        stage: coordinates.positionOf(stage),
        stageMoving: stage.moving,
        optics: await lens(accelerationKv, signal),
        beam,
        blanked: await askFlag(port, READ.blanked, signal),
        vacuum,
        // Not zero: done, or none was begun.
        scanning: (await askNumber(port, READ.integration, signal)) === 0,
        detector: await askText(port, READ.detector, signal),
        // SmartSEM has none that could be read.
        emergencyStopped: false,
      };
    },
  };
}
