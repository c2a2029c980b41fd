import jsep from 'jsep';
import { msToNanos, nanosToMs, parseDuration } from '../domain/duration.ts';
import { DomainError, errorText } from '../domain/errors.ts';
import type { Task } from '../domain/task.ts';
import { toJson } from './json.ts';
import { nearest } from './nearest.ts';
import { TASK_FIELDS } from './task-json.ts';

/*
 * `outcome == 'failed' && labels.team == 'x'`: which tasks are meant, for what the flags of lists cannot say. The library reads the
 * expression; what it may do is all here. It has no loops, no regular expressions and no assignment, so that whatever is asked takes no
 * longer than it is long.
 */

/** A field of the record, an answer of a function, or what an operator makes of them. Times are UNIX nanoseconds. */
export type SelectValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly SelectValue[]
  | { readonly [name: string]: SelectValue };

export interface Selector {
  /** What the expression says of a task. @throws DomainError `invalid_argument` when it compares what cannot be compared. */
  evaluate(task: Task): SelectValue;
  /** Whether it is true of the task. @throws DomainError `invalid_argument` also when the answer is neither true nor false. */
  matches(task: Task): boolean;
}

/** Beside the fields of the record. */
const DERIVED: Readonly<
  Record<string, { readonly type: string; readonly of: (task: Task, nowMs: number) => SelectValue }>
> = {
  kind: { type: 'text', of: (task) => task.labels['gavel.kind'] ?? 'user' },
  age: { type: 'number', of: (task, nowMs) => secondsBetween(task.created_at, 0n, nowMs) },
  waited: {
    type: 'number',
    of: (task, nowMs) => secondsBetween(task.created_at, task.started_at || task.first_completed_at, nowMs),
  },
  ran: {
    type: 'number',
    of: (task, nowMs) =>
      task.started_at === 0n ? null : secondsBetween(task.started_at, task.first_completed_at, nowMs),
  },
};

/** Secrets have no place in an answer. */
const HIDDEN: readonly string[] = ['image_password', 'env'];

const TYPES: Readonly<Record<string, string>> = {
  nanos: 'time',
  string: 'text',
  'string?': 'text or null',
  'number?': 'number or null',
  'object?': 'map or null',
  object: 'map',
};

/** The fields there are, with their types, for whoever writes an expression. */
export function selectFields(): ReadonlyMap<string, string> {
  const own = Object.entries(TASK_FIELDS).filter(([name]) => !HIDDEN.includes(name));
  return new Map([
    ...own.map(([name, kind]): [string, string] => [name, TYPES[kind] ?? kind]),
    ...Object.entries(DERIVED).map(([name, { type }]): [string, string] => [name, type]),
  ]);
}

interface Scope {
  readonly task: Task;
  readonly nowMs: number;
}

type Compiled = (scope: Scope) => SelectValue;
type SelectFunction = (nowMs: number, ...args: readonly SelectValue[]) => SelectValue;

/** By name: how many arguments, and what it does. */
export const SELECT_FUNCTIONS: Readonly<
  Record<string, { readonly usage: string; readonly about: string; readonly call: SelectFunction }>
> = {
  ago: {
    usage: "ago('2h')",
    about: 'the time so long ago, to compare with a time',
    call: (nowMs, span) => {
      const ms = typeof span === 'string' ? parseDuration(span) : undefined;
      if (ms === undefined) throw wrong(`ago: ${show(span)} is no time span, for example '2h'`);
      return msToNanos(nowMs - ms);
    },
  },
  time: {
    usage: "time('2015-01-27T21:39:30Z')",
    about: 'a time, to compare with a time; without a zone it is UTC',
    call: (_nowMs, text) => {
      const zoned =
        typeof text === 'string' && !/(z|[+-]\d\d:?\d\d)$/i.test(text) && text.includes('T') ? `${text}Z` : text;
      const at = typeof zoned === 'string' ? Date.parse(zoned) : Number.NaN;
      if (Number.isNaN(at)) throw wrong(`time: ${show(text)} is no time, for example '2015-01-27T21:39:30Z'`);
      return msToNanos(at);
    },
  },
  lower: {
    usage: 'lower(description)',
    about: 'the text in small letters',
    call: (_nowMs, value) => textOf(value, 'lower').toLowerCase(),
  },
  size: {
    usage: 'size(placement_tags)',
    about: 'how many letters, items or keys',
    call: (_nowMs, value) => {
      if (typeof value === 'string' || isList(value)) return value.length;
      if (isMap(value)) return Object.keys(value).length;
      throw wrong(`size: ${show(value)} has none`);
    },
  },
};

export const SELECT_OPERATORS: readonly (readonly [string, string])[] = [
  ['== != < <= > >=', 'of two texts, two numbers, two times; with null only == and !='],
  ['&& || ! =', 'also: and, or, not, =='],
  ['x in list', "an item of a list, a key of a map, a part of a text: 'team' in labels"],
  ["x like 'a*'", "the whole text, * stands for anything: description like 'smoke*'"],
  ['+ - * / %', 'of numbers, and of a time and seconds'],
];

