import { type AsiAxis, AXES, type AsiCommand, HALT, HALTED, OUT_OF_RANGE, STATUS_BITS, tenthsOfUm, UNKNOWN_AXIS, UNKNOWN_COMMAND, umOfTenths } from '../../drivers/asi/codec.ts';
import { isEmagentError } from '../../src/contract/errors.ts';
import type { Axis } from '../../src/contract/microscope.ts';
import { clamp } from '../../src/lib/guards.ts';
import { packageVersion } from '../../src/lib/package-root.ts';
import type { SimulatedMicroscope } from '../simulated-microscope.ts';
import { AXIS_OF, buildScreen, createAsiSettings, infoScreen, refuse } from './asi-settings.ts';

/** The stage controller: takes commands, answers each at once, moves on its own. */
export interface AsiController {
  /** The text of the reply; undefined: it says nothing, as to `INFO` of an axis that is not there. */
  answer(command: AsiCommand): Promise<string | undefined>;
  readonly isMoving: boolean;
  /** Stops what moves and waits for it. */
  rest(): Promise<void>;
}

const MISSING_PARAMETER = 3;
/** `SPIN` takes so much for full speed. */
const FULL_SPIN = 128;

/** `beforeMove` lets the camera put its exposure down: the simulated instrument does one thing at a time. */
export function createAsiController(microscope: SimulatedMicroscope, beforeMove: () => void): AsiController {
  let moves = 0;
  let current: { readonly target: Partial<Record<Axis, number>>; readonly stop: AbortController; readonly ended: Promise<void> } | undefined;
  let motorsOff = false;
  let sticksBusy = false;

  const rest = async (): Promise<void> => {
    current?.stop.abort(new Error('stopped by a command'));
    await current?.ended;
  };
  const move = async (wanted: Partial<Record<Axis, number>>): Promise<void> => {
    // An axis that is on its way goes on while another is sent somewhere.
    const target = moves > 0 ? { ...current?.target, ...wanted } : wanted;
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
    current = { target, stop, ended };
  };
  const isMoving = async (): Promise<boolean> => moves > 0 || sticksBusy || (await microscope.readState()).stageMoving;
  const known = ({ axes }: AsiCommand): boolean => [...axes.keys()].every((axis) => axis === 'X' || axis === 'Y');
  const settings = createAsiSettings(microscope);
  const { originUm, limitsUm } = settings;
  const positionUm = async (): Promise<Record<AsiAxis, number>> => {
    const { stage } = await microscope.readState();
    return { X: stage[AXIS_OF.X], Y: stage[AXIS_OF.Y] };
  };
  const startMove = async ({ axes }: AsiCommand, fromUm: Readonly<Record<AsiAxis, number>>): Promise<string> => {
    const target: Partial<Record<Axis, number>> = {};
    for (const axis of AXES) {
      const value = axes.get(axis);
      if (typeof value !== 'number') continue;
      const um = umOfTenths(value) + fromUm[axis];
      const { min, max } = limitsUm[axis];
      if (um < min || um > max) return refuse(OUT_OF_RANGE);
      target[AXIS_OF[axis]] = um;
    }
    if (Object.keys(target).length === 0) return refuse(MISSING_PARAMETER);
    await move(target);
    return ':A';
  };
  /** Towards a place that may lie beyond a limit switch, which ends the way. */
  const runTowards = async (targets: Readonly<Partial<Record<AsiAxis, number>>>): Promise<string> => {
    await move(Object.fromEntries(AXES.flatMap((axis) => (targets[axis] === undefined ? [] : [[AXIS_OF[axis], clamp(targets[axis], limitsUm[axis].min, limitsUm[axis].max)]]))));
    return ':A';
  };
  const here = async (values: Readonly<Partial<Record<AsiAxis, number>>>): Promise<string> => {
    const nowUm = await positionUm();
    for (const axis of AXES) if (values[axis] !== undefined) originUm[axis] = nowUm[axis] - umOfTenths(values[axis]);
    return ':A';
  };
  const named = <T>(axes: AsiCommand['axes'], value: (axis: AsiAxis) => T): Partial<Record<AsiAxis, T>> =>
    Object.fromEntries(AXES.filter((axis) => axes.has(axis)).map((axis) => [axis, value(axis)]));

  const COMMANDS: Readonly<Record<string, (command: AsiCommand) => Promise<string> | string>> = {
    '/': async () => ((await isMoving()) ? 'B' : 'N'),
    W: async ({ axes }) => {
      const nowUm = await positionUm();
      return `:A ${AXES.filter((axis) => axes.has(axis)).map((axis) => tenthsOfUm(nowUm[axis] - originUm[axis])).join(' ')} `;
    },
    M: (command) => startMove(command, originUm),
    R: async (command) => startMove(command, await positionUm()),
    '!': ({ axes }) => runTowards(axes.size === 0 ? { X: settings.homeUm('X'), Y: settings.homeUm('Y') } : named(axes, settings.homeUm)),
    '@': async ({ axes }) => {
      const spins = named(axes, (axis) => axes.get(axis));
      if (Object.values(spins).some((spin) => typeof spin !== 'number' || Math.abs(spin) > FULL_SPIN)) return refuse(OUT_OF_RANGE);
      if (Object.values(spins).every((spin) => spin === 0)) return rest().then(() => ':A');
      return runTowards(named(axes, (axis) => limitsUm[axis][(axes.get(axis) as number) < 0 ? 'min' : 'max']));
    },
    H: ({ axes }) => here(named(axes, (axis) => (typeof axes.get(axis) === 'number' ? (axes.get(axis) as number) : 0))),
    Z: () => here({ X: 0, Y: 0 }),
    [HALT]: async () => {
      const wasMoving = await isMoving();
      sticksBusy = false;
      beforeMove();
      await rest();
      return wasMoving ? refuse(HALTED) : ':A';
    },
    RS: async ({ axes }) => {
      const byte = (motorsOff ? 0 : STATUS_BITS.enabled) | STATUS_BITS.joystick | ((await isMoving()) ? STATUS_BITS.moving | STATUS_BITS.motorOn : 0);
      const asked = AXES.filter((axis) => axes.has(axis));
      // A question mark asks for the letter of `/` of each axis, in one word.
      if (asked.every((axis) => axes.get(axis) === '?')) return `:A ${asked.map(() => ((byte & STATUS_BITS.moving) === 0 ? 'N' : 'B')).join('')}`;
      return `:A ${asked.map(() => byte).join(' ')}`;
    },
    MC: ({ axes }) => {
      const asked = AXES.filter((axis) => axes.get(axis) === '?');
      if (asked.length > 0) return `:A ${asked.map(() => (motorsOff ? 0 : 1)).join(' ')}`;
      motorsOff = AXES.some((axis) => axes.get(axis) === '-');
      return ':A';
    },
    I: ({ axes }) => {
      const axis = AXES.find((name) => axes.has(name));
      return axis === undefined ? refuse(MISSING_PARAMETER) : infoScreen(settings, axis);
    },
    BU: () => buildScreen(),
    V: () => `:A Version: emagent-${packageVersion}`,
  };
  return {
    answer: async (command) => {
      const handler = COMMANDS[command.name];
      const setting = settings.byCommand[command.name];
      if (handler === undefined && setting === undefined) return refuse(UNKNOWN_COMMAND);
      if (command.name === 'I' && !known(command)) return undefined;
      if (command.malformed || !known(command)) return refuse(UNKNOWN_AXIS);
      if (handler !== undefined) return handler(command);
      return settings.answer(setting as NonNullable<typeof setting>, command, await positionUm());
    },
    get isMoving() {
      return moves > 0;
    },
    rest,
  };
}
