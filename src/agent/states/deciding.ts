import { assign } from 'xstate';
import type { Ending } from '../setup.ts';
import { agent, endingOf } from '../setup.ts';
import type { ActorTypes } from '../setup.ts';

/** How a decision ends the run: the goal is reached, nothing is left to look at, or the budget is spent. */
function endingOfDecision({ action, spent }: ActorTypes['decide'][0]): Ending | undefined {
  if (action.kind === 'finish') return { outcome: action.outcome, reason: action.reason };
  return spent === undefined ? undefined : { outcome: 'budget', reason: spent };
}

/** Asks the strategy what to do next. */
export const deciding = agent.createStateConfig({
  tags: 'busy',
  invoke: {
    src: 'decide',
    onDone: [
      {
        guard: ({ event }) => endingOfDecision(event.output) !== undefined,
        target: '#halting',
        actions: assign({ ending: ({ event }) => endingOfDecision(event.output) }),
      },
      { target: 'moving', actions: assign({ action: ({ event }) => event.output.action }) },
    ],
    onError: { target: '#halting', actions: assign({ ending: ({ event }) => endingOf(event.error) }) },
  },
});
