import { z } from 'zod';

/**
 * Where a fault happens: in the physics or the device itself (simulator/device makes it strike), on the wire of one of
 * the protocols (its server in simulator/wire makes it strike), or on the host of the agent (tests make it strike).
 */
export type FaultLayer = 'physics' | 'device' | 'wire' | 'host';
/** Protocols whose server can have a fault of the wire. */
export type WireName = 'scope' | 'sharksem' | 'remcon' | 'asi';

interface FaultEntry {
  readonly layer: FaultLayer;
  /** One line for docs and messages. */
  readonly what: string;
  /** For the layer `wire`: the protocols that can have it. */
  readonly wires?: readonly WireName[];
}

const SERIAL = ['remcon', 'asi'] as const;
const EVERY_WIRE = ['scope', 'sharksem', 'remcon', 'asi'] as const;

/** Every fault that the simulator knows; each is described in docs/simulator.md. */
export const FAULTS = {
  // Device: what an instrument does wrong.
  'stops-short': { layer: 'device', what: 'the stage rests 3 um before the target and reports no error' },
  'move-fails': { layer: 'device', what: 'the stage stops half-way with a motor fault' },
  'idle-while-moving': { layer: 'device', what: 'the stage says that it is still while it moves on' },
  'no-start': { layer: 'device', what: 'a move is accepted and never begins' },
  'operator-moves': { layer: 'device', what: 'somebody takes the joystick: the position changes unasked' },
  touch: { layer: 'device', what: 'the touch alarm stops the stage' },
  'vacuum-trip': { layer: 'device', what: 'the pressure rises: valves shut, beam off' },
  'beam-trip': { layer: 'device', what: 'the emission breaks down: no beam' },
  'beam-arc': { layer: 'device', what: 'a discharge in the gun: the high tension goes off and comes back within seconds' },
  'beam-sags': { layer: 'device', what: 'the signal fades to nothing within 30 s' },
  'ups-battery': { layer: 'device', what: 'the mains fail: the instrument runs on its battery' },
  'incomplete-frame': { layer: 'device', what: 'the last lines of a frame are missing' },
  'uniform-line': { layer: 'device', what: 'the first or last line of a frame has one value' },
  'frozen-frame': { layer: 'device', what: 'the frame before is handed out again' },
  'wrong-frame-size': { layer: 'device', what: 'somebody changed the resolution: the frame has another size' },
  'specimen-swapped': { layer: 'device', what: 'another specimen lies under the beam' },
  hang: { layer: 'device', what: 'a command never comes back' },
  // Physics: what makes a picture bad.
  defocus: { layer: 'physics', what: 'the lens jumps by 40 um; the read-back stays' },
  charging: { layer: 'physics', what: 'the specimen charges up under the beam' },
  'drift-jump': { layer: 'physics', what: 'the specimen slips by some micrometres during a frame' },
  // Wire: what lies between.
  'late-completion': { layer: 'wire', what: 'a completion comes after the deadline, in place of the next reply', wires: ['remcon'] },
  'split-bytes': { layer: 'wire', what: 'a reply comes byte by byte', wires: [...SERIAL, 'sharksem'] },
  'merged-replies': { layer: 'wire', what: 'two replies come in one piece', wires: [...SERIAL, 'sharksem'] },
  'garbage-bytes': { layer: 'wire', what: 'noise on the line between two replies', wires: SERIAL },
  'drop-reply': { layer: 'wire', what: 'a command gets no answer at all', wires: EVERY_WIRE },
  'drop-completion': { layer: 'wire', what: 'acknowledged, but never completed', wires: ['scope', 'remcon'] },
  'reply-delayed': { layer: 'wire', what: 'a reply comes 5 s late', wires: EVERY_WIRE },
  'mixed-replies': { layer: 'wire', what: 'the reply to a command of another client comes first', wires: ['sharksem', ...SERIAL] },
  'link-lost': { layer: 'wire', what: 'the connection breaks: cable pulled, socket reset', wires: EVERY_WIRE },
  'half-open': { layer: 'wire', what: 'the far end is gone without a word', wires: EVERY_WIRE },
  'chunk-lost': { layer: 'wire', what: 'a piece of the picture never comes', wires: ['scope', 'sharksem'] },
  'chunk-repeated': { layer: 'wire', what: 'a piece of the picture comes twice', wires: ['scope', 'sharksem'] },
  'chunk-reordered': { layer: 'wire', what: 'two pieces of the picture change places', wires: ['scope', 'sharksem'] },
  'chunk-corrupted': { layer: 'wire', what: 'a piece of the picture has wrong bytes', wires: ['scope'] },
  'chunk-foreign': { layer: 'wire', what: 'a piece of a frame that was stopped before comes in between', wires: ['sharksem'] },
  'data-socket-lost': { layer: 'wire', what: 'the connection for pixels breaks in the middle of a frame', wires: ['sharksem'] },
  'busy-forever': { layer: 'wire', what: 'the stage never stops saying that it moves', wires: ['sharksem', ...SERIAL] },
  'external-abort': { layer: 'wire', what: 'the user of the instrument breaks a command off (RemCon 611)', wires: ['remcon'] },
  'controller-reboot': { layer: 'wire', what: 'the controller says that it must be restarted (RemCon 605)', wires: ['remcon'] },
  'scan-refused': { layer: 'wire', what: 'a scan is refused', wires: ['sharksem'] },
  'filament-blown': { layer: 'wire', what: 'the gun reports a blown filament (SharkSEM -1)', wires: ['sharksem'] },
  // Host: what happens to the agent's own machine; tests make these happen.
  'file-missing': { layer: 'host', what: 'the recorded picture never appears in the watched folder' },
  'file-half-written': { layer: 'host', what: 'the recorded picture is cut off' },
  'file-late': { layer: 'host', what: 'the recorded picture grows for seconds' },
  'disk-full': { layer: 'host', what: 'the run folder takes no more bytes' },
  'agent-killed': { layer: 'host', what: 'the agent is killed' },
  'clock-step': { layer: 'host', what: 'the clock of the host jumps' },
  'viewer-gone': { layer: 'host', what: 'a viewer of the live socket vanishes without a word' },
} as const satisfies Record<string, FaultEntry>;

export type FaultName = keyof typeof FAULTS;
export const FaultName = z.enum(Object.keys(FAULTS) as [FaultName, ...FaultName[]]);

/** When, how often and for how long a fault strikes. */
export const FaultScript = z.strictObject({
  fault: FaultName,
  when: z.union([
    /** After this many occasions at which it could have struck. */
    z.strictObject({ after: z.int().nonnegative() }),
    /** At an instrument time. */
    z.strictObject({ atS: z.number().nonnegative() }),
    /** At the first occasion in a state of the instrument. */
    z.strictObject({ onState: z.enum(['moving', 'scanning', 'unblanked', 'idle']) }),
    /** At each occasion, with a probability. */
    z.strictObject({ p: z.number().min(0).max(1) }),
  ]),
  /** Number of times; once when absent. */
  count: z.int().positive().optional(),
  /** For faults that last: how long, in instrument time; for ever when absent. */
  forS: z.number().positive().optional(),
});
export type FaultScript = z.infer<typeof FaultScript>;
