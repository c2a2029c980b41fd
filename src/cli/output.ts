import { stringify as toYaml } from 'yaml';
import type { Task } from '../domain/task.ts';
import { rfc3339, safe } from '../platform/format.ts';
import { toJson } from '../platform/json.ts';
import { type Column, tableText } from '../platform/table.ts';
import { taskToObject } from '../platform/task-json.ts';
import type { Context } from './context.ts';
import { parseTemplate, renderTemplate } from './template.ts';

/** What a list is to programs. */
export interface Listing<T> {
  readonly kind: string;
  readonly items: readonly T[];
  readonly columns: readonly Column<T>[];
  readonly toObject: (item: T) => object;
  readonly name: (item: T) => string;
  readonly footer?: string;
  /** Further keys of the JSON object beside the items. */
  readonly about?: Readonly<Record<string, unknown>>;
}

/** A list in the format asked for. */
export async function printList<T>(context: Context, listing: Listing<T>): Promise<void> {
  const { kind, items, toObject, about } = listing;
  switch (context.format) {
    case 'json':
    case 'yaml': {
      const whole = { schema: `${kind}-list/v1`, kind: `${kind}-list`, items: items.map(toObject), ...about };
      return await context.print(context.format === 'json' ? toJson(whole, 2) : toYaml(whole).trimEnd());
    }
    case 'jsonl':
      for (const item of items) await context.print(toJson(toObject(item)));
      return;
    case 'name':
      for (const item of items) await context.print(listing.name(item));
      return;
    case 'template': {
      const template = parseTemplate(context.template);
      for (const item of items) await context.print(renderTemplate(template, toObject(item)));
      return;
    }
    case 'table':
    case 'wide':
      await context.print(tableText(items, listing.columns, context));
      if (listing.footer !== undefined) await context.print(`\n${listing.footer}`);
  }
}

/** One object in the format asked for; `text` is what people see. */
export async function printOne(context: Context, object: object, name: string, text: string): Promise<void> {
  const { format } = context;
  if (format === 'json') return await context.print(toJson(object, 2));
  if (format === 'jsonl') return await context.print(toJson(object));
  if (format === 'yaml') return await context.print(toYaml(object).trimEnd());
  if (format === 'template') return await context.print(renderTemplate(parseTemplate(context.template), object));
  await context.print(format === 'name' ? name : text);
}

/** What is answered task by task. For -o json and yaml the answer is one all the same: the task, or a list where several were named. */
export class Answers {
  readonly #context: Context;
  readonly #many: boolean;
  readonly #items: object[] = [];

  constructor(context: Context, named: number) {
    this.#context = context;
    this.#many = named > 1 && ['json', 'yaml'].includes(context.format);
  }

  /** @param text what people see. */
  async tell(task: Task, text: string): Promise<void> {
    const object = taskObject(task);
    if (this.#many) this.#items.push(object);
    else await printOne(this.#context, object, task.task_guid, text);
  }

  async end(): Promise<void> {
    if (!this.#many) return;
    const whole = { schema: 'task-list/v1', kind: 'task-list', items: this.#items };
    await this.#context.print(this.#context.format === 'json' ? toJson(whole, 2) : toYaml(whole).trimEnd());
  }
}

const TIMES = ['created_at', 'claimed_at', 'started_at', 'first_completed_at', 'updated_at'] as const;

/** The task as JSON gives it, and its times once more as text for those whose JSON reader rounds 19 digits. */
export function taskObject(task: Task): Record<string, unknown> {
  const times = Object.fromEntries(TIMES.map((name) => [`${name}_rfc3339`, rfc3339(task[name])]));
  return { schema: 'task/v1', kind: 'task', ...taskToObject(task), ...times };
}

/** Names and values under each other, `sections` parted by empty lines. */
export function pairsText(sections: readonly (readonly (readonly [string, string])[])[]): string {
  const shown = sections.map((pairs) => pairs.filter(([, value]) => value !== ''));
  const width = Math.max(0, ...shown.flat().map(([name]) => name.length));
  return shown
    .filter((pairs) => pairs.length > 0)
    .map((pairs) => pairs.map(([name, value]) => `${name.padEnd(width)}  ${safe(value)}`).join('\n'))
    .join('\n\n');
}
