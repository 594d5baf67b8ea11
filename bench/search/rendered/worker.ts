import { serveTasks } from '../serve-tasks.ts';
import { playRendered } from './task.ts';

serveTasks(playRendered);
