import type { Readable } from 'node:stream';

/**
 * What the executor needs of a container engine, in our own words; no vendor type crosses it. One real implementation
 * (`cells/docker`), one programmable fake (`cells/executor/fake-runtime.ts`); `test/contract/runtime.test.ts` runs on both.
 *
 * Rules every implementation keeps (reliability findings F1, F11, F13):
 * - `start` sends one request, once, and never repeats it: starting an exited container runs it again.
 * - `inspect` is the truth about exits; events and waits only wake the caller up.
 * - Every call has a deadline and takes no longer than it; errors are DomainErrors: `unavailable` (engine does not answer, worth
 *   another try), `not_found` (no such container or image), `invalid_argument` (the engine refused what was asked; its words are in the message), `conflict`.
 */
export interface ContainerRuntime {
  info(): Promise<RuntimeInfo>;

  /**
   * Makes an image available locally; pulls it when absent. One pull at a time per reference: others join it.
   * @throws DomainError `not_found` when the registry does not have it or refuses it (permanent), `unavailable` when it may work later.
   */
  ensureImage(
    image: ImageSource,
    signal: AbortSignal,
    onProgress?: (progress: PullProgress) => void,
  ): Promise<ImageInfo>;

  /**
   * Creates, never starts. The name is unique per attempt: a second create of the same name is `conflict`.
   * A `dir` that does not exist is made by the engine, owned by root.
   */
  create(spec: ContainerSpec): Promise<string>;

  /**
   * Opens the container's output, from now on. Called before `start`, so that not one byte is missed; on a running container
   * (adoption) it begins there.
   *
   * Both streams have to be read (or destroyed): what is not read holds the process up, and 2 s after the exit the engine drops
   * what nobody took. Of a container that is over, both just end. Neither stream ever emits `error`; an end says that no more will come, not that the process is over.
   */
  attach(id: string): Promise<ContainerOutput>;

  /**
   * Starts the user's process. Sent once; when the answer is lost (`unavailable`, `deadline`) the caller asks `inspect`, and
   * removes a container that is still `created`, after which a late start can no longer run anything (F1, reliability 4.7).
   * A second call for the same id is `conflict` and sends nothing.
   * @throws DomainError `invalid_argument` when the user is not in the image.
   */
  start(id: string): Promise<void>;

  inspect(id: string): Promise<ContainerState>;

  /**
   * Resolves when the container has run and is no longer running, as told by `inspect` (polled, with the engine's wait as a
   * wake-up). May be called before `start`. Its only deadline is the signal: an engine that is away is waited for.
   * @param seen is told each state that it looks at, the last one too, so that nobody has to ask the engine once more.
   * @throws DomainError `not_found` (the container is gone), `cancelled` (the signal).
   */
  waitForExit(id: string, signal: AbortSignal, seen?: (state: ContainerState) => void): Promise<ContainerExit>;

  /**
   * Whether a process of the container was killed for memory, also where its exit does not say so: the engine hears of both apart, and
   * under load of the exit first (containerd issue 12372). Asked of an exit that such a kill may be behind; takes up to half a second.
   */
  wasKilledForMemory(id: string): Promise<boolean>;

  /** Signals the process group of the container's own process: `SIGTERM`, `SIGKILL`, ... A container that is not running, or gone, is no error. */
  kill(id: string, signalName: string): Promise<void>;

  /**
   * Creates a container whose own process only idles, whatever is in the image; the work is done by `exec`. Started by `start`,
   * which resolves when its egress rules are in force (until then nothing goes out). Ignores every signal but SIGKILL.
   */
  createIdle(spec: IdleSpec): Promise<string>;

  /**
   * Runs one process in a container of `createIdle` that is running. Its start is sent once and never repeated: an answer that is
   * lost (`unavailable`) means that it may run, and then only `remove` of the container makes sure that it does not.
   * A command, user or folder that is not there is told by `wait`: exit code 126 or 127 and `error`.
   * @throws DomainError `not_found` (no container), `conflict` (not running), `unavailable`, `invalid_argument`.
   */
  exec(id: string, spec: ExecSpec): Promise<ContainerExec>;

