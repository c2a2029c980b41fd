import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { DomainError } from '../../src/domain/errors.ts';
import { AWAITING_INPUT, isTerminal, type Task } from '../../src/domain/task.ts';
import { AsyncQueue } from '../../src/platform/async-queue.ts';
import { definitionFromWire, taskToWire } from '../../src/rpc/codec.ts';
import type { ExplainPlacementResponse } from '../../src/rpc/gen/gavel/v1/ExplainPlacementResponse.ts';
import type { HoldTasksRequest__Output } from '../../src/rpc/gen/gavel/v1/HoldTasksRequest.ts';
import type { LogEntry } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import type { Task as WireTask } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest__Output } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import type { TaskEvent } from '../../src/rpc/gen/gavel/v1/TaskEvent.ts';
import type { TimelineEvent } from '../../src/rpc/gen/gavel/v1/TimelineEvent.ts';
import { type RunningServer, serve } from '../../src/rpc/server.ts';
import type { CallContext, Handlers } from '../../src/rpc/types.ts';
import { type FakeInside, fakeInside } from './fake-inside.ts';
import { fakeList } from './fake-list.ts';
import { FakeOutputs } from './fake-outputs.ts';
import { sampleTask } from './sample-task.ts';

interface Line {
  readonly stream: 'stdout' | 'stderr';
  readonly text: string;
  /** Its time; else one millisecond after the other. */
  readonly time?: bigint;
}

type Logged = Required<Pick<LogEntry, 'line'>>;

/** What the fake does with a task as soon as it is created. */
export type Script = (task: Task, fake: FakeCluster) => Promise<void>;

const BASE = 1_422_394_410_000_000_000n; // 2015-01-27 21:33:30 UTC, the seed's own time

/**
 * A cluster in memory behind real gRPC: enough of TaskService, HistoryService and ClusterService for the SDK and the command line,
 * and levers to make it misbehave.
 */
export class FakeCluster {
  readonly live = new Map<string, Task>();
  readonly past: Task[] = [];
  readonly calls: string[] = [];
  readonly outputs = new FakeOutputs();
  readonly timelines = new Map<string, readonly TimelineEvent[]>();
  timelineNotes: string[] = [];
  readonly #logs = new Map<string, Logged[]>();
  readonly #events: { readonly guid: string; readonly event: TaskEvent }[] = [];
  readonly #wakers = new Set<() => void>();
  #server: RunningServer | undefined;
  #revision = 10;
  #number = 765;
  #floor = 0;
  script: Script | undefined;
  /** Awaited by a submit between its task and its answer. */
  beforeAnswer: () => Promise<void> = async () => {};
  /** The next watch streams end with this before they say anything. */
  watchFailures: DomainError[] = [];
  /** Log streams break off after so many lines, once. */
  breakLogsAfter: number | undefined;
  cells: readonly string[] = ['cell-1', 'cell-2'];
  /** What a dry run is told; an explained task gets its record beside it. */
  explanation: ExplainPlacementResponse = { verdict: 'fits', summary: 'it would be placed now, on cell-1' };
  readonly holds: HoldTasksRequest__Output[] = [];
  /** Cancels and kills that arrived. */
  readonly ends: { readonly task_guid: string; readonly reason: string }[] = [];
  /** A cancelled task stays as it is: the test ends it. */
  slowToEnd = false;

  get address(): string {
    if (this.#server === undefined) throw new Error('the fake is not started');
    return this.#server.address;
  }

  async start(listen = '127.0.0.1:0'): Promise<this> {
    this.#server = await serve({
      listen,
      log: pino({ level: 'silent' }),
      services: { TaskService: this.#tasks(), HistoryService: this.#history(), ClusterService: this.#cluster() },
    });
    return this;
  }

  async stop(): Promise<void> {
    await this.#server?.stop(100);
  }

  // --- levers

  readonly pins = new Set<number>();
  readonly inside: FakeInside = { usages: [], execs: [], allowExec: true };
  /** Bytes of inputs. */
  uploaded = 0;
  /** What is submitted waits for its input. */
  held = false;

  put(over: Partial<Task>): Task {
    this.#number += 1;
    this.#revision += 1;
    const number = over.number ?? this.#number;
    const created_at = BASE + BigInt(number) * 1_000_000_000n;
    const task = sampleTask({
      uid: `uid-${number}`,
      created_at,
      updated_at: created_at,
      ...over,
      number,
      revision: this.#revision,
    });
    this.live.set(task.task_guid, task);
    this.#emit(task.task_guid, { created: { task: taskToWire(task) } });
    return task;
  }

