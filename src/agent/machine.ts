import { assign } from 'xstate';
import { agent, NEW_FIELD } from './setup.ts';
import { acquiring } from './states/acquiring.ts';
import { checkpointing } from './states/checkpointing.ts';
import { classifying } from './states/classifying.ts';
import { deciding } from './states/deciding.ts';
import { focusing } from './states/focusing.ts';
import { halting } from './states/halting.ts';
import { judging } from './states/judging.ts';
import { moving } from './states/moving.ts';
import { paused } from './states/paused.ts';
import { preflight } from './states/preflight.ts';
import { recording } from './states/recording.ts';
import { recovering } from './states/recovering.ts';
import { suspended } from './states/suspended.ts';
import { watchdog } from './states/watchdog.ts';

/**
 * The run, from preflight to a safe end. Work and watchdog live side by side in `running`; leaving it aborts whatever
 * command is under way and leads to `halting`, whatever the reason. The wire is not in here: XState runs the run.
 */
export const agentMachine = agent.createMachine({
  id: 'agent',
  context: ({ input }) => ({
    ...input,
    wantsPause: false,
    wantsStop: false,
    action: undefined,
    ...NEW_FIELD,
    trouble: undefined,
    consecutiveSkips: 0,
    ending: undefined,
    safety: undefined,
  }),
  initial: 'running',
  states: {
    running: {
      type: 'parallel',
      on: {
        PAUSE: { actions: assign({ wantsPause: true }) },
        RESUME: { actions: assign({ wantsPause: false }) },
        STOP: { actions: assign({ wantsStop: true }) },
        HALT: { target: 'halting', actions: 'endStopped' },
        FAULT: [
          { guard: 'isPassing', target: '.work.suspended', actions: 'noteTrouble' },
          {
            target: 'halting',
            actions: assign({ ending: ({ event }) => ({ outcome: 'faulted' as const, reason: event.error.message, error: event.error }) }),
          },
        ],
      },
      states: {
        work: {
          initial: 'preflight',
          states: {
            preflight, recovering, checkpointing, paused, suspended, deciding, moving, focusing, acquiring, judging, classifying, recording,
          },
        },
        watchdog,
      },
    },
    halting,
    proving: { always: [{ guard: 'provenSafe', target: 'ended' }, { target: 'panicked', actions: 'endUnproven' }] },
    ended: { type: 'final', tags: 'safe' },
    panicked: { type: 'final' },
  },
  output: ({ context }) => ({
    ...(context.ending ?? { outcome: 'panicked' as const, reason: 'The run ended without a reason.' }),
    safety: context.safety,
  }),
});
