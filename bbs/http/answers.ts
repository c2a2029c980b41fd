import { OUTCOMES, TASK_STATES } from '../../src/domain/task.ts';
import { type FieldKind, TASK_FIELDS } from '../../src/platform/task-json.ts';
import { ALERT_EVENTS } from '../alerts/rules.ts';

/*
 * What is answered, as JSON Schema. A task is made of the field table that writes it; the parts of it that came with the request have the
 * request's own schemas.
 */

export type Schema = Readonly<Record<string, unknown>>;

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
const string = { type: 'string' };
const integer = { type: 'integer' };
const boolean = { type: 'boolean' };
const measured = { type: ['integer', 'null'], description: 'null where the cell cannot measure it' };
const nanos = { type: 'integer', format: 'int64', description: 'UNIX nanoseconds, 19 digits; 0 = not yet' };
const texts = { type: 'object', additionalProperties: string };
const listOf = (items: Schema): Schema => ({ type: 'array', items });

/** Every field is always there, so every property is required. */
const all = (properties: Readonly<Record<string, Schema>>): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties),
});

const SPECIAL: Readonly<Record<string, Schema>> = {
  state: { type: 'string', enum: TASK_STATES },
  outcome: { type: 'string', enum: [...OUTCOMES, ''], description: 'empty until COMPLETED' },
  exit_code: { type: ['integer', 'null'], description: 'of the process; null while there is none' },
  image_password: { type: 'string', description: '*** where one was given' },
  waiting_for: { type: 'string', description: 'never empty while PENDING' },
  number: { type: 'integer', description: 'cluster-wide counter that people type' },
  uid: { type: 'string', description: 'one per life of a guid' },
  limits_in_force: texts,
  max_run_time: { type: ['string', 'null'], description: 'seconds, such as 300s' },
  placement_deadline: { type: ['string', 'null'], description: 'seconds, such as 300s' },
  usage: {
    type: ['object', 'null'],
    properties: { cpu_time: string, run_time: string, peak_memory_bytes: integer, disk_bytes: integer },
  },
};

const PLAIN: Readonly<Record<Exclude<FieldKind, 'list' | 'object' | 'object?'>, Schema>> = {
  string,
  number: integer,
  nanos,
  boolean,
  'string?': { type: ['string', 'null'] },
  'number?': { type: ['integer', 'null'] },
};

/** @param asked the properties of the request's schema. */
function taskSchema(asked: Readonly<Record<string, Schema>>): Schema {
  const properties = Object.entries(TASK_FIELDS).map(([name, kind]): [string, Schema] => {
    if (name in SPECIAL) return [name, SPECIAL[name] as Schema];
    if (kind !== 'list' && kind !== 'object' && kind !== 'object?') return [name, PLAIN[kind]];
    const { default: _default, ...schema } = asked[name] ?? { type: kind === 'list' ? 'array' : 'object' };
    return [name, schema];
  });
  return {
    ...all(Object.fromEntries(properties)),
    description: 'The request and all that became of it: what a poll answers and what a callback carries.',
  };
}