jsep.addBinaryOp('or', 1);
jsep.addBinaryOp('and', 2);
// As SQL writes it, and as nobody means anything else here.
jsep.addBinaryOp('=', 6);
jsep.addBinaryOp('in', 7);
jsep.addBinaryOp('like', 7);
jsep.addUnaryOp('not');

const LONGEST = 4_000;

/** @throws DomainError `invalid_argument` for what cannot be read, or names what is not there. */
export function parseSelect(text: string, now: () => number = Date.now): Selector {
  if (text.trim() === '') throw wrong("the expression is empty; for example outcome == 'failed'");
  if (text.length > LONGEST) throw wrong(`the expression has more than ${LONGEST} letters`);
  let tree: jsep.Expression;
  try {
    tree = jsep(text);
  } catch (error) {
    throw wrong(`cannot read ${text}: ${errorText(error)}`);
  }
  const compiled = compile(tree);
  const evaluate = (task: Task): SelectValue => compiled({ task, nowMs: now() });
  return { evaluate, matches: (task) => truth(evaluate(task), text) };
}

function compile(expression: jsep.Expression): Compiled {
  const node = expression as jsep.CoreExpression;
  switch (node.type) {
    case 'Literal': {
      const { value } = node;
      if (value instanceof RegExp) throw wrong('there are no regular expressions; use like');
      return () => value;
    }
    case 'Identifier':
      return field(node.name);
    case 'MemberExpression':
      return member(node);
    case 'UnaryExpression':
      return unary(node);
    case 'BinaryExpression':
      return binary(node);
    case 'ConditionalExpression': {
      const [test, yes, no] = [compile(node.test), compile(node.consequent), compile(node.alternate)];
      return (scope) => (truth(test(scope), 'the part before ?') ? yes(scope) : no(scope));
    }
    case 'ArrayExpression': {
      const items = node.elements.map((item) => (item === null ? () => null : compile(item)));
      return (scope) => items.map((item) => item(scope));
    }
    case 'CallExpression':
      return call(node);
    case 'Compound':
    case 'SequenceExpression':
    case 'ThisExpression':
      throw wrong('give one expression; parts are joined with && and ||');
  }
}

function field(name: string): Compiled {
  if (name === 'undefined') return () => null;
  const derived = Object.hasOwn(DERIVED, name) ? DERIVED[name] : undefined;
  if (derived !== undefined) return ({ task, nowMs }) => derived.of(task, nowMs);
  const known = selectFields();
  if (known.has(name)) return ({ task }) => valueOf(task[name as keyof Task]);
  const meant = nearest(name, [...known.keys()]);
  throw wrong(
    `there is no field ${name}${meant === undefined ? '; gavel select doc task lists them' : `; did you mean ${meant}?`}`,
  );
}

function member({ object, property, computed }: jsep.MemberExpression): Compiled {
  const whole = compile(object);
  const key: Compiled = computed ? compile(property) : () => (property as jsep.Identifier).name;
  return (scope) => {
    const [value, name] = [whole(scope), key(scope)];
    if (isList(value) && typeof name === 'number') return value[name] ?? null;
    if (isMap(value) && typeof name === 'string') return Object.hasOwn(value, name) ? (value[name] ?? null) : null;
    if (value === null) return null;
    throw wrong(`${show(value)} has no part ${show(name)}`);
  };
}

function unary({ operator, argument }: jsep.UnaryExpression): Compiled {
  const inner = compile(argument);
  if (operator === '!' || operator === 'not') return (scope) => !truth(inner(scope), `the part behind ${operator}`);
  if (operator !== '-') throw unknownOperator(operator);
  return (scope) => {
    const value = inner(scope);
    if (typeof value !== 'number') throw wrong(`-: ${show(value)} is no number`);
    return -value;
  };
}

function binary({ operator, left, right }: jsep.BinaryExpression): Compiled {
  const [a, b] = [compile(left), compile(right)];
  switch (operator) {
    case '&&':
    case 'and':
      return (scope) => truth(a(scope), 'the part before &&') && truth(b(scope), 'the part behind &&');
    case '||':
    case 'or':
      return (scope) => truth(a(scope), 'the part before ||') || truth(b(scope), 'the part behind ||');
    case '=':
    case '==':
    case '===':
      return (scope) => same(a(scope), b(scope));
    case '!=':
    case '!==':
      return (scope) => !same(a(scope), b(scope));
    case '<':
      return (scope) => compared(a(scope), b(scope), (way) => way < 0);
    case '<=':
      return (scope) => compared(a(scope), b(scope), (way) => way <= 0);
    case '>':
      return (scope) => compared(a(scope), b(scope), (way) => way > 0);
    case '>=':
      return (scope) => compared(a(scope), b(scope), (way) => way >= 0);
    case 'in':
      return (scope) => contains(b(scope), a(scope));
    case 'like':
      return (scope) => like(textOf(a(scope), 'like'), textOf(b(scope), 'like'));
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
      return (scope) => computed(operator, a(scope), b(scope));
    default:
      throw unknownOperator(operator);
  }
}

