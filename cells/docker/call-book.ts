import { errorText } from '../../src/domain/errors.ts';
import type { RuntimeCall } from '../executor/runtime.ts';
import { isEngineError } from './errors.ts';

/*
 * What was asked of the engine about each container, and what it answered: for whoever looks into one task. Only what a call holds
 * anyway is kept, by reference and within bounds; it becomes text when somebody asks.
 */

/** Of one container, from its beginning and from its end. */
const FIRST_CALLS = 40;
const LAST_CALLS = 60;
const MOST_CONTAINERS = 500;
const MOST_IMAGE_CALLS = 200;
const MOST_LETTERS = 2_000;

/** What of a request is told. */
interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  readonly tar?: unknown;
}

interface Call {
  /** UNIX milliseconds. */
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly query: Asked['query'];
  /** The body; of a tar, which may be large, only that it was one. */
  readonly sent: unknown;
  ms: number | undefined;
  status: number;
  answer: unknown;
  error: unknown;
}

export class CallBook {
  /** By id, or by name until there is one. The oldest container goes first. */
  readonly #containers = new Map<string, Call[]>();
  /** A process in a container has an id of its own. */
  readonly #execs = new Map<string, string>();
  readonly #images: Call[] = [];

  /** @returns what is told how it ended; undefined for calls that are about no container and no image. */
  begin(request: Asked): ((status: number, answer: unknown, error?: unknown) => void) | undefined {
    const calls = this.#of(request);
    if (calls === undefined) return undefined;
    const begun = performance.now();
    const { method, path, query, body, tar } = request;
    const sent = tar === undefined ? body : Buffer.isBuffer(tar) ? `(a tar of ${tar.length} bytes)` : '(a tar)';
    const ending = { ms: undefined, status: 0, answer: undefined, error: undefined };
    const call: Call = { at: Date.now(), method, path, query, sent, ...ending };
    calls.push(call);
    return (status, answer, error) => {
      call.ms = performance.now() - begun;
      call.status = status;
      call.answer = kept(request, answer);
      call.error = error;
      const id = (answer as { readonly Id?: unknown } | undefined)?.Id;
      if (typeof id !== 'string' || method !== 'POST') return;
      if (path === '/containers/create') this.#named(query?.['name'] ?? '', id);
      else if (path.endsWith('/exec')) remember(this.#execs, id, containerOf(path) ?? '');
    };
  }

  /** Of a container, and of the image since then. */
  told(container: string, image: string, sinceMs: number): readonly RuntimeCall[] {
    const repository = image.replace(/^.*:\/\/\/?/, '').replace(/[:@#].*$/, '');
    const ofImage = this.#images.filter(
      (call) => repository !== '' && call.at >= sinceMs && nameOfImage(call).includes(repository),
    );
    const own = this.#containers.get(container) ?? [];
    return [...ofImage, ...own]
      .toSorted((a, b) => a.at - b.at)
      .flatMap((call) => (call.ms === undefined ? [] : [textOf(call, call.ms)]));
  }

  #of(request: Asked): Call[] | undefined {
    const { path } = request;
    if (path.startsWith('/images/') || path.startsWith('/distribution/')) {
      if (this.#images.length >= MOST_IMAGE_CALLS) this.#images.shift();
      return this.#images;
    }
    const exec = path.startsWith('/exec/') ? this.#execs.get(path.split('/')[2] ?? '') : undefined;
    const name = exec ?? (path === '/containers/create' ? request.query?.['name'] : containerOf(path));
    if (name === undefined || name === '') return undefined;
    let calls = this.#containers.get(name);
    if (calls === undefined) {
      calls = [];
      remember(this.#containers, name, calls);
    }
    // The middle gives way: the beginning and the end tell most.
    if (calls.length >= FIRST_CALLS + LAST_CALLS) calls.splice(FIRST_CALLS, 1);
    return calls;
  }

  #named(name: string, id: string): void {
    const calls = this.#containers.get(name);
    if (calls === undefined) return;
    this.#containers.delete(name);
    remember(this.#containers, id, calls);
  }
}

function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.set(key, value);
  if (map.size <= MOST_CONTAINERS) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}

function containerOf(path: string): string | undefined {
  const [, first, id, rest] = path.split('/', 4);
  if (first !== 'containers' || id === undefined || id === 'json') return undefined;
  return rest === undefined && id === 'create' ? undefined : decodeURIComponent(id);
}

function nameOfImage({ path, query }: Call): string {
  return query?.['fromImage'] ?? decodeURIComponent(path);
}

/** Of an inspection only what became of the process: the rest is long, and the same each time. */
function kept({ method, path }: Asked, answer: unknown): unknown {
  if (method === 'POST') return answer;
  return path.startsWith('/containers/')
    ? (answer as { readonly State?: unknown } | null | undefined)?.State
    : undefined;
}

function textOf({ at, method, path, query, sent, status, answer, error }: Call, ms: number): RuntimeCall {
  const asked = query === undefined ? '' : `?${new URLSearchParams(query).toString()}`;
  const failed = isEngineError(error) ? error.status : 0;
  return {
    at: BigInt(at) * 1_000_000n,
    method,
    path: clip(`${path}${asked}`),
    status: failed === 0 ? status : failed,
    ms: Math.round(ms * 10) / 10,
    body: shown(sent),
    answer: error === undefined ? shown(answer) : clip(errorText(error)),
  };
}

/** Values of an environment may be secrets, whatever their names: none is shown. */
function shown(value: unknown): string {
  // An answer without a body comes as no bytes.
  if (value === undefined || value === null || value === '' || Buffer.isBuffer(value)) return '';
  if (typeof value === 'string') return clip(value);
  const text = JSON.stringify(value, (key, inner: unknown) =>
    key === 'Env' && Array.isArray(inner)
      ? inner.map((pair) => (typeof pair === 'string' ? pair.replace(/=.*$/s, '=***') : '***'))
      : inner,
  );
  return clip(text);
}

function clip(text: string): string {
  return text.length <= MOST_LETTERS ? text : `${text.slice(0, MOST_LETTERS)}... (${text.length} letters)`;
}
