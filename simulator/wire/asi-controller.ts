import { type AsiAxis, AXES, type AsiCommand, HALT, HALTED, OUT_OF_RANGE, STATUS_BITS, tenthsOfUm, UNKNOWN_AXIS, UNKNOWN_COMMAND, umOfTenths } from '../../drivers/asi/codec.ts';
import { isEmagentError } from '../../src/contract/errors.ts';
import type { Axis, MicroscopeState } from '../../src/contract/microscope.ts';
import { packageVersion } from '../../src/lib/package-root.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';

/** The stage controller: takes commands, answers each at once, moves on its own. */
export interface AsiController {
  /** The text of the reply. */
  answer(command: AsiCommand): Promise<string>;
  readonly isMoving: boolean;
  /** Stops what moves and waits for it. */
  rest(): Promise<void>;
}

const AXIS_OF: Readonly<Record<AsiAxis, Axis>> = { X: 'xUm', Y: 'yUm' };
/** What a gear of such a stage has and its controller takes out of each move, mm. */
const BACKLASH_MM = 0.04;
const MISSING_PARAMETER = 3;

const refuse = (number: number): string => `:N-${number}`;
const assignments = (command: AsiCommand, value: (axis: AsiAxis) => number): string =>
  `:A ${AXES.filter((axis) => command.axes.get(axis) === '?').map((axis) => `${axis}=${value(axis).toFixed(6)}`).join(' ')}`;

/** `beforeMove` lets the camera put its exposure down: the simulated instrument does one thing at a time. */
export function createAsiController(microscope: SimulatedMicroscope, beforeMove: () => void): AsiController {
  let moves = 0;
  let current: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  let motorsOff = false;
  let sticksBusy = false;

  const rest = async (): Promise<void> => {
    current?.stop.abort(new Error('stopped by a command'));
    await current?.ended;
  };
  const move = async (target: Partial<Record<Axis, number>>): Promise<void> => {
    await rest();
    beforeMove();
    sticksBusy = microscope.strikes('busy-forever');
    motorsOff = false;
    const stop = new AbortController();
    moves++;
    const ended = microscope.moveStage(target, stop.signal).then(
      () => undefined,
      (thrown: unknown) => {
        // A stage that stops short or is stopped says nothing of it; a motor that failed stays without current.
        motorsOff = isEmagentError(thrown) && thrown.code === 'EM_STAGE_FAULT';
      },
    ).finally(() => {
      moves--;
    });
    current = { stop, ended };
  };
  const isMoving = async (): Promise<boolean> => moves > 0 || sticksBusy || (await microscope.readState()).stageMoving;
  const known = ({ axes }: AsiCommand): boolean => [...axes.keys()].every((axis) => axis === 'X' || axis === 'Y');
  const startMove = async ({ axes }: AsiCommand, from: MicroscopeState['stage'] | undefined): Promise<string> => {
    const target: Partial<Record<Axis, number>> = {};
    for (const axis of AXES) {
      const value = axes.get(axis);
      if (typeof value !== 'number') continue;
      const um = umOfTenths(value) + (from?.[AXIS_OF[axis]] ?? 0);
      const { min, max } = microscope.info.axes[AXIS_OF[axis]];
      if (um < min || um > max) return refuse(OUT_OF_RANGE);
      target[AXIS_OF[axis]] = um;
    }
    if (Object.keys(target).length === 0) return refuse(MISSING_PARAMETER);
    await move(target);
    return ':A';
  };

  const COMMANDS: Readonly<Record<string, (command: AsiCommand) => Promise<string> | string>> = {
    '/': async () => ((await isMoving()) ? 'B' : 'N'),
    W: async ({ axes }) => {
      const { stage } = await microscope.readState();
      return `:A ${AXES.filter((axis) => axes.has(axis)).map((axis) => tenthsOfUm(stage[AXIS_OF[axis]])).join(' ')} `;
    },
    M: (command) => startMove(command, undefined),
    R: async (command) => startMove(command, (await microscope.readState()).stage),
    [HALT]: async () => {
      const wasMoving = await isMoving();
      sticksBusy = false;
      beforeMove();
      await rest();
      return wasMoving ? refuse(HALTED) : ':A';
    },
    S: (command) => assignments(command, () => microscope.info.timing.stageSpeedUmPerS / 1000),
    B: (command) => assignments(command, () => BACKLASH_MM),
    SL: (command) => assignments(command, (axis) => microscope.info.axes[AXIS_OF[axis]].min / 1000),
    SU: (command) => assignments(command, (axis) => microscope.info.axes[AXIS_OF[axis]].max / 1000),
    RS: async ({ axes }) => {
      const byte = (motorsOff ? 0 : STATUS_BITS.enabled) | STATUS_BITS.joystick | ((await isMoving()) ? STATUS_BITS.moving | STATUS_BITS.motorOn : 0);
      return `:A ${AXES.filter((axis) => axes.has(axis)).map(() => byte).join(' ')}`;
    },
    MC: () => {
      motorsOff = false;
      return ':A';
    },
    V: () => `:A Version: emagent-${packageVersion}`,
  };
  return {
    answer: async (command) => {
      const handler = COMMANDS[command.name];
      if (handler === undefined) return refuse(UNKNOWN_COMMAND);
      if (command.malformed || !known(command)) return refuse(UNKNOWN_AXIS);
      return handler(command);
    },
    get isMoving() {
      return moves > 0;
    },
    rest,
  };
}
