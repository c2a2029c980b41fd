import { isTerminal, type Outcome, type TaskState } from '../domain/task.ts';
import { parseJson } from '../platform/json.ts';
import { durationToWire } from '../rpc/codec.ts';
import { type Callback, Callbacks } from './callback-ledger.ts';
import { type Connection, throwIfGivenUp } from './connection.ts';
import { type TaskDifference, taskDifferences } from './diff.ts';
import { checking, isTaskError, taskError } from './errors.ts';
import { type ExecOptions, type ExecOutput, execIn } from './exec.ts';
import { type Explanation, explanationFromWire } from './explain.ts';
import { followTask, readRecord, type TaskEvent } from './follow.ts';
import { Hold, holderName } from './hold.ts';
import { type UploadOptions, uploadInput } from './input.ts';
import { followLogs, type LogEntry, type LogOptions } from './logs.ts';
import { machineType } from './machine-type.ts';
import { Outputs } from './outputs.ts';
import { type Receipt, receiptOf } from './receipt.ts';
import { type RerunOptions, respec } from './rerun.ts';
import { submitSpec } from './submit.ts';
import { SyncContext, type SyncOptions } from './sync-context.ts';
import { computationTime, totalTime } from './task-times.ts';
import {
  ACTIVE_STATES,
  type FinishedTask,
  statusOf,
  type TaskStatus,
  type TaskView,
  taskTable,
  taskView,
} from './task-view.ts';
import { readTimeline, type Timeline } from './timeline.ts';
import { readUsages, type TaskUsage } from './usage.ts';

/** What a task can be waited for. Each is "has got there", also when it has gone on since. */
export type WaitCondition = 'claimed' | 'running' | 'ended' | Outcome;

export interface WaitOptions {
  /** Until one of these holds, or the task has ended in another way. Default: until it has ended. */
  readonly until?: readonly WaitCondition[];
  /** Gives up with a TaskError `deadline` after this time; the task goes on. Default: waits as long as the task takes. */
  readonly timeoutMs?: number;
  readonly onEvent?: (event: TaskEvent) => void;
  /** The output as it is written; all of it has been told when the wait ends with the task. Output that cannot be had ends no wait. */
  readonly onLog?: (entry: LogEntry) => void;
  readonly signal?: AbortSignal;
}

export interface EndOptions {
  readonly reason?: string;
  /** Refuse (TaskError `invalid_transition`) unless the task is in one of these states. Default: a finished task answers its record. */
  readonly ifState?: readonly TaskState[];
  readonly signal?: AbortSignal;
}

export interface KillOptions {
  readonly reason?: string;
  /** Between the stop signal and SIGKILL. Default: none. */
  readonly graceMs?: number;
  /** How long to wait until its container is gone. Default: returns when the request is durable. */
  readonly waitMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * `requested`: it will end, and that is durable. `stopped`: nothing of it runs any more (only with `waitMs`). `already-finished`: there
 * was nothing to kill.
 */
export type KillAnswer = 'requested' | 'stopped' | 'already-finished';

export interface AnnotateOptions {
  /** Set, or put in place of those of the same name. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly removeLabels?: readonly string[];
  /** Left out: stays as it is. */
  readonly annotation?: string;
  readonly signal?: AbortSignal;
}

export interface EventsOptions {
  /** Go on behind this cursor, of an event or of a page of a list. */
  readonly from?: string;
  readonly signal?: AbortSignal;
}

/** One task, by guid, number or unique beginning of a guid. Making one does no I/O. */
export class TaskHandle {
  readonly #connection: Connection;
  readonly #uid: string | undefined;
  readonly id: string;
  /** The record as it was answered at the submit; undefined for a handle made from an id. */
  readonly submitted: TaskView | undefined;
  /** The newest record that was seen. */
  #last: TaskView | undefined;

  constructor(connection: Connection, id: string, submitted?: TaskView) {
    this.#connection = connection;
    this.id = id;
    this.submitted = submitted;
    this.#last = submitted;
    this.#uid = submitted?.uid;
  }

  /** The number people type; undefined for a handle made from an id. */
  get number(): number | undefined {
    return this.submitted?.number;
  }

  /** The whole record, live or from history. */
  async info(signal?: AbortSignal): Promise<TaskView> {
    return this.#saw(await readRecord(this.#connection, this.id, this.#uid, signal));
  }

  #saw(task: TaskView): TaskView {
    this.#last = task;
    return task;
  }

