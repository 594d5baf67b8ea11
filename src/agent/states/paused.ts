import { agent } from '../setup.ts';

/** Stage still and beam blanked until somebody resumes. Leads through `recovering`: the specimen may have been changed. */
export const paused = agent.createStateConfig({
  tags: 'safe',
  invoke: { src: 'hold' },
  on: {
    RESUME: { target: 'recovering', actions: 'unpause' },
    STOP: { target: '#halting', actions: 'endStopped' },
  },
});
