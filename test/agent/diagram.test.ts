import { toDirectedGraph, type DirectedGraphNode } from 'xstate/graph';
import { expect, test } from 'vitest';
import { agentMachine } from '../../src/agent/machine.ts';

const nameOf = (id: string): string => (id === '(machine)' ? id : id.split('.').at(-1) ?? id);

/** `xstate.done.actor.0.agent.running.work.moving` reads `done`. */
function labelOf(event: string): string {
  if (event.startsWith('xstate.done')) return 'done';
  if (event.startsWith('xstate.error')) return 'failed';
  if (event.startsWith('xstate.after')) return `after ${event.split('.')[2] ?? ''}`;
  return event === '' ? 'always' : event;
}

interface Edge {
  readonly source: string;
  readonly target: string;
  readonly label: string;
}

function edgesOf({ id, edges, stateNode }: DirectedGraphNode): Edge[] {
  const always = (stateNode.always ?? []).map((transition) => ({ target: transition.target?.[0]?.id ?? id, event: '', guard: transition.guard }));
  const reactions = edges.map(({ target, label, transition }) => ({ target: target.id, event: label.text, guard: transition.guard }));
  return [...reactions, ...always].map(({ target, event, guard }) => {
    const condition = guard === undefined ? '' : ` [${typeof guard === 'string' ? guard : 'answer'}]`;
    return { source: id, target, label: `${labelOf(event)}${condition}` };
  });
}

/** Arrows are drawn in the innermost state that holds both ends: Mermaid puts a state where it is first named. */
function draw(node: DirectedGraphNode, indent: string): { lines: string[]; leaving: Edge[] } {
  const lines: string[] = [];
  const waiting = edgesOf(node);
  for (const [index, child] of node.children.entries()) {
    const inner = draw(child, `${indent}  `);
    waiting.push(...inner.leaving);
    if (child.children.length === 0) continue;
    if (node.stateNode.type === 'parallel' && index > 0) lines.push(`${indent}--`);
    lines.push(`${indent}state ${nameOf(child.id)} {`);
    if (child.stateNode.type !== 'parallel') lines.push(`${indent}  [*] --> ${child.stateNode.initial.target[0]?.key ?? ''}`);
    lines.push(...inner.lines, `${indent}}`);
  }
  const holds = ({ source, target }: Edge): boolean => node.id === 'agent' || [source, target].every((id) => id.startsWith(`${node.id}.`));
  for (const edge of waiting.filter(holds)) lines.push(`${indent}${nameOf(edge.source)} --> ${nameOf(edge.target)}: ${edge.label}`);
  return { lines: lines.filter((line, index) => line.trim() === '}' || lines.indexOf(line) === index), leaving: waiting.filter((edge) => !holds(edge)) };
}

test('the chart in docs is the chart that runs (vitest -u writes it)', async () => {
  const text = [
    '# The chart of a run',
    '',
    'Generated from `src/agent/machine.ts` by `npx vitest run test/agent/diagram.test.ts -u`; CI compares. `answer` stands for a',
    "guard on what the state's actor answered.",
    '',
    '```mermaid',
    'stateDiagram-v2',
    '  [*] --> running',
    ...draw(toDirectedGraph(agentMachine), '  ').lines,
    '  ended --> [*]',
    '  panicked --> [*]',
    '```',
    '',
  ].join('\n');
  await expect(text).toMatchFileSnapshot('../../docs/agent-chart.md');
});