  /**
   * As `exec`, in any container that is running, beside its own process and without anything of ours in it: `user` undefined is that of the
   * container. A command that is not there is told by the engine's words on its output and by 126 or 127. Where the container is not seen
   * from this machine it cannot be signalled, and ends with the container.
   */
  execBeside(id: string, spec: ExecSpec): Promise<ContainerExec>;

  /**
   * Makes and starts a container whose own process waits for its command, so that all that takes long is done before a task comes.
   * Image, user, dir, network, rules, `nofile` and disk limit are those of the spec for good; its path, args and env play no part.
   * It waits for as long as this runtime does: with the connection to it goes the last way to begin anything in it.
   * @throws DomainError as `create` and `start`; nothing is left of it unless the engine does not answer.
   */
  prepare(spec: ContainerSpec): Promise<PreparedContainer>;

  /**
   * Makes a container of `prepare` that of a task: its name, limits, command and environment; not its labels, which stay. From then
   * on it is as one that `create` made: `start` sends the command, once, and until that has begun `inspect` says `created`.
   * @throws DomainError `conflict` when it does not wait any more.
   */
  assign(id: string, spec: ContainerSpec): Promise<void>;

  /** Changes limits of a created or running container. What is left out stays. */
  update(id: string, limits: LimitsChange): Promise<void>;

  /** @throws DomainError `conflict` when the name is taken. */
  rename(id: string, name: string): Promise<void>;

  /** Force-removes the container and its anonymous volumes. Gone already is no error. */
  remove(id: string): Promise<void>;

  /**
   * Opens one file of the container for reading, the path's links followed inside the container's own root.
   * @throws DomainError `not_found` (no such file), `invalid_argument` (a folder, FIFO, device, socket or a loop of links). Never hangs.
   */
  readFile(id: string, path: string, maxBytes: number): Promise<FileContent>;

  /**
   * Opens one regular file whole, as `readFile` finds it, for as long as it takes. The stream ends with an `error` (a DomainError)
   * when the engine breaks off, is silent too long, or the signal comes; a file never seems shorter than it is.
   *
   * While it is read (as with `readTar` and `writeFiles`) the engine locks the container: no other file, inspect, exec or kill gets
   * through. So it has to be read as fast as it comes (to a file on the disk, not over a slow network), or given up.
   */
  openFile(id: string, path: string, signal: AbortSignal): Promise<OpenedFile>;

  /**
   * A file or folder of the container as a tar; names in it begin with the last part of the path. A link at `path` itself is followed
   * inside the container's own root, those in a folder are kept as links. The stream ends with an `error` (a DomainError) when the
   * engine breaks off, the signal comes (`cancelled`), or more than `maxBytes` of tar would come (`too_large`).
   * @throws DomainError `not_found`, `invalid_argument`.
   */
  readTar(
    id: string,
    path: string,
    options: { readonly maxBytes: number; readonly signal: AbortSignal },
  ): Promise<Readable>;

  /**
   * Writes files below the folder `path`; folders that are missing are made. Names that would leave it (`..`, absolute ones) are
   * refused before a byte of theirs is written, and links are followed inside the container's own root only.
   * @throws DomainError `invalid_argument` (a name, an owner who is not in the image, a file where a folder is needed, a broken tar),
   *   `not_found`, `too_large`, `cancelled`.
   */
  writeFiles(id: string, path: string, files: FileSource, options: WriteOptions): Promise<void>;

  /**
   * What the container has used: while it runs, and until it is removed where `RuntimeInfo.usageAfterExit` says so. What cannot be
   * measured is undefined.
   */
  usage(id: string): Promise<ContainerUsage>;

  /** What a running container uses at this moment. What cannot be measured is undefined. */
  usageNow(id: string): Promise<UsageNow>;

  /** Bytes on the disk that the container wrote (its writable layer; the image does not count). Meant to be polled each second or two. */
  diskUsage(id: string): Promise<number>;

  /**
   * Removes images that this cell pulled, the longest unused first, until those left take at most `budgetBytes`. Never one that was
   * there before, that is preloaded or named by `keep`, or that a container or a task uses (`ensureImage` counts as a use for a while).
   */
  removeUnusedImages(budgetBytes: number, keep?: readonly string[]): Promise<ImageSweep>;

  /** What was asked of the engine about a container, and about its image since then, and is over; oldest first, as long as that is remembered. */
  engineCalls(container: string, image: string, sinceMs: number): Promise<readonly RuntimeCall[]>;

