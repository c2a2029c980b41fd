import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import type { RunAction } from '../../src/domain/action.ts';
import { DomainError, type ErrorCode } from '../../src/domain/errors.ts';
import type { TaskDefinition, TaskStatus } from '../../src/domain/task.ts';
import { type Command, decide, type Ending, newTask } from '../../src/domain/task-machine.ts';
import { AsyncQueue } from '../../src/platform/async-queue.ts';
import { durationToWire, taskToWire, usageFromWire } from '../../src/rpc/codec.ts';
import type { CellSummary__Output } from '../../src/rpc/gen/gavel/v1/CellSummary.ts';
import type { ControlMessage } from '../../src/rpc/gen/gavel/v1/ControlMessage.ts';
import type { DataWanted } from '../../src/rpc/gen/gavel/v1/DataWanted.ts';
import type { DrainState } from '../../src/rpc/gen/gavel/v1/DrainState.ts';
import type { Joined } from '../../src/rpc/gen/gavel/v1/Joined.ts';
import type { LogEntry__Output } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import type { PushDataRequest__Output } from '../../src/rpc/gen/gavel/v1/PushDataRequest.ts';
import type { Task as WireTask } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskClaim__Output } from '../../src/rpc/gen/gavel/v1/TaskClaim.ts';
import type { TaskOutcome__Output } from '../../src/rpc/gen/gavel/v1/TaskOutcome.ts';
import type { TimelineEvent__Output } from '../../src/rpc/gen/gavel/v1/TimelineEvent.ts';
import { type RunningServer, serve } from '../../src/rpc/server.ts';
import type { Handlers } from '../../src/rpc/types.ts';

type Method = keyof Handlers<'CellService'>;

interface Kept {
  readonly definition: TaskDefinition;
  status: TaskStatus;
}

export interface FakeClaim {
  readonly guid: string;
  readonly attempt: string;
}

/**
 * What a cell sees of a BBS and an auctioneer, in memory behind real gRPC, on the real state machine. `away` refuses every call,
 * `loseReply` does what was asked and then loses the answer.
 */
export class FakeBbs {
  readonly summaries: CellSummary__Output[] = [];
  readonly calls: Partial<Record<Method, number>> = {};
  readonly batches: Partial<Record<Method, number[]>> = {};
  readonly released: { guid: string; code: string; reason: string }[] = [];
  readonly loseReply = new Map<Method, number>();
  /** Called once when such a call comes in, before it is worked on. */
  readonly before = new Map<Method, () => void>();
  cellId = 'cell-1';
  /** As in a BBS; what a machine that stands still for a moment does not end. */
  ttlMs = 10_000;
  away = false;
  /** Share of calls that are refused, and of answers that get lost. */
  chaos = 0;
  epoch = 0;
  drain: DrainState | null = null;
  #server: RunningServer | undefined;
  #incarnation = '';
  /** Attempts that the cell was told of while the stream that is open was. */
  #told: string[] = [];
  #joined: AsyncQueue<Joined> | undefined;
  readonly #controls = new Set<AsyncQueue<ControlMessage>>();
  readonly #logs = new Map<string, AsyncQueue<LogEntry__Output>>();
  readonly #data = new Map<string, AsyncQueue<PushDataRequest__Output>>();
  /** What the cell told of its attempts with their ends. */
  readonly events = new Map<string, readonly TimelineEvent__Output[]>();
  readonly #tasks = new Map<string, Kept>();

  static async start(): Promise<FakeBbs> {
    const bbs = new FakeBbs();
    await bbs.listen('127.0.0.1:0');
    return bbs;
  }

