import { EmagentError } from '../../src/contract/errors.ts';
import type { StageTarget } from '../../src/contract/microscope.ts';
import { clamp } from '../../src/lib/guards.ts';
import type { OperatorDesk } from '../operator-desk.ts';
import type { Scene } from '../scene/scene.ts';
import type { Instrument } from './instrument.ts';
import { STAGE_LIMITS } from './stage.ts';

/** The operator's side of one instrument. */
export function createDesk(instrument: Instrument, makeScene: (seed: number) => Scene): OperatorDesk {
  const { clock, column, stage, trace } = instrument;
  let door: OperatorDesk['door'] = 'closed';
  const note = (what: string, values: Readonly<Record<string, unknown>> = {}): void => trace('operator', { what, ...values });
  return {
    get door() {
      return door;
    },
    get power() {
      const { fromMs, untilMs } = instrument.battery;
      return clock.nowMs() >= fromMs && clock.nowMs() < untilMs ? 'battery' : 'mains';
    },
    get beamShiftUm() {
      return instrument.beamShiftUm;
    },
    set beamShiftUm(value) {
      instrument.beamShiftUm = value;
    },
    get averaging() {
      return instrument.averaging;
    },
    set averaging(value) {
      instrument.averaging = value;
    },
    get stagePace() {
      return stage.pace;
    },
    set stagePace(value) {
      note('stage-pace', { ...value });
      stage.pace = value;
    },
    vent: () => {
      note('vent');
      instrument.fail('EM_VACUUM', 'The chamber is being vented: beam off.', () => column.vent(clock.nowMs()));
    },
    pump: () => {
      if (door === 'open') throw new EmagentError('EM_INTERLOCK', 'The chamber cannot be pumped: its door is open.');
      note('pump');
      instrument.change(() => column.pump(clock.nowMs()));
    },
    openDoor: () => {
      const vacuum = column.vacuum(clock.nowMs());
      if (vacuum !== 'vented') throw new EmagentError('EM_INTERLOCK', `The door is locked: the vacuum is "${vacuum}", not "vented".`);
      note('open-door');
      door = 'open';
    },
    closeDoor: () => {
      note('close-door');
      door = 'closed';
    },
    shutDownBeam: () => {
      note('shut-down-beam');
      instrument.gunShutdowns++;
      instrument.change(() => column.shutDown());
    },
    joystick: (by) => {
      const nowMs = clock.nowMs();
      const from = stage.readBack(nowMs);
      const target: StageTarget = Object.fromEntries(
        Object.entries(by).map(([axis, way]) => {
          const name = axis as keyof typeof by;
          return [name, clamp(from[name] + way, STAGE_LIMITS[name].min, STAGE_LIMITS[name].max)];
        }),
      );
      note('joystick', { by });
      instrument.change(() => {
        instrument.operatorUntilMs = stage.start(target, nowMs).stillAtMs;
      });
    },
    swapSpecimen: (seed) => {
      note('swap-specimen', { seed });
      instrument.scene = makeScene(seed);
      instrument.doses.clear();
      instrument.contamination.clear();
      instrument.charging.reset();
    },
  };
}
