import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAULTS, type FaultName, type FaultScript } from '../../simulator/faults.ts';
import { runWithFaults } from './fault-bench.ts';
import { expectInvariants, expectTrueFinds } from './invariants.ts';

/** By hand more: EMAGENT_FAULT_SCRIPTS=1000; and others: EMAGENT_FAULT_SEED=2. */
const SCRIPTS = Number(process.env['EMAGENT_FAULT_SCRIPTS'] ?? 200);
const SEED = Number(process.env['EMAGENT_FAULT_SEED'] ?? 1);

const instrumentFaults = (Object.keys(FAULTS) as FaultName[]).filter((fault) => FAULTS[fault].layer === 'device' || FAULTS[fault].layer === 'physics');

const when: fc.Arbitrary<FaultScript['when']> = fc.oneof(
  fc.record({ after: fc.nat(12) }),
  fc.record({ atS: fc.integer({ min: 0, max: 100 }).map((tenths) => tenths / 10) }),
  fc.record({ p: fc.integer({ min: 1, max: 30 }).map((percent) => percent / 100) }),
  fc.record({ onState: fc.constantFrom('moving' as const, 'scanning' as const, 'unblanked' as const, 'idle' as const) }),
);

const script: fc.Arbitrary<FaultScript> = fc.record(
  { fault: fc.constantFrom(...instrumentFaults), when, count: fc.integer({ min: 1, max: 5 }), forS: fc.integer({ min: 1, max: 60 }) },
  { requiredKeys: ['fault', 'when'] },
) as fc.Arbitrary<FaultScript>;

const SMALL = { area: { widthUm: 60, heightUm: 45 }, finds: 2 } as const;

test(
  `${SCRIPTS} random scripts of faults: every run keeps the invariants and ends safe`,
  { timeout: 60_000 + 6000 * SCRIPTS },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(script, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 4 }), async (scripts, seed) => {
        const run = await runWithFaults({ scripts, seed, settings: SMALL });
        await expectInvariants(run);
        expectTrueFinds(run);
      }),
      { numRuns: SCRIPTS, seed: SEED },
    );
  },
);

test('same seed and same scripts: the same run, to the last event', async () => {
  const scripts: FaultScript[] = [
    { fault: 'stops-short', when: { p: 0.2 }, count: 3 },
    { fault: 'incomplete-frame', when: { after: 2 } },
    { fault: 'vacuum-trip', when: { atS: 4 } },
  ];
  const [first, second] = [await runWithFaults({ scripts, settings: SMALL }), await runWithFaults({ scripts, settings: SMALL })];
  // Wall time is the only thing that may differ.
  const bare = (events: typeof first.events): unknown => JSON.parse(JSON.stringify(events, (key, value: unknown) => (key === 'wallSeconds' || key === 'runDir' ? undefined : value)));
  expect(first.strikes.length).toBeGreaterThan(1);
  expect(bare(second.events)).toEqual(bare(first.events));
});
