import type { TaskDefinition, TaskStatus } from '../src/domain/task.ts';

/*
 * Records are JSON with a version, so that an operator can read the store and a later Gavel can read an older record. Time
 * stamps are 19 digits, beyond a JSON reader's numbers, and so are kept as strings.
 */

const VERSION = 1;
const TIMES = ['created_at', 'claimed_at', 'started_at', 'first_completed_at', 'updated_at', 'not_before'] as const;

export interface StoredStatus {
  readonly status: TaskStatus;
  /** Random per write: tells whether a commit whose answer was lost was this one. */
  readonly writeId: string;
}

export function encodeStatus(status: TaskStatus, writeId: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      v: VERSION,
      // First, where it is found without parsing the record.
      write_id: writeId,
      ...status,
      created_at: status.created_at.toString(),
      claimed_at: status.claimed_at.toString(),
      started_at: status.started_at.toString(),
      first_completed_at: status.first_completed_at.toString(),
      updated_at: status.updated_at.toString(),
      not_before: status.not_before.toString(),
    }),
  );
}

const NEVER = 0n;
const NONE = Object.freeze({});
const COMMON = ['domain', 'created_by', 'cell_id', 'waiting_for'] as const;
/** Texts of the fields that many tasks have in common. */
let texts = new Map<string, string>();
const MOST_TEXTS = 1_000;

function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  if (texts.size >= MOST_TEXTS) texts = new Map();
  texts.set(text, text);
  return text;
}

const BEFORE_WRITE_ID = `{"v":${VERSION},"write_id":"`;
const WRITE_ID_LENGTH = 16;

/** Of a status record that this version wrote; anything else when it is not one. */
export function writeIdOf(bytes: Buffer): string {
  return bytes.toString('latin1', BEFORE_WRITE_ID.length, BEFORE_WRITE_ID.length + WRITE_ID_LENGTH);
}

/** @throws Error when the bytes are not a status record of a known version. */
export function decodeStatus(bytes: Buffer): StoredStatus {
  const { v, write_id, ...status } = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  if (v !== VERSION) throw unknownVersion(v);
  if (typeof status['task_guid'] !== 'string' || typeof status['uid'] !== 'string') throw new Error('no status record');
  // In place: an object that is copied field by field takes three times the memory, and there may be a million.
  for (const name of TIMES) status[name] = status[name] === '0' ? NEVER : BigInt(status[name] as string);
  // What most tasks have in common is kept once.
  for (const name of COMMON) status[name] = shared(status[name] as string);
  if (Object.keys(status['limits_in_force'] as object).length === 0) status['limits_in_force'] = NONE;
  // Records from before there were these.
  status['request_id'] ??= '';
  status['traceparent'] ??= '';
  return { status: status as unknown as TaskStatus, writeId: write_id as string };
}

/** What a definition is where nothing was said. Not stored, since most of a definition is that. */
const UNSAID: Omit<RequiredFields<TaskDefinition>, 'task_guid' | 'action'> = {
  domain: '',
  stack: '',
  root_fs: '',
  env: [],
  cpu_weight: 0,
  disk_mb: 0,
  memory_mb: 0,
  result_file: '',
  completion_callback_url: '',
  log_guid: '',
  log_source: '',
  annotation: '',
  privileged: false,
  max_pids: 0,
  egress_rules: [],
  placement_tags: [],
  cached_dependencies: [],
  image_username: '',
  image_password: '',
  metric_tags: {},
  volume_mounted_files: [],
  trusted_system_certificates_path: '',
  description: '',
  labels: {},
  outputs: [],
  input_dir: '',
  request_key: '',
};
type RequiredFields<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] };

/** As text, which is what the view keeps of it. */
export function encodeDefinition(definition: Partial<TaskDefinition>): string {
  return JSON.stringify({ v: VERSION, ...said(definition) });
}

export function decodeDefinition(text: string): TaskDefinition {
  // What is not among the unsaid (the guid, the action) was stored.
  return { ...UNSAID, ...storedDefinition(text) } as TaskDefinition;
}

/** Without what was not said. @throws Error for a record of a version this program does not know. */
export function storedDefinition(text: string): Partial<TaskDefinition> {
  const { v, ...stored } = JSON.parse(text) as Partial<TaskDefinition> & { v?: number };
  if (v !== VERSION) throw unknownVersion(v);
  return stored;
}

/** By a plain loop, as all that every task goes through: lists of entries take twice the time. */
function said(definition: Partial<TaskDefinition>): Partial<TaskDefinition> {
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(definition) as (keyof TaskDefinition)[]) {
    const value = definition[name];
    if (!isUnsaid(value)) fields[name] = value;
  }
  return fields;
}

function isUnsaid(value: unknown): boolean {
  if (typeof value === 'object' && value !== null)
    return Array.isArray(value) ? value.length === 0 : Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

/** Any plain record, with its version beside it. */
export function encodeRecord(value: object): Buffer {
  return Buffer.from(JSON.stringify({ v: VERSION, ...value }));
}

/** @throws Error for bytes that are no record of a version this program knows, or not of the kind that is looked for, whoever wrote them there. */
export function decodeRecord<T extends object>(bytes: Buffer, isOne: (record: Partial<T>) => boolean = () => true): T {
  const { v, ...value } = JSON.parse(bytes.toString('utf8')) as T & { v?: number };
  if (v !== VERSION) throw unknownVersion(v);
  if (!isOne(value as unknown as T)) throw new Error('not a record of its kind');
  return value as unknown as T;
}

function unknownVersion(version: unknown): Error {
  return new Error(`record of unknown version ${String(version)}`);
}
