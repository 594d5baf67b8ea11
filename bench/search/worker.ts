import { serveTasks } from './serve-tasks.ts';
import { playTask } from './task.ts';

serveTasks(playTask);
