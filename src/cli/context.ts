import { randomBytes } from 'node:crypto';
import { InvalidArgumentError } from 'commander';
import { DEFAULT_ENDPOINT, type PlaceFlags, type Settings, settingsOf } from '../client/contexts.ts';
import { type ClientOptions, TaskClient } from '../client/index.ts';
import { parseDuration } from '../domain/duration.ts';
import { DomainError, isDomainError } from '../domain/errors.ts';
import { safe, safeText } from '../platform/format.ts';
import { type Io, put } from './io.ts';
import { StatusLine } from './status-line.ts';

export const FORMATS = ['table', 'wide', 'json', 'jsonl', 'yaml', 'name', 'template'] as const;
export type Format = (typeof FORMATS)[number];

/** `-o json`, `-o template='{{.field}}'`. */
export function parseOutput(text: string): string {
  const name = text.split('=', 1)[0] ?? '';
  const known = FORMATS.some((format) => format === name);
  if (known && (name === 'template') === text.includes('=')) return text;
  throw new InvalidArgumentError(
    `Allowed choices are ${FORMATS.join(', ').replace('template', "template='{{.field}}'")}.`,
  );
}

/** Flags that every command understands. */
export interface GlobalFlags extends Omit<PlaceFlags, 'domain' | 'onInterrupt'> {
  /** A format, or `template=TEXT`. */
  readonly output?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** How often -v was given. */
  readonly verbose?: number;
  readonly trace?: boolean;
  /** False with --no-color; true when nothing was said. */
  readonly color?: boolean | 'auto' | 'always' | 'never';
  readonly timeout?: string;
  readonly local?: boolean;
  readonly trunc?: boolean;
  readonly safe?: boolean;
  readonly yes?: boolean;
  readonly input?: boolean;
}

/** What a command works with: its world, the flags everybody has, and the client when it needs one. */
export class Context {
  readonly io: Io;
  readonly flags: GlobalFlags;
  /** The redrawn line on a terminal, which everything else steps around. */
  readonly line: StatusLine;
  readonly #aborting = new AbortController();
  #client: TaskClient | undefined;
  #settings: Settings | undefined;
  /** With --trace: what the servers' logs, and the spans where they export some, know this command by. */
  readonly traceId: string | undefined;

