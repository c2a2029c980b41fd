import { Readable } from 'node:stream';
import { DomainError } from '../../src/domain/errors.ts';
import { FakeFiles } from './fake-files.ts';
import {
  FAKE_INFO,
  type FakeCalls,
  type FakeContainer,
  FakeOutput,
  FakeProcess,
  failOnRequest,
  noCalls,
  now,
  signalNumber,
  splitEntry,
  stateOf,
  woken,
} from './fake-process.ts';
import type {
  ContainerExec,
  ContainerExit,
  ContainerOutput,
  ContainerRuntime,
  ContainerSpec,
  ContainerState,
  ContainerUsage,
  ExecSpec,
  FileContent,
  FileSource,
  IdleSpec,
  ImageInfo,
  ImageSource,
  ImageSweep,
  LimitsChange,
  OpenedFile,
  OwnedContainer,
  PreparedContainer,
  PullProgress,
  RuntimeCall,
  RuntimeInfo,
  UsageNow,
  WriteOptions,
} from './runtime.ts';

export interface FakeRuntimeOptions {
  readonly cellId?: string;
  /** Images that neither the cell nor any registry has. */
  readonly missingImages?: readonly string[];
  readonly info?: Partial<RuntimeInfo>;
}

/**
 * A container engine in memory. What a container does is told by its environment:
 *
 * - `FAKE_RUN_MS` how long it runs (0), `FAKE_EXIT_CODE` (0), `FAKE_OOM=1` ends it killed for memory with 137 (`late`: its exit does not say so),
 * - `FAKE_STDOUT`, `FAKE_STDERR` what it prints when it starts, `FAKE_RESULT` what any file of it holds (none: no such file),
 * - `FAKE_CREATE_ERROR`, `FAKE_START_ERROR` an error code (`unavailable`, `invalid_argument`, ...): the call fails, nothing happens,
 * - `FAKE_START_LOST=1` it starts, but the answer is lost; `FAKE_IGNORE_TERM=1` only SIGKILL ends it.
 * - `FAKE_DISK` bytes on the disk beside those of `writeFiles`.
 *
 * What an exec does is told by its own environment in the same words, and `FAKE_EXEC_ERROR` (an error code: the call fails),
 * `FAKE_ERROR` (the exit's `error`: it never ran).
 */
export class FakeRuntime implements ContainerRuntime {
  /** How often a process really began, by container name: more than 1 is a second run. */
  readonly starts = new Map<string, number>();
  readonly calls: FakeCalls = noCalls();
  /** Every exec that really began, in order. */
  readonly execs: { readonly container: string; readonly spec: ExecSpec }[] = [];
  readonly #options: FakeRuntimeOptions;
  readonly #containers = new Map<string, FakeContainer>();
  readonly #ids = new Map<string, string>();
  readonly #images = new Set<string>();
  readonly #waiting = new Set<string>();
  #nextId = 1;
  #away = false;

  constructor(options: FakeRuntimeOptions = {}) {
    this.#options = options;
  }

  /** While away every call fails `unavailable`; containers go on. */
  setAway(away: boolean): void {
    this.#away = away;
    if (!away) this.#wakeAll();
  }

  /** Ends a running container from outside, as `docker stop` by a human would. */
  finish(name: string, exitCode: number): void {
    this.#finish(this.#find(this.#ids.get(name) ?? name, 'finish'), { exitCode, oomKilled: false, error: '' });
  }

