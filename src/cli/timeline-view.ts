import type { TaskHandle, TimelineEvent } from '../client/index.ts';
import { errorText } from '../domain/errors.ts';
import { isTerminal } from '../domain/task.ts';
import { rfc3339, safe } from '../platform/format.ts';
import { toJson } from '../platform/json.ts';
import type { Context } from './context.ts';
import { verdictText } from './event-view.ts';
import type { View } from './follow.ts';

/*
 * A task as its parts speak of it: `--debug` every message between BBS, auctioneer and cell that touched it, `--runtime` every call
 * of the engine. In the form of BOSH's debug log: severity, time, who, component, text.
 */

/** How a timeline is told as it grows. */
export interface TimelineForm {
  readonly shown: (event: TimelineEvent) => boolean;
  /** @param number of the task. */
  readonly line: (event: TimelineEvent, number: number) => string;
  /** `Task 766` before it, and how it ended behind it. */
  readonly framed: boolean;
  /** With each call of the engine. */
  readonly calls?: boolean;
}

export type TimelineMode = 'debug' | 'runtime';

/** While it runs the timeline is asked again this often, beside every change of state. */
const AGAIN_MS = 2_000;
/** After the end the cell's own report, and the callback, may take a moment. */
const AFTER_MS = 500;
const OF_THE_RUNTIME: ReadonlySet<string> = new Set(['runtime', 'engine', 'outputs', 'action']);

export function modeForm(context: Context, mode: TimelineMode): TimelineForm {
  const programs = context.format === 'json' || context.format === 'jsonl';
  return {
    shown: (event) => mode === 'debug' || OF_THE_RUNTIME.has(event.component),
    line: programs ? lineObject : lineText,
    framed: !programs,
    calls: mode === 'runtime',
  };
}

/** Tells each event once, as soon as it is known. The task's own changes say when to look; `stop` ends the looking in between. */
export function timelineView(
  context: Context,
  handle: TaskHandle,
  { shown, line, framed, calls = false }: TimelineForm,
): View & { readonly stop: () => void } {
  const told = new Set<string>();
  let number: number | undefined;
  let busy: Promise<void> = Promise.resolve();
  let notes: readonly string[] = [];
  let stopped = false;

  const ask = async (): Promise<void> => {
    const timeline = await handle.timeline({ engineCalls: calls, signal: context.signal });
    notes = timeline.notes;
    for (const event of timeline.events) {
      // Events that come late may be sorted in between: what counts is what was said, not where.
      const key = [event.time, event.actor, event.component, event.kind, event.attempt, event.text].join('\0');
      if (told.has(key) || !shown(event)) continue;
      told.add(key);
      await context.print(line(event, number ?? 0));
    }
  };
  /** One question at a time, in order. A failure is told once it matters, at the end. */
  const look = (): Promise<void> => {
    busy = busy.then(ask).catch((error: unknown) => {
      if (!context.signal.aborted && !stopped) context.say(`the timeline cannot be read just now: ${errorText(error)}`);
    });
    return busy;
  };
  const timer = setInterval(() => void look(), AGAIN_MS).unref();
  return {
    stop: () => {
      stopped = true;
      clearInterval(timer);
    },
    event: async ({ task }) => {
      if (number === undefined) {
        number = task.number;
        if (framed) await context.print(`Task ${number}\n`);
      }
      await look();
      if (!isTerminal(task.state)) return;
      clearInterval(timer);
      await new Promise((resolve) => {
        setTimeout(resolve, AFTER_MS);
      });
      await look();
      for (const note of notes) context.say(safe(note));
      if (framed) await context.print(`\nTask ${number} ${safe(verdictText(task))}`);
    },
    log: async () => {},
  };
}

const FAILING = /fail|lost|error|refused|broke|oom|killed|given back/i;

function severity({ cause, kind, text, component }: TimelineEvent): readonly [letter: string, word: string] {
  if (cause !== '' && FAILING.test(`${kind} ${text} ${cause}`)) return ['W', 'WARN'];
  return OF_THE_RUNTIME.has(component) ? ['D', 'DEBUG'] : ['I', 'INFO'];
}

/** `I, [2015-01-27T21:33:19.469158Z #766] [cell-1]  INFO -- rep: started ...` */
function lineText(event: TimelineEvent, number: number): string {
  const [letter, word] = severity(event);
  // The text of a call says the rest of it.
  const told = Object.entries(event.data).filter(
    ([name]) => event.kind !== 'call' || ['body', 'answer'].includes(name),
  );
  const data = told.map(([name, value]) => ` ${name}=${value}`);
  const cause = event.cause === '' ? '' : ` (${event.cause})`;
  const time = (rfc3339(event.time) ?? '-').replace(/(\.\d{6})\d{3}Z$/, '$1Z');
  const attempt = event.attempt === '' ? '' : ` ${event.attempt.slice(0, 8)}`;
  const text = `${event.kind}: ${event.text}${cause}${data.join('')}`;
  return `${letter}, [${time} #${number}${attempt}] [${safe(event.actor)}] ${word.padStart(5)} -- ${event.component}: ${safe(text)}`;
}

function lineObject({ kind, ...event }: TimelineEvent, number: number): string {
  const [letter, severityWord] = severity({ kind, ...event });
  const about = { schema: 'timeline-event/v1', kind: 'timeline-event', number };
  return toJson({
    ...about,
    event: kind,
    severity: letter,
    level: severityWord,
    ...event,
    time_rfc3339: rfc3339(event.time),
  });
}
