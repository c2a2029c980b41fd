import { INTERRUPT_MODES } from '../client/contexts.ts';
import type { LogEntry, Task, TaskEvent, TaskHandle } from '../client/index.ts';
import { DomainError, errorText } from '../domain/errors.ts';
import { isTerminal } from '../domain/task.ts';
import { ask, canAsk } from './ask.ts';
import type { Context } from './context.ts';
import { exitOfSignal } from './exit-code.ts';

/** What becomes of what is followed. Both are awaited, so that a slow reader slows us down instead of filling memory. */
export interface View {
  readonly event: (event: TaskEvent) => Promise<void>;
  /** The task is over, but its last lines are still to come; then follows `event`. */
  readonly ending?: (event: TaskEvent) => Promise<void>;
  readonly log: (entry: LogEntry) => Promise<void>;
}

/** What the flag says, else the setting (GAVEL_ON_INTERRUPT, .gavel.yaml, ...), else a question. */
export function interruptMode(context: Context, flag: InterruptMode | undefined): InterruptMode {
  const said = context.settings.values.on_interrupt?.value;
  return flag ?? INTERRUPT_MODES.find((mode) => mode === said) ?? 'ask';
}

export type InterruptMode = (typeof INTERRUPT_MODES)[number];

export type Followed =
  | { readonly kind: 'ended'; readonly task: Task }
  /** We stopped looking; the task goes on. */
  | { readonly kind: 'detached'; readonly exit: number };

/** After a task's end its last lines are under way at most this long without a new one. */
const LAST_LINES_MS = 10_000;
const LOGS_AGAIN_MS = 1_000;

/**
 * Shows a task's events and lines until it has ended. The last event comes after the last line. `from`: lines behind this sequence
 * number, only those to come, or none at all.
 */
export async function follow(
  context: Context,
  handle: TaskHandle,
  view: View,
  mode: InterruptMode,
  from: number | 'now' | 'nothing' = 0,
): Promise<Followed> {
  const stop = new AbortController();
  const lines = new Lines(context, handle, view, stop.signal, from);
  const release = takeInterrupts(context, handle, mode, stop);
  try {
    for await (const event of handle.events(stop.signal)) {
      const over = event.type === 'removed' || isTerminal(event.task.state);
      if (over) await view.ending?.(event);
      else await view.event(event);
      if (event.task.started_at > 0n && from !== 'nothing') lines.start();
      if (!over) continue;
      await lines.finish();
      await view.event(event);
      return { kind: 'ended', task: event.task };
    }
    throw new DomainError('internal', `the events of task ${handle.id} ended before the task did`);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return { kind: 'detached', exit: exitOfSignal(context.io.interrupts.last) };
  } finally {
    release();
    stop.abort();
    await lines.ended;
  }
}

/** The log stream beside the events: begun when there can be lines, taken up again while the task goes on. */
class Lines {
  readonly #context: Context;
  readonly #handle: TaskHandle;
  readonly #view: View;
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #arrived = 0;
  #over = false;
  /** Never rejects. */
  ended: Promise<void> = Promise.resolve();
  #started = false;

  readonly #from: number | 'now' | 'nothing';

  constructor(context: Context, handle: TaskHandle, view: View, signal: AbortSignal, from: number | 'now' | 'nothing') {
    this.#from = from;
    this.#context = context;
    this.#handle = handle;
    this.#view = view;
    this.#signal = AbortSignal.any([signal, this.#stop.signal]);
  }

  start(): void {
    if (this.#started) return;
    this.#started = true;
    this.ended = this.#pump().catch((error: unknown) => {
      if (!this.#signal.aborted) this.#context.say(`the task's output cannot be shown: ${errorText(error)}`);
    });
  }

  /** The task is over: what is still under way may arrive, but not for ever. */
  async finish(): Promise<void> {
    this.#over = true;
    let before = -1;
    const watch = setInterval(() => {
      if (this.#arrived === before) {
        this.#context.say(`the task is over, but its output did not end; see: gavel logs ${this.#handle.id}`);
        this.#stop.abort();
      }
      before = this.#arrived;
    }, LAST_LINES_MS / 2);
    await this.ended;
    clearInterval(watch);
  }

  async #pump(): Promise<void> {
    let after = typeof this.#from === 'number' ? this.#from : 0;
    if (this.#from === 'now') {
      for await (const entry of this.#handle.logs({ signal: this.#signal })) {
        if (entry.type === 'line') after = entry.sequence;
      }
    }
    for (;;) {
      let reason = '';
      for await (const entry of this.#handle.logs({ follow: true, afterSequence: after, signal: this.#signal })) {
        this.#arrived += 1;
        if (entry.type === 'line') after = entry.sequence;
        if (entry.type === 'end') reason = entry.reason;
        else await this.#view.log(entry);
      }
      // An end with a reason is not the task's end: the cell may answer again.
      if (reason === '' || this.#over || this.#signal.aborted) return;
      await new Promise((resolve) => {
        setTimeout(resolve, LOGS_AGAIN_MS);
      });
    }
  }
}

/** Ctrl-C and SIGTERM while a task is followed. @returns what gives them back. */
function takeInterrupts(context: Context, handle: TaskHandle, mode: InterruptMode, stop: AbortController): () => void {
  let asked: AbortController | undefined;
  let cancelled = false;
  const name = `task ${handle.number ?? handle.id}`;
  const detach = () => {
    context.say(`${name} is still running; rejoin with: gavel task ${handle.number ?? handle.id}`);
    stop.abort();
  };
  const cancel = () => {
    cancelled = true;
    context.say(`cancelling ${name}; Ctrl-C again to stop waiting`);
    handle.cancel({ reason: 'interrupted by its submitter' }).catch((error: unknown) => {
      context.say(`${name} could not be cancelled: ${errorText(error)}`);
      stop.abort();
    });
  };
  const question = async () => {
    asked = new AbortController();
    const answer = await ask(
      context,
      `\nTask ${handle.number ?? handle.id} is still running. [c]ancel, [d]etach, [k]eep following? `,
      asked.signal,
    );
    if (stop.signal.aborted) return;
    asked = undefined;
    const letter = (answer ?? 'd').trim().toLowerCase().slice(0, 1);
    if (letter === 'c') cancel();
    else if (letter !== 'k') detach();
  };
  return context.io.interrupts.take((signal) => {
    // Whoever's terminal is gone cannot be asked, and did not mean the task.
    if (asked !== undefined || cancelled || signal === 'SIGHUP') {
      detach();
      asked?.abort();
    } else if (mode === 'cancel') {
      cancel();
    } else if (mode === 'ask' && signal === 'SIGINT' && canAsk(context)) {
      // Its only failure would be a closed terminal, which answers nothing and so detaches.
      void question();
    } else {
      detach();
    }
  });
}