  async info(): Promise<RuntimeInfo> {
    await this.#enter('info');
    return { ...FAKE_INFO, ...this.#options.info };
  }

  async ensureImage(
    image: ImageSource,
    signal: AbortSignal,
    onProgress?: (progress: PullProgress) => void,
  ): Promise<ImageInfo> {
    await this.#enter('ensureImage');
    const name = image.kind === 'preloaded' ? image.image : image.reference;
    if (signal.aborted) throw new DomainError('cancelled', `cannot pull ${name}: cancelled`);
    if (this.#options.missingImages?.includes(name) === true) {
      throw new DomainError('not_found', `the image ${name} is nowhere`);
    }
    const pulled = image.kind === 'registry' && !this.#images.has(name);
    this.#images.add(name);
    if (pulled) onProgress?.({ layersDone: 1, layersTotal: 1, text: `${name}: Pull complete` });
    return { id: `fake:${name}`, digest: `fake:${name}`, pulled, env: [], user: '', workingDir: '' };
  }

  async create(spec: ContainerSpec): Promise<string> {
    await this.#enter('create');
    return this.#create(spec, false);
  }

  async createIdle(spec: IdleSpec): Promise<string> {
    await this.#enter('createIdle');
    return this.#create(spec, true);
  }

  async prepare(spec: ContainerSpec): Promise<PreparedContainer> {
    await this.#enter('prepare');
    const id = this.#create({ ...spec, env: [] }, false);
    this.#waiting.add(id);
    return { id, lost: new Promise((resolve) => this.#find(id, 'prepare').waiters.add(resolve)) };
  }

  async assign(id: string, spec: ContainerSpec): Promise<void> {
    await this.#enter('assign');
    const container = this.#containers.get(id);
    if (container === undefined || !this.#waiting.delete(id)) {
      throw new DomainError('conflict', `cannot assign container ${id}: it does not wait any more`);
    }
    this.#ids.delete(container.name);
    this.#ids.set(spec.name, id);
    const env = new Map(spec.env.map((entry) => splitEntry(entry)));
    const { labels } = container.spec;
    Object.assign(container, { name: spec.name, spec: { ...spec, labels }, env, limits: spec.limits });
  }

  #create(spec: IdleSpec, idle: boolean): string {
    if ((spec.egress ?? []).length > 0 && this.#options.info?.egress === 'open') {
      throw new DomainError(
        'permission_denied',
        `cannot create container ${spec.name}: egress_rules cannot be enforced`,
      );
    }
    const env = new Map(spec.env.map((entry) => splitEntry(entry)));
    failOnRequest(env.get('FAKE_CREATE_ERROR'), `create container ${spec.name}`);
    if (this.#options.missingImages?.includes(spec.image) === true) {
      throw new DomainError('not_found', `cannot create container ${spec.name}: no such image: ${spec.image}`);
    }
    if (this.#ids.has(spec.name)) {
      throw new DomainError('conflict', `cannot create container ${spec.name}: the name is taken`);
    }
    const id = `fake-${this.#nextId}`;
    this.#nextId += 1;
    this.#ids.set(spec.name, id);
    this.#containers.set(id, {
      id,
      spec,
      idle,
      env,
      files: new FakeFiles(),
      execs: new Set(),
      name: spec.name,
      limits: spec.limits,
      outputs: new Set(),
      waiters: new Set(),
      status: 'created',
      startSent: false,
      startedAt: undefined,
      finishedAt: undefined,
      exit: undefined,
      timer: undefined,
    });
    return id;
  }

  async attach(id: string): Promise<ContainerOutput> {
    await this.#enter('attach');
    const container = this.#find(id, 'attach to');
    const output = new FakeOutput(() => container.outputs.delete(output));
    if (container.status === 'exited') output.close();
    else container.outputs.add(output);
    return output;
  }

