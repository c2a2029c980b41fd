import type { TaskStatus } from '../src/domain/task.ts';
import { LiveTask, type Spec } from './live-task.ts';

/** Writes whose outcome nobody learned stay; this bounds them. */
const MOST = 20_000;

/** A task as this process wrote it. The store gives the same bytes back with the watch, where they need not be read again. */
export class OwnWrite {
  readonly #status: TaskStatus;
  readonly #spec: Spec | undefined;
  #live: LiveTask | undefined;

  constructor(status: TaskStatus, spec: Spec | undefined) {
    this.#status = status;
    this.#spec = spec;
  }

  /** The answer of the commit and the watch both bring the revision; whichever comes first makes the task, for both. */
  at(revision: number): LiveTask {
    this.#live ??= LiveTask.moving(this.#status, revision, this.#spec);
    return this.#live;
  }
}

/** Writes of this process that are on their way to the view, by their write ids. */
export class OwnWrites {
  readonly #byId = new Map<string, OwnWrite>();

  announce(status: TaskStatus, writeId: string, spec: Spec | undefined): OwnWrite {
    const write = new OwnWrite(status, spec);
    this.#byId.set(writeId, write);
    // All of them: it is long past finding out one by one what became of them, and the watch tells it too.
    if (this.#byId.size > MOST) this.#byId.clear();
    return write;
  }

  withdraw(writeId: string): void {
    this.#byId.delete(writeId);
  }

  /** For the view, which sees each write once. */
  take(writeId: string): OwnWrite | undefined {
    const write = this.#byId.get(writeId);
    if (write !== undefined) this.#byId.delete(writeId);
    return write;
  }
}