  change(guid: string, over: Partial<Task>): Task {
    const before = this.#find(guid);
    this.#revision += 1;
    const after = { ...before, ...over, revision: this.#revision };
    this.live.set(guid, after);
    this.#emit(guid, { changed: { before: taskToWire(before), after: taskToWire(after) } });
    return after;
  }

  claim(guid: string): void {
    const { created_at } = this.#find(guid);
    this.change(guid, {
      state: 'CLAIMED',
      cell_id: 'cell-2',
      attempt: 'a1',
      waiting_for: '',
      claimed_at: created_at + 1_000_000_000n,
    });
  }

  run(guid: string): void {
    const { created_at } = this.#find(guid);
    this.change(guid, { state: 'RUNNING', started_at: created_at + 5_000_000_000n });
  }

  finish(guid: string, over: Partial<Task> = {}): void {
    const { created_at } = this.#find(guid);
    const failed = over.outcome !== undefined && over.outcome !== 'succeeded';
    const end = { first_completed_at: created_at + 83_000_000_000n };
    this.change(guid, {
      state: 'COMPLETED',
      outcome: 'succeeded',
      failed,
      exit_code: failed ? 1 : 0,
      waiting_for: '',
      ...end,
      ...over,
    });
  }

  /** Out of the live set, into history. */
  remove(guid: string, keep = true): void {
    const task = this.#find(guid);
    if (keep) this.past.unshift(task);
    this.live.delete(guid);
    this.#revision += 1;
    this.#emit(guid, { removed: { task: taskToWire(task) } });
  }

  /** Forgets the event log: cursors from before are too old. */
  compact(): void {
    this.#floor = this.#events.length;
  }

  log(guid: string, ...lines: readonly Line[]): void {
    const entries = this.#logs.get(guid) ?? [];
    this.#logs.set(guid, entries);
    for (const { stream, text, time: given } of lines) {
      const sequence = entries.length + 1;
      const time = (given ?? BASE + BigInt(sequence) * 1_000_000n).toString();
      entries.push({ line: { sequence, time, stream, source: 'TASK', text: Buffer.from(text), newline: true } });
    }
    this.#wake();
  }

  // --- the services

  #desire(request: TaskCreateRequest__Output): WireTask {
    this.calls.push('DesireTask');
    const definition = definitionFromWire(request);
    if (definition.domain === 'refused') {
      const faults = [
        { field: 'domain', message: 'is refused here' },
        { field: 'env[0].name', message: 'must not be empty' },
      ];
      throw new DomainError('invalid_argument', 'two faults', { faults });
    }
    const known = this.live.get(definition.task_guid);
    if (known !== undefined) return taskToWire(known);
    const task = this.put({ ...definition, ...(this.held ? { waiting_for: AWAITING_INPUT } : {}) });
    void this.script?.(task, this);
    return taskToWire(task);
  }

