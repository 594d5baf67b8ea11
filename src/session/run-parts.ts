import type { SignalTrend } from '../imaging/signal-trend.ts';
import type { Logger } from './logger.ts';
import type { Station } from './station.ts';
import type { Classifier } from '../contract/classifier.ts';
import type { Clock } from '../contract/clock.ts';
import type { Microscope, MicroscopeState } from '../contract/microscope.ts';
import type { ModelManifest } from '../contract/model-manifest.ts';
import type { ReportedFind, RunPlan } from '../contract/run.ts';
import type { RunFolder } from '../record/run-folder.ts';
import type { Anchor } from './anchor.ts';
import type { EventBus } from './event-bus.ts';
import type { FocusKeeper } from './focus-keeper.ts';
import type { FrameStore } from './frame-store.ts';
import type { ImageAxes } from './image-axes.ts';
import type { Ledger } from './ledger.ts';
import type { SiteDose } from './site-dose.ts';
import type { SearchProgress } from './search-progress.ts';

/** Everything that the actors of one run work on. */
export interface RunParts {
  readonly plan: RunPlan;
  readonly microscope: Microscope;
  /** The instrument as it was found: restored on the way out. */
  readonly before: MicroscopeState;
  readonly classifier: Classifier;
  readonly manifest: ModelManifest;
  readonly search: SearchProgress;
  readonly clock: Clock;
  readonly bus: EventBus;
  readonly frames: FrameStore;
  readonly ledger: Ledger;
  /** What each place of the area has had of the beam. */
  readonly siteDose: SiteDose;
  readonly folder: RunFolder;
  readonly finds: ReportedFind[];
  /** The field by which the specimen is recognised after a stop, once there is one. */
  readonly anchor: () => Anchor | undefined;
  /** How pictures lie to the stage: as the driver promises, or as it was measured. */
  readonly axes: { current: ImageAxes; measured: boolean };
  /** Heights of the specimen, and what else was learned about the focus. */
  readonly focus: FocusKeeper;
  /** Whether the stigmators were set in this run, or nothing came of trying. */
  readonly stigmators: { tried: boolean };
  /** How the brightness of the pictures goes, by which a failing beam shows. */
  readonly signal: SignalTrend;
  /** Where the run put the stage. */
  readonly station: Station;
  readonly log: Logger;
}