  /** All containers that carry this cell's label, running or not. */
  listOwned(): Promise<readonly OwnedContainer[]>;

  /** Drops every connection to the engine. Containers go on. */
  close(): Promise<void>;
}

export interface RuntimeInfo {
  readonly name: string;
  readonly version: string;
  readonly apiVersion: string;
  readonly storageDriver: string;
  /** What the storage driver itself lies on (`extfs`, `xfs`, `btrfs`), empty when the engine does not say. */
  readonly backingFilesystem: string;
  readonly cgroupVersion: 1 | 2;
  /** Whether a disk limit is enforced by the engine (`quota`) or can only be measured (`none`). */
  readonly diskLimit: 'quota' | 'none';
  /** Whether outbound traffic is denied unless a rule allows it (`enforced`), or all of it is allowed (`open`). */
  readonly egress: 'enforced' | 'open';
  /** Why it is `open`; empty when it is enforced. */
  readonly egressReason: string;
  /** Whether `usage` can still tell CPU time and peak memory once the container's own process is over. */
  readonly usageAfterExit: boolean;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly os: string;
  readonly architecture: string;
  /**
   * Another one once the engine was started again in a way that ends its containers (with live-restore only that of its machine).
   * Empty where that cannot be known.
   */
  readonly instance: string;
  /** Versions of what runs below the engine (`runc`, `containerd`, ...), for flagging those with known holes (F10). */
  readonly components: Readonly<Record<string, string>>;
}

export type ImageSource =
  /** An image of the engine by its local name; never pulled. */
  | { readonly kind: 'preloaded'; readonly image: string }
  | { readonly kind: 'registry'; readonly reference: string; readonly username?: string; readonly password?: string };

export interface ImageInfo {
  readonly id: string;
  /** `sha256:...` of the manifest when the registry told one, else of the image. */
  readonly digest: string;
  readonly pulled: boolean;
  readonly env: readonly string[];
  readonly user: string;
  readonly workingDir: string;
}

export interface PullProgress {
  readonly layersDone: number;
  readonly layersTotal: number;
  readonly text: string;
}

export interface ContainerSpec {
  readonly name: string;
  readonly image: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly path: string;
  readonly args: readonly string[];
  /** `NAME=value`, later entries win. */
  readonly env: readonly string[];
  readonly dir: string | undefined;
  readonly user: string | undefined;
  readonly privileged: boolean;
  readonly limits: ContainerLimits;
  readonly network: 'none' | 'bridge';
  /**
   * What may go out over the bridge. None: nothing may where `RuntimeInfo.egress` is `enforced`, everything where it is `open`.
   * Some, where it is `open`: `create` refuses with `permission_denied`. For a container with rules whose own process does the work
   * they come into force just after its start (until then nothing goes out); for one that idles, before `start` resolves.
   */
  readonly egress?: readonly EgressAllow[];
}

/** A container to run processes in: the image's user and folder are what `exec` uses when it names none. */
export type IdleSpec = Omit<ContainerSpec, 'path' | 'args' | 'dir' | 'user'>;

/** One request to the engine. */
export interface RuntimeCall {
  /** UNIX nanoseconds. */
  readonly at: bigint;
  readonly method: string;
  readonly path: string;
  /** 0: no answer came. */
  readonly status: number;
  readonly ms: number;
  /** Without the values of an environment, and cut where it is long; empty = none. */
  readonly body: string;
  readonly answer: string;
}

export interface ExecSpec {
  /** Absolute, or searched for in the PATH of the environment. */
  readonly path: string;
  readonly args: readonly string[];
  /** On top of the container's; `NAME=value`, later entries win. */
  readonly env: readonly string[];
  /** Has to be there. Undefined: the image's, else `/`. */
  readonly dir: string | undefined;
  /** Name or id, `user`, `user:group`; a name has to be in the image. Undefined: the image's, else root. */
  readonly user: string | undefined;
  /** Open files; 0 = the container's own limit. */
  readonly nofile: number;
}

export interface PreparedContainer {
  readonly id: string;
  /** Resolves when nothing can be begun in it any more, or what was begun is over. Never rejects. */
  readonly lost: Promise<void>;
}

