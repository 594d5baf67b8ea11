import { assign } from 'xstate';
import type { Verdict } from '../../contract/events.ts';
import { required } from '../../lib/guards.ts';
import { agent, MAX_RETAKES, lookOf, problemOf, type AgentContext } from '../setup.ts';

/** A field that was focused as well as it can be is taken as it is; one that never found a focus is not. */
function trustworthy(verdict: Verdict, context: AgentContext): boolean {
  return verdict === 'good' || verdict === 'empty' || (verdict === 'blurred' && context.focused && context.focusFound);
}

/** The quality gate before the network: a bad picture is taken again or given up, never given a confident category. */
export const judging = agent.createStateConfig({
  tags: 'busy',
  invoke: {
    src: 'judge',
    input: ({ context }) => ({ frameId: required(context.frameId, 'the frame in hand'), action: lookOf(context), focused: context.focused }),
    onDone: [
      {
        guard: ({ context, event }) => !context.focused && (event.output.unfocused || event.output.verdict === 'blurred'),
        target: 'focusing',
        actions: assign({ verdict: ({ event }) => event.output.verdict }),
      },
      {
        guard: ({ context, event }) => trustworthy(event.output.verdict, context),
        target: 'classifying',
        actions: assign({ verdict: ({ event }) => event.output.verdict }),
      },
      {
        guard: ({ context, event }) => event.output.verdict !== 'blurred' && context.retakes < MAX_RETAKES,
        target: 'acquiring',
        actions: ['countRetake', assign({ verdict: ({ event }) => event.output.verdict, dwellFactor: ({ event }) => event.output.dwellFactor })],
      },
      {
        target: 'recording',
        actions: assign({
          verdict: ({ event }) => event.output.verdict,
          problem: ({ event }) => ({ code: 'untrusted' as const, message: `The picture is ${event.output.verdict}.` }),
        }),
      },
    ],
    onError: [
      { guard: 'isPassing', target: 'suspended', actions: 'noteTrouble' },
      { target: 'recording', actions: assign({ problem: ({ event }) => problemOf(event.error) }) },
    ],
  },
  on: { SKIP: { target: 'recording', actions: 'skippedByUser' } },
});
