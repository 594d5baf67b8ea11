import { expect, test } from 'vitest';
import { simulated } from '../simulated.ts';

/** Everything that a short session leaves in the trace. */
async function traceOf(seed: number, traced = true, more: Parameters<typeof simulated>[0] = {}): Promise<{ lines: string[]; frames: unknown[] }> {
  const lines: string[] = [];
  const { microscope } = await simulated(
    { sample: { sites: { Particles: 2 } }, faults: [{ fault: 'stops-short', when: { after: 1 } }], ...more },
    { seed, ...(traced && { trace: (line: string) => lines.push(line) }) },
  );
  const frames: unknown[] = [];
  await microscope.moveStage({ xUm: 50 });
  await microscope.setBlanker(false);
  frames.push((await microscope.acquire({ widthPx: 128, heightPx: 96, dwellUs: 1, depth: 8 })).data);
  await microscope.setBlanker(true);
  await microscope.moveStage({ xUm: 90 }).catch(() => undefined);
  microscope.desk.joystick({ yUm: 5 });
  await microscope.halt('done');
  return { lines, frames };
}

test('one JSON line for every command, its end, every change of state and the true values', async () => {
  const { lines } = await traceOf(1);
  const entries = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(entries.map(({ kind, name, fault, code, what }) => [kind, name ?? fault ?? what, code].filter((part) => part !== undefined).join(' '))).toEqual([
    'state',
    'command moveStage',
    'state',
    'state',
    'arrived',
    'done moveStage',
    'command setBlanker',
    'state',
    'done setBlanker',
    'command acquire',
    'state',
    'scan',
    'state',
    'done acquire',
    'command setBlanker',
    'state',
    'done setBlanker',
    'command moveStage',
    'fault stops-short',
    'state',
    'state',
    'arrived',
    'failed moveStage EM_TARGET_NOT_REACHED',
    'operator joystick',
    'state',
    'command halt',
    'state',
  ]);
  const arrived = entries.find(({ kind }) => kind === 'arrived') as { readBack: { xUm: number }; truePosition: { xUm: number } };
  expect(arrived.readBack.xUm).toBe(50);
  expect(arrived.truePosition.xUm).not.toBe(50);
  expect(Math.abs(arrived.truePosition.xUm - 50)).toBeLessThan(0.5);
  expect(entries.find(({ kind }) => kind === 'scan')).toMatchObject({ dark: false, intensity: 1, potential: 0 });
});

test('the same bytes for the same seed, others for another one, and nothing changes by being traced', async () => {
  const first = await traceOf(1);
  expect((await traceOf(1)).lines.join('\n')).toBe(first.lines.join('\n'));
  expect((await traceOf(2)).lines.join('\n')).not.toBe(first.lines.join('\n'));
  expect((await traceOf(1, false)).frames).toEqual(first.frames);
});

test('the same bytes with every effect at work', async () => {
  const everything = {
    charging: { insulating: ['substrate'], doseCPerM2: 0.001 },
    contamination: { strength: 0.5, doseCPerM2: 0.001 },
    detector: { averaging: { mode: 'frame' as const, count: 3 } },
    stage: { backlashUm: 2, repeatabilityUm: 0.3, flagLatencyMs: 500, readBackHz: 2 },
    drift: { walkNmPerMin: 20 },
    vibration: { amplitudeNm: 10 },
    faults: [{ fault: 'drift-jump' as const, when: { p: 0.5 } }, { fault: 'beam-sags' as const, when: { atS: 0 } }],
  };
  const first = await traceOf(4, true, everything);
  expect(await traceOf(4, true, everything)).toEqual(first);
  expect(first.lines.some((line) => line.includes('beam-sags'))).toBe(true);
});
