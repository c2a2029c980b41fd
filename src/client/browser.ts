/**
 * The SDK for pages: `gavel/browser`, over REST and server-sent events. It needs nothing but `fetch`, and imports nothing of Node. A BBS answers only pages of
 * its own origin: serve the page from where /v1 is, or put both behind one proxy.
 */
import { ERRORS, type ErrorCode, errorText, type FieldFault } from '../domain/errors.ts';
import { isTerminal, type Outcome, type Task, type TaskState } from '../domain/task.ts';
import { parseJson, toJson } from '../platform/json.ts';
import { taskFromJson } from '../platform/task-json.ts';
import type { TaskSpec } from '../platform/task-spec.ts';
import { isTaskError, type TaskError, taskError } from './errors.ts';

export type { Action } from '../domain/action.ts';
export type { Outcome, Task, TaskState } from '../domain/task.ts';
export type { TaskSpec } from '../platform/task-spec.ts';
export { isTaskError, TaskError } from './errors.ts';

export interface BrowserOptions {
  /** Where /v1 is. Default: the page's own origin. */
  readonly baseUrl?: string;
  /** Asked before each call; what it answers goes as `Authorization: Bearer`. */
  readonly token?: () => string | Promise<string>;
  readonly fetch?: typeof fetch;
  /** How long a stream that broke is tried again. Default 2 min. */
  readonly patienceMs?: number;
}

export interface BrowserFilter {
  readonly domain?: string;
  readonly cell?: string;
  readonly states?: readonly TaskState[];
  readonly outcomes?: readonly Outcome[];
  readonly signal?: AbortSignal;
}

export interface BrowserEvent {
  readonly type: 'created' | 'changed' | 'removed' | 'resync';
  /** Undefined for `resync`: some changes are no longer known, and what was listed must be listed anew. */
  readonly task?: Task;
  readonly before?: Task;
  readonly cursor: string;
}

export interface BrowserLogLine {
  readonly sequence: number;
  readonly stream: string;
  readonly source: string;
  readonly text: string;
}

interface Message {
  readonly event: string;
  readonly id: string;
  readonly data: string;
}

const PAUSE_MS = 1_000;
const PAGE = 500;

/** The way into a cluster for a page. */
export class BrowserClient {
  readonly #options: BrowserOptions;

  constructor(options: BrowserOptions = {}) {
    this.#options = options;
  }

  /** Submits; durable when it answers. A guid and a key are made up where there are none, so that a repeat creates nothing new. */
  async run(spec: TaskSpec, options: { readonly key?: string; readonly signal?: AbortSignal } = {}): Promise<Task> {
    const { task_guid = random(), request_key = options.key ?? random() } = spec;
    return await this.#task('POST', '/v1/tasks', options.signal, { ...spec, task_guid, request_key });
  }

  /** Live or from history, by guid, number or the unique beginning of a guid. */
  async get(id: string | number, signal?: AbortSignal): Promise<Task> {
    return await this.#task('GET', `${pathOf(id)}?include_history=true`, signal);
  }

  /** Live tasks, newest first; pages are fetched as they are needed. */
  async *list({ domain, cell, states, outcomes, signal }: BrowserFilter = {}): AsyncGenerator<Task, void, undefined> {
    let token = '';
    do {
      const query = queryOf({
        domain,
        cell_id: cell,
        state: states,
        outcome: outcomes,
        page_size: PAGE,
        page_token: token,
      });
      const page = parseJson(await this.#text('GET', `/v1/tasks?${query}`, signal)) as {
        readonly tasks: readonly object[];
        readonly next_page_token: string;
      };
      for (const task of page.tasks) yield taskFromJson(toJson(task));
      token = page.next_page_token;
    } while (token !== '');
  }

  async cancel(id: string | number, reason = '', signal?: AbortSignal): Promise<Task> {
    return await this.#task('POST', `${pathOf(id)}/cancel`, signal, { reason });
  }

  async kill(id: string | number, reason = '', signal?: AbortSignal): Promise<Task> {
    return await this.#task('POST', `${pathOf(id)}/kill`, signal, { reason });
  }

