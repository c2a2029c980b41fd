import type { Task } from '../client/index.ts';
import { msToNanos, parseDuration } from '../domain/duration.ts';
import { DomainError } from '../domain/errors.ts';
import { isTerminal } from '../domain/task.ts';
import { safe, spanText } from '../platform/format.ts';
import type { Context } from './context.ts';
import type { View } from './follow.ts';

const HEARTBEAT_MS = 30_000;

/** `--heartbeat 30s`, 0 for none. @throws DomainError `invalid_argument`. */
export function heartbeatOf(text: string | undefined): number {
  if (text === undefined) return HEARTBEAT_MS;
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new DomainError('invalid_argument', `--heartbeat: ${text} is no time span, for example 30s`);
  return ms;
}

/** `Task 766 RUNNING on cell-2  00:00:12`: where a task stands, and for how long. */
export function standingText(task: Task, nowMs = Date.now()): string {
  const since = task.started_at || task.claimed_at || task.created_at;
  const span = spanText(since, msToNanos(Math.max(nowMs, Number(since / 1_000_000n))));
  const where = task.state === 'PENDING' ? `, waiting for ${task.waiting_for}` : ` on ${task.cell_id}`;
  return safe(`Task ${task.number} ${task.state}${where}  ${span}`);
}

/**
 * Says now and then that we are alive: on a terminal one line that is redrawn (where `line` asks for it), elsewhere a line every
 * half minute, so that whoever watches a CI log does not give up on us.
 */
export class Progress {
  readonly #context: Context;
  readonly #heartbeatMs: number;
  readonly #line: boolean;
  readonly #tasks = new Map<string, Task>();
  #timer: NodeJS.Timeout | undefined;

  constructor(context: Context, options: { readonly heartbeatMs: number; readonly line: boolean }) {
    this.#context = context;
    this.#heartbeatMs = options.heartbeatMs;
    this.#line = options.line && context.line.enabled;
  }

  /** Whether state changes are seen in the redrawn line, and need none of their own. */
  get redraws(): boolean {
    return this.#line;
  }

  saw(task: Task): void {
    if (isTerminal(task.state)) this.#tasks.delete(task.uid);
    else this.#tasks.set(task.uid, task);
    if (this.#tasks.size === 0) return this.stop();
    if (this.#line) this.#context.line.show(() => this.#text());
    else if (this.#heartbeatMs > 0) {
      this.#timer ??= setInterval(() => this.#context.say(`still waiting: ${this.#text()}`), this.#heartbeatMs).unref();
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#context.line.stop();
  }

  /** A view that is seen by this one too. */
  around(view: View): View {
    const { ending } = view;
    return {
      event: async (event) => {
        this.#context.line.hide();
        if (isTerminal(event.task.state)) this.saw(event.task);
        await view.event(event);
        if (!isTerminal(event.task.state)) this.saw(event.task);
      },
      ...(ending === undefined ? {} : { ending }),
      log: async (entry) => {
        this.#context.line.hide();
        this.#context.line.midLine = entry.type === 'line' && !entry.newline;
        await view.log(entry);
      },
    };
  }

  #text(): string {
    const tasks = [...this.#tasks.values()];
    const [first] = tasks;
    if (first === undefined) return '';
    if (tasks.length === 1) return standingText(first);
    const running = tasks.filter((task) => task.state === 'RUNNING').length;
    return `${tasks.length} tasks: ${running} running, ${tasks.length - running} waiting; ${standingText(first)}`;
  }
}
