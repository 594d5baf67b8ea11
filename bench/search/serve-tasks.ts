import { toEmagentError } from '../../src/contract/errors.ts';

/** The far side of `playIn`: one task in, its result or what went wrong out, until the parent lets go. */
export function serveTasks<T, R>(play: (task: T) => Promise<R>): void {
  process.on('message', (task: T) => {
    play(task).then(
      (result) => process.send?.({ result }),
      (thrown: unknown) => process.send?.({ failed: toEmagentError(thrown).toJSON() }),
    );
  });
  process.on('disconnect', () => process.exit());
}
