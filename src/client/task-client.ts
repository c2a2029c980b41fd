import type { Outcome, TaskState } from '../domain/task.ts';
import { parseSelect } from '../platform/select.ts';
import { parseTaskSpec, type TaskSpec } from '../platform/task-spec.ts';
import { definitionToWire } from '../rpc/codec.ts';
import type { TaskCreateRequest } from '../rpc/gen/gavel/v1/TaskCreateRequest.ts';
import type { Verdict__Output } from '../rpc/gen/gavel/v1/Verdict.ts';
import { isErrorCode } from '../rpc/status.ts';
import { Alerts } from './alerts.ts';
import { Callbacks } from './callback-ledger.ts';
import { type PlacementPlan, type PlanOptions, planPlacement } from './capacity.ts';
import { Cells, History } from './cluster.ts';
import { type ClientOptions, Connection } from './connection.ts';
import { DomainList } from './domains.ts';
import { checking, type TaskError, TaskFailedError, taskError } from './errors.ts';
import { type Explanation, explanationFromWire } from './explain.ts';
import { readRecord } from './follow.ts';
import { nanosOf } from './nanos.ts';
import { Raw } from './raw.ts';
import { named, type RunOptions, submitSpec } from './submit.ts';
import { TaskHandle, type WaitOptions } from './task-handle.ts';
import { type FinishedTask, type TaskView, taskView } from './task-view.ts';
import { readUsages, type Usages } from './usage.ts';
import { type TaskChange, type WatchOptions, watchTasks } from './watch.ts';
import { type WhoAmI, whoAmI } from './who-am-i.ts';

export interface RunAndWaitOptions extends Omit<RunOptions, 'dryRun'>, Omit<WaitOptions, 'until'> {
  /** A task that did not succeed is answered and not thrown. */
  readonly allowFailure?: boolean;
}

export type SubmitResult =
  | { readonly task: TaskHandle; readonly error?: never }
  | { readonly error: TaskError; readonly task?: never };

export interface TaskFilter {
  readonly domain?: string;
  readonly cell?: string;
  readonly states?: readonly TaskState[];
  readonly outcomes?: readonly Outcome[];
  /** Who submitted. */
  readonly createdBy?: string;
  /** All of these; an empty value stands for any. */
  readonly labels?: Readonly<Record<string, string>>;
  /** UNIX nanoseconds or a Date; inclusive. */
  readonly createdAfter?: bigint | Date;
  /** Exclusive. */
  readonly createdBefore?: bigint | Date;
  /**
   * The list as it was: of tasks that were live at this time, as they were then; as far back as the server keeps changes (TaskError `compacted`
   * says how far that is).
   */
  readonly asOf?: bigint | Date;
  /** The same by the store's revision, which is in each record. */
  readonly asOfRevision?: number;
  readonly pageSize?: number;
  readonly signal?: AbortSignal;
}

export interface TaskPage {
  /** Newest first. */
  readonly tasks: readonly TaskView[];
  /** How many match in all. */
  readonly total: number;
  /** Empty on the last page. */
  readonly nextPageToken: string;
  /** From which a watch goes on without a gap. */
  readonly cursor: string;
}

/** The way into a Gavel cluster. One is enough for a program; it holds its connections until `close()`. */
export class TaskClient {
  readonly #connection: Connection;
  readonly tasks: Tasks;
  readonly history: History;
  readonly cells: Cells;
  readonly callbacks: Callbacks;
  readonly alerts: Alerts;
  readonly domains: DomainList;
  /** Diego's calls, verb for verb. */
  readonly raw: Raw;

