import { parentPort } from 'node:worker_threads';
import { renderYield, type RenderOptions } from './micrograph.ts';

/** Entry of the thread that draws: options in, yields as bytes out (0 to 255 for 0 to 1), or the error's message. */
parentPort?.on('message', ({ id, options }: { readonly id: number; readonly options: RenderOptions }) => {
  try {
    const { data } = renderYield(options);
    const bytes = new Uint8Array(data.length);
    for (let index = 0; index < data.length; index++) bytes[index] = Math.round(data[index]! * 255);
    parentPort?.postMessage({ id, bytes }, [bytes.buffer]);
  } catch (thrown) {
    parentPort?.postMessage({ id, failed: (thrown as Error).message });
  }
});
