import type { Task } from '../domain/task.ts';
import { taskToObject } from '../platform/task-json.ts';
import { parseTaskSpec, type TaskSpec, taskSpec } from '../platform/task-spec.ts';
import { checking, taskError } from './errors.ts';
import type { RunOptions } from './submit.ts';

/** Of which task a task is a rerun: that one's number. */
export const RERUN_LABEL = 'gavel.rerun_of';

export interface RerunOptions extends Omit<RunOptions, 'dryRun'> {
  /** Other values by their path in the spec, for example `memory_mb`, `action.run.args.0`, `labels.team`. */
  readonly set?: Readonly<Record<string, unknown>>;
  /** Environment variables, in place of those of the same name or beside the others. */
  readonly env?: Readonly<Record<string, string>>;
}

/** What the server answers in place of a password. */
const PASSWORD_SHOWN = '***';

/**
 * What a task was asked for, once more and changed: without guid and request key, since it is another task, and with the label that says of
 * which task it is a rerun.
 * @throws TaskError `invalid_argument` for paths that lead nowhere, and where a password would be needed that is not told again.
 */
export function respec(task: Task, { set = {}, env = {} }: Pick<RerunOptions, 'set' | 'env'> = {}): TaskSpec {
  const record = taskToObject(task);
  const asked = Object.fromEntries(Object.keys(taskSpec.shape).map((name) => [name, record[name] ?? null]));
  let spec: unknown = {
    ...asked,
    task_guid: '',
    request_key: '',
    env: withEnvironment(task.env, env),
    labels: { ...task.labels, [RERUN_LABEL]: String(task.number) },
  };
  for (const [path, value] of Object.entries(set)) spec = put(spec, path.split('.'), value, path);
  const changed = checking(() => parseTaskSpec(spec));
  if (changed.image_password === PASSWORD_SHOWN) {
    const message = 'is not told again by the server; give it anew, or none with an empty one';
    throw taskError('invalid_argument', `image_password: ${message}`, {
      faults: [{ field: 'image_password', message }],
    });
  }
  return changed;
}

/** What stands at a path of a spec; undefined where nothing does. */
export function valueAt(spec: object, path: string): unknown {
  let value: unknown = spec;
  for (const part of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, part)) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[part];
  }
  return value;
}

function withEnvironment(before: Task['env'], changes: Readonly<Record<string, string>>): Task['env'] {
  const kept = before.filter(({ name }) => !Object.hasOwn(changes, name));
  return [...kept, ...Object.entries(changes).map(([name, value]) => ({ name, value }))];
}

/** The value with another one at this path; names that no spec has are found by whoever parses it. */
function put(value: unknown, [part = '', ...rest]: readonly string[], leaf: unknown, path: string): unknown {
  const next = (inner: unknown) => (rest.length === 0 ? leaf : put(inner ?? {}, rest, leaf, path));
  if (Array.isArray(value)) {
    const at = Number(part);
    if (/^\d+$/.test(part) && at <= value.length)
      return [...value.slice(0, at), next(value[at]), ...value.slice(at + 1)];
  } else if (typeof value === 'object' && value !== null && part !== '') {
    const fields = value as Readonly<Record<string, unknown>>;
    return { ...fields, [part]: next(Object.hasOwn(fields, part) ? fields[part] : undefined) };
  }
  const what = Array.isArray(value) ? `a list of ${value.length}` : `no object`;
  const message = `leads nowhere: ${JSON.stringify(part)} is sought in ${what}`;
  throw taskError('invalid_argument', `${path} ${message}`, { faults: [{ field: path, message }] });
}
