import type { Command } from 'commander';
import type { TimelineEvent } from '../../client/index.ts';
import { type Cli, examples, handle } from '../command.ts';
import { rfc3339, safe, timeText } from '../format.ts';
import { printList } from '../output.ts';
import type { Column } from '../table.ts';

/** `gavel task events ID`: every step of a task's life. */
export function addEvents(task: Command, cli: Cli): void {
  const command = task
    .command('events <id>')
    .description('every step of a task: who did what, when and why; live or from history');
  examples(command, 'gavel task events 766', 'gavel task events 766 -o jsonl');
  handle(cli, command, async (context, [id = '']) => {
    const found = await context.client().tasks.get(id, context.signal);
    const { events, notes } = await context.client().task(found.task_guid).timeline(context.signal);
    const { task_guid, number } = found;
    await printList(context, {
      kind: 'timeline-event',
      items: events,
      columns: columns(context.flags.local),
      toObject: ({ sequence, time, ...event }) => ({
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
      }),
      name: ({ kind }) => kind,
      about: { task_guid, number, notes },
    });
    if (!context.machineReadable) for (const note of notes) context.say(safe(note));
    return undefined;
  });
}

function columns(local: boolean | undefined): readonly Column<TimelineEvent>[] {
  const millis = (time: bigint) => ((time % 1_000_000_000n) / 1_000_000n).toString().padStart(3, '0');
  return [
    { title: '#', value: ({ sequence }) => String(sequence) },
    {
      title: local === true ? 'Time' : 'Time (UTC)',
      value: ({ time }) =>
        timeText(time, local).replace(/(:\d\d)( .*)$/, (_all, seconds: string) => `${seconds}.${millis(time)}`),
    },
    { title: 'Actor', value: ({ actor }) => actor },
    { title: 'Event', value: ({ kind }) => kind },
    { title: 'Component', value: ({ component }) => component, wide: true },
    { title: 'Attempt', value: ({ attempt }) => attempt.slice(0, 8), wide: true },
    { title: 'Cause', value: ({ cause }) => cause, wide: true },
    { title: 'Text', value: ({ text }) => text },
  ];
}
