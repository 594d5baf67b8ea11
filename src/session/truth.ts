import { writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EmagentError } from '../contract/errors.ts';
import type { Microscope } from '../contract/microscope.ts';
import type { SimulatedMicroscope } from '../../simulator/simulated-microscope.ts';

/** For `emagent simulate --truth`: when the server has ended. Throws EM_WRITE. */
export async function writeTruthFile(microscope: SimulatedMicroscope, path: string): Promise<void> {
  try {
    await writeFile(path, `${JSON.stringify(microscope.truth(), null, 2)}\n`);
  } catch (cause) {
    throw new EmagentError('EM_WRITE', `The truth could not be written to ${path}: ${(cause as Error).message}.`, { cause });
  }
}

const isSimulated = (microscope: Microscope): microscope is SimulatedMicroscope => 'truth' in microscope;

/**
 * Lets the simulated microscope of this process write what really lay on the stage beside the run, for `emagent score`.
 * Called when the run has ended and the microscope is closed: until then the truth stays inside the simulator.
 */
export async function writeTruth(microscope: Microscope, runDir: string): Promise<void> {
  if (!isSimulated(microscope) || !existsSync(runDir)) return;
  await writeFile(join(runDir, 'truth.json'), `${JSON.stringify(microscope.truth(), null, 2)}\n`);
}
