import { constants } from 'node:os';
import { Readable } from 'node:stream';
import { DomainError, ERRORS, type ErrorCode } from '../../src/domain/errors.ts';
import type { FakeFiles } from './fake-files.ts';
import type {
  ContainerExec,
  ContainerExit,
  ContainerLimits,
  ContainerOutput,
  ContainerRuntime,
  ContainerState,
  IdleSpec,
  RuntimeInfo,
} from './runtime.ts';

/** A process of the fake that was started by `exec`; what it does is told by its environment, as for a container. */
export class FakeProcess implements ContainerExec {
  readonly output: FakeOutput;
  readonly #env: ReadonlyMap<string, string>;
  readonly #onEnd: () => void;
  readonly #waiters = new Set<() => void>();
  #exit: ContainerExit | undefined;
  #gone = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(env: ReadonlyMap<string, string>, onEnd: () => void) {
    this.#env = env;
    this.#onEnd = onEnd;
    this.output = new FakeOutput(() => undefined);
  }

  begin(): void {
    const env = this.#env;
    const error = env.get('FAKE_ERROR') ?? '';
    if (error !== '') return this.#end({ exitCode: 127, oomKilled: false, error });
    this.output.write(env.get('FAKE_STDOUT') ?? '', env.get('FAKE_STDERR') ?? '');
    const oomKilled = env.get('FAKE_OOM') === '1';
    const exitCode = oomKilled ? 137 : Number(env.get('FAKE_EXIT_CODE') ?? '0');
    const runMs = Number(env.get('FAKE_RUN_MS') ?? '0');
    this.#timer = setTimeout(() => this.#end({ exitCode, oomKilled, error: '' }), runMs);
  }

  async wait(signal: AbortSignal): Promise<ContainerExit> {
    for (;;) {
      if (signal.aborted) throw new DomainError('cancelled', 'cannot wait for the process: cancelled');
      if (this.#exit !== undefined) return this.#exit;
      if (this.#gone) throw new DomainError('not_found', 'cannot wait for the process: its container is gone');
      await woken(this.#waiters, signal);
    }
  }

  async kill(signalName: string): Promise<void> {
    await Promise.resolve();
    const number = signalNumber(signalName);
    if (signalName !== 'SIGKILL' && this.#env.get('FAKE_IGNORE_TERM') === '1') return;
    this.#end({ exitCode: 128 + number, oomKilled: false, error: '' });
  }

  /** Its container was removed or ended under it. */
  gone(): void {
    this.#gone = true;
    this.#finish();
  }

  #end(exit: ContainerExit): void {
    if (this.#gone) return;
    this.#exit ??= exit;
    this.#finish();
  }

  #finish(): void {
    clearTimeout(this.#timer);
    this.output.close();
    this.#onEnd();
    for (const wake of this.#waiters) wake();
  }
}

export class FakeOutput implements ContainerOutput {
  readonly stdout = new Readable({ read: () => undefined });
  readonly stderr = new Readable({ read: () => undefined });
  readonly #onClose: () => void;
  #closed = false;

  constructor(onClose: () => void) {
    this.#onClose = onClose;
  }

  write(stdout: string, stderr: string): void {
    if (stdout !== '') this.stdout.push(stdout);
    if (stderr !== '') this.stderr.push(stderr);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.stdout.push(null);
    this.stderr.push(null);
    this.#onClose();
  }
}

/** Until one of those who know something new calls it, or the signal comes. */
export async function woken(waiters: Set<() => void>, signal: AbortSignal): Promise<void> {
  await new Promise<void>((resolve) => {
    const wake = (): void => {
      waiters.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve();
    };
    waiters.add(wake);
    signal.addEventListener('abort', wake, { once: true });
  });
}

/** @throws DomainError `invalid_argument` for a name that is none. */
export function signalNumber(name: string): number {
  const number = (constants.signals as Partial<Record<string, number>>)[name];
  if (number === undefined) throw new DomainError('invalid_argument', `invalid signal: ${name}`);
  return number;
}

/** UNIX nanoseconds, finer than `Date.now()`. */
export function now(): bigint {
  return BigInt(Math.round((performance.timeOrigin + performance.now()) * 1_000)) * 1_000n;
}

export function splitEntry(entry: string): [string, string] {
  const at = entry.indexOf('=');
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)];
}

export function failOnRequest(code: string | undefined, what: string): void {
  if (code === undefined) return;
  const known: ErrorCode = Object.hasOwn(ERRORS, code) ? (code as ErrorCode) : 'internal';
  throw new DomainError(known, `cannot ${what}: as the test asked (${code})`);
}

export const FAKE_INFO: RuntimeInfo = {
  name: 'fake',
  version: '1',
  apiVersion: '1',
  storageDriver: 'memory',
  backingFilesystem: '',
  cgroupVersion: 2,
  diskLimit: 'none',
  egress: 'enforced',
  egressReason: '',
  usageAfterExit: true,
  memoryBytes: 64 * 2 ** 30,
  cpus: 16,
  os: 'fake',
  architecture: process.arch,
  instance: '',
  components: {},
};

export interface FakeContainer {
  readonly id: string;
  readonly spec: IdleSpec;
  readonly idle: boolean;
  readonly env: ReadonlyMap<string, string>;
  readonly files: FakeFiles;
  readonly execs: Set<FakeProcess>;
  name: string;
  limits: ContainerLimits;
  readonly outputs: Set<FakeOutput>;
  readonly waiters: Set<() => void>;
  status: 'created' | 'running' | 'exited';
  startSent: boolean;
  startedAt: bigint | undefined;
  finishedAt: bigint | undefined;
  exit: ContainerExit | undefined;
  timer: NodeJS.Timeout | undefined;
}

export function stateOf({ status, startedAt, finishedAt, exit }: FakeContainer): ContainerState {
  return { status, startedAt, finishedAt, exit, restartCount: 0 };
}

/** Every call that was made, by method, for tests which count. */
export type FakeCalls = Record<Exclude<keyof ContainerRuntime, 'close' | 'engineCalls'>, number>;

export function noCalls(): FakeCalls {
  return {
    info: 0,
    ensureImage: 0,
    create: 0,
    attach: 0,
    start: 0,
    inspect: 0,
    waitForExit: 0,
    wasKilledForMemory: 0,
    kill: 0,
    remove: 0,
    readFile: 0,
    listOwned: 0,
    createIdle: 0,
    exec: 0,
    update: 0,
    prepare: 0,
    assign: 0,
    rename: 0,
    openFile: 0,
    readTar: 0,
    writeFiles: 0,
    usage: 0,
    usageNow: 0,
    execBeside: 0,
    diskUsage: 0,
    removeUnusedImages: 0,
  };
}