  constructor(options: ClientOptions = {}) {
    this.#connection = new Connection(options);
    this.tasks = new Tasks(this.#connection);
    this.history = new History(this.#connection);
    this.cells = new Cells(this.#connection);
    this.callbacks = new Callbacks(this.#connection);
    this.alerts = new Alerts(this.#connection);
    this.domains = new DomainList(this.#connection);
    this.raw = new Raw(this.#connection);
  }

  /** `host:port` of the servers, parted by commas. */
  get endpoint(): string {
    return this.#connection.endpoint;
  }

  /** A handle by guid, number or unique beginning of a guid; no I/O until it is used. */
  task(id: string | number): TaskHandle {
    return new TaskHandle(this.#connection, String(id));
  }

  /** Every change of every task, from now on or behind a cursor; over broken connections, without a gap that is not told. */
  events(options: WatchOptions = {}): AsyncGenerator<TaskChange, void, undefined> {
    return watchTasks(this.#connection, options);
  }

  /** Who this client is to the servers, and until when. */
  async whoAmI(signal?: AbortSignal): Promise<WhoAmI> {
    return await whoAmI(this.#connection, signal);
  }

  /** Ends what still waits (TaskError `cancelled`): nothing of the client keeps the process alive after it. */
  close(): void {
    this.#connection.close();
  }
}

class Tasks {
  readonly #connection: Connection;

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /**
   * Submits; resolves when the task is durable (with `inputs`: and released), not when it is done. Should the upload fail, the task
   * waits on for it, until its placement deadline: `handle.upload()`.
   * @throws TaskError `invalid_argument` with every fault of the spec.
   */
  async run(spec: TaskSpec, options: RunOptions & { readonly dryRun: true }): Promise<Explanation>;
  async run(spec: TaskSpec, options?: RunOptions & { readonly dryRun?: false }): Promise<TaskHandle>;
  async run(spec: TaskSpec, options: RunOptions = {}): Promise<TaskHandle | Explanation> {
    if (options.dryRun === true) return await this.explain(spec, options.signal);
    const task = await submitSpec(this.#connection, spec, options);
    return new TaskHandle(this.#connection, task.task_guid, task);
  }

  /**
   * Submits many, in as few calls as it takes. Each is created or refused by itself; calling again with the same guids or
   * request keys creates only what is missing.
   * @returns one for each spec, in their order: the handle, or the error that `run` would have thrown.
   * @throws TaskError `invalid_argument` when a spec has a field that no task has; then nothing was submitted.
   */
  async runMany(specs: readonly TaskSpec[], options: { readonly signal?: AbortSignal } = {}): Promise<SubmitResult[]> {
    const requests = checking(() => specs.map((spec) => definitionToWire(named(parseTaskSpec(spec), undefined))));
    const results: SubmitResult[] = [];
    for (const tasks of batches(requests)) {
      const answer = await this.#connection.tasks.DesireTasks({ tasks }, this.#connection.call(options.signal));
      for (const { task, refusal } of answer.results) {
        if (task !== null) {
          const record = taskView(task);
          results.push({ task: new TaskHandle(this.#connection, record.task_guid, record) });
        } else {
          results.push({ error: refused(refusal) });
        }
      }
    }
    return results;
  }

  /** @throws TaskFailedError, with the record, when the task does not succeed; with `allowFailure` that is an answer, too. */
  async runAndWait(spec: TaskSpec, options: RunAndWaitOptions = {}): Promise<FinishedTask> {
    const handle = await this.run(spec, options);
    const task = await handle.wait(options);
    if (task.outcome !== 'succeeded' && options.allowFailure !== true) throw new TaskFailedError(task);
    return task;
  }

  /** Whether and where the task would be placed now, and what would help; nothing is created. */
  async explain(spec: TaskSpec, signal?: AbortSignal): Promise<Explanation> {
    const request = checking(() => definitionToWire(named(parseTaskSpec(spec), undefined)));
    return explanationFromWire(
      await this.#connection.tasks.ExplainPlacement({ request }, this.#connection.call(signal)),
    );
  }

  /** How many tasks like this would be placed now, also with cells added or left out; nothing is created. */
  async plan(spec: TaskSpec, options: PlanOptions = {}): Promise<PlacementPlan> {
    return await planPlacement(this.#connection, spec, options);
  }

  /** What running tasks use at this moment. */
  async usages(options: { readonly cell?: string; readonly signal?: AbortSignal } = {}): Promise<Usages> {
    return await readUsages(this.#connection, '', options);
  }

  /** The record, live or from history. @throws TaskError `not_found`. */
  async get(id: string | number, signal?: AbortSignal): Promise<TaskView> {
    return await readRecord(this.#connection, String(id), undefined, signal);
  }

  /**
   * Live tasks, newest first; pages are fetched as they are needed. `select`: an expression as of the command line's --select, which is
   * weighed here. `pageToken`: go on behind a page.
   */
  async *list(
    filter: TaskFilter & { readonly select?: string } = {},
    pageToken = '',
  ): AsyncGenerator<TaskView, void, undefined> {
    const { select } = filter;
    const selector = select === undefined ? undefined : checking(() => parseSelect(select));
    let token = pageToken;
    do {
      const page = await this.page(filter, token);
      yield* selector === undefined ? page.tasks : page.tasks.filter((task) => checking(() => selector.matches(task)));
      token = page.nextPageToken;
    } while (token !== '');
  }

  async page(filter: TaskFilter = {}, pageToken = ''): Promise<TaskPage> {
    const answer = await this.#connection.tasks.ListTasks(
      {
        domain: filter.domain ?? '',
        cell_id: filter.cell ?? '',
        states: [...(filter.states ?? [])],
        outcomes: [...(filter.outcomes ?? [])],
        created_by: filter.createdBy ?? '',
        labels: filter.labels ?? {},
        created_after: nanosOf(filter.createdAfter).toString(),
        created_before: nanosOf(filter.createdBefore).toString(),
        as_of: nanosOf(filter.asOf).toString(),
        as_of_revision: filter.asOfRevision ?? 0,
        page_size: filter.pageSize ?? 0,
        page_token: pageToken,
      },
      this.#connection.call(filter.signal),
    );
    return {
      tasks: answer.tasks.map(taskView),
      total: Number(answer.total),
      nextPageToken: answer.next_page_token,
      cursor: answer.cursor,
    };
  }
}

export type { Tasks };

const BATCH = 500;
/** Well below the 4 MiB of one message. */
const BATCH_BYTES = 2 * 1024 * 1024;

function* batches(requests: readonly TaskCreateRequest[]): Generator<TaskCreateRequest[]> {
  let batch: TaskCreateRequest[] = [];
  let bytes = 0;
  for (const request of requests) {
    const size = JSON.stringify(request).length;
    if (batch.length === BATCH || (batch.length > 0 && bytes + size > BATCH_BYTES)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(request);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

function refused(verdict: Verdict__Output | null): TaskError {
  const { code, message } = verdict ?? {
    code: '',
    message: 'the server answered neither a task nor why there is none',
  };
  return taskError(isErrorCode(code) ? code : 'internal', message);
}
