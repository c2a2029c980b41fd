import { z } from 'zod';
import { ACTION_KINDS } from '../domain/action.ts';
import { DomainError, type FieldFault } from '../domain/errors.ts';
import type { TaskDefinition } from '../domain/task.ts';
import { actionFields, actionSpec, environment, mountedFiles } from './action-spec.ts';
import { parseJson } from './json.ts';
import { faultsOf, pathText } from './spec-faults.ts';
import { duration, int32, integer, list, text, texts, uint32, yesNo } from './spec-fields.ts';

/** A definition as people write it: what is left out gets its default, time spans may be `5m`, `rootfs` is `root_fs`. */
export type TaskSpec = Loose<Omit<TaskDefinition, 'max_run_time' | 'placement_deadline' | 'stop' | 'metric_tags'>> & {
  readonly rootfs?: string;
  readonly metric_tags?: Readonly<Record<string, string | { readonly static: string }>> | null;
  readonly max_run_time?: string | number | null;
  readonly placement_deadline?: string | number | null;
  readonly stop?: {
    readonly signal?: string;
    readonly grace?: string | number | null;
    readonly at?: string | null;
  } | null;
};

type Loose<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Loose<Item>[]
    : { readonly [K in keyof T]?: Loose<T[K]> | null };

const egressRule = z
  .strictObject({
    protocol: z.string(),
    destinations: list(z.string()),
    ports: list(uint32()),
    port_range: z.strictObject({ start: uint32(), end: uint32() }).nullish(),
    icmp_info: z.strictObject({ type: int32(), code: int32() }).nullish(),
    log: yesNo(),
  })
  .transform(({ port_range, icmp_info, ...rule }) => ({
    ...rule,
    ...(port_range ? { port_range } : {}),
    ...(icmp_info ? { icmp_info } : {}),
  }));

const cachedDependency = z.strictObject({
  name: text(),
  from: z.string(),
  to: z.string(),
  cache_key: text(),
  log_source: text(),
  checksum_algorithm: text(),
  checksum_value: text(),
});

/** A text, or Diego's `{"static": text}` for it. */
const metricTag = z
  .unknown()
  .transform((given, context): string => {
    if (typeof given === 'string') return given;
    const form: object = typeof given === 'object' && given !== null ? given : {};
    if ('static' in form && typeof form.static === 'string' && Object.keys(form).length === 1) return form.static;
    const message =
      'dynamic' in form
        ? 'has a dynamic value, which only an instance of a long-running process has; give a text'
        : 'must be text, or {"static": text}';
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  })
  .meta({
    anyOf: [
      { type: 'string' },
      { type: 'object', properties: { static: { type: 'string' } }, required: ['static'], additionalProperties: false },
    ],
  });

const NESTED = {
  network: z.strictObject({ mode: text(), properties: texts() }),
  log_rate_limit: z.strictObject({ bytes_per_second: integer(-1, Number.MAX_SAFE_INTEGER) }),
  stop: z.strictObject({ signal: text(), grace: duration(), at: text() }),
};

const FIELDS = {
  task_guid: text(),
  domain: z.string(),
  stack: text(),
  root_fs: z.string(),
  env: environment,
  cpu_weight: uint32().default(0),
  disk_mb: int32(),
  memory_mb: int32(),
  action: actionSpec,
  result_file: text(),
  completion_callback_url: text(),
  log_guid: text(),
  log_source: text(),
  annotation: text(),
  privileged: yesNo(),
  max_pids: int32(),
  egress_rules: list(egressRule),
  placement_tags: list(z.string()),
  cached_dependencies: list(cachedDependency),
  image_username: text(),
  image_password: text(),
  log_rate_limit: NESTED.log_rate_limit.nullish(),
  metric_tags: z.record(z.string(), metricTag).default({}),
  network: NESTED.network.nullish(),
  volume_mounted_files: mountedFiles,
  trusted_system_certificates_path: text(),
  description: text(),
  labels: texts(),
  outputs: list(z.string()),
  input_dir: text(),
  max_run_time: duration(),
  placement_deadline: duration(),
  stop: NESTED.stop.nullish(),
  request_key: text(),
};
/** The same as a schema, for the OpenAPI document. */
export const taskSpec = z.strictObject(FIELDS satisfies Record<keyof TaskDefinition, z.ZodType>);

