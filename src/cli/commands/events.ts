import type { Command } from 'commander';
import type { TimelineEvent } from '../../client/index.ts';
import { rfc3339, safe, timeText } from '../../platform/format.ts';
import { toJson } from '../../platform/json.ts';
import type { Column } from '../../platform/table.ts';
import { type Cli, examples, gatherList, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { printList } from '../output.ts';
import { parseTemplate, renderTemplate } from '../template.ts';
import { type TimelineForm, timelineView } from '../timeline-view.ts';

interface EventFlags {
  readonly follow?: boolean;
  readonly kind?: readonly string[];
}

/** `gavel task events ID`: every step of a task's life. */
export function addEvents(task: Command, cli: Cli): void {
  const command = task
    .command('events <id>')
    .description('every step of a task: who did what, when and why; live or from history')
    .option('-f, --follow', 'go on as they come, until the task has ended')
    .option('--kind <kind>', 'only of this kind, such as claimed or exec_started; repeatable', gatherList);
  examples(command, 'gavel task events 766', 'gavel task events 766 -f -o jsonl');
  handle<EventFlags>(cli, command, async (context, [id = ''], flags) => {
    const found = await context.client().tasks.get(id, context.signal);
    const { task_guid, number } = found;
    const handle = context.client().task(task_guid);
    if (flags.follow === true) {
      const view = timelineView(context, handle, followForm(context, task_guid, flags.kind));
      try {
        for await (const event of handle.events(context.signal)) await view.event(event);
      } finally {
        view.stop();
      }
      return undefined;
    }
    const { events, notes } = await handle.timeline({ signal: context.signal });
    await printList(context, {
      kind: 'timeline-event',
      items: events.filter(({ kind }) => flags.kind === undefined || flags.kind.includes(kind)),
      columns: columns(context.flags.local),
      toObject: (event) => eventObject(event, task_guid, number),
      name: ({ kind }) => kind,
      about: { task_guid, number, notes },
    });
    if (!context.machineReadable) for (const note of notes) context.say(safe(note));
    return undefined;
  });
}

/** A table cannot know how wide what comes will be, so a followed timeline has columns of a fixed width. */
function followForm(context: Context, task_guid: string, kinds: readonly string[] | undefined): TimelineForm {
  const { format, flags } = context;
  const shown = ({ kind }: TimelineEvent) => kinds === undefined || kinds.includes(kind);
  if (format === 'name') return { shown, framed: false, line: ({ kind }) => kind };
  if (format === 'template') {
    const template = parseTemplate(context.template);
    return {
      shown,
      framed: false,
      line: (event, number) => renderTemplate(template, eventObject(event, task_guid, number)),
    };
  }
  // A stream is JSON lines; a JSON line is YAML, too.
  if (context.machineReadable)
    return { shown, framed: false, line: (event, number) => toJson(eventObject(event, task_guid, number)) };
  return {
    shown,
    framed: false,
    line: ({ time, actor, kind, text }) =>
      safe(`${millisText(time, flags.local)}  ${actor.padEnd(12)}  ${kind.padEnd(16)}  ${text}`),
  };
}

function eventObject({ sequence, time, ...event }: TimelineEvent, task_guid: string, number: number): object {
  return {
    schema: 'timeline-event/v1',
    kind: 'timeline-event',
    task_guid,
    number,
    sequence,
    time,
    time_rfc3339: rfc3339(time),
    actor: event.actor,
    component: event.component,
    event: event.kind,
    text: event.text,
    cause: event.cause,
    attempt: event.attempt,
    data: event.data,
  };
}

function columns(local: boolean | undefined): readonly Column<TimelineEvent>[] {
  return [
    { title: '#', value: ({ sequence }) => String(sequence) },
    { title: local === true ? 'Time' : 'Time (UTC)', value: ({ time }) => millisText(time, local) },
    { title: 'Actor', value: ({ actor }) => actor },
    { title: 'Event', value: ({ kind }) => kind },
    { title: 'Component', value: ({ component }) => component, wide: true },
    { title: 'Attempt', value: ({ attempt }) => attempt.slice(0, 8), wide: true },
    { title: 'Cause', value: ({ cause }) => cause, wide: true },
    { title: 'Text', value: ({ text }) => text },
  ];
}

function millisText(time: bigint, local: boolean | undefined): string {
  const millis = ((time % 1_000_000_000n) / 1_000_000n).toString().padStart(3, '0');
  return timeText(time, local).replace(/(:\d\d)( .*)$/, (_all, seconds: string) => `${seconds}.${millis}`);
}
