import type { Clock } from '../../src/contract/clock.ts';
import type { ConnectContext } from '../../src/contract/microscope.ts';
import type { Instrument } from './identify.ts';
import type { AddressOptions } from './options.ts';
import type { Session } from './session.ts';
import type { Health } from './status.ts';

/** What the commands of one connected microscope work on. */
export interface Parts {
  readonly session: Session;
  readonly instrument: Instrument;
  readonly options: AddressOptions;
  readonly clock: Clock;
  readonly log: ConnectContext['log'];
  readonly watch: {
    /** Vacuum and beam were read: what has become worse is told. */
    sees(health: Health): void;
  };
  /** What has to be remembered of the scan generator. */
  readonly scan: ScanMemory;
}

export interface ScanMemory {
  isRunning: boolean;
  /** Name of the one that was selected last. */
  detector: string;
  nextFrame: number;
  /** The dwell argument is refused here: the scan speed is set instead. */
  usesSpeeds: boolean;
  /** Frames in a row whose dwell time was refused. */
  refusals: number;
  /** As they were before the first scan: given back at the end. */
  guiWasScanning: boolean;
  speedBefore: number | undefined;
}
