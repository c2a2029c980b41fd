import { formatSeconds, parseDuration } from '../src/domain/duration.ts';
import type { TaskDefinition, TaskStatus } from '../src/domain/task.ts';
import { blankStatus } from '../src/domain/task-machine.ts';
import { definitionFromText, statusFromText } from '../src/rpc/codec.ts';

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
  const text = JSON.stringify({
    ...status,
    created_at: status.created_at.toString(),
    claimed_at: status.claimed_at.toString(),
    started_at: status.started_at.toString(),
    first_completed_at: status.first_completed_at.toString(),
    updated_at: status.updated_at.toString(),
    not_before: status.not_before.toString(),
  });
  // The write id is found without parsing the record. In front of the text, not a field of the object, which would be built twice as slowly.
  return Buffer.from(`${BEFORE_WRITE_ID}${writeId}",${text.slice(1)}`);
}

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
const BEFORE_STATUS = '","';

/** Of a status record that this version wrote; anything else when it is not one. */
export function writeIdOf(bytes: Buffer): string {
  return bytes.toString('latin1', BEFORE_WRITE_ID.length, BEFORE_WRITE_ID.length + WRITE_ID_LENGTH);
}

/** @throws Error when the bytes are not a status record of a known version. */
export function decodeStatus(bytes: Buffer): StoredStatus {
  const { status, writeId } = splitStatus(bytes.toString('utf8'));
  if (typeof status['task_guid'] !== 'string' || typeof status['uid'] !== 'string') throw new Error('no status record');
  // In place: an object that is copied field by field takes three times the memory, and there may be a million.
  for (const name of TIMES) status[name] = status[name] === '0' ? 0n : BigInt(status[name] as string);
  // What most tasks have in common is kept once.
  for (const name of COMMON) status[name] = shared(status[name] as string);
  if (Object.keys(status['limits_in_force'] as object).length === 0)
    status['limits_in_force'] = BLANK_STATUS.limits_in_force;
  // Records from before there were these.
  status['request_id'] ??= '';
  status['traceparent'] ??= '';
  return { status: status as unknown as TaskStatus, writeId };
}

/** As this version writes it, what is before the status is cut off: an object without it costs as much again as to read the record. */
function splitStatus(text: string): { readonly status: Record<string, unknown>; readonly writeId: string } {
  const end = BEFORE_WRITE_ID.length + WRITE_ID_LENGTH;
  if (text.startsWith(BEFORE_WRITE_ID) && text.startsWith(BEFORE_STATUS, end)) {
    const status = JSON.parse(`{"${text.slice(end + BEFORE_STATUS.length)}`) as Record<string, unknown>;
    return { status, writeId: text.slice(BEFORE_WRITE_ID.length, end) };
  }
  const { v, write_id, ...status } = JSON.parse(text) as Record<string, unknown>;
  if (v !== VERSION) throw unknownVersion(v);
  return { status, writeId: write_id as string };
}

const BLANK_STATUS = blankStatus();
const TOLD_OF_STATUS = new Set(Object.keys(BLANK_STATUS));

/** Whether what readers are told of a status is all of it: of one that waits, and that no cell has had. */
export function isToldWhole(status: TaskStatus): boolean {
  if (status.state !== 'PENDING' || status.epoch !== 0 || status.nonce !== '' || status.not_before !== 0n) return false;
  for (const name of Object.keys(status)) if (!TOLD_OF_STATUS.has(name)) return false;
  return isUnsaid(status.limits_in_force);
}

/** A status that was told whole, of the bytes it was told in. */
export function toldStatus(text: string): TaskStatus {
  return statusFromText(text, blankStatus());
}

type RequiredFields<T> = { readonly [K in keyof T as undefined extends T[K] ? never : K]: T[K] };

const NO_LIST: readonly never[] = Object.freeze([]);
const NO_MAP = Object.freeze({});

/** What a definition is where nothing was said. Not stored, since most of a definition is that. One made here has the shape of all others. */
function unsaid(): Omit<RequiredFields<TaskDefinition>, 'action'> {
  return {
    task_guid: '',
    domain: '',
    stack: '',
    root_fs: '',
    env: NO_LIST,
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
    egress_rules: NO_LIST,
    placement_tags: NO_LIST,
    cached_dependencies: NO_LIST,
    image_username: '',
    image_password: '',
    metric_tags: NO_MAP,
    volume_mounted_files: NO_LIST,
    trusted_system_certificates_path: '',
    description: '',
    labels: NO_MAP,
    outputs: NO_LIST,
    input_dir: '',
    request_key: '',
  };
}

const BEFORE_DEFINITION = `{"v":${VERSION},"`;
const TOLD_OF_DEFINITION = new Set([
  ...Object.keys(unsaid()),
  ...(['action', 'log_rate_limit', 'network', 'max_run_time', 'placement_deadline', 'stop'] as const),
]);

/** Whether what readers are told of a definition is all of it: no password, no other way to write a time, nothing of a later version. */
export function isDefinitionToldWhole(definition: Partial<TaskDefinition>): boolean {
  if ((definition.image_password ?? '') !== '') return false;
  const { max_run_time, placement_deadline, stop } = definition;
  for (const text of [max_run_time, placement_deadline, stop?.grace])
    if (text !== undefined && formatSeconds(parseDuration(text) ?? 0) !== text) return false;
  for (const name of Object.keys(definition)) if (!TOLD_OF_DEFINITION.has(name)) return false;
  return true;
}

/** A definition that was told whole, of the bytes it was told in. */
export function toldDefinition(text: string): TaskDefinition {
  return Object.assign(unsaid(), definitionFromText(text)) as TaskDefinition;
}

export function encodeDefinition(definition: Partial<TaskDefinition>): string {
  return versioned(said(definition));
}

export function decodeDefinition(text: string): TaskDefinition {
  // The action was stored.
  return Object.assign(unsaid(), storedDefinition(text)) as TaskDefinition;
}

/** Without what was not said. @throws Error for a record of a version this program does not know. */
export function storedDefinition(text: string): Partial<TaskDefinition> {
  if (text.startsWith(BEFORE_DEFINITION))
    return JSON.parse(`{"${text.slice(BEFORE_DEFINITION.length)}`) as Partial<TaskDefinition>;
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
  return Buffer.from(versioned(value));
}

/** The same as text. */
export function versioned(value: object): string {
  const text = JSON.stringify(value);
  return text === '{}' ? `{"v":${VERSION}}` : `{"v":${VERSION},${text.slice(1)}`;
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
