import type { Clock } from '../../src/contract/clock.ts';
import { EmagentError } from '../../src/contract/errors.ts';
import type { WireDialect, WireRecord } from '../../src/contract/wire-recording.ts';
import { type ByteLinkEvents, createByteLink } from './byte-link.ts';
import { isAction, keyOf, messagesOf, type ScriptAction, type ScriptPush, scriptOf } from './replay-script.ts';
import { openPicture, type WatchedFolder, type WatchedPicture } from './watched-folder.ts';
import type { FarEnd } from './wire.ts';
import type { MessageSocket } from './websocket.ts';

export interface ReplayOptions {
  readonly records: readonly WireRecord[];
  readonly clock: Clock;
  /** For messages: the recorded file. */
  readonly name: string;
  /** How messages are told apart. */
  readonly dialect?: WireDialect | undefined;
}

export interface Replay extends FarEnd {
  /** Why the replay could not go on, if it could not. */
  readonly diverged: EmagentError | undefined;
}

/** How far ahead of its place a question may come. A command may pass any number of questions: commands keep their order. */
const LOOK_AHEAD_QUESTIONS = 12;
/** A shorter wait is none: added to a large time it would not move it, and the wait would never end. */
const LEAST_WAIT_MS = 0.01;
/** Questions in a row that the recording does not hold: beyond this the driver goes round in a circle. */
const MAX_SURPLUS = 500;

/** The near end of one connection. */
interface Mouth {
  deliver(data: string | Uint8Array): void;
  vanish(error: Error): void;
}

const shown = (key: string): string => `"${key.replace(/^sent \d+ /, '').replace(/[\r\n]+$/, '').replace(/[^ -~]/g, '.').slice(0, 120)}"`;

/**
 * A recorded instrument. It says what it said then, as soon as the driver has done what it did then, with the delays of then
 * on the clock of the run. Its queries may come earlier, later, and more or less often than in the recording, for that depends
 * on how fast the machine was. Its commands must come as they were recorded and in their order: anything else is a
 * divergence, EM_PROTOCOL, and ends every connection.
 */
