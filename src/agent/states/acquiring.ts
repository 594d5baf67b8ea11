import { assign } from 'xstate';
import { agent, isPassing, lookOf, problemOf } from '../setup.ts';

/** The only state besides focusing in which the beam is on the specimen. */
export const acquiring = agent.createStateConfig({
  tags: 'busy',
  invoke: {
    src: 'acquire',
    input: ({ context }) => ({ action: lookOf(context), dwellFactor: context.dwellFactor }),
    onDone: { target: 'judging', actions: assign({ frameId: ({ event }) => event.output.frameId }) },
    onError: [
      {
        guard: ({ event }) => isPassing(event.error),
        target: 'suspended',
        actions: assign({ trouble: ({ event }) => problemOf(event.error) }),
      },
      { guard: 'canRetake', target: 'acquiring', reenter: true, actions: 'countRetake' },
      { target: 'recording', actions: assign({ problem: ({ event }) => problemOf(event.error) }) },
    ],
  },
  on: { SKIP: { target: 'recording', actions: 'skippedByUser' } },
});
