import { toEmagentError } from '../../src/contract/errors.ts';
import { playTask, type Task } from './task.ts';

/** Entry of a process that plays tasks: one in, its result or what went wrong out, until the parent lets go. */
process.on('message', (task: Task) => {
  playTask(task).then(
    (result) => process.send?.({ result }),
    (thrown: unknown) => process.send?.({ failed: toEmagentError(thrown).toJSON() }),
  );
});
process.on('disconnect', () => process.exit());
