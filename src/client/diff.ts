import type { Task } from '../domain/task.ts';
import { toJson } from '../platform/json.ts';
import { TASK_FIELDS, taskToObject } from '../platform/task-json.ts';

/** One place where two records differ; undefined: there is nothing at this path. */
export interface TaskDifference {
  /** As `action.run.args.0`, in the JSON form of a task. */
  readonly path: string;
  /** Of what was asked for, or of what became of it. */
  readonly of: 'spec' | 'run';
  readonly a: unknown;
  readonly b: unknown;
}

/** What no two tasks have in common, and what says nothing about them. */
const OWN: readonly string[] = [
  'task_guid',
  'request_key',
  'uid',
  'number',
  'revision',
  'attempt',
  'request_id',
  'traceparent',
  'created_at',
  'claimed_at',
  'started_at',
  'first_completed_at',
  'updated_at',
];

/** Where two tasks differ, in the order of the fields; what is each task's own anyway (guid, number, times) is left out. */
export function taskDifferences(a: Task, b: Task): readonly TaskDifference[] {
  const [left, right] = [taskToObject(a), taskToObject(b)];
  const names = Object.keys(TASK_FIELDS);
  const answered = names.indexOf('state');
  return names.flatMap((name, at) =>
    OWN.includes(name)
      ? []
      : within(name, left[name], right[name]).map((found) => ({
          ...found,
          of: at < answered ? ('spec' as const) : ('run' as const),
        })),
  );
}

function within(path: string, a: unknown, b: unknown): readonly Omit<TaskDifference, 'of'>[] {
  if (toJson(a) === toJson(b)) return [];
  const [left, right] = [byName(a), byName(b)];
  if (left !== undefined && right !== undefined) return within(path, left, right);
  if (!isComposite(a) || !isComposite(b) || Array.isArray(a) !== Array.isArray(b)) return [{ path, a, b }];
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].flatMap((name) => within(`${path}.${name}`, own(a, name), own(b, name)));
}

/** Environments: what is before or behind a variable that is new stays what it was. */
function byName(value: unknown): object | undefined {
  if (!Array.isArray(value)) return undefined;
  const pairs = (value as readonly unknown[]).flatMap((item) =>
    isComposite(item) && 'name' in item && 'value' in item ? [[String(item.name), item.value] as const] : [],
  );
  const isOne = pairs.length === value.length && new Set(pairs.map(([name]) => name)).size === pairs.length;
  return isOne ? Object.fromEntries(pairs) : undefined;
}

function own(value: object, name: string): unknown {
  return Object.hasOwn(value, name) ? (value as Readonly<Record<string, unknown>>)[name] : undefined;
}

function isComposite(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