export interface ContainerExec {
  /** As of `attach`: both streams have to be read, destroyed or closed, and the process goes on. They end when nobody holds them open any more. */
  readonly output: ContainerOutput;
  /** As `waitForExit`. `oomKilled`: a process of the container was killed for memory while this one ran, and this one did not end with 0. */
  wait(signal: AbortSignal): Promise<ContainerExit>;
  /** Signals all processes of its session, not only the leader. One that is over is no error. */
  kill(signalName: string): Promise<void>;
}

/** One rule as in diego-contract.md section 1.4, checked already: an allowance of traffic that goes out. */
export interface EgressAllow {
  readonly protocol: string;
  /** Addresses, CIDR blocks, ranges `a-b`; also several of them with commas in between. */
  readonly destinations: readonly string[];
  readonly ports: readonly number[];
  readonly port_range?: { readonly start: number; readonly end: number };
  /** -1 = any. */
  readonly icmp_info?: { readonly type: number; readonly code: number };
  readonly log: boolean;
}

/** 0 = no limit. */
export interface LimitsChange {
  readonly memoryBytes?: number;
  readonly cpuShares?: number;
  readonly pids?: number;
}

/** A tar as it is, or files one by one. */
export type FileSource =
  | { readonly tar: Readable }
  | { readonly entries: AsyncIterable<FileEntry> | Iterable<FileEntry> };

export interface FileEntry {
  /** Relative to the folder that is written to. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'link';
  /** Permission bits; 0644 and 0755 (folders) when left out. */
  readonly mode?: number;
  /** A file's bytes; a stream needs `size` with it. */
  readonly content?: Buffer | Readable;
  readonly size?: number;
  /** Where a link leads. */
  readonly target?: string;
}

export interface WriteOptions {
  /** Name or id, as in ExecSpec; owns all that is written. Undefined: root, or what the tar says. */
  readonly owner?: string;
  /** Most bytes of content. */
  readonly maxBytes?: number;
  readonly signal: AbortSignal;
}

export interface OpenedFile {
  readonly bytes: Readable;
  readonly totalBytes: number;
}

export interface ContainerUsage {
  readonly cpuNanoseconds: bigint | undefined;
  readonly peakMemoryBytes: number | undefined;
  readonly diskBytes: number | undefined;
}

export interface UsageNow extends ContainerUsage {
  /** The page cache counts too, as it does for the limit. */
  readonly memoryBytes: number | undefined;
  /** Processes and threads. */
  readonly pids: number | undefined;
}

export interface ImageSweep {
  readonly removed: readonly string[];
  readonly freedBytes: number;
  /** What the images this cell pulled take after it. */
  readonly keptBytes: number;
}

export interface ContainerLimits {
  /** 0 = no limit, in all of them. */
  readonly memoryBytes: number;
  readonly diskBytes: number;
  /** Relative CPU shares, as the engine counts them (1,024 = one full weight). */
  readonly cpuShares: number;
  readonly pids: number;
  readonly nofile: number;
}

export interface ContainerOutput {
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Drops the connection; both streams end. */
  close(): void;
}

export interface ContainerState {
  readonly status: 'created' | 'running' | 'exited' | 'missing';
  /** UNIX nanoseconds as the engine tells them (of a container of `prepare`: before its command began); undefined when it never started. */
  readonly startedAt: bigint | undefined;
  readonly finishedAt: bigint | undefined;
  readonly exit: ContainerExit | undefined;
  /** More than 0: it was started again, by the engine or by a person. */
  readonly restartCount: number;
  /** Its own address on the bridge, while it runs there. */
  readonly address?: string;
}

export interface ContainerExit {
  readonly exitCode: number;
  /** The engine's own flag, for the container's own process. Never inferred from 137 (F14). */
  readonly oomKilled: boolean;
  /** What the engine said when it could not run the process at all (command not found, ...). */
  readonly error: string;
  /** It ended while the engine was away. One that stops or starts ends its containers, so this may be the engine's doing. */
  readonly unwatched?: boolean;
}

export interface FileContent {
  readonly bytes: Buffer;
  /** Size of the whole file. */
  readonly totalBytes: number;
  readonly truncated: boolean;
}

export interface OwnedContainer {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly running: boolean;
}
