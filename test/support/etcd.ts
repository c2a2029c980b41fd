import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;

export interface TestEtcdMember {
  /** `http://127.0.0.1:port` */
  readonly host: string;
  readonly port: number;
  readonly pid: number;
  /** Where its data is; while it does not run, the folder may be copied and put back. */
  readonly folder: string;
  /** SIGSTOP: the member keeps its connections and answers nothing. */
  pause(): void;
  resume(): void;
  /** SIGKILL, and waits for the end. */
  kill(): Promise<void>;
  /** Starts a killed member again, on the same ports and data. */
  restart(): Promise<void>;
}

export interface TestEtcd {
  readonly hosts: readonly string[];
  readonly members: readonly TestEtcdMember[];
  /** Kills every member and removes the data. */
  stop(): Promise<void>;
}

export interface TestEtcdOptions {
  readonly members?: 1 | 3;
  /** More arguments for each member, for example `--quota-backend-bytes=...`. */
  readonly args?: readonly string[];
}

/** A real etcd, in a folder of its own below the system's temporary folder, on free ports. */
export async function startEtcd(options: TestEtcdOptions = {}): Promise<TestEtcd> {
  const folder = await mkdtemp(join(tmpdir(), 'gavel-etcd-'));
  const plans = await Promise.all(
    Array.from({ length: options.members ?? 1 }, async (_, at) => ({
      name: `m${at}`,
      port: await freePort(),
      peer: await freePort(),
    })),
  );
  const cluster = plans.map((plan) => `${plan.name}=http://127.0.0.1:${plan.peer}`).join(',');
  const members = plans.map((plan) => {
    const data = join(folder, plan.name);
    return new Member(plan.port, data, memberArgs(plan, cluster, data, options.args ?? []));
  });
  const stop = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.kill()));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    for (const member of members) member.start();
    await Promise.all(members.map((member) => member.ready()));
  } catch (error) {
    await stop();
    throw error;
  }
  return { hosts: members.map((member) => member.host), members, stop };
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

interface Plan {
  readonly name: string;
  readonly port: number;
  readonly peer: number;
}

function memberArgs(plan: Plan, cluster: string, folder: string, more: readonly string[]): string[] {
  const client = `http://127.0.0.1:${plan.port}`;
  const peer = `http://127.0.0.1:${plan.peer}`;
  const own = { '--name': plan.name, '--data-dir': folder, '--logger': 'zap', '--log-level': 'error' };
  const addresses = {
    '--listen-client-urls': client,
    '--advertise-client-urls': client,
    '--listen-peer-urls': peer,
    '--initial-advertise-peer-urls': peer,
    '--initial-cluster': cluster,
  };
  return [...Object.entries({ ...own, ...addresses }).flat(), ...more];
}

class Member implements TestEtcdMember {
  readonly host: string;
  readonly port: number;
  readonly folder: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;
  #output = '';

  constructor(port: number, folder: string, args: readonly string[]) {
    this.folder = folder;
    this.port = port;
    this.host = `http://127.0.0.1:${port}`;
    this.#args = args;
  }

  get pid(): number {
    const pid = this.#process?.pid;
    if (pid === undefined) throw new Error('the etcd member does not run');
    return pid;
  }

  start(): void {
    const child = spawn('etcd', this.#args, { stdio: ['ignore', 'ignore', 'pipe'] });
    // A failed spawn shows up as a member that never becomes ready.
    child.on('error', (error) => {
      this.#output += String(error);
    });
    child.stderr.on('data', (text: Buffer) => {
      this.#output = (this.#output + text.toString()).slice(-4_000);
    });
    this.#process = child;
  }

  async ready(): Promise<void> {
    const until = performance.now() + READY_TIMEOUT_MS;
    while (performance.now() < until) {
      const answer = await fetch(`${this.host}/health`, { signal: AbortSignal.timeout(1_000) }).catch(() => undefined);
      if (answer?.ok && (await answer.text()).includes('true')) return;
      if (this.#process?.exitCode !== null) break;
      await sleep(50);
    }
    throw new Error(`etcd did not become ready on ${this.host}: ${this.#output}`);
  }

  pause(): void {
    process.kill(this.pid, 'SIGSTOP');
  }

  resume(): void {
    process.kill(this.pid, 'SIGCONT');
  }

  async kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill('SIGKILL');
    await Promise.race([gone, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  }

  async restart(): Promise<void> {
    this.start();
    await this.ready();
  }
}
