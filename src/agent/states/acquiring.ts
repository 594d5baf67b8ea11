import { assign } from 'xstate';
import { agent, lookOf, problemOf } from '../setup.ts';

/** The only state besides focusing in which the beam is on the specimen. */
export const acquiring = agent.createStateConfig({
  tags: 'busy',
  invoke: {
    src: 'acquire',
    input: ({ context }) => ({ action: lookOf(context), dwellFactor: context.dwellFactor }),
    onDone: { target: 'judging', actions: assign({ frameId: ({ event }) => event.output.frameId }) },
    onError: [
      { guard: 'isPassing', target: 'suspended', actions: 'noteTrouble' },
      { guard: 'canRetake', target: 'acquiring', reenter: true, actions: 'countRetake' },
      { target: 'recording', actions: assign({ problem: ({ event }) => problemOf(event.error) }) },
    ],
  },
  on: { SKIP: { target: 'recording', actions: 'skippedByUser' } },
});