  constructor(io: Io, flags: GlobalFlags) {
    this.io = io;
    this.flags = flags;
    const drawable = io.stderr.isTTY === true && flags.quiet !== true && io.env['TERM'] !== 'dumb';
    this.line = new StatusLine(io, drawable);
    this.traceId = flags.trace === true || (flags.verbose ?? 0) > 1 ? randomBytes(16).toString('hex') : undefined;
    io.interrupts.take(() => this.#aborting.abort(new DomainError('cancelled', 'interrupted')));
  }

  /** Aborts at the first Ctrl-C, unless the command took charge of that itself. */
  get signal(): AbortSignal {
    return this.#aborting.signal;
  }

  get format(): Format {
    const asked = this.flags.output?.split('=', 1)[0];
    return FORMATS.find((format) => format === asked) ?? (this.flags.json === true ? 'json' : 'table');
  }

  /** The text of `-o template=TEXT`. */
  get template(): string {
    return (this.flags.output ?? '').slice('template='.length);
  }

  get machineReadable(): boolean {
    return ['json', 'jsonl', 'yaml'].includes(this.format);
  }

  get color(): boolean {
    const { env } = this.io;
    const { color } = this.flags;
    if (color === 'always') return true;
    if (color === false || color === 'never' || (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb') return false;
    return this.io.stdout.isTTY === true || env['CLICOLOR_FORCE'] === '1';
  }

  /** Whether symbols can be shown: on a terminal whose locale is UTF-8. */
  get symbols(): boolean {
    const { LC_ALL, LC_CTYPE, LANG, TERM } = this.io.env;
    const locale = [LC_ALL, LC_CTYPE, LANG].find((text) => text !== undefined && text !== '') ?? '';
    return this.io.stdout.isTTY === true && TERM !== 'dumb' && /utf-?8/i.test(locale);
  }

  /** How wide a table may be; undefined = as wide as it is. */
  get width(): number | undefined {
    return this.io.stdout.isTTY === true && this.flags.trunc !== false ? this.io.stdout.columns : undefined;
  }

  get timeoutMs(): number | undefined {
    const { timeout } = this.flags;
    if (timeout === undefined) return undefined;
    const ms = parseDuration(timeout);
    if (ms === undefined || ms === 0) {
      throw new DomainError('invalid_argument', `--timeout: ${timeout} is no time span, for example 30s or 5m`);
    }
    return ms;
  }

  get verbose(): boolean {
    return (this.flags.verbose ?? 0) > 0;
  }

  /** The caller's span for `traced`; undefined without --trace. */
  get traceparent(): string | undefined {
    return this.traceId === undefined ? undefined : `00-${this.traceId}-${randomBytes(8).toString('hex')}-01`;
  }

  /** Server, domain and certificates, from flags, environment, files and the context in use. */
  get settings(): Settings {
    this.#settings ??= settingsOf(this.flags, this.io.env, process.cwd());
    return this.#settings;
  }

  /** Connected when first used. `callTimeout` false: --timeout bounds the command, not each call. */
  client(callTimeout = true): TaskClient {
    if (this.#client !== undefined) return this.#client;
    const { values, token } = this.settings;
    const tls = { ca: values.tls_ca?.value, cert: values.tls_cert?.value, key: values.tls_key?.value };
    const timeoutMs = callTimeout ? this.timeoutMs : undefined;
    this.#client = new TaskClient({
      endpoint: values.server?.value ?? DEFAULT_ENDPOINT,
      tls,
      userAgent: 'gavel-cli',
      token: token?.value,
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...this.#tracing(),
    });
    if (this.verbose) this.say(this.#whereTo());
    return this.#client;
  }

  #tracing(): Pick<ClientOptions, 'requestId' | 'onCall'> {
    if (this.traceId === undefined) return {};
    this.complain(`trace ${this.traceId}`);
    return {
      requestId: this.traceId,
      onCall: ({ method, address, ms, code, messages }) => {
        const count = messages > 1 ? `, ${messages} messages` : '';
        this.complain(`call ${method.replace(/^gavel\.v1\./, '')} ${address} ${ms.toFixed(1)} ms ${code}${count}`);
      },
    };
  }

  #whereTo(): string {
    const { context, values } = this.settings;
    const parts = Object.entries(values).map(([field, { value, origin }]) => `${field} ${value} (${origin})`);
    return [...(context === undefined ? [] : [`context ${context.value} (${context.origin})`]), ...parts].join(', ');
  }

  /** One line of the answer. */
  async print(line: string): Promise<void> {
    this.line.hide();
    await put(this.io.stdout, `${line}\n`);
  }

  /** A piece of a task's output: as it is, or with --safe without what a terminal would obey. */
  async give(to: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    this.line.hide();
    const told = this.flags.safe === true ? safeText(Buffer.from(bytes).toString('utf8')) : bytes;
    await put(this.io[to], told);
  }

  /** What is not the answer: announcements, hints, warnings. Never awaited: nothing depends on it. */
  say(line: string): void {
    if (this.flags.quiet === true) return;
    this.line.hide();
    this.io.stderr.write(`gavel: ${safe(line)}\n`);
  }

  /** An error that does not end the command. */
  complain(line: string): void {
    this.line.hide();
    this.io.stderr.write(`gavel: ${safe(line)}\n`);
  }

  /** The error as a person wants to hear it: that nobody answers is no use without where. */
  explain(error: unknown): unknown {
    // A pause that was broken off knows nothing of why.
    if (this.signal.aborted && error instanceof Error && error.name === 'AbortError') return this.signal.reason;
    if (this.#client === undefined || !isDomainError(error, 'unavailable')) return error;
    const why = /connect (E[A-Z]+)/.exec(error.message)?.[1] ?? error.message;
    return new DomainError('unavailable', `no answer from ${this.#client.endpoint}: ${why}`, { cause: error });
  }

  close(): void {
    this.line.stop();
    this.#client?.close();
  }
}
