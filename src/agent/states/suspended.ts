import { assign } from 'xstate';
import { agent, endingOf, faulted } from '../setup.ts';

/**
 * Something that may pass by itself, or that a person must decide: vacuum or beam out of band, or somebody at the
 * joystick. Stage still and beam blanked meanwhile; then through `recovering`, as after a pause. The field in hand is
 * looked at again later.
 */
export const suspended = agent.createStateConfig({
  tags: 'safe',
  invoke: {
    src: 'standBy',
    input: ({ context }) => ({ problem: context.trouble ?? { code: 'EM_OPERATOR', message: 'The run was suspended.' } }),
    onDone: 'recovering',
    onError: { target: '#halting', actions: assign({ ending: ({ event }) => endingOf(event.error) }) },
  },
  on: {
    RESUME: { target: 'recovering', actions: 'unpause' },
    STOP: { target: '#halting', actions: 'endStopped' },
    // What it waits for the end of: told again and again.
    FAULT: { guard: 'isPassing' },
  },
  after: {
    suspension: {
      target: '#halting',
      actions: assign({ ending: ({ context }) => faulted(context.trouble?.code ?? 'EM_OPERATOR', `${context.trouble?.message ?? ''} Nobody mended it in time.`) }),
    },
  },
});
