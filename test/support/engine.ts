import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { pino } from 'pino';
import { type DockerRuntimeOptions, openDockerRuntime } from '../../cells/docker/docker-runtime.ts';
import type {
  ContainerExit,
  ContainerLimits,
  ContainerRuntime,
  ContainerSpec,
  ExecSpec,
  IdleSpec,
} from '../../cells/executor/runtime.ts';

export const IMAGE = 'gavel/busybox:latest';
export const NO_LIMITS: ContainerLimits = { memoryBytes: 0, diskBytes: 0, cpuShares: 0, pids: 0, nofile: 0 };

/** The path of the test engine's socket: GAVEL_TEST_DOCKER_HOST, else the private engine of `make engine`. */
export function engineSocket(): string {
  const host = process.env['GAVEL_TEST_DOCKER_HOST'];
  if (host === undefined || host === '') return resolve(import.meta.dirname, '../../.run/engine/docker.sock');
  if (!host.startsWith('unix://')) throw new Error(`GAVEL_TEST_DOCKER_HOST must be unix:///..., not ${host}`);
  return host.slice('unix://'.length);
}

/** Pid of the private engine of `make engine`; undefined for an engine that is somebody's own, which tests never touch. */
export function privateEnginePid(): number | undefined {
  const folder = dirname(engineSocket());
  try {
    const pid = Number(readFileSync(join(folder, 'docker.pid'), 'utf8'));
    // Only a daemon that was started on this very socket: a system engine's pid file may lie beside its socket too.
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    const ours =
      command[0]?.endsWith('dockerd') === true &&
      command.includes(`unix://${engineSocket()}`) &&
      command.some((part) => part.endsWith('/ctr/daemon.json'));
    return ours ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** A plain request without any of our own code in between, to check what our code did, and to lay out what it never would. */
export async function engineCall(
  method: string,
  path: string,
  options: { headers?: Record<string, string>; body?: object } = {},
): Promise<string> {
  return await new Promise((done, fail) => {
    const headers = { 'content-type': 'application/json', ...options.headers };
    const where = { socketPath: engineSocket(), method, path, headers, agent: false, timeout: 30_000 };
    const call = request(where, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => done(Buffer.concat(chunks).toString()));
    });
    call.on('timeout', () => call.destroy(new Error(`${method} ${path}: no answer within 30 s`)));
    call.on('error', fail);
    call.end(options.body === undefined ? undefined : JSON.stringify(options.body));
  });
}

export async function engineGet(path: string): Promise<unknown> {
  return JSON.parse(await engineCall('GET', path));
}

/** The engine is part of these tests; without it they fail, they are not skipped. */
export async function requireEngine(): Promise<void> {
  try {
    await engineCall('GET', '/_ping');
  } catch (error) {
    throw new Error(`No container engine answers at ${engineSocket()}. Run \`make engine\` first.`, { cause: error });
  }
}

export async function openTestRuntime(
  options: Partial<DockerRuntimeOptions> & { socketPath?: string } = {},
): Promise<ContainerRuntime> {
  const { socketPath = engineSocket(), ...rest } = options;
  if (socketPath === engineSocket()) await requireEngine();
  const log = pino({ level: 'silent' });
  return await openDockerRuntime({ host: `unix://${socketPath}`, cellId: `test-${randomUUID()}`, log, ...rest });
}

/** Removes what a test left behind, then lets go of the engine. */
export async function closeTestRuntime(runtime: ContainerRuntime): Promise<void> {
  for (const { id } of await runtime.listOwned()) await runtime.remove(id);
  await runtime.close();
}

export function specOf(overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  return {
    name: `t-${randomUUID()}`,
    image: IMAGE,
    labels: {},
    path: '/bin/true',
    args: [],
    env: ['PATH=/bin:/usr/bin'],
    dir: undefined,
    user: undefined,
    privileged: false,
    limits: NO_LIMITS,
    network: 'none',
    ...overrides,
  };
}

export function shell(script: string, overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  return specOf({ path: '/bin/sh', args: ['-c', script], ...overrides });
}

