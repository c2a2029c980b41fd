import type { Task, TaskDefinition, TaskState, TaskStatus } from '../src/domain/task.ts';
import { withNotes } from '../src/domain/task-notes.ts';
import { definitionText, statusText } from '../src/rpc/codec.ts';
import { Encoded } from '../src/rpc/encoded.ts';
import {
  decodeDefinition,
  encodeDefinition,
  isDefinitionToldWhole,
  isToldWhole,
  storedDefinition,
  toldDefinition,
  toldStatus,
} from './codec.ts';
import { Newest } from './newest.ts';

/*
 * A task that waits lies in memory as the bytes that readers are told, and nothing else but what all tasks are searched by: they are a third of what its
 * objects and its stored records take, and a list has only to put them together. Whoever decides about a task reads its objects from them, and those of the
 * newest that were decided about stay. A string of one character for each byte: a small buffer takes half as much again.
 */

/** So many tasks and definitions stay objects: those that are moving. */
const KEPT = 2_000;
const PASSWORD_SHOWN = '***';

/** A task's definition: as stored until it is told, then as told, and what is made of either when it is asked for. */
export class Spec {
  static readonly #kept = new Newest<Spec>(KEPT, (spec) => (spec.#definition = undefined));

  /** JSON, as stored; let go when what was told says the same. Text, not bytes: bytes hold the message they came in. */
  #stored: string | undefined;
  #told: string | undefined;
  #definition: TaskDefinition | undefined;

  constructor(stored: string, definition?: TaskDefinition) {
    this.#stored = stored;
    if (definition !== undefined) this.#keep(definition);
  }

