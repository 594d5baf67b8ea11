import { assign } from 'xstate';
import { agent, problemOf } from '../setup.ts';
import { required } from '../../lib/guards.ts';

/** To the centre of the next field, blanked. A move that fails costs this field, not the run. */
export const moving = agent.createStateConfig({
  tags: 'busy',
  invoke: {
    src: 'move',
    input: ({ context }) => ({ action: required(context.action, 'the action in hand') }),
    onDone: [{ guard: 'isLook', target: 'acquiring' }, { target: 'focusing' }],
    onError: [
      { guard: 'isPassing', target: 'suspended', actions: 'noteTrouble' },
      { target: 'recording', actions: assign({ problem: ({ event }) => problemOf(event.error) }) },
    ],
  },
  on: { SKIP: { target: 'recording', actions: 'skippedByUser' } },
});
