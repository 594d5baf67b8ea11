import type { TestContext } from 'vitest';
import { loadTensorFlow } from '../../../src/classify/tensorflow/load.ts';
import { isEmagentError } from '../../../src/contract/errors.ts';
import type { Tf } from '../../../src/learn/train/network.ts';

let loading: Promise<Tf | undefined> | undefined;

/** The native engine; the test is skipped, and says so, where it is not there. */
export async function nativeEngine(context: TestContext): Promise<Tf> {
  loading ??= loadTensorFlow().then(
    ({ tf }) => tf as unknown as Tf,
    (thrown: unknown) => {
      if (!isEmagentError(thrown)) throw thrown;
      console.warn(`SKIPPED: ${thrown.message}`);
      return undefined;
    },
  );
  const tf = await loading;
  if (tf === undefined) context.skip();
  return tf!;
}