  async listen(listen: string): Promise<void> {
    const services = { CellService: this.#cellService(), AuctionService: this.#auctionService() };
    this.#server = await serve({ listen, log: pino({ level: 'silent' }), services });
  }

  get address(): string {
    return this.#server?.address ?? '';
  }

  async stop(): Promise<void> {
    this.#joined?.end();
    for (const control of this.#controls) control.end();
    await this.#server?.stop(200);
  }

  status(guid: string): TaskStatus {
    return this.#kept(guid).status;
  }

  summary(): CellSummary__Output | undefined {
    return this.summaries.at(-1);
  }

  count(method: Method): number {
    return this.calls[method] ?? 0;
  }

  /** A task that is claimed for the cell under its present epoch. */
  claim(definition: TaskDefinition): FakeClaim {
    const birth = { uid: randomUUID(), number: 1, created_by: 'test', now: now() };
    const kept: Kept = { definition, status: newTask(definition, birth) };
    this.#tasks.set(definition.task_guid, kept);
    const attempt = randomUUID();
    this.apply(definition.task_guid, { type: 'claim', cell_id: this.cellId, epoch: this.epoch, attempt });
    return { guid: definition.task_guid, attempt };
  }

  /** Claims, then tells the cell what it shall run. */
  place(...definitions: readonly TaskDefinition[]): FakeClaim[] {
    const claims = definitions.map((definition) => this.claim(definition));
    this.#note(claims);
    this.#tell({ placed: { tasks: claims.map(({ guid }) => this.#wire(guid)) } });
    return claims;
  }

  /** Says no more than that the cell holds these claims. */
  hint(...claims: readonly FakeClaim[]): void {
    this.#note(claims);
    for (const { guid, attempt } of claims) this.#tell({ claimed: { task_guid: guid, attempt } });
  }

  /** Whether the cell's summaries account for all that it was told. */
  get accounted(): boolean {
    const accounted = new Set(this.summaries.flatMap((summary) => summary.accounted));
    return this.#told.every((attempt) => accounted.has(attempt));
  }

  get joined(): boolean {
    return this.#joined !== undefined;
  }

  #note(claims: readonly FakeClaim[]): void {
    if (this.#controls.size === 0) throw new Error('no cell listens');
    this.#told.push(...claims.map(({ attempt }) => attempt));
  }

  #wire(guid: string): WireTask {
    const { definition, status } = this.#kept(guid);
    return taskToWire({ ...definition, ...status, revision: 1 });
  }

  /** Cancel as the BBS does it: final at once, then a hint to the cell. */
  cancel({ guid, attempt }: FakeClaim, graceMs?: number): void {
    this.apply(guid, { type: 'cancel', reason: '' });
    const grace = graceMs === undefined ? null : durationToWire(graceMs);
    this.#tell({ stop: { claim: { task_guid: guid, attempt }, reason: 'task was cancelled', grace } });
  }

  /** The control stream breaks, and comes back. */
  hangUp(): void {
    for (const control of this.#controls) control.end();
  }

  /** The cell's lease is gone: its next renewal is refused. */
  dropCell(): void {
    this.#incarnation = '';
  }

  /** Another process holds the cell's name. */
  occupy(): void {
    this.#incarnation = 'somebody-else';
  }

  followLogs({ guid, attempt }: FakeClaim, options: { follow?: boolean; after?: number; stream?: string } = {}) {
    const request_id = randomUUID();
    const queue = new AsyncQueue<LogEntry__Output>();
    this.#logs.set(request_id, queue);
    const { follow = true, after = 0, stream = '' } = options;
    const request = { task_guid: guid, follow, after_sequence: after, stream, source: '' };
    this.#tell({ logs_wanted: { request_id, claim: { task_guid: guid, attempt }, request } });
    return queue;
  }

  /** A question as the BBS asks it over the control stream; what the cell pushes comes out of the queue. */
  askData(
    { guid, attempt }: FakeClaim,
    wanted: Pick<DataWanted, 'timeline' | 'outputs' | 'download' | 'outputs_asked'>,
  ) {
    const request_id = randomUUID();
    const queue = new AsyncQueue<PushDataRequest__Output>();
    this.#data.set(request_id, queue);
    this.#tell({ data_wanted: { request_id, claim: { task_guid: guid, attempt }, ...wanted } });
    return queue;
  }

  apply(guid: string, command: Command): void {
    const kept = this.#kept(guid);
    const decision = decide(kept.status, command, now());
    if (decision.kind === 'refused') throw decision.error;
    if (decision.kind === 'write' && decision.after !== undefined) kept.status = decision.after;
  }

  #tell(message: ControlMessage): void {
    for (const control of this.#controls) control.push(message);
  }

  #kept(guid: string): Kept {
    const kept = this.#tasks.get(guid);
    if (kept === undefined) throw new DomainError('not_found', `no task ${guid}`);
    return kept;
  }

  #judge(guid: string | undefined, command: Command): { code: ErrorCode | ''; message: string } {
    try {
      this.apply(guid ?? '', command);
      return { code: '', message: '' };
    } catch (error) {
      if (error instanceof DomainError) return { code: error.code, message: error.message };
      throw error;
    }
  }

