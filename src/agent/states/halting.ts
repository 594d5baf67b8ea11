import { assign } from 'xstate';
import { agent } from '../setup.ts';

/**
 * On every way out, the good one too: stage still, beam blanked, settings restored or the difference told. What cannot be
 * proven within the time leads to `panicked`, which a person must end.
 */
export const halting = agent.createStateConfig({
  id: 'halting',
  tags: 'busy',
  invoke: {
    src: 'halt',
    input: ({ context }) => ({ reason: context.ending?.reason ?? 'The run has ended.' }),
    onDone: { target: 'proving', actions: assign({ safety: ({ event }) => event.output }) },
    onError: { target: 'panicked', actions: 'endUnproven' },
  },
  after: { haltLimit: { target: 'panicked', actions: 'endUnproven' } },
});
