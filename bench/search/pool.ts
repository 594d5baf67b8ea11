import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { EmagentError, type SerialisedError } from '../../src/contract/errors.ts';
import { playTask, type Task, type TaskResult } from './task.ts';

/** A kind of task, and the file of the process that plays it. */
export interface Work<T, R> {
  readonly play: (task: T) => Promise<R>;
  readonly worker: URL;
}

/** Worlds of scores. */
const SCORES: Work<Task, TaskResult> = { play: playTask, worker: new URL('./worker.js', import.meta.url) };

export interface PoolOptions {
  /** Called after each task with the number that is done. */
  readonly onDone?: (done: number) => void;
  readonly processes?: number;
}

/** Sources are played in this process: a process of its own would need the loader that compiles them. */
const FROM_SOURCE = import.meta.url.endsWith('.ts');

async function playHere<T, R>({ play }: Work<T, R>, tasks: readonly T[], onDone: (done: number) => void): Promise<R[]> {
  const results: R[] = [];
  for (const task of tasks) {
    results.push(await play(task));
    onDone(results.length);
  }
  return results;
}

/** `playIn` for worlds of scores. */
export const playAll = (tasks: readonly Task[], options: PoolOptions = {}): Promise<TaskResult[]> => playIn(SCORES, tasks, options);

/** Plays tasks in as many processes as there are cores; results are in the order of the tasks, whatever was done first. */
export async function playIn<T extends object, R>(work: Work<T, R>, tasks: readonly T[], { onDone = () => undefined, processes = availableParallelism() }: PoolOptions = {}): Promise<R[]> {
  if (FROM_SOURCE || processes <= 1 || tasks.length < 2) return playHere(work, tasks, onDone);
  const results: R[] = [];
  let [next, done] = [0, 0];
  await new Promise<void>((resolve, reject) => {
    const children = Array.from({ length: Math.min(processes, tasks.length) }, () => fork(fileURLToPath(work.worker), []));
    let stopped = false;
    const stop = (error?: Error): void => {
      stopped = true;
      for (const child of children) child.kill();
      if (error === undefined) resolve();
      else reject(error);
    };
    for (const child of children) {
      let current = -1;
      const feed = (): void => {
        if (next >= tasks.length) return;
        current = next++;
        child.send(tasks[current]!);
      };
      child.on('message', ({ result, failed }: { result?: R; failed?: SerialisedError }) => {
        if (result === undefined) {
          stop(new EmagentError(failed!.code, failed!.message));
          return;
        }
        results[current] = result;
        onDone(++done);
        if (done === tasks.length) stop();
        else feed();
      });
      child.on('exit', (code, signal) => {
        if (!stopped) stop(new EmagentError('EM_INTERNAL', `A process of the benchmark ended before its work: ${signal ?? `code ${code}`}.`));
      });
      feed();
    }
  });
  return results;
}
