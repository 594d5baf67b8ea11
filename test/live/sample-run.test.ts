import { describe, expect, test } from 'vitest';
import { RunEvent } from '../../src/contract/events.ts';
import { sampleRun } from '../support/sample-run.ts';

describe('sample run', () => {
  test.each(['budget', 'stopped', 'faulted', 'panicked', 'open'] as const)('ending %s: every event fits the schema and is numbered', (ending) => {
    const events = sampleRun({ ending, findsWanted: 50 });
    for (const event of events) expect(RunEvent.parse(event)).toEqual(event);
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index));
    expect(events.at(-1)?.type).toBe(ending === 'open' ? 'progress' : 'run-ended');
  });

  test('finds what it was asked for and says so', () => {
    const last = sampleRun().at(-1);
    expect(last).toMatchObject({ type: 'run-ended', outcome: 'found' });
  });

  test('same seed, same events; another seed, others', () => {
    expect(sampleRun({ seed: 3 })).toEqual(sampleRun({ seed: 3 }));
    expect(sampleRun({ seed: 3 })).not.toEqual(sampleRun({ seed: 4 }));
  });
});
