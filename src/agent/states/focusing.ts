import { assign } from 'xstate';
import { agent, isLook, problemOf } from '../setup.ts';

/** Once per field at most: because the picture was blurred, its focus is not known yet, or the strategy asked for it. */
export const focusing = agent.createStateConfig({
  tags: 'busy',
  entry: assign({ focused: true }),
  invoke: {
    src: 'focus',
    input: ({ context }) => ({
      reason: !isLook(context.action) ? ('planned' as const) : context.verdict === 'blurred' ? ('blurred' as const) : ('start' as const),
      frameId: context.frameId,
    }),
    onDone: [
      {
        guard: 'isLook',
        target: 'acquiring',
        actions: assign({ focusFound: ({ event }) => event.output.found }),
      },
      { target: 'recording' },
    ],
    onError: [
      { guard: 'isPassing', target: 'suspended', actions: 'noteTrouble' },
      { target: 'recording', actions: assign({ problem: ({ event }) => problemOf(event.error) }) },
    ],
  },
  on: { SKIP: { target: 'recording', actions: 'skippedByUser' } },
});
