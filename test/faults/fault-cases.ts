import { FAULTS, type FaultName, type FaultScript, type WireName } from '../../simulator/faults.ts';
import { WIRES } from '../../simulator/wire/registry.ts';
import type { FaultRunOptions, Place } from './fault-bench.ts';

/** How a fault is brought about where "at the fifth occasion" does not do. */
interface Special {
  readonly when?: FaultScript['when'];
  readonly forS?: number;
  readonly options?: Omit<FaultRunOptions, 'place' | 'seed' | 'scripts'>;
  /** Instruments whose pictures take long have fewer of them: these options are not for them, and it strikes here. */
  readonly slowWhen?: FaultScript['when'];
  /** Why nothing needs to be noticed, or cannot be. */
  readonly unnoticed?: string;
}

/** Enough fields for what takes half a minute. */
const LONG = { settings: { area: { widthUm: 240, heightUm: 180 } } } as const;

export const SPECIAL: Partial<Record<FaultName, Special>> = {
  // The fifth move may be one of a micrometre, within the tolerance: a step to the middle of what was seen.
  'stops-short': { when: { after: 6 } },
  'no-start': { when: { after: 6 } },
  'idle-while-moving': { unnoticed: 'a move ends when its position is there, whatever the flag says' },
  // After the pictures of the first focusing.
  'incomplete-frame': { when: { after: 12 } },
  'uniform-line': { when: { after: 12 } },
  'frozen-frame': { when: { after: 12 } },
  'wrong-frame-size': { when: { after: 12 } },
  // At 39 nm a pixel, where 40 um blur by five of them: half as much still passes for a soft specimen.
  defocus: { when: { after: 16 }, options: { settings: { fieldWidthUm: 10, area: { widthUm: 60, heightUm: 40 } } }, slowWhen: { after: 12 }, unnoticed: 'no picture after it has the edges to show it' },
  charging: { when: { after: 12 } },
  'drift-jump': { when: { after: 12 }, unnoticed: 'the picture shows nothing that could break' },
  'beam-sags': { when: { after: 4 }, options: LONG },
  // Somebody is waited for, and the camera goes on meanwhile.
  'operator-moves': { options: { cameraEveryMs: 4000 } },
  'specimen-swapped': {
    options: {
      // Somebody pauses the run, changes the specimen and lets it go on.
      onEvent: (event, { control, inject }) => {
        if (event.type === 'observed' && event.seq > 100 && event.seq < 120) void control.request('pause', 'test');
        if (event.type !== 'paused') return;
        inject({ fault: 'specimen-swapped', when: { after: 0 } });
        setImmediate(() => void control.request('resume', 'test'));
      },
    },
  },
  'late-completion': { when: { after: 12 } },
  'split-bytes': { unnoticed: 'the parser puts the pieces together: nothing is lost' },
  'merged-replies': { unnoticed: 'the parser takes the replies apart: nothing is lost' },
  'garbage-bytes': { unnoticed: 'what is no reply is left out: the reply comes behind it' },
  'file-missing': { unnoticed: 'the next picture of the series is taken' },
  'file-half-written': { unnoticed: 'a picture that is not whole is not taken; the next one is' },
  'file-late': { unnoticed: 'a picture is waited for until it is whole' },
  'chunk-repeated': { unnoticed: 'the same pixels once more: the picture is right' },
  'chunk-reordered': { unnoticed: 'every pixel has its place: the picture is right' },
  'chunk-foreign': { unnoticed: 'it carries the number of another frame and is left out' },
};

/** Faults that another suite brings about, on a real process or a real disk. */
export const ELSEWHERE: Partial<Record<FaultName, string>> = {
  'disk-full': 'test/record',
  'agent-killed': 'test/simulator/wire, on a real process',
  'clock-step': 'nothing waits on the clock of the wall: test/architecture',
  'viewer-gone': 'test/live',
};

/** A stage with a camera has no beam, no vacuum and no scan; of the instrument's faults it has these. */
const OF_A_STAGE: ReadonlySet<FaultName> = new Set(['stops-short', 'move-fails', 'idle-while-moving', 'no-start', 'operator-moves', 'touch']);

/** Every place at which a fault can happen. */
export function placesOf(fault: FaultName): Place[] {
  const served = Object.keys(WIRES) as WireName[];
  const { layer, ...more } = FAULTS[fault];
  if (layer === 'device' || layer === 'physics') return ['sim', ...served.filter((wire) => wire !== 'asi' || OF_A_STAGE.has(fault))];
  if (fault.startsWith('file-')) return served.filter((wire) => wire === 'remcon' || wire === 'asi');
  const wires: readonly WireName[] = 'wires' in more ? more.wires : [];
  return served.filter((wire) => wires.includes(wire));
}

/** Of the specimen and of what goes wrong; docs/faults.md was measured with the usual one. */
export const USUAL_SEED = 2;
export const FAULT_SEED = Number(process.env['EMAGENT_FAULT_TABLE_SEED'] ?? USUAL_SEED);

/** Instruments whose every picture takes long to make: fewer fields. */
const SLOW: ReadonlySet<Place> = new Set(['remcon', 'asi']);
const SMALL = { area: { widthUm: 60, heightUm: 45 } };

export function runOptions(fault: FaultName, place: Place): FaultRunOptions {
  const { when = { after: 4 }, forS, options = {}, slowWhen } = SPECIAL[fault] ?? {};
  const slow = SLOW.has(place);
  const otherwise = slow && slowWhen !== undefined;
  const injectedLater = fault === 'specimen-swapped';
  return { place, seed: FAULT_SEED, ...(slow && { settings: SMALL }), ...(otherwise ? {} : options), scripts: injectedLater ? [] : [{ fault, when: otherwise ? slowWhen : when, ...(forS !== undefined && { forS }) }] };
}
