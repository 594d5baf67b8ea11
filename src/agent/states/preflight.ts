import { assign } from 'xstate';
import { agent, endingOf } from '../setup.ts';

/** Is it safe to work: vacuum, beam, limits of all planned fields, room on the disk. Nothing has moved yet. */
export const preflight = agent.createStateConfig({
  tags: 'busy',
  invoke: {
    src: 'preflight',
    onDone: [{ guard: 'resuming', target: 'recovering' }, { target: 'checkpointing' }],
    onError: { target: '#halting', actions: assign({ ending: ({ event }) => endingOf(event.error) }) },
  },
});
