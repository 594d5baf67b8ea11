import { parentPort, workerData } from 'node:worker_threads';
import { toEmagentError } from '../../contract/errors.ts';
import { createViewMaker, type ViewMakerOptions, type ViewRequest } from './view-maker.ts';

/** Runs in a thread of its own: gets requests, gives views or what was wrong with the picture. */
const make = createViewMaker(workerData as ViewMakerOptions);
const port = parentPort!;

port.on('message', ({ id, request }: { id: number; request: ViewRequest }) => {
  make(request).then(
    (view) => port.postMessage({ id, view }, [view.buffer as ArrayBuffer]),
    (thrown: unknown) => port.postMessage({ id, error: toEmagentError(thrown, 'EM_PICTURE').toJSON() }),
  );
});
