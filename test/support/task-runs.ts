import { vi } from 'vitest';
import type { Action } from '../../src/rpc/gen/gavel/v1/Action.ts';
import type { LogEntry__Output } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import type { RunAction } from '../../src/rpc/gen/gavel/v1/RunAction.ts';
import type { Task__Output } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import { request, type TestBbs } from './bbs.ts';

export const sh = (script: string, over: Partial<RunAction> = {}): Action => ({
  run: { path: '/bin/sh', args: ['-c', script], ...over },
});
export const serial = (...actions: Action[]): Action => ({ serial: { actions } });

const LONG = { timeout: 60_000, interval: 50 };

/** Submits tasks over gRPC and reads what became of them, as any client would. */
export class TaskRuns {
  readonly #tasks: TestBbs['tasks'];

  constructor({ tasks }: Pick<TestBbs, 'tasks'>) {
    this.#tasks = tasks;
  }

  async submit(action: Action, over: Partial<TaskCreateRequest> = {}): Promise<string> {
    const made = await this.#tasks.DesireTask(request({ action, stop: { grace: { seconds: 1 } }, ...over }));
    return made.task_guid;
  }

  async get(guid: string): Promise<Task__Output> {
    return await this.#tasks.GetTask({ task_guid: guid, include_history: true });
  }

  /** The record when the task is over. */
  async finished(guid: string): Promise<Task__Output> {
    return await vi.waitUntil(async () => {
      const task = await this.get(guid);
      return task.outcome === '' ? undefined : task;
    }, LONG);
  }

  async run(action: Action, over: Partial<TaskCreateRequest> = {}): Promise<Task__Output> {
    return await this.finished(await this.submit(action, over));
  }

  /** Until one of its lines is `up`: its process runs, and has got as far as that. */
  async up(guid: string): Promise<void> {
    await vi.waitUntil(async () => (await this.get(guid)).state === 'RUNNING', LONG);
    for await (const { line } of this.#tasks.FollowLogs({ task_guid: guid, follow: true }))
      if (line?.text.toString() === 'up') return;
    throw new Error(`task ${guid} ended and was never up`);
  }

  /** The whole stream, which ends when the cell has ended the task. */
  async entries(guid: string): Promise<LogEntry__Output[]> {
    const entries: LogEntry__Output[] = [];
    for await (const entry of this.#tasks.FollowLogs({ task_guid: guid, follow: true })) entries.push(entry);
    return entries;
  }

  /** All its lines as `stream SOURCE text`. */
  async lines(guid: string): Promise<string[]> {
    return (await this.entries(guid)).flatMap(({ line }) =>
      line ? [`${line.stream} ${line.source} ${line.text.toString()}`] : [],
    );
  }
}