  async start(id: string): Promise<void> {
    await this.#enter('start');
    const container = this.#find(id, 'start');
    if (container.startSent) {
      throw new DomainError('conflict', `cannot start container ${id}: its start was sent before`);
    }
    container.startSent = true;
    const { env, spec } = container;
    failOnRequest(env.get('FAKE_START_ERROR'), `start container ${spec.name}`);
    this.starts.set(container.name, (this.starts.get(container.name) ?? 0) + 1);
    container.status = 'running';
    container.startedAt = now();
    if (container.idle) return;
    for (const output of container.outputs) output.write(env.get('FAKE_STDOUT') ?? '', env.get('FAKE_STDERR') ?? '');
    const oomKilled = env.get('FAKE_OOM') === '1';
    const exitCode = env.has('FAKE_OOM') ? 137 : Number(env.get('FAKE_EXIT_CODE') ?? '0');
    const runMs = Number(env.get('FAKE_RUN_MS') ?? '0');
    container.timer = setTimeout(() => this.#finish(container, { exitCode, oomKilled, error: '' }), runMs);
    if (env.get('FAKE_START_LOST') === '1') {
      throw new DomainError('unavailable', `cannot start container ${spec.name}: the answer was lost`);
    }
  }

  async inspect(id: string): Promise<ContainerState> {
    await this.#enter('inspect');
    const container = this.#containers.get(id);
    if (container === undefined) {
      return { status: 'missing', startedAt: undefined, finishedAt: undefined, exit: undefined, restartCount: 0 };
    }
    return stateOf(container);
  }

  async waitForExit(id: string, signal: AbortSignal, seen?: (state: ContainerState) => void): Promise<ContainerExit> {
    this.calls.waitForExit += 1;
    await Promise.resolve();
    for (;;) {
      if (signal.aborted) throw new DomainError('cancelled', `cannot wait for container ${id}: cancelled`);
      const container = this.#containers.get(id);
      if (container === undefined) throw new DomainError('not_found', `cannot wait for container ${id}: it is gone`);
      if (!this.#away) seen?.(stateOf(container));
      if (container.exit !== undefined && !this.#away) return container.exit;
      await woken(container.waiters, signal);
    }
  }

  async wasKilledForMemory(id: string): Promise<boolean> {
    await this.#enter('wasKilledForMemory');
    return this.#containers.get(id)?.env.get('FAKE_OOM') !== undefined;
  }

  async kill(id: string, signalName: string): Promise<void> {
    await this.#enter('kill');
    const container = this.#containers.get(id);
    if (container?.status !== 'running') return;
    const number = signalNumber(signalName);
    if (signalName !== 'SIGKILL' && (container.idle || container.env.get('FAKE_IGNORE_TERM') === '1')) return;
    this.#finish(container, { exitCode: 128 + number, oomKilled: false, error: '' });
  }

  async remove(id: string): Promise<void> {
    await this.#enter('remove');
    const container = this.#containers.get(id);
    if (container === undefined) return;
    this.#containers.delete(id);
    this.#ids.delete(container.name);
    clearTimeout(container.timer);
    for (const exec of container.execs) exec.gone();
    for (const output of container.outputs) output.close();
    for (const wake of container.waiters) wake();
  }

  async readFile(id: string, path: string, maxBytes: number): Promise<FileContent> {
    await this.#enter('readFile');
    const bytes = this.#read(id, path);
    return { bytes: bytes.subarray(0, maxBytes), totalBytes: bytes.length, truncated: bytes.length > maxBytes };
  }

  async openFile(id: string, path: string, signal: AbortSignal): Promise<OpenedFile> {
    await this.#enter('openFile');
    if (signal.aborted) throw new DomainError('cancelled', `cannot read ${path}: cancelled`);
    const content = this.#read(id, path);
    return { bytes: Readable.from([content]), totalBytes: content.length };
  }

  async readTar(
    id: string,
    path: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<Readable> {
    await this.#enter('readTar');
    if (options.signal.aborted) throw new DomainError('cancelled', `cannot read ${path}: cancelled`);
    const { files, env } = this.#find(id, 'read files of');
    return files.tar(path, env.get('FAKE_RESULT'), options.maxBytes);
  }

  async writeFiles(id: string, path: string, files: FileSource, options: WriteOptions): Promise<void> {
    await this.#enter('writeFiles');
    await this.#find(id, 'write files of').files.write(path, files, options);
  }

  async exec(id: string, spec: ExecSpec): Promise<ContainerExec> {
    await this.#enter('exec');
    const container = this.#find(id, 'run in');
    if (container.status !== 'running') {
      throw new DomainError('conflict', `cannot run in container ${id}: it is not running`);
    }
    const env = new Map([...container.env, ...spec.env.map((entry) => splitEntry(entry))]);
    failOnRequest(env.get('FAKE_EXEC_ERROR'), `run ${spec.path} in container ${id}`);
    this.execs.push({ container: container.name, spec });
    const exec = new FakeProcess(env, () => container.execs.delete(exec));
    container.execs.add(exec);
    exec.begin();
    return exec;
  }

  async update(id: string, limits: LimitsChange): Promise<void> {
    await this.#enter('update');
    const container = this.#find(id, 'update');
    container.limits = { ...container.limits, ...limits };
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#enter('rename');
    const container = this.#find(id, 'rename');
    if (this.#ids.has(name)) throw new DomainError('conflict', `cannot rename container ${id}: the name is taken`);
    this.#ids.delete(container.name);
    this.#ids.set(name, id);
    container.name = name;
  }

  async usage(id: string): Promise<ContainerUsage> {
    await this.#enter('usage');
    const { files, env } = this.#find(id, 'measure');
    return {
      cpuNanoseconds: 1_000_000n,
      peakMemoryBytes: 2 ** 20,
      diskBytes: files.bytes + Number(env.get('FAKE_DISK') ?? '0'),
    };
  }

  async usageNow(id: string): Promise<UsageNow> {
    await this.#enter('usageNow');
    if (this.#find(id, 'measure').status !== 'running')
      throw new DomainError('conflict', `cannot measure container ${id}: it is not running`);
    return { ...(await this.usage(id)), memoryBytes: 2 ** 19, pids: 1 };
  }

  async execBeside(id: string, spec: ExecSpec): Promise<ContainerExec> {
    await this.#enter('execBeside');
    return await this.exec(id, spec);
  }

  async diskUsage(id: string): Promise<number> {
    await this.#enter('diskUsage');
    const { files, env } = this.#find(id, 'measure');
    return files.bytes + Number(env.get('FAKE_DISK') ?? '0');
  }

  async removeUnusedImages(): Promise<ImageSweep> {
    await this.#enter('removeUnusedImages');
    return { removed: [], freedBytes: 0, keptBytes: 0 };
  }

  /** The limits as they are now, for tests. */
  limitsOf(id: string): ContainerSpec['limits'] {
    return this.#find(id, 'look at').limits;
  }

  async engineCalls(): Promise<readonly RuntimeCall[]> {
    return [];
  }

  async listOwned(): Promise<readonly OwnedContainer[]> {
    await this.#enter('listOwned');
    const cell = { 'gavel.cell': this.#options.cellId ?? 'fake' };
    return [...this.#containers.values()].map(({ id, name, spec, status }) => ({
      id,
      name,
      labels: { ...spec.labels, ...cell },
      running: status === 'running',
    }));
  }

  /** Containers go on, and their timers too; nothing keeps the process alive for them. */
  async close(): Promise<void> {
    for (const container of this.#containers.values()) container.timer?.unref();
    await Promise.resolve();
    this.#away = true;
  }

  /** Every call answers later, never within the call itself, as a real engine does. */
  async #enter(method: keyof FakeCalls): Promise<void> {
    this.calls[method] += 1;
    await Promise.resolve();
    if (this.#away) throw new DomainError('unavailable', 'the container engine cannot be reached: fake');
  }

  #read(id: string, path: string): Buffer {
    const { files, env } = this.#find(id, 'read a file of');
    return files.read(path, env.get('FAKE_RESULT'));
  }

  #find(id: string, verb: string): FakeContainer {
    const container = this.#containers.get(id);
    if (container === undefined)
      throw new DomainError('not_found', `cannot ${verb} container ${id}: no such container`);
    return container;
  }

  #finish(container: FakeContainer, exit: ContainerExit): void {
    if (container.status !== 'running') return;
    clearTimeout(container.timer);
    container.status = 'exited';
    container.finishedAt = now();
    container.exit = exit;
    for (const exec of container.execs) exec.gone();
    for (const output of container.outputs) output.close();
    for (const wake of container.waiters) wake();
  }

  #wakeAll(): void {
    for (const container of this.#containers.values()) {
      for (const wake of container.waiters) wake();
    }
  }
}