export function answerSchemas(asked: Readonly<Record<string, Schema>>): Readonly<Record<string, Schema>> {
  const resources = all({ memory_mb: integer, disk_mb: integer, containers: integer });
  const page = { next_page_token: { type: 'string', description: 'empty on the last page' } };
  const failure = all({
    code: { type: 'string', description: 'for programs' },
    message: { type: 'string', description: 'for people' },
    faults: listOf(all({ field: string, message: string })),
    about: {
      ...texts,
      description: 'for programs: `state` that the task is in, `existing` task that is there already, `request_key`',
    },
  });
  const cursor = { type: 'string', description: 'GET /v1/events goes on behind it without a gap' };
  return {
    Task: taskSchema(asked),
    // With a field mask most fields are absent.
    TaskList: all({
      tasks: listOf({ anyOf: [ref('Task'), { type: 'object', required: ['task_guid', 'number', 'state'] }] }),
      ...page,
      cursor,
      total: { type: 'integer', description: 'how many match in all' },
    }),
    TaskEvent: {
      type: 'object',
      description: 'Data of an event; `before` comes with `changed`, `reason` with `resync_needed`.',
      properties: { cursor, task: ref('Task'), before: ref('Task'), reason: string },
      required: ['cursor'],
    },
    LogEvent: {
      description: 'Data of an event: `line`, `gap` or `end`.',
      anyOf: [
        all({
          sequence: integer,
          time: nanos,
          stream: string,
          source: string,
          text: string,
          bytes: { type: ['string', 'null'], description: 'base64, where the line is not UTF-8' },
          newline: boolean,
        }),
        all({ after_sequence: integer, lines: integer, bytes: integer, reason: string }),
        all({
          last_sequence: integer,
          stdout_bytes: integer,
          stderr_bytes: integer,
          stdout_sha256: string,
          stderr_sha256: string,
          reason: string,
        }),
      ],
    },
    Timeline: all({
      events: listOf(
        all({
          sequence: integer,
          time: nanos,
          actor: string,
          component: string,
          kind: { type: 'string', description: 'one word for programs' },
          text: string,
          cause: string,
          data: texts,
          attempt: string,
        }),
      ),
      notes: listOf({ type: 'string', description: 'what is missing, and why' }),
    }),
    Outputs: all({
      task_guid: string,
      attempt: string,
      archive_bytes: integer,
      archive_sha256: string,
      total_bytes: { type: 'integer', description: 'of all files, before compression' },
      sealed_at: nanos,
      files: listOf(
        all({
          path: string,
          size: integer,
          compressed_size: integer,
          mode: integer,
          link_target: { type: 'string', description: 'empty for files' },
          sha256: string,
          modified_at: { type: 'integer', description: 'UNIX seconds' },
        }),
      ),
      notes: listOf({ type: 'string', description: 'what was asked for and is not here, and why' }),
    }),
    Explanation: all({
      verdict: { type: 'string', enum: ['fits', 'not_now', 'never_fits', 'placed', 'ended'] },
      summary: string,
      reason: { type: 'string', description: 'the fixed text; empty when it fits' },
      cells: listOf(
        all({
          cell_id: string,
          code: { type: 'string', description: 'why not, in a word; empty: it would take the task' },
          note: string,
          asked: resources,
          free: resources,
          capacity: resources,
          score: { type: ['object', 'null'], description: 'lower wins' },
        }),
      ),
      changes: listOf(all({ field: string, from: string, to: string, cell_id: string })),
      queue_position: { type: 'integer', description: '1 = the next one; 0 = does not wait' },
      queue_length: integer,
      task: { anyOf: [ref('Task'), { type: 'null' }], description: 'null for a dry run' },
    }),
    UsageList: all({
      usages: listOf(
        all({
          task_guid: string,
          number: integer,
          cell_id: string,
          attempt: string,
          measured_at: nanos,
          cpu_nanoseconds: measured,
          memory_bytes: { ...measured, description: 'with the page cache, as the limit counts it' },
          peak_memory_bytes: measured,
          disk_bytes: measured,
          pids: { ...measured, description: 'processes and threads' },
          memory_mb: integer,
          disk_mb: integer,
          max_pids: integer,
          started_at: nanos,
        }),
      ),
      notes: listOf({ type: 'string', description: 'which cells could not be asked, and why' }),
    }),
    Plan: all({
      fits: integer,
      asked: { type: 'integer', description: '0 = as many as fit' },
      summary: string,
      binding: { type: 'string', description: 'what keeps out the next one, in a word; empty: nothing does' },
      reason: { type: 'string', description: 'the fixed text for it' },
      cells: listOf(
        all({
          cell_id: string,
          added: boolean,
          placed: integer,
          capacity: resources,
          free_before: resources,
          free_after: resources,
          code: { type: 'string', description: 'what it says to the next one; empty: it would take it' },
        }),
      ),
      one_more_cell: { type: 'integer', description: 'how many one more empty cell would take' },
      one_more_like: { type: 'string', description: 'the cell it would be like' },
      waiting: { type: 'integer', description: 'tasks that wait already' },
    }),
    HistoryList: all({ records: listOf(ref('HistoryRecord')), ...page }),
    HistoryRecord: all({
      task: ref('Task'),
      resolved_at: nanos,
      resolved_by: { type: 'string', enum: ['callback', 'client', 'expired'] },
      delivery: {
        description: 'what became of the callback; null where none was owed or none was tried yet',
        type: ['object', 'null'],
        properties: { url: string, state: string, attempts: integer, last_status: integer, last_error: string },
      },
      pinned: { type: 'boolean', description: 'kept whatever the limits of history say' },
    }),
    Pin: all({ task_guid: string, number: integer, pinned: boolean }),
    Purged: all({
      records: { type: 'integer', description: 'that went; with dry_run those that would go' },
      pinned: { type: 'integer', description: 'as old, and kept' },
    }),
    CallbackList: all({ callbacks: listOf(ref('Callback')), ...page }),
    Callback: all({
      task_guid: string,
      number: integer,
      webhook_id: { type: 'string', description: 'the same on each try: a receiver drops repeats by it' },
      url: string,
      state: {
        type: 'string',
        enum: ['pending', 'dead', 'delivered', 'taken'],
        description: '`taken`: a client took the result itself before it was delivered',
      },
      attempts: integer,
      last_status: { type: 'integer', description: '0 = no answer' },
      last_error: string,
      next_attempt_at: nanos,
      tries: listOf(all({ at: nanos, status: integer, error: string })),
    }),
    CallbackTest: all({
      webhook_id: string,
      acknowledged: { type: 'boolean', description: 'whether such an answer acknowledges a callback' },
      status: { type: 'integer', description: '0 = no answer' },
      error: string,
      milliseconds: { type: 'number' },
      sent_headers: texts,
      received_headers: texts,
      body: { type: 'string', description: 'what was posted' },
    }),
    CallbackSecretList: all({
      secrets: listOf(
        all({
          fingerprint: { type: 'string', description: "the beginning of the SHA-256 of the secret's text" },
          since: nanos,
          by: string,
          until: { ...nanos, description: 'UNIX nanoseconds at which it signs no more; 0 = the present one' },
        }),
      ),
    }),
    RotatedCallbackSecret: all({
      secret: { type: 'string', description: 'whsec_...; told this once' },
      former_until: nanos,
      stored_in_clear: { type: 'boolean', description: 'nothing seals what is in the store (storeKeys)' },
    }),
    AlertList: all({ rules: listOf(ref('Alert')) }),
    Alert: all({
      name: string,
      on: { type: 'string', enum: ALERT_EVENTS },
      url: string,
      select: string,
      for_seconds: { type: 'number' },
      cooldown_seconds: { type: 'number' },
      updated_by: string,
      updated_at: nanos,
      last: {
        description: 'what became of the last post; null before the first',
        type: ['object', 'null'],
        properties: { at: nanos, count: integer, status: integer, error: string },
      },
    }),
    CellList: all({ cells: listOf(ref('Cell')) }),
    Cell: all({
      cell_id: string,
      zone: string,
      stacks: listOf(string),
      preloaded_rootfs: listOf(string),
      rootfs_schemes: listOf(string),
      placement_tags: listOf(string),
      optional_placement_tags: listOf(string),
      capacity: resources,
      versions: texts,
      registered_at: nanos,
      epoch: integer,
      reserved: resources,
      tasks_claimed: integer,
      tasks_running: integer,
      state: { type: 'string', enum: ['ready', 'draining', 'drained', 'away'] },
      note: { type: 'string', description: 'for people' },
      drain_deadline: nanos,
    }),
    TaskResults: all({
      results: listOf(
        all({
          task: { anyOf: [ref('Task'), { type: 'null' }], description: 'null where it was refused' },
          error: { anyOf: [failure, { type: 'null' }] },
        }),
      ),
    }),
    Verdicts: all({
      verdicts: listOf(
        all({ code: { type: 'string', description: 'empty = done; else an error code' }, message: string }),
      ),
    }),
    DomainList: all({ domains: listOf(ref('Domain')) }),
    Domain: all({
      domain: string,
      tasks: {
        ...all(Object.fromEntries(TASK_STATES.map((state) => [state, integer]))),
        description: 'live ones, by state',
      },
      retention: { type: ['string', 'null'], description: 'as it was set, such as 3600s; null = as for all others' },
      retention_in_force: string,
      max_pending: { type: 'integer', description: '0 = any number' },
    }),
    WhoAmI: all({
      name: string,
      role: { type: 'string', description: 'empty = nobody is told apart here, and everybody may do everything' },
      domains: listOf({ type: 'string', description: 'whose tasks the caller may see and change; none = all' }),
      proof: { type: 'string', enum: ['token', 'certificate', 'tls', 'loopback', 'none'] },
      expires_at: nanos,
    }),
    Hold: all({ hold_id: string, ttl_seconds: { type: 'number' } }),
    Error: all({ error: failure }),
  };
}
