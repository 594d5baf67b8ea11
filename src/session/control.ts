import type { Actor } from 'xstate';
import type { agentMachine } from '../agent/machine.ts';
import type { ControlPort, ControlRequest, RunState } from '../contract/events.ts';
import type { AgentEvent } from '../agent/setup.ts';

export type AgentActor = Actor<typeof agentMachine>;

/** The state of the chart as viewers know it. */
export function runStateOf(value: unknown): RunState {
  if (typeof value === 'object' && value !== null && 'running' in value) {
    return (value.running as { work: RunState }).work;
  }
  return value === 'proving' ? 'halting' : (value as RunState);
}

const EVENTS = { pause: 'PAUSE', resume: 'RESUME', stop: 'STOP', halt: 'HALT', skip: 'SKIP' } as const satisfies Record<
  ControlRequest,
  AgentEvent['type']
>;

const WORDS: Record<ControlRequest, string> = {
  pause: 'Pausing after the field in hand.',
  resume: 'Going on.',
  stop: 'Stopping after the field in hand.',
  halt: 'Halting now.',
  skip: 'Skipping the field in hand.',
};

/** Turns requests into events of the chart, and says when one has no effect in the present state. */
export function createControlPort(actor: AgentActor): ControlPort {
  return {
    request: (request) => {
      const snapshot = actor.getSnapshot();
      const event = { type: EVENTS[request] };
      if (snapshot.status !== 'active' || !snapshot.can(event)) {
        return Promise.resolve({ accepted: false, message: `The run is ${runStateOf(snapshot.value)}: it cannot ${request} now.` });
      }
      actor.send(event);
      return Promise.resolve({ accepted: true, message: WORDS[request] });
    },
  };
}