export function createReplay({ records, clock, name, dialect }: ReplayOptions): Replay {
  const messages = messagesOf(dialect);
  const steps = scriptOf(records, messages);
  const mouths = new Map<number, Mouth>();
  const done = new Set<number>();
  /** Left behind: the driver has not done them yet, and went on with something later. */
  const held = new Set<number>();
  /** Was left behind and then done: its answers came with it. */
  const apart = new Set<number>();
  /** Recorded number of a question, and the one of now. */
  const ids = new Map<number, unknown>();
  /** Answers without a number that are still to be said, with their link. */
  const unsaid = new Map<() => void, number>();
  let cursor = 0;
  let lastT = 0;
  let lastMs = clock.nowMs();
  let surplus = 0;
  let waiting: AbortController | undefined;
  let diverged: EmagentError | undefined;

  const deliver = (push: ScriptPush, question?: unknown): void => {
    const mouth = mouths.get(push.link);
    if (push.kind === 'closed') {
      if (push.data !== '') mouth?.vanish(new EmagentError('EM_LINK_CLOSED', String(push.data)));
      return;
    }
    const id = question ?? (push.answerTo === undefined ? undefined : ids.get(push.answerTo));
    const isNumbered = id !== undefined && messages.identify(push.data).id !== undefined;
    mouth?.deliver(isNumbered ? messages.renumber(push.data, id) : push.data);
  };
  const mark = (t: number): void => {
    lastT = t;
    lastMs = clock.nowMs();
  };
  /** It answers a question that was left behind, or that has its answers apart. */
  const isLeftOut = ({ answerTo }: ScriptPush): boolean => answerTo !== undefined && (held.has(answerTo) || apart.has(answerTo));
  /** Says what is due until the driver has to command something. */
  const pump = (): void => {
    for (;;) {
      if (waiting !== undefined || diverged !== undefined) return;
      const step = steps[cursor];
      if (step === undefined) return;
      if (isAction(step) ? done.has(cursor) : isLeftOut(step)) {
        cursor++;
        continue;
      }
      // A question may come later, or not at all: what the far end said by itself does not wait for it.
      if (isAction(step) && !step.isQuery) return;
      const leftMs = step.t - lastT - (clock.nowMs() - lastMs);
      if (leftMs > LEAST_WAIT_MS) {
        const mine = new AbortController();
        waiting = mine;
        clock.sleep(leftMs, mine.signal).then(
          () => {
            waiting = undefined;
            pump();
            return undefined;
          },
          () => undefined,
        );
        return;
      }
      mark(step.t);
      if (isAction(step)) held.add(cursor);
      else deliver(step);
      cursor++;
    }
  };
  /** It is not waited for any more, and its answer is not said. */
  const drop = (index: number): void => {
    held.delete(index);
    apart.add(index);
  };
  /** The driver has done what stands at `index`: what came before it and was not answer to something left behind comes now. */
  const jumpTo = (index: number): void => {
    waiting?.abort(new Error('overtaken'));
    waiting = undefined;
    for (; cursor < index; cursor++) {
      const step = steps[cursor];
      if (step === undefined || done.has(cursor)) continue;
      if (isAction(step)) held.add(cursor);
      else if (!isLeftOut(step)) deliver(step);
    }
    // A command has been done: what was not asked before it would be answered from before it.
    if ((steps[index] as ScriptAction).isQuery !== true) for (const asked of held) drop(asked);
    cursor = index + 1;
    mark(steps[index]?.t ?? lastT);
  };
  /** The answers of a question out of turn, with their delays. */
  const answerApart = (index: number, question: unknown): void => {
    const action = steps[index] as ScriptAction;
    for (const at of action.answers) {
      const push = steps[at] as ScriptPush;
      const said = new AbortController();
      const say = (): void => {
        unsaid.delete(say);
        said.abort();
        deliver(push, question);
      };
      if (question === undefined) unsaid.set(say, push.link);
      clock.sleep(Math.max(0, push.t - action.t), said.signal).then(say, () => undefined);
    }
  };
  /** Answers without numbers come in the order of their questions: what is due on a link is said before the next is heard. */
  const sayDue = (link: number): void => {
    for (const [say, on] of unsaid) if (on === link) say();
  };
  const diverge = (what: string, expected: ScriptAction | undefined): EmagentError => {
    const there = expected === undefined ? `the recording ended at line ${records.length + 1}` : `line ${expected.line} has ${shown(expected.key)}`;
    diverged = new EmagentError('EM_PROTOCOL', `The replay of ${name} diverges: the driver did ${what}, and ${there}.`, { context: { line: expected?.line } });
    for (const mouth of mouths.values()) mouth.vanish(diverged);
    return diverged;
  };
  /** Finds the place of what the driver does in the recording. Throws EM_PROTOCOL when it has none. */
  const act = (key: string, question?: unknown): { readonly action: ScriptAction; readonly leftMs: number } => {
    if (diverged !== undefined) throw diverged;
    let passed = 0;
    let expected: ScriptAction | undefined;
    const taken = (index: number): ScriptAction => {
      const action = steps[index] as ScriptAction;
      done.add(index);
      held.delete(index);
      if (question !== undefined) ids.set(index, question);
      surplus = 0;
      return action;
    };
    const behind = [...held].filter((index) => (steps[index] as ScriptAction).key === key);
    // The answers to those before the newest tell of a state that has passed.
    const newest = behind.at(-1);
    if (newest !== undefined) {
      for (const passedOver of behind) drop(passedOver);
      const action = taken(newest);
      answerApart(newest, question);
      return { action, leftMs: 0 };
    }
    for (let index = cursor; index < steps.length; index++) {
      const step = steps[index];
      if (step === undefined || !isAction(step) || done.has(index)) continue;
      expected ??= step;
      if (step.key === key && (!step.isQuery || passed < LOOK_AHEAD_QUESTIONS)) {
        const action = taken(index);
        const leftMs = Math.max(0, step.t - lastT - (clock.nowMs() - lastMs));
        // What else was asked meanwhile may not be asked now: its answer cannot wait for that.
        if (step.isQuery || (dialect?.numbered !== undefined && step.id !== undefined)) {
          apart.add(index);
          answerApart(index, question);
        }
        jumpTo(index);
        queueMicrotask(pump);
        return { action, leftMs };
      }
      if (!step.isQuery) break;
      passed++;
    }
    // Asked once more than then, or later than then: the last answer before this place is the best word on the state of now.
    const before = steps.findLastIndex((step, index) => index < cursor && isAction(step) && step.key === key && step.isQuery && step.answers.length > 0);
    if (before < 0 || ++surplus > MAX_SURPLUS) throw diverge(shown(key), expected);
    answerApart(before, question);
    return { action: steps[before] as ScriptAction, leftMs: 0 };
  };

  const openOne = (mouthOf: (send: (data: string | Uint8Array) => void) => Mouth): void => {
    const { action } = act('open');
    const send = (data: string | Uint8Array): void => {
      const { id, rest } = messages.identify(data);
      sayDue(action.link);
      const key = keyOf(action.link, rest);
      const first = messages.isResynchroniser(data) ? steps.findIndex((step) => isAction(step) && step.key === key) : -1;
      if (first >= 0) answerApart(first, id);
      else act(key, id);
    };
    mouths.set(action.link, mouthOf(send));
  };
  return {
    get diverged() {
      return diverged;
    },
    openLink: async (description) => {
      let events: ByteLinkEvents | undefined;
      openOne((send) => {
        const own = createByteLink({
          description,
          clock,
          send: (bytes, finished) => {
            try {
              // Text and bytes that are text have the same key.
              send(bytes);
              finished();
            } catch (thrown) {
              finished(thrown as Error);
            }
          },
          close: () => own.vanished(),
          destroy: () => own.vanished(),
        });
        events = own;
        return { deliver: (data) => own.received(typeof data === 'string' ? Buffer.from(data, 'latin1') : data), vanish: (error) => own.vanished(error) };
      });
      if (events === undefined) throw new EmagentError('EM_PROTOCOL', `${description} was not opened.`);
      return events.link;
    },
    openSocket: async (description) => {
      let settle: (error: Error | undefined) => void = () => undefined;
      const closed = new Promise<Error | undefined>((resolve) => {
        settle = resolve;
      });
      let isOpen = true;
      let listener: ((message: string | Uint8Array) => void) | undefined;
      const early: (string | Uint8Array)[] = [];
      let put: (data: string | Uint8Array) => void = () => undefined;
      const end = (error?: Error): void => {
        isOpen = false;
        settle(error);
      };
      openOne((send) => {
        put = send;
        return {
          deliver: (data) => {
            if (listener === undefined) early.push(data);
            else if (isOpen) listener(data);
          },
          vanish: end,
        };
      });
      const socket: MessageSocket = {
        description,
        closed,
        get isOpen() {
          return isOpen;
        },
        send: (message) => {
          if (!isOpen) throw diverged ?? new EmagentError('EM_LINK_CLOSED', `The connection to ${description} is closed.`);
          put(message);
        },
        onMessage: (next) => {
          listener = next;
          for (const message of early.splice(0)) next(message);
        },
        close: async () => end(),
      };
      return socket;
    },
    openFolder: async (folder): Promise<WatchedFolder> => {
      const take = async (wanted: 'next' | 'newest', signal?: AbortSignal): Promise<WatchedPicture | undefined> => {
        const { action, leftMs } = act(`picture ${wanted}`);
        await clock.sleep(leftMs, signal);
        if (action.picture === undefined || action.picture.name === '') return undefined;
        return openPicture(action.picture.bytes, { path: `${folder}/${action.picture.name}`, clock });
      };
      return {
        folder,
        mark: async () => new Map(),
        newest: () => take('newest'),
        next: async ({ signal, what }) => {
          const picture = await take('next', signal);
          if (picture === undefined) throw new EmagentError('EM_TIMEOUT', `${what} did not appear in the recording ${name}.`);
          return picture;
        },
        close: () => undefined,
      };
    },
  };
}
