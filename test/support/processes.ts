import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Channel } from '../../src/rpc/client.ts';
import type { Client } from '../../src/rpc/types.ts';
import { engineSocket, IMAGE } from './engine.ts';
import { freePort, startEtcd, type TestEtcd } from './etcd.ts';
import { TcpProxy } from './tcp-proxy.ts';

/*
 * The roles as real processes, from dist/, with a real etcd and the test engine. Everything that is ended here was started here,
 * and is ended by its pid.
 */

const ROOT = resolve(import.meta.dirname, '../..');
const PRELOAD = resolve(import.meta.dirname, '../faults/preload.mjs');
const READY_MS = 40_000;
const OUTPUT_KEPT = 400_000;

let frozen: string | undefined;

/** A copy of dist/ for this test process: a build meanwhile must not change the program between two starts. */
function program(): string {
  if (frozen !== undefined) return frozen;
  const built = join(ROOT, 'dist');
  if (!existsSync(join(built, 'src/main.js'))) throw new Error('dist/ is missing. Run `make build` first.');
  // Below the root, so that node_modules and package.json are found.
  const folder = join(ROOT, '.run', `faults-${process.pid}`);
  mkdirSync(join(ROOT, '.run'), { recursive: true });
  cpSync(built, join(folder, 'dist'), { recursive: true });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  frozen = join(folder, 'dist', 'src', 'main.js');
  return frozen;
}

/** One role in a process of its own; may be killed, stopped and started again any number of times. */
export class RoleProcess {
  readonly name: string;
  readonly #role: string;
  readonly #config: string;
  readonly #faults: string;
  readonly #ready: RegExp;
  #child: ChildProcess | undefined;
  #output = '';

