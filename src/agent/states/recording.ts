import { assign } from 'xstate';
import { required } from '../../lib/guards.ts';
import { agent, endingOf, isLook, type AgentContext, type FieldRecord } from '../setup.ts';

/** Imaged but not to be trusted is `rejected`; not imaged at all is `skipped`. */
function outcomeOf(context: AgentContext): FieldRecord['outcome'] {
  if (context.problem === undefined) return 'seen';
  return context.problem.code === 'untrusted' ? 'rejected' : 'skipped';
}

/** Belief, journal and accounts take in what the field brought, or why it brought nothing. Nothing interrupts that half-way but a halt. */
export const recording = agent.createStateConfig({
  tags: 'busy',
  entry: assign({
    consecutiveSkips: ({ context }) => {
      // A place that has had its dose is left out as planned: no sign of an instrument that fails.
      if (context.problem?.code === 'EM_DOSE') return context.consecutiveSkips;
      return outcomeOf(context) === 'skipped' && isLook(context.action) ? context.consecutiveSkips + 1 : 0;
    },
  }),
  invoke: {
    src: 'record',
    input: ({ context }) => ({
      action: required(context.action, 'the action in hand'),
      outcome: outcomeOf(context),
      frameId: context.frameId,
      evidence: context.evidence,
      problem: context.problem,
    }),
    onDone: [
      { guard: 'tooManySkips', target: '#halting', actions: 'endSkips' },
      { guard: 'isTroubled', target: 'suspended' },
      { target: 'checkpointing' },
    ],
    onError: { target: '#halting', actions: assign({ ending: ({ event }) => endingOf(event.error) }) },
  },
  on: { FAULT: { guard: 'isPassing', actions: 'noteTrouble' } },
});
