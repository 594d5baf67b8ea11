import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FAULTS, type FaultName, type FaultScript } from '../../simulator/faults.ts';
import { runWithFaults, type Place } from './fault-bench.ts';
import { ELSEWHERE, placesOf } from './fault-cases.ts';
import { expectInvariants, expectTrueFinds } from './invariants.ts';

/** By hand more: EMAGENT_FAULT_SCRIPTS=1000; others: EMAGENT_FAULT_SEED=2; elsewhere: EMAGENT_FAULT_PLACES=remcon,asi. */
const SCRIPTS = Number(process.env['EMAGENT_FAULT_SCRIPTS'] ?? 200);
const SEED = Number(process.env['EMAGENT_FAULT_SEED'] ?? 1);

/** Where the scripts are played: mostly in the process, where a run takes a second, and on the wires that are quick; the others by hand. */
const PLACES = (process.env['EMAGENT_FAULT_PLACES']?.split(',') ?? [...Array.from({ length: 8 }, () => 'sim'), 'scope', 'sharksem']) as Place[];
const faultsOn = (place: Place): FaultName[] => (Object.keys(FAULTS) as FaultName[]).filter((fault) => ELSEWHERE[fault] === undefined && placesOf(fault).includes(place));

const when: fc.Arbitrary<FaultScript['when']> = fc.oneof(
  fc.record({ after: fc.nat(12) }),
  fc.record({ atS: fc.integer({ min: 0, max: 100 }).map((tenths) => tenths / 10) }),
  fc.record({ p: fc.integer({ min: 1, max: 30 }).map((percent) => percent / 100) }),
  fc.record({ onState: fc.constantFrom('moving' as const, 'scanning' as const, 'unblanked' as const, 'idle' as const) }),
);

const scriptOn = (place: Place): fc.Arbitrary<FaultScript> =>
  fc.record(
    { fault: fc.constantFrom(...faultsOn(place)), when, count: fc.integer({ min: 1, max: 5 }), forS: fc.integer({ min: 1, max: 60 }) },
    { requiredKeys: ['fault', 'when'] },
  ) as fc.Arbitrary<FaultScript>;

const scene = fc.constantFrom(...PLACES).chain((place) => fc.record({ place: fc.constant(place), scripts: fc.array(scriptOn(place), { minLength: 1, maxLength: 4 }) }));

const SMALL = { area: { widthUm: 60, heightUm: 45 }, finds: 2 } as const;

test(
  `${SCRIPTS} random scripts of faults: every run keeps the invariants and ends safe`,
  { timeout: 60_000 + 20_000 * SCRIPTS },
  async () => {
    await fc.assert(
      fc.asyncProperty(scene, fc.integer({ min: 1, max: 4 }), async ({ place, scripts }, seed) => {
        const run = await runWithFaults({ place, scripts, seed, settings: SMALL });
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
