import { assign } from 'xstate';
import { agent, endingOf } from '../setup.ts';

/** The place where the run is at rest: the fields before are on the disk, and the requests to stop or pause are read here. */
export const checkpointing = agent.createStateConfig({
  tags: 'busy',
  entry: 'newField',
  invoke: {
    src: 'checkpoint',
    onDone: [
      { guard: 'wantsStop', target: '#halting', actions: 'endStopped' },
      { guard: 'wantsPause', target: 'paused' },
      { target: 'deciding' },
    ],
    onError: { target: '#halting', actions: assign({ ending: ({ event }) => endingOf(event.error) }) },
  },
});