  /** The record of the end, whatever it is. No fast task slips by: the events are open before the record is read. */
  async wait(
    id: string | number,
    options: { readonly onEvent?: (task: Task) => void; readonly signal?: AbortSignal } = {},
  ): Promise<Task> {
    const { onEvent, signal } = options;
    const { task_guid, uid } = await this.get(id, signal);
    const events = this.#streams(`/v1/events?${queryOf({ task_guid })}`, signal, async () => [
      {
        event: 'read',
        id: '',
        data: toJson({ task: parseJson(await this.#text('GET', `${pathOf(task_guid)}?include_history=true`, signal)) }),
      },
    ]);
    for await (const message of events) {
      const { task } = eventOf(message) ?? {};
      if (task === undefined || task.uid !== uid) continue;
      onEvent?.(task);
      if (isTerminal(task.state)) return task;
      if (message.event === 'removed') return await this.get(task_guid, signal);
    }
    throw taskError('internal', `the events of task ${id} ended before the task did`);
  }

  /** Every change, from now on or behind a cursor, over connections that break. */
  async *events(
    options: { readonly from?: string; readonly domain?: string; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<BrowserEvent, void, undefined> {
    const { from: cursor, domain, signal } = options;
    for await (const message of this.#streams(`/v1/events?${queryOf({ cursor, domain })}`, signal)) {
      const event = eventOf(message);
      if (event !== undefined) yield event;
    }
  }

  /** The lines of both streams, to their end; with `follow` as they are written. */
  async *logs(
    id: string | number,
    options: { readonly follow?: boolean; readonly signal?: AbortSignal } = {},
  ): AsyncGenerator<BrowserLogLine, void, undefined> {
    const { follow = false, signal } = options;
    for await (const { event, data } of this.#streams(`${pathOf(id)}/logs?${queryOf({ follow })}`, signal)) {
      if (event === 'end') return;
      if (event === 'line') yield parseJson(data) as BrowserLogLine;
    }
  }

  /** Messages of a stream that is taken up again behind its last one. `first`: said anew whenever a connection is open. */
  async *#streams(
    path: string,
    signal: AbortSignal | undefined,
    first: () => Promise<readonly Message[]> = async () => [],
  ): AsyncGenerator<Message, void, undefined> {
    let last = '';
    let since: number | undefined;
    for (;;) {
      try {
        const headers = { accept: 'text/event-stream', ...(last === '' ? {} : { 'last-event-id': last }) };
        const response = await this.#fetch('GET', path, signal, undefined, headers);
        yield* await first();
        for await (const message of messagesOf(response)) {
          since = undefined;
          if (message.id !== '') last = message.id;
          if (message.event === 'error') throw failureOf(message.data, 503);
          if (message.event !== '') yield message;
          // The stream ends behind it; what is told next is from now on.
          if (message.event === 'resync_needed') last = '';
        }
      } catch (error) {
        if (signal?.aborted === true) throw taskError('cancelled', 'the wait was given up');
        since ??= Date.now();
        const passing = !isTaskError(error) || error.retryable;
        if (!passing || Date.now() - since > (this.#options.patienceMs ?? 120_000)) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * (0.5 + Math.random())));
    }
  }

  async #task(method: string, path: string, signal: AbortSignal | undefined, body?: object): Promise<Task> {
    return taskFromJson(await this.#text(method, path, signal, body));
  }

  async #text(method: string, path: string, signal: AbortSignal | undefined, body?: object): Promise<string> {
    return await (await this.#fetch(method, path, signal, body)).text();
  }

  /** @throws TaskError for every answer that is none. */
  async #fetch(
    method: string,
    path: string,
    signal: AbortSignal | undefined,
    body?: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Response> {
    const { baseUrl = '', token, fetch: call = fetch } = this.#options;
    const bearer = token === undefined ? {} : { authorization: `Bearer ${await token()}` };
    const typed = body === undefined ? {} : { 'content-type': 'application/json' };
    const response = await call(`${baseUrl.replace(/\/$/, '')}${path}`, {
      method,
      headers: { ...headers, ...bearer, ...typed },
      ...(body === undefined ? {} : { body: toJson(body) }),
      ...(signal === undefined ? {} : { signal }),
    }).catch((error: unknown) => {
      if (signal?.aborted === true) throw taskError('cancelled', 'the call was given up');
      throw taskError('unavailable', `no answer: ${errorText(error)}`, { cause: error });
    });
    if (!response.ok) throw failureOf(await response.text(), response.status);
    return response;
  }
}

/** Messages of a body of server-sent events; comments are left out. */
async function* messagesOf(response: Response): AsyncGenerator<Message, void, undefined> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (reader === undefined) return;
  let held = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (held + value).split(/\r?\n\r?\n/);
      held = parts.pop() ?? '';
      for (const part of parts) yield messageOf(part);
    }
  } finally {
    // Ends the connection where the caller reads no further.
    reader.cancel().catch(() => {});
  }
}

function messageOf(text: string): Message {
  const fields = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [, name = '', value = ''] = /^([a-z]*): ?(.*)$/.exec(line) ?? [];
    const before = name === 'data' ? fields.get(name) : undefined;
    fields.set(name, before === undefined ? value : `${before}\n${value}`);
  }
  return { event: fields.get('event') ?? '', id: fields.get('id') ?? '', data: fields.get('data') ?? '' };
}

function eventOf({ event, data }: Message): BrowserEvent | undefined {
  const told = parseJson(data === '' ? '{}' : data) as { cursor?: string; task?: object; before?: object };
  const { cursor = '' } = told;
  if (event === 'resync_needed') return { type: 'resync', cursor };
  if (told.task === undefined) return undefined;
  const before = told.before === undefined ? {} : { before: taskFromJson(toJson(told.before)) };
  const type = event === 'created' || event === 'removed' ? event : 'changed';
  return { type, task: taskFromJson(toJson(told.task)), ...before, cursor };
}

function failureOf(text: string, status: number): TaskError {
  try {
    const { error } = parseJson(text) as {
      error: { code: ErrorCode; message: string; faults: readonly FieldFault[]; about?: Record<string, string> };
    };
    if (Object.hasOwn(ERRORS, error.code))
      return taskError(error.code, error.message, { faults: error.faults, about: error.about ?? {} });
  } catch {
    // A proxy in between has answers of its own.
  }
  return taskError(status >= 500 ? 'unavailable' : 'internal', `the server answered ${status}`);
}

function pathOf(id: string | number): string {
  return `/v1/tasks/${encodeURIComponent(String(id))}`;
}

function queryOf(values: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    const text = Array.isArray(value) ? value.join(',') : String(value ?? '');
    if (text !== '') query.set(name, text);
  }
  return query.toString();
}

/** Unlike randomUUID it is there on pages without TLS, too. */
function random(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