/** Fields an object may have, by the name it stands under. */
const FIELDS_UNDER: Readonly<Record<string, readonly string[]>> = {
  '': [...Object.keys(FIELDS), 'rootfs'],
  env: ['name', 'value'],
  volume_mounted_files: ['path', 'content'],
  egress_rules: ['protocol', 'destinations', 'ports', 'port_range', 'icmp_info', 'log'],
  port_range: ['start', 'end'],
  icmp_info: ['type', 'code'],
  cached_dependencies: Object.keys(cachedDependency.shape),
  action: ACTION_KINDS,
  actions: ACTION_KINDS,
  resource_limits: ['nofile'],
  ...actionFields,
  ...Object.fromEntries(Object.entries(NESTED).map(([name, { shape }]) => [name, Object.keys(shape)])),
};

/** Diego's fields that are known here and not supported: refused by name, never ignored. */
const UNSUPPORTED = new Set([
  'volume_mounts',
  'image_layers',
  'certificate_properties',
  'metrics_guid',
  'legacy_download_user',
  'nproc',
  'sidecars',
]);
/** What a task's record adds to its definition. */
const ANSWERED = new Set(
  (
    'state created_at claimed_at started_at first_completed_at updated_at cell_id failed failure_reason failure_code outcome exit_code ' +
    'oom_killed result result_truncated result_bytes attempt number created_by revision rejection_count rejection_reason waiting_for ' +
    'image_digest limits_in_force usage uid request_id traceparent'
  ).split(' '),
);

/** More than the deepest legal tree (32 actions, three levels of JSON each) needs. */
const DEPTH_MAX = 200;

/**
 * A definition from JSON text, or from a value that came from such.
 * @throws DomainError `invalid_argument` with every fault: its path and what would be right there.
 */
export function parseTaskSpec(input: unknown): TaskDefinition {
  const value = typeof input === 'string' ? parseJson(input) : input;
  if (deeperThan(value, DEPTH_MAX))
    throw invalid([{ field: 'action', message: 'is nested too deeply: at most 32 actions within each other' }]);
  const faults: FieldFault[] = [];
  const normal = mergeAlias(value, faults);
  const parsed = taskSpec.safeParse(normal);
  if (!parsed.success) faults.push(...faultsOf(parsed.error.issues, normal, fieldsAt, advice));
  if (faults.length > 0 || !parsed.success) throw invalid(faults);
  const { log_rate_limit, network, stop, max_run_time, placement_deadline, ...rest } = parsed.data;
  return {
    ...rest,
    ...(log_rate_limit ? { log_rate_limit } : {}),
    ...(network ? { network } : {}),
    ...(max_run_time === undefined ? {} : { max_run_time }),
    ...(placement_deadline === undefined ? {} : { placement_deadline }),
    ...(stop ? { stop: stopOf(stop) } : {}),
  };
}

function stopOf({ signal, grace, at }: z.infer<typeof NESTED.stop>): NonNullable<TaskDefinition['stop']> {
  return { signal, ...(grace === undefined ? {} : { grace }), ...(at === '' ? {} : { at }) };
}

function invalid(faults: readonly FieldFault[]): DomainError {
  const lines = faults.map(({ field, message }) => `${field}: ${message}`);
  return new DomainError(
    'invalid_argument',
    `the task spec has ${faults.length === 1 ? 'a fault' : `${faults.length} faults`}: ${lines.join('; ')}`,
    {
      faults,
    },
  );
}

/** `rootfs` is Diego's other name of `root_fs`. */
function mergeAlias(value: unknown, faults: FieldFault[]): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !('rootfs' in value)) return value;
  const { rootfs, ...rest } = value as Record<string, unknown>;
  if (rest['root_fs'] !== undefined && rest['root_fs'] !== rootfs) {
    faults.push({ field: 'rootfs', message: 'is another name of root_fs, and the two differ; give one of them' });
  }
  return { ...rest, root_fs: rest['root_fs'] ?? rootfs };
}

function fieldsAt(path: readonly PropertyKey[]): readonly string[] {
  const under = path.findLast((part) => typeof part === 'string') ?? '';
  return FIELDS_UNDER[under] ?? [];
}

function advice(name: string, path: readonly PropertyKey[]): string | undefined {
  if (UNSUPPORTED.has(name)) return `${pathText([name])} is known from Diego but not supported here; leave it out`;
  if (path.length === 0 && ANSWERED.has(name)) return 'belongs to the answer, not to the request; leave it out';
  return undefined;
}

/** Level by level, so that hostile depth costs no stack. */
function deeperThan(value: unknown, most: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return true;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return false;
}