  constructor(folder: string, name: string, role: string, settings: object, ready: RegExp) {
    this.name = name;
    this.#role = role;
    this.#ready = ready;
    this.#config = join(folder, `${name}.json`);
    this.#faults = join(folder, `${name}.faults`);
    // JSON is YAML, too.
    writeFileSync(this.#config, JSON.stringify(settings));
  }

  /** What it wrote to stdout and stderr, over all its lives. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    const pid = this.#child?.pid;
    if (pid === undefined) throw new Error(`${this.name} does not run`);
    return pid;
  }

  get running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Resolves when it says that it is ready. */
  async start(): Promise<void> {
    await this.launch();
    await this.says(this.#ready);
  }

  /** Begins, and does not wait. */
  async launch(): Promise<void> {
    if (this.running) throw new Error(`${this.name} runs already`);
    this.#output += `--- ${this.name} begins\n`;
    const env = {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      NODE_OPTIONS: `--import=${PRELOAD}`,
      GAVEL_FAULT_FILE: this.#faults,
    };
    const args = [program(), this.#role, '--config', this.#config];
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => {
        this.#output = (this.#output + text.toString()).slice(-OUTPUT_KEPT);
      });
    child.on('error', (error) => {
      this.#output += String(error);
    });
    this.#child = child;
    await Promise.resolve();
  }

  /** Waits until it has said so in its present life. @throws with the end of its output when it does not. */
  async says(what: RegExp, ms = READY_MS): Promise<void> {
    const until = performance.now() + ms;
    while (!what.test(this.#sinceBegin())) {
      if (!this.running || performance.now() > until)
        throw new Error(`${this.name} did not say ${what}:\n${this.#output.slice(-3_000)}`);
      await sleep(20);
    }
  }

  #sinceBegin(): string {
    return this.#output.slice(this.#output.lastIndexOf('--- '));
  }

  /** Sets fault points in it, now or before it starts (see preload.mjs); '' disarms all. */
  arm(faults: string): void {
    rmSync(`${this.#faults}.fired`, { force: true });
    writeFileSync(this.#faults, faults);
  }

  /** The fault points that were reached since they were armed. */
  get fired(): readonly string[] {
    const path = `${this.#faults}.fired`;
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }

  /** Waits until what was armed has happened. */
  async firing(ms = READY_MS): Promise<void> {
    const until = performance.now() + ms;
    while (this.fired.length === 0) {
      if (performance.now() > until)
        throw new Error(`${this.name} never came to its fault point:\n${this.#output.slice(-3_000)}`);
      await sleep(20);
    }
  }

  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  /** SIGKILL (also of a stopped process), and waits for its end. */
  async kill(): Promise<void> {
    if (this.running) this.#child?.kill('SIGKILL');
    await this.died();
  }

  /** SIGTERM, and waits for its end; SIGKILL when that takes too long. */
  async stop(ms = 15_000): Promise<void> {
    if (!this.running) return;
    this.#child?.kill('SIGTERM');
    await this.died(ms).catch(async () => await this.kill());
  }

  async died(ms = READY_MS): Promise<void> {
    const until = performance.now() + ms;
    while (this.running) {
      if (performance.now() > until)
        throw new Error(
          `${this.name} still runs (${this.#kernel()}), fired ${this.fired.join()}:\n${this.#output.slice(-3_000)}`,
        );
      await sleep(10);
    }
  }

  /** State and waiting place as the kernel has them, for messages. */
  #kernel(): string {
    try {
      const status = readFileSync(`/proc/${this.pid}/status`, 'utf8');
      return `pid ${this.pid}, ${/^State:.*$/m.exec(status)?.[0] ?? '?'}`;
    } catch {
      return `pid ${this.pid}, gone`;
    }
  }

  async restart(): Promise<void> {
    await this.kill();
    await this.start();
  }
}

export interface ClusterOptions {
  readonly members?: 1 | 3;
  readonly etcdArgs?: readonly string[];
  readonly bbs?: number;
  readonly auctioneers?: number;
  readonly cells?: number;
  /** The last cell may take what is meant for any, so that what waits for one that is away is not called impossible. */
  readonly spare?: boolean;
  /** A TCP proxy on the way from each cell to each BBS. */
  readonly proxyCells?: boolean;
  /** A TCP proxy on the way from each BBS to each member. */
  readonly proxyEtcd?: boolean;
  readonly engine?: string;
  readonly bbsSettings?: object;
  /** A longer grace, where a fault may take its time and nothing is to end by it. */
  readonly lostGraceMs?: number;
  readonly cellSettings?: object;
}

/** Short times: a cell that is cut off stops its tasks after 6 s, and they may be called lost after 12 s. */
export const TIMES = { cellLeaseMs: 3_000, lostGraceMs: 9_000 } as const;

export class Cluster {
  readonly etcd: TestEtcd;
  readonly bbs: readonly RoleProcess[];
  readonly auctioneers: readonly RoleProcess[];
  readonly cells: readonly RoleProcess[];
  readonly cellIds: readonly string[];
  /** By cell, then by BBS. */
  readonly cellProxies: readonly (readonly TcpProxy[])[];
  /** By BBS, then by member. */
  readonly etcdProxies: readonly (readonly TcpProxy[])[];
  readonly bbsPorts: readonly number[];
  readonly folder: string;
  readonly tasks: Client<'TaskService'>;
  readonly #channel: Channel;

  private constructor(parts: Omit<Cluster, 'stop' | 'roles' | 'start' | 'tasks' | '#channel'>) {
    this.etcd = parts.etcd;
    this.bbs = parts.bbs;
    this.auctioneers = parts.auctioneers;
    this.cells = parts.cells;
    this.cellIds = parts.cellIds;
    this.cellProxies = parts.cellProxies;
    this.etcdProxies = parts.etcdProxies;
    this.bbsPorts = parts.bbsPorts;
    this.folder = parts.folder;
    this.#channel = new Channel({ addresses: parts.bbsPorts.map(local) });
    this.tasks = this.#channel.client('TaskService');
  }

  static async open(options: ClusterOptions = {}): Promise<Cluster> {
    const folder = await mkdtemp(join(tmpdir(), 'gavel-faults-'));
    const etcd = await startEtcd({
      members: options.members ?? 1,
      args: options.etcdArgs ?? [],
      cuttable: options.members === 3,
    });
    const bbsPorts = await Promise.all(times(options.bbs ?? 2, freePort));
    const auctioneerPorts = await Promise.all(times(options.auctioneers ?? 1, freePort));
    const proxied = async (on: boolean | undefined, ports: readonly number[]) =>
      on === true ? await Promise.all(ports.map(async (port) => await TcpProxy.start(port))) : [];
    const members = etcd.members.map(({ port }) => port);
    const etcdProxies = await Promise.all(bbsPorts.map(async () => await proxied(options.proxyEtcd, members)));
    const bbs = bbsPorts.map((port, at) => {
      const hosts = options.proxyEtcd === true ? etcdProxies[at]?.map(({ host }) => host) : etcd.hosts;
      const settings = {
        listen: local(port),
        store: { kind: 'etcd', hosts },
        cellLeaseMs: TIMES.cellLeaseMs,
        tasks: {
          lostGraceMs: options.lostGraceMs ?? TIMES.lostGraceMs,
          claimDeadlineMs: 20_000,
          resolvingTimeoutMs: 3_000,
        },
        callbacks: { scheduleMs: [200, 400, 800, 1_600, 3_000, 3_000, 3_000], timeoutMs: 1_000, deny: [] },
        ...options.bbsSettings,
      };
      return new RoleProcess(folder, `bbs-${at}`, 'bbs', settings, /bbs\.started/);
    });
    const auctioneers = auctioneerPorts.map((port, at) => {
      const settings = { listen: local(port), bbs: bbsPorts.map(local) };
      return new RoleProcess(folder, `auctioneer-${at}`, 'auctioneer', settings, /auctioneer\.started/);
    });
    const run = randomUUID().slice(0, 8);
    const count = options.cells ?? 2;
    const tags = times(count, (at) => `at-${at}`);
    const cellIds = times(count, (at) => `faults-${run}-${at}`);
    const cellProxies = await Promise.all(cellIds.map(async () => await proxied(options.proxyCells, bbsPorts)));
    const cells = cellIds.map((cellId, at) => {
      const through = options.proxyCells === true ? (cellProxies[at]?.map(({ port }) => port) ?? []) : bbsPorts;
      const settings = {
        cellId,
        bbs: through.map(local),
        auctioneer: auctioneerPorts.map(local),
        dockerHost: `unix://${options.engine ?? engineSocket()}`,
        preloaded: { busybox: IMAGE },
        optionalPlacementTags: options.spare === true && at === count - 1 ? [...tags, 'spare'] : [`at-${at}`],
        stateDir: join(folder, cellId),
        memoryMb: 1_024,
        diskMb: 10_240,
        network: 'bridge',
        // Its tasks tell the ledger that they run, over the network.
        egress: 'open',
        // Every container of theirs is made and started for its task, where faults are waiting for that.
        preparedContainers: 0,
        ...options.cellSettings,
      };
      return new RoleProcess(folder, `cell-${at}`, 'cell', settings, /cell\.registered/);
    });
    return new Cluster({ etcd, bbs, auctioneers, cells, cellIds, cellProxies, etcdProxies, bbsPorts, folder });
  }

  get roles(): readonly RoleProcess[] {
    return [...this.bbs, ...this.auctioneers, ...this.cells];
  }

  async start(): Promise<void> {
    await Promise.all(this.bbs.map(async (one) => await one.start()));
    await Promise.all([...this.auctioneers, ...this.cells].map(async (one) => await one.start()));
  }

  async stop(): Promise<void> {
    this.#channel.close();
    for (const role of this.roles) await role.kill();
    for (const proxy of [...this.cellProxies, ...this.etcdProxies].flat()) await proxy.stop();
    await this.etcd.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

function local(port: number): string {
  return `127.0.0.1:${port}`;
}

function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at));
}
