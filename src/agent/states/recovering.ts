import { assign } from 'xstate';
import { agent, endingOf } from '../setup.ts';

/**
 * After a pause or a restart the real instrument is read before anything is done: XState's own snapshot would only
 * repeat the last hardware action.
 */
export const recovering = agent.createStateConfig({
  tags: 'busy',
  entry: 'overcome',
  invoke: {
    src: 'recover',
    onDone: 'checkpointing',
    onError: { target: '#halting', actions: assign({ ending: ({ event }) => endingOf(event.error) }) },
  },
});
