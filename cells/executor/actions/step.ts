import type { Action, RunAction } from '../../../src/domain/action.ts';
import type { ContainerExit } from '../runtime.ts';

/** What became of one action. A success is a success because it says so, never because a text is empty. */
export type StepResult = Succeeded | Failed | Cancelled;

export interface Succeeded {
  readonly kind: 'succeeded';
  /** Of the last process that ran in it, if one did. */
  readonly exit?: ContainerExit;
}

export interface Failed {
  readonly kind: 'failed';
  /** What the task's failure reason says. */
  readonly text: string;
  /** What a timeout or a progress message around it may repeat (Diego's "emittable" errors); absent = nothing. */
  readonly shown?: string;
  readonly code: string;
  /** The platform's doing, not the task's. */
  readonly infra?: boolean;
  readonly exit?: ContainerExit;
}

export interface Cancelled {
  readonly kind: 'cancelled';
  /** Between two steps, because the task is to be cancelled there: nothing was broken off. */
  readonly atCheckpoint?: true;
  readonly exit?: ContainerExit;
}

/** A process inside the task's container, started exactly once. */
export interface StepProcess {
  /** Settles after the process's output has been kept. Rejects when the engine cannot say what became of it. */
  readonly exit: Promise<ContainerExit>;
  /** To the whole process group. */
  signal(name: string): Promise<void>;
}

export interface DownloadRequest {
  readonly url: string;
  /** Empty = not kept for later downloads. */
  readonly cacheKey: string;
  readonly checksumAlgorithm: string;
  readonly checksumValue: string;
}

/** A file on the cell, until it is released. */
export interface LocalFile {
  readonly path: string;
  readonly sizeBytes: number;
  /** It was there already: nothing was transferred. */
  readonly cached: boolean;
  release(): Promise<void>;
}

/** Files between the cell and the world outside. Bounded in time and number; every wait ends with the signal. */
export interface Transfers {
  /** A place for one transfer. @throws the signal's reason when it aborts while waiting. */
  slot(kind: 'download' | 'upload', signal: AbortSignal): Promise<() => void>;
  download(request: DownloadRequest, signal: AbortSignal): Promise<LocalFile>;
  /** @returns the bytes sent. */
  upload(file: LocalFile, url: string, signal: AbortSignal): Promise<void>;
}

/** Files between the cell and the task's container. */
export interface ContainerFiles {
  /** Unpacks an archive (gz, zip, tar by content) into a folder of the container, owned by the user. */
  unpack(file: LocalFile, to: string, user: string, signal: AbortSignal): Promise<void>;
  /** The first file of what `path` names, onto the cell's disk. @throws UploadSourceError */
  takeOut(path: string, user: string, signal: AbortSignal): Promise<LocalFile>;
}

/** What a step needs around it. One per action of the tree: the path and the inherited source differ. */
export interface StepContext {
  /** Where the action stands in the request: `action.serial.actions[1].run`. */
  readonly path: string;
  /** Diego's SOURCE: the name of log lines and failure texts, inherited downwards. */
  readonly source: string;
  /** Signal and grace for a process that is to end. */
  readonly stopSignal: string;
  readonly stopGraceMs: number;
  /** Aborts when there is no grace any more: what still runs is killed now. */
  readonly hardStop: AbortSignal;
  /** A line of ours in the task's log. */
  readonly say: (source: string, text: string) => void;
  /** Starts the process, once. @throws DomainError when the engine refuses it. */
  readonly start: (run: RunAction, source: string) => Promise<StepProcess>;
  readonly transfers: Transfers;
  readonly files: ContainerFiles;
  /** Runs a child. Never rejects. */
  readonly perform: Perform;
  /** Asked before each step of a serial action: is this where the task ends? */
  readonly atCheckpoint: () => boolean;
  /** Told of every action's begin and end. */
  readonly observe?: (event: StepEvent) => void;
}

export type StepEvent =
  | { readonly type: 'began'; readonly path: string }
  | { readonly type: 'ended'; readonly path: string; readonly result: StepResult };

export type Perform = (action: Action, context: StepContext, signal: AbortSignal) => Promise<StepResult>;

/** One kind of action; the step is what stands behind the kind's key. */
export type Step<T> = (step: T, context: StepContext, signal: AbortSignal) => Promise<StepResult>;

/** The reason of an abort, for whoever has to end a process because of it: how long it may take. */
export class StopRequest extends Error {
  readonly graceMs: number;

  constructor(graceMs: number) {
    super('cancelled');
    this.graceMs = graceMs;
  }
}

/** The context of an inner action: its place, and the source it inherits. */
export function inside(context: StepContext, place: string, logSource: string): StepContext {
  return { ...context, path: `${context.path}.${place}`, source: logSource === '' ? context.source : logSource };
}

/** Failures of several children as one. Cancelled children have nothing to tell. @returns undefined when none failed. */
export function joined(results: readonly StepResult[]): Failed | undefined {
  const failures = results.filter((result) => result.kind === 'failed');
  const [first] = failures;
  if (first === undefined) return undefined;
  const shown = failures.flatMap((failure) => failure.shown ?? []);
  return {
    ...first,
    text: failures.map((failure) => failure.text).join('; '),
    ...(shown.length === 0 ? {} : { shown: shown.join('; ') }),
    // One failure that is the task's own doing makes the whole its doing.
    ...(first.infra === undefined ? {} : { infra: failures.every((failure) => failure.infra === true) }),
  };
}
