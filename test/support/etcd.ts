import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PeerProxy } from './peer-proxy.ts';

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
  /** Cuts one member off from the others, silently; its clients still reach it. Only with `cuttable`. */
  isolate(member: number): Promise<void>;
  /** All members reach each other again. */
  heal(): void;
  /** Kills every member and removes the data. */
  stop(): Promise<void>;
}

export interface TestEtcdOptions {
  readonly members?: 1 | 3;
  /** More arguments for each member, for example `--quota-backend-bytes=...`. */
  readonly args?: readonly string[];
  /** Members reach each other through proxies, so that one can be cut off. */
  readonly cuttable?: boolean;
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
  const proxies =
    options.cuttable === true ? await Promise.all(plans.map(async ({ peer }) => await PeerProxy.start(peer))) : [];
  const reachable = (at: number) => `http://127.0.0.1:${proxies[at]?.port ?? plans[at]?.peer}`;
  const cluster = plans.map((plan, at) => `${plan.name}=${reachable(at)}`).join(',');
  const members = plans.map((plan, at) => {
    const data = join(folder, plan.name);
    return new Member(plan.port, data, memberArgs(plan, reachable(at), cluster, data, options.args ?? []));
  });
  const stop = async (): Promise<void> => {
    await Promise.all(members.map((member) => member.kill()));
    await Promise.all(proxies.map(async (proxy) => await proxy.stop()));
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  };
  try {
    for (const member of members) member.start();
    await Promise.all(members.map((member) => member.ready()));
  } catch (error) {
    await stop();
    throw error;
  }
  const hosts = members.map((member) => member.host);
  const isolate = async (member: number): Promise<void> => {
    const id = await memberId(hosts[member] ?? '', `m${member}`);
    for (const [at, proxy] of proxies.entries()) proxy.cut((from) => at === member || from === id);
  };
  const heal = (): void => {
    for (const proxy of proxies) proxy.heal();
  };
  return { hosts, members, isolate, heal, stop };
}

/** As members spell it to each other: hex. */
async function memberId(host: string, name: string): Promise<string> {
  const answer = await fetch(`${host}/v3/cluster/member/list`, { method: 'POST', body: '{}' });
  const { members } = (await answer.json()) as { members: { ID: string; name: string }[] };
  return BigInt(members.find((member) => member.name === name)?.ID ?? 0).toString(16);
}

/**
 * A port to listen on, below those that the kernel gives to connections that go out: what is free now is not taken by one of them, nor, in
 * all likelihood, by another test file, before it is listened on.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer();
    const free = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}

interface Plan {
  readonly name: string;
  readonly port: number;
  readonly peer: number;
}

function memberArgs(
  plan: Plan,
  advertised: string,
  cluster: string,
  folder: string,
  more: readonly string[],
): string[] {
  const client = `http://127.0.0.1:${plan.port}`;
  const peer = `http://127.0.0.1:${plan.peer}`;
  const own = { '--name': plan.name, '--data-dir': folder, '--logger': 'zap', '--log-level': 'error' };
  const addresses = {
    '--listen-client-urls': client,
    '--advertise-client-urls': client,
    '--listen-peer-urls': peer,
    '--initial-advertise-peer-urls': advertised,
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
