import { assign } from 'xstate';
import { required } from '../../lib/guards.ts';
import { agent, endingOf, lookOf } from '../setup.ts';

/** A classifier that fails would fail on every further field: that ends the run. */
export const classifying = agent.createStateConfig({
  tags: 'busy',
  invoke: {
    src: 'classify',
    input: ({ context }) => ({
      frameId: required(context.frameId, 'the frame in hand'),
      action: lookOf(context),
      verdict: required(context.verdict, 'the verdict on the frame'),
    }),
    onDone: { target: 'recording', actions: assign({ evidence: ({ event }) => event.output }) },
    onError: { target: '#halting', actions: assign({ ending: ({ event }) => endingOf(event.error) }) },
  },
  on: { SKIP: { target: 'recording', actions: 'skippedByUser' } },
});