function call({ callee, arguments: given }: jsep.CallExpression): Compiled {
  const name = callee.type === 'Identifier' ? (callee as jsep.Identifier).name : '';
  const known = Object.hasOwn(SELECT_FUNCTIONS, name) ? SELECT_FUNCTIONS[name] : undefined;
  if (known === undefined)
    throw wrong(`there is no function ${name}; known are ${Object.keys(SELECT_FUNCTIONS).join(', ')}`);
  if (given.length !== 1) throw wrong(`${name} takes one argument: ${known.usage}`);
  const args = given.map(compile);
  return (scope) => known.call(scope.nowMs, ...args.map((arg) => arg(scope)));
}

const PER_SECOND = 1_000_000_000;

function computed(operator: '+' | '-' | '*' | '/' | '%', a: SelectValue, b: SelectValue): SelectValue {
  if (a === null || b === null) return null;
  if (typeof a === 'string' && typeof b === 'string' && operator === '+') return a + b;
  if (typeof a === 'bigint' && typeof b === 'bigint' && operator === '-') return Number(a - b) / PER_SECOND;
  if (typeof a === 'bigint' && typeof b === 'number' && (operator === '+' || operator === '-')) {
    const nanos = BigInt(Math.round(b * 1_000)) * 1_000_000n;
    return operator === '+' ? a + nanos : a - nanos;
  }
  if (typeof a !== 'number' || typeof b !== 'number')
    throw wrong(`${show(a)} ${operator} ${show(b)}: only numbers are reckoned with, and seconds with times`);
  if (operator === '+') return a + b;
  if (operator === '-') return a - b;
  if (operator === '*') return a * b;
  return operator === '/' ? a / b : a % b;
}

/** A time is a number of its own: 0 stands for "not yet", which is told apart from all others. */
function same(a: SelectValue, b: SelectValue): boolean {
  if (a === null || b === null) return a === b;
  if (isNumeric(a) && isNumeric(b)) return Number(a) === Number(b);
  if (typeof a !== typeof b) throw wrong(`${show(a)} and ${show(b)} are of two kinds and never equal`);
  if (typeof a === 'object') return toJson(a) === toJson(b);
  return a === b;
}

function compared(a: SelectValue, b: SelectValue, holds: (way: number) => boolean): boolean {
  if (a === null || b === null) return false;
  const fits = (isNumeric(a) && isNumeric(b)) || (typeof a === 'string' && typeof b === 'string');
  if (!fits) throw wrong(`${show(a)} and ${show(b)} cannot be compared`);
  return holds(a < b ? -1 : a > b ? 1 : 0);
}

function contains(whole: SelectValue, part: SelectValue): boolean {
  if (whole === null) return false;
  if (isList(whole)) return whole.some((item) => same(item, part));
  if (typeof part !== 'string') throw wrong(`in: ${show(part)} is no text`);
  if (typeof whole === 'string') return whole.includes(part);
  if (isMap(whole)) return Object.hasOwn(whole, part);
  throw wrong(`in: ${show(whole)} is no list, map or text`);
}

/** Greedy from the left, with one place to go back to: no pattern takes longer than the product of both lengths. */
function like(text: string, pattern: string): boolean {
  let [at, of, star, mark] = [0, 0, -1, 0];
  while (at < text.length) {
    if (pattern[of] === '*') {
      star = of;
      mark = at;
      of += 1;
    } else if (pattern[of] === text[at]) {
      at += 1;
      of += 1;
    } else if (star >= 0) {
      of = star + 1;
      mark += 1;
      at = mark;
    } else return false;
  }
  return /^\**$/.test(pattern.slice(of));
}

function valueOf(value: unknown): SelectValue {
  if (value === undefined || value === null) return null;
  // What is inside a record is text, numbers, lists and maps of them.
  return value as SelectValue;
}

function truth(value: SelectValue, what: string): boolean {
  if (value === null) return false;
  if (typeof value === 'boolean') return value;
  throw wrong(`${what} is ${show(value)} and neither true nor false; compare it with something`);
}

function textOf(value: SelectValue, name: string): string {
  if (typeof value === 'string') return value;
  if (value === null) return '';
  throw wrong(`${name}: ${show(value)} is no text`);
}

function isList(value: SelectValue): value is readonly SelectValue[] {
  return Array.isArray(value);
}

function isMap(value: SelectValue): value is { readonly [name: string]: SelectValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isNumeric(value: SelectValue): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

function show(value: SelectValue | undefined): string {
  if (typeof value === 'bigint') return `time ${new Date(nanosToMs(value)).toISOString()}`;
  return value === undefined ? 'nothing' : toJson(value).slice(0, 80);
}

function secondsBetween(from: bigint, to: bigint, nowMs: number): number {
  const end = to === 0n ? msToNanos(nowMs) : to;
  return Math.max(0, Number(end - from) / PER_SECOND);
}

function unknownOperator(operator: string): DomainError {
  return wrong(`there is no operator ${operator}; gavel help select lists them`);
}

function wrong(why: string): DomainError {
  return new DomainError('invalid_argument', `select: ${why}`);
}