  async status(signal?: AbortSignal): Promise<TaskStatus> {
    return statusOf(await this.info(signal));
  }

  /** What `gavel tasks` shows of it, as it was last seen. */
  toString(): string {
    return this.#last === undefined ? `Task ${this.id}` : taskTable([this.#last]);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }

  /**
   * Waits for the end, whatever it is, and answers the record: a failure is data. A fast task cannot slip by, a broken connection
   * is taken up again, and a task that was resolved meanwhile is found in history.
   */
  async wait(options?: WaitOptions & { readonly until?: never }): Promise<FinishedTask>;
  async wait(options: WaitOptions): Promise<TaskView>;
  async wait(options: WaitOptions = {}): Promise<TaskView> {
    const { signal, clear } = limited(options.signal, options.timeoutMs, this.id);
    const left = new AbortController();
    const told = this.#tell(options.onLog, signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]));
    try {
      for await (const event of followTask(this.#connection, this.id, { uid: this.#uid, signal })) {
        options.onEvent?.(event);
        const task = this.#saw(event.task);
        if (event.type === 'removed' || isTerminal(task.state)) {
          await told;
          return task;
        }
        if (options.until?.includes('claimed') === true && task.claimed_at > 0n) return task;
        if (options.until?.includes('running') === true && task.started_at > 0n) return task;
      }
      throw taskError('internal', `the events of task ${this.id} ended before the task did`);
    } finally {
      left.abort();
      clear();
    }
  }

  async #tell(onLog: WaitOptions['onLog'], signal: AbortSignal): Promise<void> {
    if (onLog === undefined) return;
    try {
      for await (const entry of this.logs({ follow: true, signal })) onLog(entry);
    } catch {
      // The record is what is waited for.
    }
  }

  /**
   * The task as it is, then every change, until it has ended. With `from`, the cursor of an event of before: what came behind it, without the
   * task as it is. Of a task that has ended, its end alone.
   */
  events(options: AbortSignal | EventsOptions = {}): AsyncIterable<TaskEvent> {
    const { from, signal } = options instanceof AbortSignal ? { from: undefined, signal: options } : options;
    return followTask(this.#connection, this.id, { uid: this.#uid, signal, from });
  }

  /** The lines of both streams; the last entry is the end mark. */
  logs(options: LogOptions = {}): AsyncIterable<LogEntry> {
    return followLogs(this.#connection, this.id, options);
  }

  /** Every step of the task's life so far, in order; of a finished task, of all of it. */
  async timeline(options: { readonly engineCalls?: boolean; readonly signal?: AbortSignal } = {}): Promise<Timeline> {
    return await readTimeline(this.#connection, this.id, options.signal, options.engineCalls);
  }

  /** Changes its labels and annotation while it is live, in any state. @throws TaskError `invalid_transition` once history has it. */
  async annotate(options: AnnotateOptions): Promise<TaskView> {
    const { labels = {}, removeLabels = [], annotation, signal } = options;
    const text = annotation === undefined ? {} : { annotation };
    const request = { task_guid: this.id, labels, remove_labels: [...removeLabels], ...text };
    return taskView(await this.#connection.tasks.AnnotateTask(request, this.#connection.call(signal)));
  }

  /** Has history keep its record whatever its limits say, until `unpin`; a live task's too. */
  async pin(signal?: AbortSignal): Promise<void> {
    await this.#connection.history.PinTask({ task_guid: this.id, pinned: true }, this.#connection.call(signal));
  }

  async unpin(signal?: AbortSignal): Promise<void> {
    await this.#connection.history.PinTask({ task_guid: this.id, pinned: false }, this.#connection.call(signal));
  }

  /** What it uses at this moment. @throws TaskError `invalid_transition` when it does not run, `unavailable`. */
  async usage(signal?: AbortSignal): Promise<TaskUsage> {
    const [usage] = (await readUsages(this.#connection, this.id, { signal })).usages;
    if (usage === undefined) throw taskError('unavailable', `nothing is known of what task ${this.id} uses`);
    return usage;
  }

  /**
   * Runs one more command in its container while it runs, where the cell's operator allows that; it ends when this is read no further.
   * @throws TaskError `permission_denied`, `invalid_transition`, `unavailable`.
   */
  exec(command: readonly string[], options: ExecOptions = {}): AsyncIterable<ExecOutput> {
    return execIn(this.#connection, this.id, command, options);
  }

  /** How often it was started, with every step that shows it; `verifyReceipt` checks it anywhere. @throws TaskError `invalid_transition` while it goes on. */
  async receipt(signal?: AbortSignal): Promise<Receipt> {
    const task = await this.info(signal);
    return receiptOf(task, await readTimeline(this.#connection, task.task_guid, signal));
  }

  /** Gives the task the folder it waits for; then it is placed. @throws TaskError `invalid_transition` when it waits for none. */
  async upload(folder: string, options: UploadOptions = {}): Promise<TaskView> {
    return await uploadInput(this.#connection, this.id, folder, options);
  }

  /**
   * Submits once more what this task was asked for, with what is to be otherwise; the new task's label `gavel.rerun_of` names this one. What
   * was uploaded for this one is not there any more: give `inputs`, or the new task waits for its input.
   * @throws TaskError `invalid_argument` with every fault of what is set.
   */
  async rerun(options: RerunOptions = {}): Promise<TaskHandle> {
    const spec = respec(await this.info(options.signal), options);
    const task = await submitSpec(this.#connection, spec, options);
    return new TaskHandle(this.#connection, task.task_guid, task);
  }

  /** Where this task and another one differ: in what was asked for, and in what became of it. */
  async diff(other: TaskHandle | string | number, signal?: AbortSignal): Promise<readonly TaskDifference[]> {
    const that = other instanceof TaskHandle ? other : new TaskHandle(this.#connection, String(other));
    const [a, b] = await Promise.all([this.info(signal), that.info(signal)]);
    return taskDifferences(a, b);
  }

  /** What the run left behind: files it was asked to keep, and its two streams. No I/O until it is used. */
  outputs(): Outputs {
    return new Outputs(this.#connection, this.id);
  }

  /** Ends the task politely, by its stop policy. Returns when the request is durable. */
  async cancel(options: EndOptions = {}): Promise<TaskView> {
    const request = { task_guid: this.id, reason: options.reason ?? '', if_state: [...(options.ifState ?? [])] };
    return this.#saw(taskView(await this.#connection.tasks.CancelTask(request, this.#connection.call(options.signal))));
  }

  /**
   * Ends the task for certain: at once, or `graceMs` after its stop signal.
   * @returns when the request is durable; with `waitMs` when its container is gone, or that time is over.
   */
  async kill(options: KillOptions = {}): Promise<KillAnswer> {
    const { reason = '', graceMs, waitMs, signal } = options;
    const grace = graceMs === undefined ? null : durationToWire(graceMs);
    const request = { task_guid: this.id, reason, grace, if_state: [...ACTIVE_STATES] };
    try {
      this.#saw(taskView(await this.#connection.tasks.KillTask(request, this.#connection.call(signal))));
    } catch (error) {
      if (isTaskError(error, 'invalid_transition')) return 'already-finished';
      throw error;
    }
    if (waitMs === undefined) return 'requested';
    return (await this.#isGone(waitMs, signal)) ? 'stopped' : 'requested';
  }

  /** The record says "cancelled" as soon as that is certain; the end of the output says that nothing runs any more. */
  async #isGone(waitMs: number, given: AbortSignal | undefined): Promise<boolean> {
    const { signal, clear } = limited(given, waitMs, this.id);
    try {
      const { cell_id } = await this.wait(signal === undefined ? {} : { signal });
      if (cell_id === '') return true;
      for await (const entry of this.logs({ follow: true, ...(signal === undefined ? {} : { signal }) }))
        if (entry.type === 'end') return entry.reason === '';
      return false;
    } catch (error) {
      throwIfGivenUp(given);
      if (isTaskError(error, 'deadline') || isTaskError(error, 'unavailable')) return false;
      throw error;
    } finally {
      clear();
    }
  }

  /** What the result file held; null while the task is not over, and when it did not succeed. */
  async result(
    signal?: AbortSignal,
  ): Promise<{ readonly text: string; readonly bytes: number; readonly truncated: boolean } | null> {
    const task = await this.info(signal);
    if (task.outcome !== 'succeeded') return null;
    return { text: task.result, bytes: task.result_bytes, truncated: task.result_truncated };
  }

  /**
   * The result as JSON, through the schema where one is given (anything with `parse`); null as for `result`.
   * @throws TaskError `invalid_argument` when it is no JSON, or was cut; what the schema throws.
   */
  async resultJson<T = unknown>(
    schema?: { readonly parse: (value: unknown) => T },
    signal?: AbortSignal,
  ): Promise<T | null> {
    const result = await this.result(signal);
    if (result === null) return null;
    if (result.truncated)
      throw taskError('invalid_argument', `result: its ${result.bytes} bytes were cut; read the file from the outputs`);
    const value = checking(() => parseJson(result.text));
    return schema === undefined ? (value as T) : schema.parse(value);
  }

  /** What became of its completion callback, with the newest tries. @throws TaskError `not_found`, `invalid_transition` without one. */
  async deliveries(signal?: AbortSignal): Promise<Callback> {
    return await new Callbacks(this.#connection).get(this.id, signal);
  }

  /** How long its process has run, or ran: `00:03:12`. */
  async computationTime(signal?: AbortSignal): Promise<string> {
    return computationTime(await this.info(signal));
  }

  /** From the submit to the end, with the queue and the preparation. */
  async totalTime(signal?: AbortSignal): Promise<string> {
    return totalTime(await this.info(signal));
  }

  /** What kind of machine it runs or ran on, for example `linux-4096mb`; before it is placed, what it asks for. */
  async machineType(signal?: AbortSignal): Promise<string> {
    return await machineType(this.#connection, await this.info(signal), signal);
  }

  /**
   * Ties the task to this process while `work` runs: a signal, an exception or the loss of this process cancel it. Without `work`, for
   * `await using context = await task.syncContext()`.
   */
  async syncContext<T>(work: (task: TaskHandle) => Promise<T>, options?: SyncOptions): Promise<T>;
  async syncContext(options?: SyncOptions): Promise<SyncContext>;
  async syncContext<T>(
    work?: SyncOptions | ((task: TaskHandle) => Promise<T>),
    more?: SyncOptions,
  ): Promise<T | SyncContext> {
    const options = (typeof work === 'function' ? more : work) ?? {};
    const { signal } = options;
    const { task_guid } = this.submitted ?? (await this.info(signal));
    const holder = options.holder ?? holderName();
    const hold = await Hold.begin(this.#connection, [task_guid], holder, signal);
    const bound = {
      hold,
      cancel: async (reason: string) => await this.cancel({ reason }),
      ended: async (timeoutMs: number) => await this.wait({ timeoutMs }),
    };
    const context = new SyncContext(bound, holder, options);
    return typeof work === 'function' ? await context.run(async () => await work(this)) : context;
  }

  // What the methods are called in Inductiva's client, for people who come from there.
  readonly getStatus = this.status.bind(this);
  readonly getMachineType = this.machineType.bind(this);
  readonly getComputationTime = this.computationTime.bind(this);
  readonly getOutputFilesInfo = async (signal?: AbortSignal) => await this.outputs().info(signal);

  /** Why it waits (cell by cell, and what would help), why it is where it is, or why it ended so. */
  async explain(signal?: AbortSignal): Promise<Explanation> {
    const request = { task_guid: this.id };
    return explanationFromWire(await this.#connection.tasks.ExplainPlacement(request, this.#connection.call(signal)));
  }

  /** 1 = the next one to be placed; 0 = does not wait. */
  async queuePosition(signal?: AbortSignal): Promise<number> {
    return (await this.explain(signal)).queue_position;
  }

  /** Takes the finished task for oneself: COMPLETED -> RESOLVING, for exactly one caller. */
  async resolve(signal?: AbortSignal): Promise<TaskView> {
    const options = { ...this.#connection.call(signal), retry: false };
    return taskView(await this.#connection.tasks.ResolveTask({ task_guid: this.id }, options));
  }

  /** Removes a resolving task from the live set; history keeps its record. */
  async remove(signal?: AbortSignal): Promise<void> {
    await this.#connection.tasks.DeleteTask({ task_guid: this.id }, { ...this.#connection.call(signal), retry: false });
  }
}

/** The caller's signal, which also aborts when the time is over. */
function limited(
  given: AbortSignal | undefined,
  timeoutMs: number | undefined,
  id: string,
): { readonly signal: AbortSignal | undefined; readonly clear: () => void } {
  if (timeoutMs === undefined) return { signal: given, clear: () => {} };
  const late = new AbortController();
  const timer = setTimeout(
    () => late.abort(taskError('deadline', `task ${id} did not end within ${timeoutMs / 1_000} s; it goes on`)),
    timeoutMs,
  );
  return {
    signal: given === undefined ? late.signal : AbortSignal.any([given, late.signal]),
    clear: () => clearTimeout(timer),
  };
}