  /** Counts a call and fails it as the test asked; the answer is lost only after the work was done. */
  async #enter<T>(method: Method, items: number, work: () => T): Promise<T> {
    this.calls[method] = this.count(method) + 1;
    (this.batches[method] ??= []).push(items);
    await Promise.resolve();
    if (this.away || Math.random() < this.chaos) throw new DomainError('unavailable', 'away');
    const hook = this.before.get(method);
    this.before.delete(method);
    hook?.();
    const answer = work();
    if (Math.random() < this.chaos) throw new DomainError('unavailable', 'the answer was lost');
    const lose = this.loseReply.get(method) ?? 0;
    if (lose > 0) {
      this.loseReply.set(method, lose - 1);
      throw new DomainError('unavailable', 'the answer was lost');
    }
    return answer;
  }

  async *#join(summaries: AsyncIterable<CellSummary__Output>): AsyncGenerator<Joined> {
    if (this.away) throw new DomainError('unavailable', 'away');
    const joined = new AsyncQueue<Joined>();
    joined.push({});
    this.#joined = joined;
    this.#told = [];
    const reading = (async () => {
      for await (const summary of summaries) this.summaries.push(summary);
    })().catch(() => undefined);
    void reading.then(() => joined.end());
    yield* joined;
  }

  async *#control(): AsyncGenerator<ControlMessage> {
    if (this.away) throw new DomainError('unavailable', 'away');
    const queue = new AsyncQueue<ControlMessage>();
    this.#controls.add(queue);
    try {
      yield { heartbeat: {} };
      yield* queue;
    } finally {
      this.#controls.delete(queue);
    }
  }

  #auctionService(): Handlers<'AuctionService'> {
    return { Join: (summaries) => this.#join(summaries) };
  }

  #cellService(): Handlers<'CellService'> {
    const list = (claims: readonly TaskClaim__Output[]) =>
      claims.map((claim) => {
        const kept = this.#tasks.get(claim.task_guid);
        const ours = kept !== undefined && kept.status.attempt === claim.attempt;
        const live = ours && (kept.status.state === 'CLAIMED' || kept.status.state === 'RUNNING');
        if (!live) return { task: null, verdict: { code: ours ? 'invalid_transition' : 'stale_attempt', message: '' } };
        return {
          task: this.#wire(claim.task_guid),
          verdict: { code: '', message: '' },
        };
      });
    return {
      Register: async ({ incarnation, replaces }) =>
        await this.#enter('Register', 1, () => {
          if (replaces !== '' && this.#incarnation === replaces) this.#incarnation = '';
          if (this.#incarnation !== '' && this.#incarnation !== incarnation) {
            throw new DomainError('already_exists', 'the cell id is taken');
          }
          if (this.#incarnation === '') this.epoch += 1;
          this.#incarnation = incarnation;
          return { epoch: this.epoch, lease_ttl: durationToWire(this.ttlMs), drain: this.drain };
        }),
      Renew: async ({ epoch }) =>
        await this.#enter('Renew', 1, () => {
          if (this.#incarnation === '' || Number(epoch) !== this.epoch) throw new DomainError('not_found', 'gone');
          return { lease_ttl: durationToWire(this.ttlMs), drain: this.drain };
        }),
      Leave: async () =>
        await this.#enter('Leave', 1, () => {
          this.#incarnation = '';
          return {};
        }),
      FetchTasks: async ({ claims }) => await this.#enter('FetchTasks', claims.length, () => ({ tasks: list(claims) })),
      StartTasks: async ({ cell_id, epoch, items }) =>
        await this.#enter('StartTasks', items.length, () => ({
          verdicts: items.map(({ claim, nonce, image_digest, limits_in_force }) => {
            const attempt = claim?.attempt ?? '';
            const about = { cell_id, epoch: Number(epoch), attempt, nonce, image_digest, limits_in_force };
            return this.#judge(claim?.task_guid, { type: 'start', ...about });
          }),
        })),
      ReleaseTasks: async ({ cell_id, items }) =>
        await this.#enter('ReleaseTasks', items.length, () => ({
          verdicts: items.map(({ claim, code, reason, events }) => {
            this.events.set(claim?.attempt ?? '', events);
            this.released.push({ guid: claim?.task_guid ?? '', code, reason });
            return this.#judge(claim?.task_guid, {
              type: 'release',
              cell_id,
              attempt: claim?.attempt ?? '',
              code,
              reason,
            });
          }),
        })),
      CompleteTasks: async ({ cell_id, items }) =>
        await this.#enter('CompleteTasks', items.length, () => ({
          verdicts: items.map(({ claim, outcome, events }) => {
            this.events.set(claim?.attempt ?? '', events);
            const ending = endingFromWire(outcome);
            return this.#judge(claim?.task_guid, { type: 'complete', cell_id, attempt: claim?.attempt ?? '', ending });
          }),
        })),
      AdoptTasks: async ({ cell_id, epoch, claims }) =>
        await this.#enter('AdoptTasks', claims.length, () => ({
          verdicts: claims.map(({ task_guid, attempt }) =>
            this.#judge(task_guid, { type: 'adopt', cell_id, attempt, epoch: Number(epoch) }),
          ),
        })),
      // biome-ignore lint/correctness/useYield: no task of this one has an input
      async *FetchInput() {
        throw new DomainError('not_found', 'no input');
      },
      ListMyTasks: async () =>
        await this.#enter('ListMyTasks', 1, () => ({
          tasks: [...this.#tasks.values()]
            .filter(({ status }) => status.state === 'CLAIMED' || status.state === 'RUNNING')
            .map(({ status }) => ({
              claim: { task_guid: status.task_guid, attempt: status.attempt },
              state: status.state,
              epoch: status.epoch,
            })),
        })),
      Control: () => this.#control(),
      PushData: async (requests) => {
        let queue: AsyncQueue<PushDataRequest__Output> | undefined;
        for await (const message of requests) {
          if (message.request_id !== '') queue = this.#data.get(message.request_id);
          if (message.data !== undefined) queue?.push(message);
        }
        queue?.end();
        return {};
      },
      NoteEvents: async ({ claim, events }) =>
        await this.#enter('NoteEvents', 1, () => {
          this.events.set(claim?.attempt ?? '', events);
          return {};
        }),
      PushLogs: async (requests) => {
        let queue: AsyncQueue<LogEntry__Output> | undefined;
        for await (const { request_id, entries } of requests) {
          if (request_id !== '') queue = this.#logs.get(request_id);
          for (const entry of entries) queue?.push(entry);
        }
        queue?.end();
        return {};
      },
    };
  }
}

