import { nanosToMs } from '../domain/duration.ts';
import { isTerminal, type Task } from '../domain/task.ts';

/** How long its process has run, or ran: `00:03:12`. Grows while it runs; zero before. */
export function computationTime(task: Task, nowMs = Date.now()): string {
  if (task.started_at === 0n) return clock(0);
  return clock(endMs(task, nowMs) - nanosToMs(task.started_at));
}

/** From the submit to the end, with the queue and the preparation. */
export function totalTime(task: Task, nowMs = Date.now()): string {
  return clock(endMs(task, nowMs) - nanosToMs(task.created_at));
}

function endMs(task: Task, nowMs: number): number {
  return isTerminal(task.state) ? nanosToMs(task.first_completed_at) : nowMs;
}

function clock(ms: number): string {
  const total = Math.max(0, Math.round(ms / 1_000));
  const two = (value: number) => String(Math.trunc(value)).padStart(2, '0');
  return `${two(total / 3_600)}:${two((total % 3_600) / 60)}:${two(total % 60)}`;
}
