import type { Readable } from 'node:stream';
import type { ContainerInspectInfo } from 'dockerode';
import type { Logger } from 'pino';
import { DomainError } from '../../src/domain/errors.ts';
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
} from '../executor/runtime.ts';
import { readContainerFile } from './archive.ts';
import { CgroupParents } from './cgroup-parents.ts';
import { writeContainerFiles } from './copy-in.ts';
import { openContainerFile, readContainerTar } from './copy-out.ts';
import { Creation } from './creation.ts';
import { DEADLINES, type DockerDeadlines } from './deadlines.ts';
import { type EgressMode, EgressPolicy } from './egress-policy.ts';
import { Engine, type EngineRequest } from './engine.ts';
import { isEngineError } from './errors.ts';
import { type ExecDeps, startExec, startExecBeside, within } from './execs.ts';
import { waitForExit } from './exits.ts';
import { HelperVolume } from './helper.ts';
import { ImageCache } from './image-cache.ts';
import { Images } from './images.ts';
import type { InitWatch } from './init-watch.ts';
import { engineInstance } from './instance.ts';
import { sendSignal } from './kill.ts';
import { readFromLayer } from './layer.ts';
import { limitsUpdate } from './limits.ts';
import { listContainers } from './listing.ts';
import { toldOfOom } from './oom.ts';
import { MISSING, toState } from './states.ts';
import { demultiplex } from './streams.ts';
import { type EngineFacts, learnEngine } from './survey.ts';
import { Meter } from './usage.ts';
import { WaitingContainers } from './waiting.ts';

export interface DockerRuntimeOptions {
  /** The engine's address: `unix:///var/run/docker.sock`, `tcp://127.0.0.1:2375`. */
  readonly host: string;
  readonly cellId: string;
  readonly log: Logger;
  readonly deadlines?: Partial<DockerDeadlines>;
  /** A file of the cell: which images it pulled. Without it, `removeUnusedImages` knows only those of this process. */
  readonly imageIndex?: string;
  /** How long an image that `ensureImage` gave is never removed; default 10 minutes. */
  readonly imageHoldMs?: number;
  /** `open` when left out. */
  readonly egress?: EgressMode;
  /** How often an exit is looked for without a hint from the engine. */
  readonly pollMs?: number;
  /** Where this boot of the machine has its name; the kernel's file when left out. */
  readonly bootIdFile?: string;
}

const IMAGE_HOLD_MS = 600_000;

/** How long an exit is held back for the rest of stderr, where an init that could not run the command says so. */
const VERDICT_MS = 500;

/** A little more than the engine itself waits for the last output of a process. */
const LAST_OUTPUT_MS = 2_500;

/** @throws DomainError `unavailable` when no engine answers, `unimplemented` when it is too old. */
export async function openDockerRuntime(options: DockerRuntimeOptions): Promise<ContainerRuntime> {
  const deadlines = { ...DEADLINES, ...options.deadlines };
  const engine = new Engine({ host: options.host });
  try {
    const facts = await learnEngine(engine, options.host.startsWith('unix://'), deadlines.query);
    options.log.info({ engine: facts.info }, 'container engine');
    const listOwned = async (): Promise<readonly OwnedContainer[]> =>
      await listContainers(engine, options.cellId, deadlines.query);
    const egress = await EgressPolicy.open(options.egress ?? 'open', facts.local, {
      engine,
      cellId: options.cellId,
      log: options.log,
      deadlineMs: deadlines.query,
      listOwned,
    });
    const { cgroupDriver, local, info } = facts;
    const parents = await CgroupParents.open(options.cellId, { local, cgroupDriver, v2: info.cgroupVersion === 2 });
    const runtime = new DockerRuntime(engine, facts, options, deadlines, egress, parents);
    await runtime.adopt();
    return runtime;
  } catch (error) {
    engine.close();
    throw error;
  }
}