function endingFromWire(outcome: TaskOutcome__Output | null): Ending {
  if (outcome === null) throw new DomainError('invalid_argument', 'no outcome');
  const usage = usageFromWire(outcome.usage);
  return {
    outcome: outcome.outcome as Ending['outcome'],
    failure_reason: outcome.failure_reason,
    failure_code: outcome.failure_code,
    ...(outcome._exit_code === undefined ? {} : { exit_code: outcome.exit_code ?? 0 }),
    oom_killed: outcome.oom_killed,
    result: outcome.result.toString(),
    result_truncated: outcome.result_truncated,
    result_bytes: Number(outcome.result_bytes),
    ...(usage === undefined ? {} : { usage }),
  };
}

function now(): bigint {
  return BigInt(Date.now()) * 1_000_000n;
}

/** A run task whose fake container does what `env` says (see FakeRuntime). */
export function runTask(
  env: Readonly<Record<string, string>> = {},
  overrides: Partial<TaskDefinition> & { readonly run?: Partial<RunAction> } = {},
): TaskDefinition {
  const { run, ...rest } = overrides;
  return {
    task_guid: `task-${randomUUID()}`,
    domain: 'test',
    stack: '',
    root_fs: 'preloaded:box',
    env: Object.entries(env).map(([name, value]) => ({ name, value })),
    cpu_weight: 0,
    disk_mb: 10,
    memory_mb: 10,
    action: {
      run: {
        path: '/bin/true',
        args: [],
        dir: '',
        env: [],
        user: '',
        log_source: '',
        suppress_log_output: false,
        volume_mounted_files: [],
        ...run,
      },
    },
    result_file: '',
    completion_callback_url: '',
    log_guid: '',
    log_source: 'APP',
    annotation: '',
    privileged: false,
    max_pids: 0,
    egress_rules: [],
    placement_tags: [],
    cached_dependencies: [],
    image_username: '',
    image_password: '',
    metric_tags: {},
    volume_mounted_files: [],
    trusted_system_certificates_path: '',
    description: '',
    labels: {},
    outputs: [],
    input_dir: '',
    request_key: '',
    ...rest,
  };
}
