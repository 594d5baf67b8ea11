/**
 * Every error a user can meet. `category` says who can mend it; `retry` whether the same call may succeed when repeated;
 * `exitCode` what the process ends with; `hint` what to do.
 */
const row = (category: ErrorCategory, retry: boolean, hint: string) => ({ category, retry, hint, exitCode: EXIT_OF[category] });

export type ErrorCategory = 'usage' | 'environment' | 'instrument' | 'unsafe' | 'stopped' | 'internal';
const EXIT_OF = { usage: 2, environment: 2, instrument: 4, unsafe: 5, stopped: 130, internal: 1 } as const;

/** Exit codes of the process (docs: README). */
export const EXIT = { done: 0, internal: 1, usage: 2, budgetSpent: 3, fault: 4, unsafe: 5, stopped: 130 } as const;

export const ERRORS = {
  EM_USAGE: row('usage', false, 'Run `emagent --help` or `emagent <command> --help`.'),
  EM_UNKNOWN_NAME: row('usage', false, 'Run `emagent list` to see the names that exist.'),
  EM_CONFIG: row('usage', false, 'Correct the configuration file; `emagent schema config` prints what it may hold.'),
  EM_PLAN: row('usage', false, 'Change the area, the field width or the budget of the plan.'),
  EM_REGION: row('usage', false, 'How regions, keep-out zones, plans and priors are written is in docs/regions.md.'),
  EM_DATASET: row('usage', false, 'A data set is a folder of folders: <Category>/<picture>.jpg|png|tif.'),
  EM_DOWNLOAD: row('environment', true, 'Run the same command again: it goes on where it stopped.'),
  EM_PICTURE: row('usage', false, 'Remove or replace the file.'),
  EM_MODEL: row('usage', false, 'Point --model at a folder with a model.json, or leave it out for the shipped model.'),
  EM_MODEL_CHECKSUM: row('usage', false, 'The file was changed or only half copied: copy the model folder again.'),
  EM_MODEL_FAILED: row('environment', false, 'Run `emagent doctor`.'),
  EM_NO_GPU: row('environment', false, 'Run `emagent doctor` to see why, or use --device cpu.'),
  EM_ENGINE: row('environment', false, 'Run `emagent doctor` to see which engines there are.'),
  EM_SETUP: row('environment', false, 'Mend what is missing and run the command again: nothing half-built is used.'),
  EM_PORT_IN_USE: row('environment', false, 'Choose another port, or stop the program that uses it.'),
  EM_WRITE: row('environment', false, 'Choose another folder with --runs, or mend its permissions.'),
  EM_DISK_FULL: row('environment', false, 'Free some space; the run folder holds everything up to here.'),
  EM_RUN_FOLDER: row('usage', false, 'Give the path of a run folder, one with a run.json.'),
  EM_SCENARIO: row('usage', false, 'Run `emagent list scenarios`, or give the path of a YAML file.'),
  EM_CONNECT: row('instrument', true, 'Is the instrument (or `emagent simulate`) running, and is the address right?'),
  EM_LINK_CLOSED: row('instrument', true, 'The connection went away: check the cable and the instrument.'),
  EM_PROTOCOL: row('instrument', false, 'The other end does not speak this protocol, or another version of it.'),
  EM_LEASE: row('instrument', true, 'Another client drives this microscope: wait for it or end it.'),
  EM_BUSY: row('instrument', true, 'The instrument is still doing something else: wait until it has finished.'),
  EM_TIMEOUT: row('instrument', true, 'The instrument did not answer in time.'),
  EM_HEARTBEAT_LOST: row('instrument', true, 'The instrument stopped answering.'),
  EM_LIMIT: row('usage', false, 'The value lies outside what the instrument allows; nothing was moved.'),
  EM_UNSUPPORTED: row('usage', false, 'This microscope cannot do that.'),
  EM_STAGE_FAULT: row('instrument', true, 'The stage reported an error.'),
  EM_TARGET_NOT_REACHED: row('instrument', true, 'The stage stopped somewhere else.'),
  EM_FRAME_INCOMPLETE: row('instrument', true, 'Part of the image was lost on the way.'),
  EM_FOCUS_FAILED: row('instrument', true, 'No focus was found here.'),
  EM_INTERLOCK: row('instrument', false, 'Vacuum, beam or door: the instrument refuses. See its own display.'),
  EM_VACUUM: row('instrument', false, 'The vacuum is out of band.'),
  EM_BEAM: row('instrument', false, 'The beam is off or failing.'),
  EM_EMERGENCY_STOP: row('instrument', false, 'The emergency stop is latched: a person resets it at the instrument.'),
  EM_DOSE: row('instrument', false, 'This place of the specimen has had the dose that the plan allows it (--site-dose).'),
  EM_OPERATOR: row('instrument', false, 'Somebody moved the stage by hand.'),
  EM_SPECIMEN_CHANGED: row('instrument', false, 'The anchor field does not look as it did before: is it still the same specimen?'),
  EM_TOO_MANY_SKIPPED: row('instrument', false, 'Too many fields failed one after another.'),
  EM_NOT_SAFE: row('unsafe', false, 'Go to the instrument: it could not be proven that the stage is still and the beam is blanked.'),
  EM_STOPPED: row('stopped', false, 'Stopped by the user.'),
  EM_INTERNAL: row('internal', false, 'This is a fault of emagent. Please report it with the run folder.'),
} as const;

export type ErrorCode = keyof typeof ERRORS;

const BRAND = Symbol.for('emagent.error');

/** One error class for the whole program. `message` is one sentence: what was wrong, and where. */
export class EmagentError extends Error {
  readonly code: ErrorCode;
  readonly context: Readonly<Record<string, unknown>>;
  readonly [BRAND] = true;

  constructor(code: ErrorCode, message: string, options: { cause?: unknown; context?: Record<string, unknown> } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'EmagentError';
    this.code = code;
    this.context = options.context ?? {};
  }

  get hint(): string {
    return ERRORS[this.code].hint;
  }

  get exitCode(): number {
    return ERRORS[this.code].exitCode;
  }

  /** `JSON.stringify` of a plain Error drops the message. */
  toJSON(): SerialisedError {
    return { code: this.code, message: this.message, hint: this.hint, context: this.context };
  }
}

export interface SerialisedError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly context: Readonly<Record<string, unknown>>;
}

/** Not `instanceof`: two copies of a package would break it. */
export function isEmagentError(value: unknown): value is EmagentError {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** Turns whatever was thrown into an EmagentError; an abort gives its reason. */
export function toEmagentError(thrown: unknown, fallback: ErrorCode = 'EM_INTERNAL'): EmagentError {
  if (isEmagentError(thrown)) return thrown;
  if (thrown instanceof Error) {
    if (thrown.name === 'AbortError') {
      return isEmagentError(thrown.cause) ? thrown.cause : new EmagentError('EM_STOPPED', 'Stopped.', { cause: thrown });
    }
    return new EmagentError(fallback, thrown.message, { cause: thrown });
  }
  return new EmagentError(fallback, String(thrown));
}