  #tasks(): Handlers<'TaskService'> {
    return {
      DesireTask: async (request) => {
        const task = this.#desire(request);
        await this.beforeAnswer();
        return task;
      },
      DesireTasks: async ({ tasks }) => ({
        results: tasks.map((request) => {
          try {
            return { task: this.#desire(request) };
          } catch (error) {
            return { refusal: { code: (error as DomainError).code, message: (error as DomainError).message } };
          }
        }),
      }),
      ResolveTasks: async () => ({ verdicts: [] }),
      DeleteTasks: async () => ({ verdicts: [] }),
      GetTask: async ({ task_guid, include_history }) => {
        this.calls.push('GetTask');
        return taskToWire(this.#find(task_guid, include_history));
      },
      ListTasks: async (request) => fakeList(this.live.values(), request, String(this.#events.length)),
      ...fakeInside((id) => this.#find(id), this.inside),
      AnnotateTask: async ({ task_guid, labels, remove_labels, annotation, _annotation }) => {
        const { labels: before, ...task } = this.#find(task_guid);
        const kept = Object.entries(before).filter(([name]) => !remove_labels.includes(name));
        const text = _annotation === undefined ? {} : { annotation: annotation ?? '' };
        return taskToWire(this.change(task.task_guid, { labels: { ...Object.fromEntries(kept), ...labels }, ...text }));
      },
      UploadInput: async (pieces) => {
        let guid = '';
        for await (const { task_guid, data } of pieces) {
          guid ||= task_guid ?? '';
          if (data !== undefined) this.uploaded += data.length;
        }
        return taskToWire(this.change(guid, { waiting_for: 'the next auction' }));
      },
      CancelTask: async (request) => this.#end(request),
      KillTask: async (request) => this.#end(request),
      ResolveTask: async ({ task_guid }) => {
        const task = this.#find(task_guid);
        if (task.state !== 'COMPLETED') {
          throw new DomainError('invalid_transition', `cannot transition from ${task.state} to RESOLVING`);
        }
        return taskToWire(this.change(task.task_guid, { state: 'RESOLVING' }));
      },
      DeleteTask: async ({ task_guid }) => {
        const task = this.#find(task_guid);
        if (task.state !== 'RESOLVING') {
          throw new DomainError('invalid_transition', `cannot transition from ${task.state} to removed`);
        }
        this.remove(task.task_guid);
        return {};
      },
      WatchTasks: (request, context) => this.#watch(request, context),
      FollowLogs: (request, context) => this.#followLogs(request, context),
      ExplainPlacement: async ({ task_guid }) =>
        task_guid === '' ? this.explanation : { ...this.explanation, task: taskToWire(this.#find(task_guid, true)) },
      GetTimeline: async ({ task_guid }) => {
        const { task_guid: guid } = this.#find(task_guid, true);
        const events = this.timelines.get(guid) ?? [];
        return { events: events.map((event, index) => ({ ...event, sequence: index + 1 })), notes: this.timelineNotes };
      },
      ListOutputs: async ({ task_guid }) => this.outputs.list(this.#find(task_guid, true).task_guid),
      DownloadOutputs: (request) => this.outputs.download(this.#find(request.task_guid, true).task_guid, request),
      HoldTasks: async (request) => {
        this.holds.push(request);
        return { ttl: { seconds: 15 } };
      },
    };
  }

  #history(): Handlers<'HistoryService'> {
    const record = (task: Task) => ({
      task: taskToWire(task),
      resolved_at: task.updated_at.toString(),
      resolved_by: 'client',
      pinned: this.pins.has(task.number),
    });
    return {
      PinTask: async ({ task_guid, pinned }) => {
        const { task_guid: guid, number } = this.#find(task_guid, true);
        if (pinned) this.pins.add(number);
        else this.pins.delete(number);
        return { task_guid: guid, number, pinned };
      },
      PurgeHistory: async ({ before, dry_run }) => {
        const old = this.past.filter((task) => task.updated_at < BigInt(before));
        const gone = old.filter(({ number }) => !this.pins.has(number));
        if (!dry_run) for (const task of gone) this.past.splice(this.past.indexOf(task), 1);
        return { records: gone.length, pinned: old.length - gone.length };
      },
      ListHistory: async (request) => {
        const from = Number(request.page_token === '' ? 0 : request.page_token);
        const size = request.page_size === 0 ? 30 : request.page_size;
        const next = from + size < this.past.length ? String(from + size) : '';
        return { records: this.past.slice(from, from + size).map(record), next_page_token: next };
      },
      GetHistory: async ({ task_guid }) => {
        const task = this.past.find((past) => past.task_guid === task_guid || String(past.number) === task_guid);
        if (task === undefined) throw new DomainError('not_found', `there is no finished task ${task_guid}`);
        return record(task);
      },
    };
  }

  #cluster(): Handlers<'ClusterService'> {
    const unknown = async (): Promise<never> =>
      await Promise.reject(new DomainError('not_found', 'there is no such cell'));
    return {
      WhoAmI: async () => ({ name: 'local', role: '', domains: [], proof: 'loopback', expires_at: '0' }),
      DrainCell: unknown,
      ListDomains: async () => ({ domains: [] }),
      GetDomain: unknown,
      SetDomain: unknown,
      UndrainCell: unknown,
      FollowCellLog: async function* () {
        yield { lines: [{ sequence: 1, text: '{"level":"info","msg":"cell.started"}' }] };
      },
      ListCells: async () => ({
        now: (BigInt(Date.now()) * 1_000_000n).toString(),
        cells: this.cells.map((cell_id, index) => ({
          offer: {
            cell_id,
            zone: `z${index + 1}`,
            stacks: ['linux'],
            rootfs_schemes: ['docker'],
            capacity: { memory_mb: 4_096, disk_mb: 10_240, containers: 50 },
          },
          epoch: 7 + index,
          registered_at: BASE.toString(),
          reserved: { memory_mb: 128 * index, disk_mb: 0, containers: index },
          tasks_running: index,
          tasks_claimed: 0,
          state: 'ready',
        })),
      }),
    };
  }

  async *#watch(
    request: { readonly cursor: string; readonly task_guid: string },
    { signal }: CallContext,
  ): AsyncGenerator<TaskEvent> {
    this.calls.push('WatchTasks');
    const failure = this.watchFailures.shift();
    if (failure !== undefined) throw failure;
    let at = request.cursor === '' ? this.#events.length : Number(request.cursor);
    if (at < this.#floor) {
      yield { resync_needed: { reason: 'compacted' }, cursor: '' };
      return;
    }
    yield { heartbeat: {}, cursor: String(at) };
    while (!signal.aborted) {
      for (; at < this.#events.length; at += 1) {
        const next = this.#events[at];
        if (next === undefined || (request.task_guid !== '' && next.guid !== request.task_guid)) continue;
        yield { ...next.event, cursor: String(at + 1) };
      }
      await this.#woken(signal);
    }
  }

  async *#followLogs(
    request: {
      readonly task_guid: string;
      readonly follow: boolean;
      readonly after_sequence: string;
      readonly stream: string;
    },
    { signal }: CallContext,
  ): AsyncGenerator<LogEntry> {
    const task = this.#find(request.task_guid, true);
    let at = Number(request.after_sequence);
    let sent = 0;
    for (;;) {
      // Asked before the lines are read, so that a line written just before the end is not missed.
      const over = this.#isOver(task.task_guid);
      const entries = this.#logs.get(task.task_guid) ?? [];
      for (; at < entries.length; at += 1) {
        const entry = entries[at];
        if (entry === undefined || (request.stream !== '' && entry.line?.stream !== request.stream)) continue;
        if (this.breakLogsAfter !== undefined && sent >= this.breakLogsAfter) {
          this.breakLogsAfter = undefined;
          throw new DomainError('unavailable', 'the log stream broke');
        }
        sent += 1;
        yield entry;
      }
      if (!request.follow || over) break;
      await this.#woken(signal);
      if (signal.aborted) return;
    }
    const bytes = (stream: string) =>
      (this.#logs.get(task.task_guid) ?? [])
        .filter(({ line }) => line?.stream === stream)
        .reduce((sum, { line }) => sum + Buffer.byteLength(line?.text ?? '') + 1, 0);
    yield { end: { last_sequence: at, stdout_bytes: bytes('stdout'), stderr_bytes: bytes('stderr'), reason: '' } };
  }

  #isOver(guid: string): boolean {
    const task = this.live.get(guid);
    return task === undefined || isTerminal(task.state);
  }

  #end(request: { readonly task_guid: string; readonly reason: string; readonly if_state: readonly string[] }) {
    const { task_guid: id, if_state: ifState } = request;
    this.ends.push(request);
    const task = this.#find(id);
    if (ifState.length > 0 && !ifState.includes(task.state)) {
      throw new DomainError('invalid_transition', `task ${id} is ${task.state}`);
    }
    if (isTerminal(task.state) || this.slowToEnd) return taskToWire(task);
    this.finish(task.task_guid, {
      outcome: 'cancelled',
      failure_reason: 'task was cancelled',
      failure_code: 'cancelled',
    });
    return taskToWire(this.#find(task.task_guid));
  }

  #find(id: string, history = false): Task {
    const all = [...this.live.values(), ...(history ? this.past : [])];
    const exact = all.find((task) => task.task_guid === id || String(task.number) === id);
    if (exact !== undefined) return exact;
    const starting = all.filter((task) => task.task_guid.startsWith(id));
    const only = starting[0];
    if (only === undefined) throw new DomainError('not_found', `there is no task ${id}`);
    if (starting.length > 1) {
      const names = starting.map((task) => task.task_guid).join(', ');
      throw new DomainError('invalid_argument', `${id} is the beginning of several tasks: ${names}`);
    }
    return only;
  }

  #emit(guid: string, event: TaskEvent): void {
    this.#events.push({ guid, event });
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
    this.#wakers.clear();
  }

  async #woken(signal: AbortSignal): Promise<void> {
    const queue = new AsyncQueue<true>();
    const wake = () => void queue.push(true);
    this.#wakers.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    for await (const _ of queue) break;
    signal.removeEventListener('abort', wake);
  }
}

/** Claims, runs, prints and finishes, with a pause between. */
export function happyScript(over: Partial<Task> = {}, pauseMs = 5): Script {
  return async ({ task_guid }, fake) => {
    await sleep(pauseMs);
    fake.claim(task_guid);
    await sleep(pauseMs);
    fake.run(task_guid);
    fake.log(task_guid, { stream: 'stdout', text: 'hello' }, { stream: 'stderr', text: 'careful' });
    await sleep(pauseMs);
    fake.finish(task_guid, over);
  };
}
