import type { Frame } from '../src/contract/frame.ts';
import type { Microscope, MicroscopeInfo, OpticsState, StagePosition } from '../src/contract/microscope.ts';
import type { Clock } from '../src/contract/clock.ts';
import { required } from '../src/lib/guards.ts';
import { createRandom } from '../src/lib/random.ts';

export const INSTANT_INFO: MicroscopeInfo = {
  driver: 'instant',
  url: 'instant:',
  model: 'zero latency',
  serialNumber: '0',
  axes: {
    xUm: { min: -1e5, max: 1e5 },
    yUm: { min: -1e5, max: 1e5 },
    zUm: { min: 0, max: 1e4 },
    rotationDeg: { min: -180, max: 180 },
    tiltDeg: { min: 0, max: 60 },
  },
  frameSizesPx: [[64, 48], [512, 384]],
  dwellUs: { min: 0.05, max: 100 },
  fieldWidthUm: { min: 1, max: 2000 },
  workingDistanceMm: { min: 1, max: 50 },
  detectors: ['SE'],
  capabilities: ['stage', 'image', 'blanker'],
  timing: { stageSpeedUmPerS: 2000, stageSettleMs: 0, opticsSettleMs: 0, frameOverheadMs: 0 },
};

const POOL = 8;
const pools = new Map<number, Uint8Array[]>();

/** Textures with contrast, made once: an empty or frozen frame would take a shorter way through the chart. */
function picture(pixels: number, number: number): Uint8Array {
  let pool = pools.get(pixels);
  if (pool === undefined) {
    const random = createRandom(1);
    pool = Array.from({ length: POOL }, (_, phase) =>
      Uint8Array.from({ length: pixels }, (_pixel, index) => 128 + 60 * Math.sin(index / 3 + phase) + 8 * random.uniform()),
    );
    pools.set(pixels, pool);
  }
  return required(pool[number % POOL], 'a picture of the pool');
}

/** A microscope that answers at once, so that what remains is the agent's own time. */
export function createInstantMicroscope(clock: Clock): Microscope {
  let stage: StagePosition = { xUm: 0, yUm: 0, zUm: 5000, rotationDeg: 0, tiltDeg: 0 };
  let optics: OpticsState = {
    fieldWidthUm: 20, workingDistanceMm: 5, accelerationKv: 5, beamCurrentPa: 100, stigmatorX: 0, stigmatorY: 0, scanRotationDeg: 0,
  };
  let blanked = true;
  let frames = 0;
  return {
    info: INSTANT_INFO,
    readState: async () => ({
      stage, optics, blanked, stageMoving: false, beam: 'on', vacuum: 'ready', scanning: false, detector: 'SE', emergencyStopped: false,
    }),
    moveStage: async (target) => (stage = { ...stage, ...target }),
    setOptics: async (target) => (optics = { ...optics, ...target }),
    acquire: async (request): Promise<Frame> => ({
      id: `frame-${++frames}`,
      widthPx: request.widthPx,
      heightPx: request.heightPx,
      depth: 8,
      data: picture(request.widthPx * request.heightPx, frames),
      pixelSizeNm: (optics.fieldWidthUm * 1000) / request.widthPx,
      stage,
      optics,
      request,
      doseCPerM2: 0.001,
      startedAtMs: clock.nowMs(),
      endedAtMs: clock.nowMs(),
    }),
    autofocus: async () => ({ workingDistanceMm: optics.workingDistanceMm, score: 1 }),
    setBlanker: async (wanted) => {
      blanked = wanted;
    },
    halt: async () => {
      blanked = true;
    },
    onFault: () => () => undefined,
    close: async () => undefined,
  };
}
