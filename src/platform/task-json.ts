import { DomainError } from '../domain/errors.ts';
import type { Task } from '../domain/task.ts';
import { parseJson, toJson } from './json.ts';

/*
 * The one JSON form of a task: what a callback carries, what `-o json` prints, what the REST mirror answers. Every field is
 * always there, in the same order; what is optional and not set is null.
 */

/** Missing optional fields are null in JSON. */
export type FieldKind =
  | 'string'
  | 'number'
  | 'nanos'
  | 'boolean'
  | 'list'
  | 'object'
  | 'string?'
  | 'number?'
  | 'object?';

/** Every field in its order. A field that Task has and this table lacks does not compile. */
export const TASK_FIELDS = {
  task_guid: 'string',
  domain: 'string',
  stack: 'string',
  root_fs: 'string',
  env: 'list',
  cpu_weight: 'number',
  disk_mb: 'number',
  memory_mb: 'number',
  action: 'object',
  result_file: 'string',
  completion_callback_url: 'string',
  log_guid: 'string',
  log_source: 'string',
  annotation: 'string',
  privileged: 'boolean',
  max_pids: 'number',
  egress_rules: 'list',
  placement_tags: 'list',
  cached_dependencies: 'list',
  image_username: 'string',
  image_password: 'string',
  log_rate_limit: 'object?',
  metric_tags: 'object',
  network: 'object?',
  volume_mounted_files: 'list',
  trusted_system_certificates_path: 'string',
  description: 'string',
  labels: 'object',
  outputs: 'list',
  input_dir: 'string',
  max_run_time: 'string?',
  placement_deadline: 'string?',
  stop: 'object?',
  request_key: 'string',

  state: 'string',
  created_at: 'nanos',
  claimed_at: 'nanos',
  started_at: 'nanos',
  first_completed_at: 'nanos',
  updated_at: 'nanos',
  cell_id: 'string',
  failed: 'boolean',
  failure_reason: 'string',
  failure_code: 'string',
  outcome: 'string',
  exit_code: 'number?',
  oom_killed: 'boolean',
  result: 'string',
  result_truncated: 'boolean',
  result_bytes: 'number',
  attempt: 'string',
  number: 'number',
  created_by: 'string',
  revision: 'number',
  rejection_count: 'number',
  rejection_reason: 'string',
  waiting_for: 'string',
  image_digest: 'string',
  limits_in_force: 'object',
  usage: 'object?',
  uid: 'string',
  request_id: 'string',
  traceparent: 'string',
} as const satisfies Record<keyof Required<Task>, FieldKind>;

const ENTRIES = Object.entries(TASK_FIELDS) as readonly (readonly [keyof Task, FieldKind])[];

/** Keys inside fields, so that a record reads the same whoever made it; others (labels, tags) follow by name. */
const INNER_ORDER = [
  'name',
  'value',
  'path',
  'args',
  'dir',
  'env',
  'action',
  'actions',
  'artifact',
  'from',
  'to',
  'cache_key',
  'user',
  'resource_limits',
  'timeout_ms',
  'start_message',
  'success_message',
  'failure_message_prefix',
  'protocol',
  'destinations',
  'ports',
  'port_range',
  'icmp_info',
  'start',
  'end',
  'log_source',
  'checksum_algorithm',
  'checksum_value',
];
const RANK: ReadonlyMap<string, number> = new Map(INNER_ORDER.map((name, index) => [name, index]));

/** The task as a plain object of the JSON form, for whoever adds to it before printing. */
export function taskToObject(task: Task): Record<string, unknown> {
  return Object.fromEntries(ENTRIES.map(([name]) => [name, ordered(task[name] ?? null)]));
}

/** The task as JSON text; time stamps are number literals of all their digits. */
export function taskToJson(task: Task, indent?: number): string {
  if (indent !== undefined) return toJson(taskToObject(task), indent);
  // Written field by field: the general writer takes several times as long, and each task that ends is written once.
  let text = '';
  for (const [name, before] of BEFORE) text += before + fieldToJson(task[name] ?? null);
  return `${text}}`;
}

const BEFORE = ENTRIES.map(([name], at) => [name, `${at === 0 ? '{' : ','}"${name}":`] as const);

/** Most fields of a task are empty, and need no writer. */
function fieldToJson(value: Task[keyof Task] | null): string {
  if (value === '') return '""';
  if (typeof value === 'string') return JSON.stringify(value);
  // Below the top level there are no bigints.
  if (typeof value !== 'object' || value === null) return String(value);
  if (Array.isArray(value) && value.length === 0) return '[]';
  return JSON.stringify(ordered(value));
}

/**
 * A task from its JSON text, for receivers and tests. Unknown fields are left out (fields are only ever added), missing ones are
 * as if not set.
 * @throws DomainError `invalid_argument` naming every field of the wrong type.
 */
export function taskFromJson(text: string): Task {
  const value = parseJson(text);
  if (!isObject(value)) throw new DomainError('invalid_argument', 'a task is a JSON object');
  const faults: { field: string; message: string }[] = [];
  const task: Record<string, unknown> = {};
  for (const [name, kind] of ENTRIES) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined;
    if (given === undefined || given === null) {
      const { empty } = KINDS[kind];
      if (empty !== undefined) task[name] = empty();
    } else if (KINDS[kind].fits(given)) {
      task[name] = kind === 'nanos' ? BigInt(given as number | bigint) : given;
    } else {
      faults.push({ field: name, message: `must be ${KINDS[kind].name}` });
    }
  }
  if (faults.length > 0) {
    const text = faults.map(({ field, message }) => `${field} ${message}`).join('; ');
    throw new DomainError('invalid_argument', `not a task: ${text}`, { faults });
  }
  // Each field was checked against the table above; what is inside lists and objects was written by taskToJson.
  return task as unknown as Task;
}

interface KindRules {
  readonly name: string;
  readonly fits: (value: unknown) => boolean;
  /** What a missing one is; none for optional fields, which stay missing. */
  readonly empty?: () => unknown;
}

const isText = (value: unknown) => typeof value === 'string';
const isNumber = (value: unknown) => typeof value === 'number';

const KINDS: Readonly<Record<FieldKind, KindRules>> = {
  string: { name: 'text', fits: isText, empty: () => '' },
  number: { name: 'a number', fits: isNumber, empty: () => 0 },
  nanos: {
    name: 'a whole number of nanoseconds',
    fits: (value) => typeof value === 'bigint' || Number.isSafeInteger(value),
    empty: () => 0n,
  },
  boolean: { name: 'true or false', fits: (value) => typeof value === 'boolean', empty: () => false },
  list: { name: 'a list', fits: Array.isArray, empty: () => [] },
  object: { name: 'an object', fits: isObject, empty: () => ({}) },
  'string?': { name: 'text or null', fits: isText },
  'number?': { name: 'a number or null', fits: isNumber },
  'object?': { name: 'an object or null', fits: isObject },
};

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function byRank(a: string, b: string): number {
  return (RANK.get(a) ?? INNER_ORDER.length) - (RANK.get(b) ?? INNER_ORDER.length) || (a < b ? -1 : 1);
}

function ordered(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(ordered);
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  if (keys.length > 1) keys.sort(byRank);
  return Object.fromEntries(keys.map((key) => [key, ordered(value[key])]));
}
