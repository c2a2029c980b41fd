import type { z } from 'zod';
import type { FieldFault } from '../domain/errors.ts';
import { nearest } from './nearest.ts';

/** What a name that is no field of a spec should be told; undefined = nothing special. */
export type Advice = (name: string, path: readonly PropertyKey[]) => string | undefined;

type Issue = z.core.$ZodIssue;

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  int: 'a whole number',
  number: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object of names and texts',
};

/** Every issue as the place it is at and what would be right there. `knownAt` lists the fields that an object at a path may have. */
export function faultsOf(
  issues: readonly Issue[],
  input: unknown,
  knownAt: (path: readonly PropertyKey[]) => readonly string[],
  advice: Advice,
): FieldFault[] {
  const faults: FieldFault[] = [];
  // Where a name is wrong, that nothing else was named is no news.
  const misnamed = new Set(
    issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? [pathText(issue.path)] : [])),
  );
  for (const issue of issues) {
    if (issue.code === 'custom' && misnamed.has(pathText(issue.path))) continue;
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) {
        const meant = nearest(key, knownAt(issue.path));
        const hint =
          advice(key, issue.path) ??
          (meant === undefined ? 'there is no such field' : `there is no such field; did you mean ${meant}?`);
        faults.push({ field: pathText([...issue.path, key]), message: hint });
      }
    } else {
      faults.push({ field: pathText(issue.path), message: messageOf(issue, valueAt(input, issue.path)) });
    }
  }
  return faults;
}

function messageOf(issue: Issue, given: unknown): string {
  switch (issue.code) {
    case 'invalid_type': {
      const wanted = EXPECTED[issue.expected] ?? issue.expected;
      return given === undefined ? `is required (${wanted})` : `must be ${wanted}; it is ${shown(given)}`;
    }
    case 'too_small':
      return `must be at least ${issue.minimum}; it is ${shown(given)}`;
    case 'too_big':
      return `must be at most ${issue.maximum}; it is ${shown(given)}`;
    default:
      return issue.message;
  }
}

function shown(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'string') {
    return value.length <= 40 ? `the text ${JSON.stringify(value)}` : `a text of ${value.length} letters`;
  }
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return String(value);
  return 'an object';
}

/** `env[2].name`, as the JSON form spells it. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = '';
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`;
    else text += text === '' ? String(part) : `.${String(part)}`;
  }
  return text === '' ? '(the whole request)' : text;
}

export function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return undefined;
    at = (at as Record<PropertyKey, unknown>)[part];
  }
  return at;
}
