import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDomainError } from '../../src/domain/errors.ts';
import { Channel } from '../../src/rpc/client.ts';
import type { Task__Output } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import type { Client } from '../../src/rpc/types.ts';
import { requireEngine } from '../support/engine.ts';
import { Cluster, type ClusterOptions, type RoleProcess } from '../support/processes.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { check, type Revision, type Violation } from './checker.ts';
import {
  cellsRegistered,
  compactAt,
  containersOf,
  EngineWitness,
  isTaskContainer,
  Ledger,
  readEtcd,
  removeContainers,
  revokeLeaseOf,
  type Seen,
} from './witness.ts';

/** Rows that only the whole suite has, which takes minutes (`make faults`); the short form is a part of `make test`. */
export function whole<T>(...rows: T[]): T[] {
  return process.env['GAVEL_FAULTS'] === 'all' ? rows : [];
}

const GATHER_MS = 60_000;

/** A cluster of real processes with its witnesses, and the one judgement at the end of each test. */
export class Scene {
  readonly cluster: Cluster;
  readonly ledger: Ledger;
  readonly receiver: Receiver;
  readonly #witness: EngineWitness;
  readonly #accepted: { guid: string; uid: string }[] = [];
  readonly #excused = new Set<string>();
  #kept: Revision[] = [];

  private constructor(cluster: Cluster, ledger: Ledger, receiver: Receiver, witness: EngineWitness) {
    this.cluster = cluster;
    this.ledger = ledger;
    this.receiver = receiver;
    this.#witness = witness;
  }

