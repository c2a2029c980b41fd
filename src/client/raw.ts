import type { Task, TaskDefinition } from '../domain/task.ts';
import { parseTaskSpec, type TaskSpec } from '../platform/task-spec.ts';
import { definitionToWire } from '../rpc/codec.ts';
import type { Connection } from './connection.ts';
import { checking } from './errors.ts';
import { type TaskView, taskView } from './task-view.ts';
import type { TaskChange } from './watch.ts';
import { watchOnce } from './watch.ts';

const PAGE = 1_000;

/**
 * Diego's calls, verb for verb: each is one request (lists: one for each page), nothing is made up for it, and only reads are repeated.
 */
export class Raw {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** @throws TaskError `invalid_argument`; `already_exists` when the guid has another definition. */
  async desireTask(definition: TaskSpec, signal?: AbortSignal): Promise<TaskView> {
    const request: TaskDefinition = checking(() => parseTaskSpec(definition));
    return taskView(await this.#connection.tasks.DesireTask(definitionToWire(request), this.#once(signal)));
  }

  /** Every live task, newest first. */
  async tasks(signal?: AbortSignal): Promise<readonly TaskView[]> {
    return await this.#list({}, signal);
  }

  /** None for a domain that nobody knows. */
  async tasksByDomain(domain: string, signal?: AbortSignal): Promise<readonly TaskView[]> {
    return await this.#list({ domain }, signal);
  }

  async tasksByCellId(cell_id: string, signal?: AbortSignal): Promise<readonly TaskView[]> {
    return await this.#list({ cell_id }, signal);
  }

  /** Of the live set only. @throws TaskError `not_found`. */
  async taskByGuid(task_guid: string, signal?: AbortSignal): Promise<TaskView> {
    return taskView(await this.#connection.tasks.GetTask({ task_guid }, this.#connection.call(signal)));
  }

  async cancelTask(task_guid: string, signal?: AbortSignal): Promise<Task> {
    return taskView(await this.#connection.tasks.CancelTask({ task_guid }, this.#once(signal)));
  }

  /** COMPLETED -> RESOLVING, for exactly one caller. @throws TaskError `invalid_transition`. */
  async resolvingTask(task_guid: string, signal?: AbortSignal): Promise<Task> {
    return taskView(await this.#connection.tasks.ResolveTask({ task_guid }, this.#once(signal)));
  }

  /** RESOLVING -> removed. @throws TaskError `invalid_transition`. */
  async deleteTask(task_guid: string, signal?: AbortSignal): Promise<void> {
    await this.#connection.tasks.DeleteTask({ task_guid }, this.#once(signal));
  }

  /** Changes from now on, over one connection: it ends when that does. `client.events` is the one that goes on. */
  watchTasks(signal?: AbortSignal): AsyncGenerator<TaskChange, void, undefined> {
    return watchOnce(this.#connection, { signal });
  }

  async #list(filter: { readonly domain?: string; readonly cell_id?: string }, signal: AbortSignal | undefined) {
    const found: TaskView[] = [];
    let token = '';
    do {
      const request = { ...filter, page_size: PAGE, page_token: token };
      const page = await this.#connection.tasks.ListTasks(request, this.#connection.call(signal));
      for (const task of page.tasks) found.push(taskView(task));
      token = page.next_page_token;
    } while (token !== '');
    return found;
  }

  #once(signal: AbortSignal | undefined) {
    return { ...this.#connection.call(signal), retry: false };
  }
}