export function idleOf(overrides: Partial<IdleSpec> = {}): IdleSpec {
  const { path: _path, args: _args, dir: _dir, user: _user, ...idle } = specOf();
  return { ...idle, ...overrides };
}

/** A container that idles, started. */
export async function startIdle(runtime: ContainerRuntime, overrides: Partial<IdleSpec> = {}): Promise<string> {
  const id = await runtime.createIdle(idleOf(overrides));
  await runtime.start(id);
  return id;
}

export function execOf(overrides: Partial<ExecSpec> = {}): ExecSpec {
  return { path: '/bin/true', args: [], env: [], dir: undefined, user: undefined, nofile: 0, ...overrides };
}

export function execShell(script: string, overrides: Partial<ExecSpec> = {}): ExecSpec {
  return execOf({ path: '/bin/sh', args: ['-c', script], ...overrides });
}

/** One exec up to its exit, with all that it printed. */
export async function execToExit(runtime: ContainerRuntime, id: string, spec: ExecSpec): Promise<Finished> {
  const exec = await runtime.exec(id, spec);
  const all = Promise.all([collect(exec.output.stdout), collect(exec.output.stderr)]);
  const exit = await exec.wait(AbortSignal.timeout(60_000));
  const [stdout, stderr] = await all;
  return { id, exit, stdout, stderr };
}

export interface Finished {
  readonly id: string;
  readonly exit: ContainerExit;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** A container's whole life up to its exit, in the order an executor keeps. */
export async function runToExit(runtime: ContainerRuntime, spec: ContainerSpec): Promise<Finished> {
  const id = await runtime.create(spec);
  const output = await runtime.attach(id);
  const all = Promise.all([collect(output.stdout), collect(output.stderr)]);
  await runtime.start(id);
  const exit = await runtime.waitForExit(id, AbortSignal.timeout(60_000));
  const [stdout, stderr] = await all;
  return { id, exit, stdout, stderr };
}

export async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Stands between the runtime and the engine's socket: keeps the request lines, loses answers, stands still. */
export class SocketProxy {
  readonly socketPath: string;
  readonly requests: string[] = [];
  /** Requests that match are handed on, but their connection is cut instead of answered. */
  loseAnswerOf: RegExp | undefined;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #folder: string;
  #frozen = false;

  static async open(): Promise<SocketProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'gavel-proxy-'));
    const proxy = new SocketProxy(folder);
    await new Promise<void>((done) => proxy.#server.listen(proxy.socketPath, done));
    return proxy;
  }

  private constructor(folder: string) {
    this.#folder = folder;
    this.socketPath = join(folder, 'docker.sock');
    this.#server = createServer((client) => this.#serve(client));
  }

  /** As a stopped engine: takes connections and bytes and answers nothing; after `thaw` everything still happens. */
  freeze(): void {
    this.#frozen = true;
    for (const socket of this.#sockets) socket.pause();
  }

  thaw(): void {
    this.#frozen = false;
    for (const socket of this.#sockets) socket.resume();
  }

  /** As an engine that dies: every connection there is breaks. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  count(line: RegExp): number {
    return this.requests.filter((request) => line.test(request)).length;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise<void>((done) => {
      this.#server.close(() => done());
    });
    await rm(this.#folder, { recursive: true, force: true });
  }

  #serve(client: Socket): void {
    const engine = connect(engineSocket());
    let losing = false;
    const pair = [client, engine] as const;
    for (const socket of pair) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        // What the client sent still counts when it has given up meanwhile: an engine that was stopped would read it, too.
        if (socket === client) engine.end();
        else client.destroy();
      });
    }
    client.on('data', (bytes: Buffer) => {
      for (const match of bytes.toString('latin1').matchAll(/^(?:GET|HEAD|POST|DELETE) \S+ HTTP/gm)) {
        this.requests.push(match[0]);
        if (this.loseAnswerOf?.test(match[0]) === true) losing = true;
      }
      engine.write(bytes);
    });
    engine.on('data', (bytes: Buffer) => {
      if (losing) client.destroy();
      else client.write(bytes);
    });
    if (this.#frozen) for (const socket of pair) socket.pause();
  }
}
