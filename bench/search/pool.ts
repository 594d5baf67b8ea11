import { fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { EmagentError, type SerialisedError } from '../../src/contract/errors.ts';
import { playTask, type Task, type TaskResult } from './task.ts';

export interface PoolOptions {
  /** Called after each task with the number that is done. */
  readonly onDone?: (done: number) => void;
  readonly processes?: number;
}

/** Sources are played in this process: a process of its own would need the loader that compiles them. */
const FROM_SOURCE = import.meta.url.endsWith('.ts');

async function playHere(tasks: readonly Task[], onDone: (done: number) => void): Promise<TaskResult[]> {
  const results: TaskResult[] = [];
  for (const task of tasks) {
    results.push(await playTask(task));
    onDone(results.length);
  }
  return results;
}

/** Plays tasks in as many processes as there are cores; results are in the order of the tasks, whatever was done first. */
export async function playAll(tasks: readonly Task[], { onDone = () => undefined, processes = availableParallelism() }: PoolOptions = {}): Promise<TaskResult[]> {
  if (FROM_SOURCE || processes <= 1 || tasks.length < 2) return playHere(tasks, onDone);
  const results: TaskResult[] = [];
  let [next, done] = [0, 0];
  await new Promise<void>((resolve, reject) => {
    const children = Array.from({ length: Math.min(processes, tasks.length) }, () => fork(fileURLToPath(new URL('./worker.js', import.meta.url)), []));
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
      child.on('message', ({ result, failed }: { result?: TaskResult; failed?: SerialisedError }) => {
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