class DockerRuntime implements ContainerRuntime {
  readonly #engine: Engine;
  readonly #images: Images;
  readonly #facts: EngineFacts;
  readonly #cellId: string;
  readonly #instance: (liveRestore: boolean) => Promise<string>;
  readonly #deadlines: DockerDeadlines;
  readonly #pollMs: number;
  /** By this process, and so never started by another. */
  readonly #created = new Set<string>();
  /** Ids whose start has been sent. Kept until removal: the last guard in front of a second run. */
  readonly #started = new Set<string>();
  readonly #watches = new Map<string, InitWatch>();
  readonly #waiting: WaitingContainers;
  readonly #imageUsers = new Map<string, string>();
  readonly #creation: Creation;
  readonly #parents: CgroupParents | undefined;
  readonly #egress: EgressPolicy;
  readonly #meter: Meter;
  readonly #cache: ImageCache;
  readonly #execDeps: ExecDeps;

  constructor(
    engine: Engine,
    facts: EngineFacts,
    options: DockerRuntimeOptions,
    deadlines: DockerDeadlines,
    egress: EgressPolicy,
    parents: CgroupParents | undefined,
  ) {
    this.#egress = egress;
    this.#parents = parents;
    this.#meter = new Meter(engine, { local: facts.local, deadlineMs: deadlines.query, parents });
    this.#engine = engine;
    this.#facts = facts;
    this.#cellId = options.cellId;
    this.#instance = async (liveRestore) => await engineInstance(options.host, liveRestore, options.bootIdFile);
    this.#deadlines = deadlines;
    this.#pollMs = options.pollMs ?? 1_000;
    this.#execDeps = {
      engine,
      pollMs: this.#pollMs,
      deadlineMs: deadlines.query,
      startDeadlineMs: deadlines.start,
      initPid: async (id) => (await this.#record(id)).State.Pid,
    };
    this.#cache = new ImageCache({
      engine,
      log: options.log,
      deadlineMs: deadlines.query,
      removeDeadlineMs: deadlines.remove,
      inspect: async (name) => await this.#images.inspect(name),
      file: options.imageIndex,
      holdMs: options.imageHoldMs ?? IMAGE_HOLD_MS,
    });
    this.#images = new Images(engine, {
      deadlineMs: deadlines.query,
      pullDeadlineMs: deadlines.pull,
      isOpen: async (reference, id) => await this.#cache.isOpen(reference, id),
    });
    const { cellId, log } = options;
    const { architecture } = facts.info;
    this.#creation = new Creation({
      engine,
      cellId,
      log,
      facts,
      images: this.#images,
      helper: new HelperVolume(engine, { cellId, architecture, deadlineMs: deadlines.create }),
      egress,
      parents,
      createDeadlineMs: deadlines.create,
      removeDeadlineMs: deadlines.remove,
    });
    this.#waiting = new WaitingContainers({
      engine,
      creation: this.#creation,
      update: async (id, limits) => await this.update(id, limits),
      queryDeadlineMs: deadlines.query,
      startDeadlineMs: deadlines.start,
    });
  }

  /** Before anything else is asked of it. */
  async adopt(): Promise<void> {
    const ids = this.#parents === undefined ? [] : (await this.listOwned()).map(({ id }) => id);
    await this.#creation.adopt(ids, async (id) => (await this.#record(id)).HostConfig.CgroupParent ?? '');
  }

  async info(): Promise<RuntimeInfo> {
    const { info, liveRestore } = await learnEngine(this.#engine, this.#facts.local, this.#deadlines.query);
    const instance = await this.#instance(liveRestore);
    return { ...info, ...(await this.#egress.state()), instance, usageAfterExit: this.#parents !== undefined };
  }

  async ensureImage(
    image: ImageSource,
    signal: AbortSignal,
    onProgress?: (progress: PullProgress) => void,
  ): Promise<ImageInfo> {
    const info = await this.#images.ensure(image, signal, onProgress);
    await this.#cache.used(image, info);
    return info;
  }

  async create(spec: ContainerSpec): Promise<string> {
    const id = await this.#creation.create(spec);
    this.#created.add(id);
    return id;
  }

  async createIdle(spec: IdleSpec): Promise<string> {
    return await this.#creation.createIdle(spec);
  }

  async prepare(spec: ContainerSpec): Promise<PreparedContainer> {
    return await this.#waiting.prepare(spec);
  }

  async assign(id: string, spec: ContainerSpec): Promise<void> {
    await this.#waiting.assign(id, spec);
  }

  async attach(id: string): Promise<ContainerOutput> {
    const held = this.#waiting.output(id);
    if (held !== undefined) return held;
    // The engine answers after it has set up the pipes, so a start after this loses nothing.
    const opening = this.#engine.open({
      ...this.#request('attach to', 'POST', id, '/attach'),
      query: { stream: '1', stdout: '1', stderr: '1' },
    });
    // What this process made and has not started cannot be over.
    const looking = this.#created.has(id) && !this.#started.has(id) ? undefined : this.#inspect(id);
    const [opened, looked] = await Promise.allSettled([opening, looking]);
    if (opened.status === 'rejected') throw opened.reason;
    if (looked.status === 'rejected') {
      opened.value.destroy();
      throw looked.reason;
    }
    const output = demultiplex(opened.value);
    if (looked.value !== undefined) await this.#endIfOver(id, looked.value, output);
    // A second attach of a container that runs already sees no init speak, and must not forget what the first saw.
    if (!this.#watches.has(id)) this.#watches.set(id, output.watch);
    return output;
  }

  async start(id: string): Promise<void> {
    if (this.#started.has(id)) {
      throw new DomainError('conflict', `cannot start container ${id}: its start was sent before`);
    }
    this.#started.add(id);
    const begun = this.#waiting.begin(id);
    if (begun !== undefined) return await begun;
    const request = this.#request('start', 'POST', id, '/start');
    // 304, somebody else has started it meanwhile, is no error here: what became of it is for inspect to say.
    await this.#engine.json({ ...request, deadlineMs: this.#deadlines.start });
  }

  async inspect(id: string): Promise<ContainerState> {
    return await this.#inspect(id);
  }

  async waitForExit(id: string, signal: AbortSignal, seen?: (state: ContainerState) => void): Promise<ContainerExit> {
    const { query: deadlineMs } = this.#deadlines;
    const inspect = async (abort: AbortSignal): Promise<ContainerState> => {
      const state = await this.#inspect(id, abort);
      seen?.(state);
      return state;
    };
    const { liveRestore } = this.#facts;
    return await waitForExit(
      { engine: this.#engine, id, inspect, pollMs: this.#pollMs, deadlineMs, liveRestore },
      signal,
    );
  }

  async wasKilledForMemory(id: string): Promise<boolean> {
    return await toldOfOom(this.#engine, id, this.#deadlines.query);
  }

  async kill(id: string, signalName: string): Promise<void> {
    await sendSignal(this.#engine, { ...this.#request('signal', 'POST', id, '/kill'), query: { signal: signalName } });
  }

  async remove(id: string): Promise<void> {
    await this.#creation.remove(id);
    this.#waiting.forget(id);
    this.#created.delete(id);
    this.#started.delete(id);
    this.#watches.delete(id);
    this.#imageUsers.delete(id);
    this.#meter.forget(id);
  }

  async readFile(id: string, path: string, maxBytes: number): Promise<FileContent> {
    const layer = await this.#meter.layer(id);
    const found = layer === '' ? undefined : await readFromLayer(layer, path, maxBytes);
    return found ?? (await readContainerFile(this.#engine, id, path, maxBytes, this.#deadlines.readFile));
  }

  async exec(id: string, spec: ExecSpec): Promise<ContainerExec> {
    return await startExec(this.#execDeps, id, spec, spec.user ?? (await this.#imageUser(id)));
  }

  async execBeside(id: string, spec: ExecSpec): Promise<ContainerExec> {
    return await startExecBeside(this.#execDeps, id, spec);
  }

  async update(id: string, limits: LimitsChange): Promise<void> {
    await this.#engine.json({
      ...this.#request('update', 'POST', id, '/update'),
      body: limitsUpdate(limits, this.#facts.info.memoryBytes),
    });
    if (limits.cpuShares !== undefined) await this.#creation.setShares(id, limits.cpuShares);
  }

  async rename(id: string, name: string): Promise<void> {
    await this.#engine.json({ ...this.#request('rename', 'POST', id, '/rename'), query: { name } });
  }

  async openFile(id: string, path: string, signal: AbortSignal): Promise<OpenedFile> {
    return await openContainerFile(this.#engine, id, path, signal, this.#deadlines.readFile);
  }

  async readTar(id: string, path: string, options: { maxBytes: number; signal: AbortSignal }): Promise<Readable> {
    return await readContainerTar(this.#engine, id, path, { ...options, deadlineMs: this.#deadlines.readFile });
  }

  async writeFiles(id: string, path: string, files: FileSource, options: WriteOptions): Promise<void> {
    await writeContainerFiles(this.#engine, id, path, files, { ...options, deadlines: this.#deadlines });
  }

  async usage(id: string): Promise<ContainerUsage> {
    return await this.#meter.usage(id);
  }

  async usageNow(id: string): Promise<UsageNow> {
    return await this.#meter.now(id);
  }

  async diskUsage(id: string): Promise<number> {
    return await this.#meter.disk(id);
  }

  async removeUnusedImages(budgetBytes: number, keep: readonly string[] = []): Promise<ImageSweep> {
    return await this.#cache.sweep(budgetBytes, keep);
  }

  async engineCalls(container: string, image: string, sinceMs: number): Promise<readonly RuntimeCall[]> {
    return this.#engine.calls.told(container, image, sinceMs);
  }

  async listOwned(): Promise<readonly OwnedContainer[]> {
    return await listContainers(this.#engine, this.#cellId, this.#deadlines.query);
  }

  async close(): Promise<void> {
    await this.#egress.close(async () => await this.listOwned());
    await this.#parents?.close();
    this.#engine.close();
  }

  async #inspect(id: string, signal?: AbortSignal): Promise<ContainerState> {
    try {
      const request = this.#request('inspect', 'GET', id, '/json');
      const answer = await this.#engine.json(signal === undefined ? request : { ...request, signal });
      const info = answer as ContainerInspectInfo;
      this.#meter.note(id, info);
      return await this.#explain(id, this.#waiting.state(id, toState(info)));
    } catch (error) {
      if (isEngineError(error, 404)) return MISSING;
      throw error;
    }
  }

  async #record(id: string): Promise<ContainerInspectInfo> {
    return (await this.#engine.json(this.#request('inspect', 'GET', id, '/json'))) as ContainerInspectInfo;
  }

  /** The container's own user is root, for its idle process; an exec without a user means the image's. */
  async #imageUser(id: string): Promise<string> {
    const known = this.#imageUsers.get(id);
    if (known !== undefined) return known;
    const user = (await this.#images.inspect((await this.#record(id)).Image))?.Config?.User ?? '';
    this.#imageUsers.set(id, user);
    return user;
  }

  /** The engine never ends the output of a container that was over already when it was asked for; so that is done here. */
  async #endIfOver(id: string, before: ContainerState, output: ContainerOutput): Promise<void> {
    if (before.status === 'created') return;
    if (before.status !== 'running') return output.close();
    const after = await this.#inspect(id);
    // It ended in between: when the output was opened in time, the last of it comes now, and then its end.
    if (after.status !== 'running') setTimeout(() => output.close(), LAST_OUTPUT_MS).unref();
  }

  /** Adds what the init said, when it is the init that failed. */
  async #explain(id: string, state: ContainerState): Promise<ContainerState> {
    const verdict = this.#waiting.verdict(id) ?? this.#watches.get(id)?.verdict;
    if (verdict === undefined || state.exit === undefined || state.exit.exitCode === 0 || state.exit.error !== '')
      return state;
    const error = await within(verdict, VERDICT_MS, '');
    return { ...state, exit: { ...state.exit, error } };
  }

  #request(verb: string, method: EngineRequest['method'], id: string, tail: string): EngineRequest {
    const path = `/containers/${encodeURIComponent(id)}${tail}`;
    return { what: `${verb} container ${id}`, method, path, deadlineMs: this.#deadlines.query };
  }
}
