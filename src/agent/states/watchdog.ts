import { raise } from 'xstate';
import { EmagentError } from '../../contract/errors.ts';
import { agent } from '../setup.ts';

/** Beside the work: silence of the instrument is a fault. A beat starts the time anew, which takes `reenter`. */
export const watchdog = agent.createStateConfig({
  initial: 'alive',
  invoke: { src: 'watch' },
  states: {
    alive: {
      on: { BEAT: { target: 'alive', reenter: true } },
      after: {
        heartbeat: {
          target: 'silent',
          actions: raise(({ context }) => ({
            type: 'FAULT' as const,
            error: new EmagentError('EM_HEARTBEAT_LOST', `The instrument was silent for ${(context.heartbeatMs / 1000).toFixed(0)} s.`).toJSON(),
          })),
        },
      },
    },
    silent: {},
  },
});