  static async open(options: ClusterOptions = {}): Promise<Scene> {
    await requireEngine();
    const cluster = await Cluster.open(options);
    try {
      const [ledger, receiver, witness] = await Promise.all([
        Ledger.open(),
        startReceiver(),
        // Not through a proxy that the cells may have: what the engine did, not what it was heard to say.
        EngineWitness.open(cluster.cellIds),
      ]);
      await cluster.start();
      return new Scene(cluster, ledger, receiver, witness);
    } catch (error) {
      await cluster.stop();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.cluster.stop();
    await removeContainers(this.cluster.cellIds);
    this.#witness.close();
    await this.receiver.stop();
    await this.ledger.close();
  }

  /** What was acknowledged to a client. */
  get accepted(): readonly { readonly guid: string; readonly uid: string }[] {
    return this.#accepted;
  }

  /** The engine's word on each start. */
  get engineStarts(): readonly Seen[] {
    return this.#witness.starts;
  }

  get cell(): RoleProcess {
    return this.#at(this.cluster.cells, 0);
  }

  bbs(at: number): RoleProcess {
    return this.#at(this.cluster.bbs, at);
  }

  /** A task that notes its start in the ledger, and then does `script`. It goes to the first cell unless told otherwise. */
  request(script: string | ((guid: string) => string), over: Partial<TaskCreateRequest> = {}): TaskCreateRequest {
    const guid = `f-${randomUUID()}`;
    const rest = typeof script === 'string' ? script : script(guid);
    return {
      task_guid: guid,
      domain: 'faults',
      root_fs: 'preloaded:busybox',
      memory_mb: 32,
      placement_tags: ['at-0'],
      request_key: guid,
      action: { run: { path: '/bin/sh', args: ['-c', `${this.ledger.note(guid)}; ${rest}`] } },
      stop: { grace: { seconds: 1 } },
      ...over,
    };
  }

  /** Submits until it is acknowledged, as the SDK does. */
  async submit(asked: TaskCreateRequest): Promise<Task__Output> {
    // A channel of its own, so that the first server is asked first.
    const channel = new Channel({ addresses: this.cluster.bbsPorts.map((port) => `127.0.0.1:${port}`) });
    try {
      return await this.submitBy(channel.client('TaskService'), asked);
    } finally {
      channel.close();
    }
  }

  /** As `submit`, over a channel that stays: for many. */
  async submitBy(client: Client<'TaskService'>, asked: TaskCreateRequest): Promise<Task__Output> {
    const until = performance.now() + GATHER_MS;
    for (;;) {
      try {
        const task = await client.DesireTask(asked, { retry: true, timeoutMs: 10_000 });
        this.#accepted.push({ guid: task.task_guid, uid: task.uid });
        return task;
      } catch (error) {
        if (!isDomainError(error) || !error.retryable || performance.now() > until) throw error;
        await sleep(100);
      }
    }
  }

  /** Submits once, to one server only, as soon as it can be reached. */
  async ask(bbs: number, asked: TaskCreateRequest): Promise<Task__Output> {
    const channel = new Channel({ addresses: [`127.0.0.1:${this.cluster.bbsPorts[bbs]}`] });
    try {
      const client = channel.client('TaskService');
      // A connection that failed before is not tried anew at once.
      await client.GetTask({ task_guid: 'nobody' }, { retry: true, timeoutMs: 20_000 }).catch(() => undefined);
      return await client.DesireTask(asked, { timeoutMs: 10_000 });
    } finally {
      channel.close();
    }
  }

  /** A task's state as one server tells it. */
  async askFor(bbs: number, guid: string): Promise<string> {
    const channel = new Channel({ addresses: [`127.0.0.1:${this.cluster.bbsPorts[bbs]}`] });
    try {
      return (await channel.client('TaskService').GetTask({ task_guid: guid }, { retry: true, timeoutMs: 5_000 }))
        .state;
    } catch (error) {
      if (isDomainError(error)) return error.code;
      throw error;
    } finally {
      channel.close();
    }
  }

  async look(guid: string): Promise<Task__Output | undefined> {
    try {
      return await this.cluster.tasks.GetTask(
        { task_guid: guid, include_history: true },
        { retry: true, timeoutMs: 5_000 },
      );
    } catch (error) {
      if (isDomainError(error)) return undefined;
      throw error;
    }
  }

  async reaches(guid: string, states: RegExp, ms = GATHER_MS): Promise<Task__Output> {
    const until = performance.now() + ms;
    let seen: Task__Output | undefined;
    while (performance.now() < until) {
      seen = await this.look(guid);
      if (seen !== undefined && states.test(seen.state)) return seen;
      await sleep(50);
    }
    const words = this.cluster.roles.map(({ name, output }) => `== ${name}\n${output.slice(-2_500)}`).join('\n');
    throw new Error(`task ${guid} is ${seen?.state}, not ${states}\n${words}`);
  }

  async ended(guid: string, ms?: number): Promise<Task__Output> {
    return await this.reaches(guid, /COMPLETED|RESOLVING/, ms);
  }

  /** Waits until the process of the task has told the ledger that it runs. */
  async begun(guid: string): Promise<void> {
    await until(() => this.ledger.count(guid) > 0, GATHER_MS, `the start of ${guid}`);
  }

  /** Starts again what a fault ended, disarms everything, and lets every stopped process go on. */
  async mend(): Promise<void> {
    for (const role of this.cluster.roles) {
      role.arm('');
      if (role.running) role.resume();
    }
    for (const role of this.cluster.roles) if (!role.running) await role.start();
    // A cell that was cut off or paused takes its place again; until then its tasks would be called impossible.
    const host = this.cluster.etcd.hosts[0] ?? '';
    await until(
      async () => (await cellsRegistered(host).catch(() => -1)) === this.cluster.cells.length,
      GATHER_MS,
      'the return of every cell',
    );
  }

  /** Somebody else starts this one again, on purpose: its starts are not counted. */
  excuse(guid: string): void {
    this.#excused.add(guid);
  }

  /** Compacts etcd up to now; what it forgets is kept for the judgement. */
  async compact(): Promise<void> {
    const host = this.cluster.etcd.hosts[0] ?? '';
    this.#kept = await this.history();
    await compactAt(host, this.#kept.at(-1)?.revision ?? 1);
  }

  /** Everything that ever happened in the store. */
  async history(): Promise<Revision[]> {
    const since = (this.#kept.at(-1)?.revision ?? 0) + 1;
    return [...this.#kept, ...(await readEtcd(this.cluster.etcd.hosts[0] ?? '', since))];
  }

  /** The settings that a cell was started with. */
  async settingsOf(cell: number): Promise<object> {
    return JSON.parse(await readFile(join(this.cluster.folder, `cell-${cell}.json`), 'utf8')) as object;
  }

  /** Empties a cell's state folder, as after the loss of its disk. */
  async wipe(cell: number): Promise<void> {
    await rm(join(this.cluster.folder, this.cluster.cellIds[cell] ?? 'none'), { recursive: true, force: true });
  }

  /** As an operator would with etcdctl. */
  async revokeLease(cell: number): Promise<void> {
    const key = `/gavel/v1/cell/${this.cluster.cellIds[cell]}`;
    await revokeLeaseOf(this.cluster.etcd.hosts[0] ?? '', key);
  }

  /** All tasks at their end and no container left, within the bound; then the judgement over everything since the beginning. */
  async judge(): Promise<Violation[]> {
    for (const { guid } of this.#accepted) await this.ended(guid);
    const { cellIds } = this.cluster;
    const left = async () => (await containersOf(cellIds)).filter(isTaskContainer);
    const bound = performance.now() + GATHER_MS;
    while ((await left()).length > 0 && performance.now() < bound) await sleep(100);
    const history = await this.history();
    const counted = ({ guid }: Seen) => !this.#excused.has(guid);
    const containers = (await left()).map(({ name, state }) => `${name} (${state})`);
    const callbacks = this.receiver.received.map(({ headers, body }) => ({
      webhookId: String(headers['webhook-id']),
      body,
      answered: 200,
    }));
    const evidence = { history, accepted: this.#accepted, containers, callbacks, finished: true };
    return [
      ...check({ ...evidence, starts: this.ledger.starts.filter(counted) }),
      ...check({ history, starts: this.#witness.starts.filter(counted) }).map(({ invariant, what }) => ({
        invariant,
        what: `by the engine's events: ${what}`,
      })),
    ];
  }

  /** @throws with every breach that `judge` found. */
  async verdict(): Promise<void> {
    const found = await this.judge();
    if (found.length > 0) throw new Error(found.map(({ invariant, what }) => `${invariant}: ${what}`).join('\n'));
  }

  #at(roles: readonly RoleProcess[], at: number): RoleProcess {
    const role = roles[at];
    if (role === undefined) throw new Error(`no role ${at}`);
    return role;
  }
}

export async function until(holds: () => boolean | Promise<boolean>, ms: number, what: string): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await sleep(20);
  }
}
