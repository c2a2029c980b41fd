import type { Task, TaskDefinition, TaskStatus } from '../src/domain/task.ts';
import { withNotes } from '../src/domain/task-notes.ts';
import { definitionText, statusText } from '../src/rpc/codec.ts';
import { Encoded } from '../src/rpc/encoded.ts';
import { decodeDefinition, encodeDefinition, storedDefinition } from './codec.ts';

/** So many definitions stay parsed: those of tasks that are moving. A backlog of a million must not be kept twice. */
const KEPT_PARSED = 2_000;
const PASSWORD_SHOWN = '***';

/** A task's definition: the text that is stored, and what is made of it, once, when it is asked for. */
export class Spec {
  static readonly #parsed: Spec[] = [];
  static #next = 0;

  /** JSON, as stored. Text, not bytes: it holds no more memory than its own, where bytes hold the message they came in. */
  readonly text: string;
  #definition: TaskDefinition | undefined;
  #head: string | undefined;

  constructor(text: string, definition?: TaskDefinition) {
    this.text = text;
    if (definition !== undefined) this.#keep(definition);
  }

  get definition(): TaskDefinition {
    return this.#definition ?? this.#keep(decodeDefinition(this.text));
  }

  /** Whether a field may have been given, found without reading the whole. */
  mentions(field: keyof TaskDefinition): boolean {
    return this.text.includes(`"${field}":`);
  }

  get length(): number {
    return this.text.length;
  }

  /** For readers: the image password is never told again. */
  get shown(): TaskDefinition {
    const { definition } = this;
    return definition.image_password === '' ? definition : { ...definition, image_password: PASSWORD_SHOWN };
  }

  /**
   * The task on the wire: the definition's part, encoded once, and behind it the status's. Bytes as a string of one character
   * each: a small buffer takes half as much again, and there is one for each task that was ever told.
   */
  encode(status: string): string {
    const head = this.#head ?? definitionText(this.#shownAsStored());
    const whole = head + status;
    // As a slice it is a part of the whole, not a second copy.
    this.#head = whole.slice(0, head.length);
    return whole;
  }

  /** Unless it is kept parsed, read for this once: the tasks of a whole list must not push out of there those that are moving. */
  #shownAsStored(): Partial<TaskDefinition> {
    if (this.#definition !== undefined) return this.shown;
    const stored = storedDefinition(this.text);
    return stored.image_password === undefined ? stored : { ...stored, image_password: PASSWORD_SHOWN };
  }

  #keep(definition: TaskDefinition): TaskDefinition {
    this.#definition = definition;
    const oldest = Spec.#parsed[Spec.#next];
    if (oldest !== undefined) oldest.#definition = undefined;
    Spec.#parsed[Spec.#next] = this;
    Spec.#next = (Spec.#next + 1) % KEPT_PARSED;
    return definition;
  }
}

/** A task as of one revision. */
export class LiveTask {
  readonly status: TaskStatus;
  /** The store's revision of the last change; the guard of the next one. */
  readonly revision: number;
  readonly writeId: string;
  readonly spec: Spec | undefined;
  #bytes: string | undefined;

  constructor(status: TaskStatus, revision: number, writeId: string, spec: Spec | undefined) {
    this.status = status;
    this.revision = revision;
    this.writeId = writeId;
    this.spec = spec;
  }

  /** The task as readers get it, encoded once for all of them: lists, events and answers are made of these bytes. */
  get answer(): Encoded {
    this.#bytes ??= by(this, (spec) => this.#encode(spec));
    return new Encoded(Buffer.from(this.#bytes, 'latin1'));
  }

  #encode(spec: Spec): string {
    const { notes } = this.status;
    const status = statusText(this.status, this.revision);
    if (notes === undefined) return spec.encode(status);
    // What lies over the definition cannot be put behind it: a label that was taken away would still be there.
    return definitionText(withNotes(spec.shown, notes)) + status;
  }
}

export function definitionOf(task: LiveTask): TaskDefinition {
  return by(task, (spec) => spec.definition);
}

/** Whether its definition is there. A task without one is listed and can be ended like any other, and is never placed (reliability E17). */
export function isWhole(task: LiveTask): boolean {
  try {
    return task.spec?.definition !== undefined;
  } catch {
    return false;
  }
}

/** The task as readers get it: what belongs to the fence stays inside. */
export function fullTask(live: LiveTask): Task {
  const {
    epoch: _epoch,
    nonce: _nonce,
    not_before: _notBefore,
    stop_request: _stop,
    awaiting_input: _input,
    trail: _trail,
    notes,
    ...status
  } = live.status;
  return {
    ...withNotes(
      by(live, (spec) => spec.shown),
      notes,
    ),
    ...status,
    revision: live.revision,
  };
}

/** By its definition, or by what stands for one that somebody has deleted or overwritten: the others must not suffer for it. */
function by<T>(task: LiveTask, read: (spec: Spec) => T): T {
  if (task.spec !== undefined) {
    try {
      return read(task.spec);
    } catch {
      // Told by what is read in its place.
    }
  }
  const { task_guid, domain } = task.status;
  return read(new Spec(encodeDefinition({ task_guid, domain, description: LOST, action: NOTHING })));
}

const LOST = 'its definition was deleted from the store, or cannot be read';
const NOTHING = {
  run: {
    path: '',
    args: [],
    dir: '',
    env: [],
    user: '',
    log_source: '',
    suppress_log_output: false,
    volume_mounted_files: [],
  },
};