  get definition(): TaskDefinition {
    if (this.#definition !== undefined) return this.#definition;
    return this.#keep(this.#stored === undefined ? toldDefinition(this.#told ?? '') : decodeDefinition(this.#stored));
  }

  /** Whether the task may have a deadline for its placement, found without reading the whole. */
  get mentionsDeadline(): boolean {
    return this.#stored === undefined
      ? this.#told?.includes(DEADLINE_TAG) === true
      : this.#stored.includes('"placement_deadline":');
  }

  /** About that of its bytes. */
  get length(): number {
    return (this.#stored ?? this.#told ?? '').length;
  }

  /** For readers: the image password is never told again. */
  get shown(): TaskDefinition {
    return withoutPassword(this.definition);
  }

  /** Its part of the task on the wire, which the status's part is put behind. */
  get told(): string {
    if (this.#told !== undefined) return this.#told;
    // Unless it is kept, read for this once: the tasks of a whole list must not push out of there those that are moving.
    const definition = this.#definition ?? storedDefinition(this.#stored ?? '');
    this.#told = definitionText(withoutPassword(definition));
    if (isDefinitionToldWhole(definition)) this.#stored = undefined;
    return this.#told;
  }

  /** For one that lies there: as bytes only, unless it cannot be read. */
  rest(): void {
    try {
      void this.told;
    } catch {
      // Left as it is stored; whoever asks is told that it cannot be read.
    }
  }

  #keep(definition: TaskDefinition): TaskDefinition {
    this.#definition = definition;
    Spec.#kept.add(this);
    return definition;
  }
}

/** No text holds such bytes, but a number may: then the definition is read in vain. */
const DEADLINE_TAG = definitionText({ placement_deadline: '0s' }).slice(0, 2);

function withoutPassword<T extends Partial<TaskDefinition>>(definition: T): T {
  return (definition.image_password ?? '') === '' ? definition : { ...definition, image_password: PASSWORD_SHOWN };
}

/** A task as of one revision. Whoever looks at all tasks asks no more of each than its own fields. */
export class LiveTask {
  static readonly #kept = new Newest<LiveTask>(KEPT, (task) => {
    if (task.#told !== undefined) task.#rest();
  });

  readonly guid: string;
  readonly uid: string;
  readonly number: number;
  readonly domain: string;
  readonly createdBy: string;
  readonly createdAt: bigint;
  readonly state: TaskState;
  /** The store's revision of the last change; the guard of the next one. */
  readonly revision: number;
  #spec: Spec | undefined;
  #status: TaskStatus | undefined;
  /** The status's part of the bytes. */
  #told: string | undefined;
  /** The definition's part, where it is not that of the definition. */
  #head: string | undefined;

  constructor(status: TaskStatus, revision: number, spec: Spec | undefined) {
    this.guid = status.task_guid;
    this.uid = status.uid;
    this.number = status.number;
    this.domain = status.domain;
    this.createdBy = status.created_by;
    this.createdAt = status.created_at;
    this.state = status.state;
    this.revision = revision;
    this.#spec = spec;
    this.#status = status;
    this.#told = undefined;
    this.#head = undefined;
  }

  /** One that this process wrote, or heard of as it changed: it is moving. */
  static moving(status: TaskStatus, revision: number, spec: Spec | undefined): LiveTask {
    const task = new LiveTask(status, revision, spec);
    LiveTask.#kept.add(task);
    return task;
  }

  /** One of a whole store: it lies there. */
  static lying(status: TaskStatus, revision: number, spec: Spec | undefined): LiveTask {
    const task = new LiveTask(status, revision, spec);
    task.#rest();
    return task;
  }

  get spec(): Spec | undefined {
    return this.#spec;
  }

  /** Of a task that was read before its definition. */
  specFound(spec: Spec | undefined): void {
    this.#spec ??= spec;
  }

  get status(): TaskStatus {
    if (this.#status !== undefined) return this.#status;
    this.#status = toldStatus(this.#told ?? '');
    LiveTask.#kept.add(this);
    return this.#status;
  }

  /** Whether it waits for a cell: what waits for its input cannot be placed, and is never bytes alone. */
  get waitsForCell(): boolean {
    return this.state === 'PENDING' && this.#status?.awaiting_input !== true;
  }

  /** About how long its bytes are. */
  get length(): number {
    const own = this.#told?.length ?? STATUS_BYTES + this.status.result.length;
    return own + (this.#spec?.length ?? 0);
  }

  /** The task as readers get it, encoded once for all of them: lists, events and answers are made of these bytes. */
  get answer(): Encoded {
    this.#told ??= statusText(this.status, this.revision);
    const head = this.#head ?? by(this, (spec) => this.#headOf(spec));
    return new Encoded(Buffer.from(head + this.#told, 'latin1'));
  }

  #headOf(spec: Spec): string {
    const notes = this.#status?.notes;
    if (notes === undefined) return spec.told;
    // What lies over the definition cannot be put behind it: a label that was taken away would still be there.
    this.#head = definitionText(withNotes(spec.shown, notes));
    return this.#head;
  }

  #rest(): void {
    if (this.#status === undefined || !isToldWhole(this.#status)) return;
    this.#told ??= statusText(this.#status, this.revision);
    this.#status = undefined;
  }
}

const STATUS_BYTES = 1_500;

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

/**
 * The task as readers get it: what belongs to the fence stays inside. In one literal: put together of two objects, so many fields become a table
 * that is made anew five times while it grows.
 */
export function fullTask(live: LiveTask): Task {
  const { status } = live;
  const definition = withNotes(
    by(live, (spec) => spec.shown),
    status.notes,
  );
  const task: { -readonly [K in keyof Task]: Task[K] } = {
    task_guid: definition.task_guid,
    domain: definition.domain,
    stack: definition.stack,
    root_fs: definition.root_fs,
    env: definition.env,
    cpu_weight: definition.cpu_weight,
    disk_mb: definition.disk_mb,
    memory_mb: definition.memory_mb,
    action: definition.action,
    result_file: definition.result_file,
    completion_callback_url: definition.completion_callback_url,
    log_guid: definition.log_guid,
    log_source: definition.log_source,
    annotation: definition.annotation,
    privileged: definition.privileged,
    max_pids: definition.max_pids,
    egress_rules: definition.egress_rules,
    placement_tags: definition.placement_tags,
    cached_dependencies: definition.cached_dependencies,
    image_username: definition.image_username,
    image_password: definition.image_password,
    metric_tags: definition.metric_tags,
    volume_mounted_files: definition.volume_mounted_files,
    trusted_system_certificates_path: definition.trusted_system_certificates_path,
    description: definition.description,
    labels: definition.labels,
    outputs: definition.outputs,
    input_dir: definition.input_dir,
    request_key: definition.request_key,
    state: status.state,
    created_at: status.created_at,
    claimed_at: status.claimed_at,
    started_at: status.started_at,
    first_completed_at: status.first_completed_at,
    updated_at: status.updated_at,
    cell_id: status.cell_id,
    failed: status.failed,
    failure_reason: status.failure_reason,
    failure_code: status.failure_code,
    outcome: status.outcome,
    oom_killed: status.oom_killed,
    result: status.result,
    result_truncated: status.result_truncated,
    result_bytes: status.result_bytes,
    attempt: status.attempt,
    number: status.number,
    created_by: status.created_by,
    rejection_count: status.rejection_count,
    rejection_reason: status.rejection_reason,
    waiting_for: status.waiting_for,
    image_digest: status.image_digest,
    limits_in_force: status.limits_in_force,
    uid: status.uid,
    request_id: status.request_id,
    traceparent: status.traceparent,
    revision: live.revision,
  };
  if (definition.log_rate_limit !== undefined) task.log_rate_limit = definition.log_rate_limit;
  if (definition.network !== undefined) task.network = definition.network;
  if (definition.max_run_time !== undefined) task.max_run_time = definition.max_run_time;
  if (definition.placement_deadline !== undefined) task.placement_deadline = definition.placement_deadline;
  if (definition.stop !== undefined) task.stop = definition.stop;
  if (status.exit_code !== undefined) task.exit_code = status.exit_code;
  if (status.usage !== undefined) task.usage = status.usage;
  return task;
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
  const { guid, domain } = task;
  return read(new Spec(encodeDefinition({ task_guid: guid, domain, description: LOST, action: NOTHING })));
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
