import { z } from 'zod';
import { ACTION_KINDS, type Action, type ActionKind } from '../domain/action.ts';
import { integer, list, text, yesNo } from './spec-fields.ts';

/*
 * The action tree as people write it: exactly one key names the kind, and what is left out is empty.
 */

export const environment = list(
  z.strictObject({ name: z.string(), value: text() }).meta({ id: 'EnvironmentVariable' }),
);
export const mountedFiles = list(z.strictObject({ path: z.string(), content: text() }));

// The annotation is what lets a recursive schema have a type at all.
const action: z.ZodType<Action> = z.lazy(() => actionSpec);
const actions = z.strictObject({ actions: z.array(action), log_source: text() });

const run = z.strictObject({
  path: z.string(),
  args: list(z.string()),
  dir: text(),
  env: environment,
  resource_limits: z.strictObject({ nofile: integer(0, Number.MAX_SAFE_INTEGER).default(0) }).nullish(),
  user: text(),
  log_source: text(),
  suppress_log_output: yesNo(),
  volume_mounted_files: mountedFiles,
});

const download = z.strictObject({
  artifact: text(),
  from: z.string(),
  to: z.string(),
  cache_key: text(),
  log_source: text(),
  user: text(),
  checksum_algorithm: text(),
  checksum_value: text(),
});

const upload = z.strictObject({ artifact: text(), from: z.string(), to: z.string(), log_source: text(), user: text() });

const timeout = z.strictObject({ action, timeout_ms: integer(0, Number.MAX_SAFE_INTEGER), log_source: text() });
const progress = z.strictObject({
  action,
  start_message: text(),
  success_message: text(),
  failure_message_prefix: text(),
  log_source: text(),
});
const attempt = z.strictObject({ action, log_source: text() });

/** The fields of each kind, for telling what a mistyped one meant. */
export const actionFields: Readonly<Record<ActionKind, readonly string[]>> = {
  download: Object.keys(download.shape),
  upload: Object.keys(upload.shape),
  run: Object.keys(run.shape),
  timeout: Object.keys(timeout.shape),
  emit_progress: Object.keys(progress.shape),
  try: Object.keys(attempt.shape),
  parallel: Object.keys(actions.shape),
  serial: Object.keys(actions.shape),
  codependent: Object.keys(actions.shape),
};

const kinds = z.strictObject({
  download: download.nullish(),
  upload: upload.nullish(),
  run: run
    .transform(({ resource_limits, ...rest }) => ({ ...rest, ...(resource_limits ? { resource_limits } : {}) }))
    .nullish(),
  timeout: timeout.nullish(),
  emit_progress: progress.nullish(),
  try: attempt.nullish(),
  parallel: actions.nullish(),
  serial: actions.nullish(),
  codependent: actions.nullish(),
});

export const actionSpec: z.ZodType<Action> = kinds
  .check((payload) => {
    const given: unknown = payload.value;
    if (typeof given !== 'object' || given === null || Array.isArray(given)) return;
    const names = Object.entries(given).flatMap(([name, value]) =>
      value === undefined || value === null ? [] : [name],
    );
    if (names.length === 1) return;
    const message =
      names.length === 0
        ? `must name what to do: one of ${ACTION_KINDS.join(', ')}`
        : `must name exactly one kind of action; it names ${names.join(' and ')} (several steps go into "serial" or "parallel")`;
    payload.issues.push({ code: 'custom', message, input: given });
  })
  .transform((given) => {
    const kind = ACTION_KINDS.find((name) => given[name] !== undefined && given[name] !== null);
    // The check above found exactly one kind, or this is never reached.
    return (kind === undefined ? given : { [kind]: given[kind] }) as Action;
  })
  .meta({ id: 'Action', description: 'What to do: exactly one key names the kind.' });
