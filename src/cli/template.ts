import { DomainError } from '../domain/errors.ts';
import { toJson } from '../platform/json.ts';
import { nearest } from '../platform/nearest.ts';

/*
 * `-o template='{{.task_guid}} {{.state}}'`: the part of Go's templates that docker's and kubectl's users write all day. A path
 * of fields behind a dot, `{{json .path}}` for its JSON, `\n` and `\t`. The fields are those of `-o json`.
 */

type Part = { readonly literal: string } | { readonly path: readonly string[]; readonly json: boolean };

const ESCAPES: Readonly<Record<string, string>> = { '\\n': '\n', '\\t': '\t', '\\\\': '\\' };

/** @throws DomainError `invalid_argument` for what it does not know. */
export function parseTemplate(text: string): readonly Part[] {
  const parts: Part[] = [];
  const unescaped = (raw: string) => raw.replace(/\\[nt\\]/g, (found) => ESCAPES[found] ?? found);
  let rest = text;
  for (;;) {
    const open = rest.indexOf('{{');
    if (open < 0) break;
    const close = rest.indexOf('}}', open);
    const inside = close < 0 ? '' : rest.slice(open + 2, close).trim();
    const match = /^(json\s+)?\.([A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*)?$/.exec(inside);
    if (match === null) {
      const shown = close < 0 ? rest.slice(open) : `{{${inside}}}`;
      throw new DomainError(
        'invalid_argument',
        `-o template: cannot read ${shown}; write {{.field}}, {{.field.part}} or {{json .field}}`,
      );
    }
    parts.push({ literal: unescaped(rest.slice(0, open)) });
    parts.push({ path: match[2] === undefined ? [] : match[2].split('.'), json: match[1] !== undefined });
    rest = rest.slice(close + 2);
  }
  return [...parts, { literal: unescaped(rest) }];
}

/** @throws DomainError `invalid_argument` for a field that the object does not have. */
export function renderTemplate(parts: readonly Part[], object: object): string {
  return parts.map((part) => ('literal' in part ? part.literal : valueText(part, object))).join('');
}

function valueText(
  { path, json }: { readonly path: readonly string[]; readonly json: boolean },
  object: object,
): string {
  let value: unknown = object;
  for (const [at, name] of path.entries()) {
    const fields = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
    // What is not set now, or on this task, is empty; only a wrong name of a field is a fault.
    if (at === 0 && !(name in fields)) throw unknownField(name, Object.keys(fields));
    value = fields[name];
  }
  if (json) return toJson(value ?? null);
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : toJson(value);
}

function unknownField(name: string, known: readonly string[]): DomainError {
  const meant = nearest(name, known);
  const hint = meant === undefined ? `known are ${known.join(', ')}` : `did you mean .${meant}?`;
  return new DomainError('invalid_argument', `-o template: there is no field .${name}; ${hint}`);
}
