import { agent } from '../setup.ts';

/**
 * Stage still and beam blanked until somebody resumes. Leads through `recovering`: the specimen may have been changed, and
 * with it the vacuum broken, which is no fault meanwhile.
 */
export const paused = agent.createStateConfig({
  tags: 'safe',
  invoke: { src: 'hold' },
  on: {
    RESUME: { target: 'recovering', actions: 'unpause' },
    FAULT: { guard: 'isPassing' },
    STOP: { target: '#halting', actions: 'endStopped' },
  },
});
