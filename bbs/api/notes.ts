import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import { type NotesChange, requireNotes } from '../../src/domain/task-notes.ts';
import { taskToWire } from '../../src/rpc/codec.ts';
import type { Domains, Identity } from '../../src/rpc/identity.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import type { History } from '../history/history.ts';
import { fullTask, type LiveTask } from '../live-task.ts';
import type { Tasks } from '../tasks.ts';

export interface NotesDeps {
  readonly tasks: Tasks;
  readonly history: History;
}

/** @param guidOf for a number or a whole guid. */
export function notesApi(
  deps: NotesDeps,
  guidOf: (id: string, within: Domains) => Promise<string>,
): Pick<Handlers<'TaskService'>, 'AnnotateTask'> {
  return {
    AnnotateTask: async ({ task_guid, labels, remove_labels, annotation, _annotation }, { identity }) => {
      const change = { labels, remove_labels, ...(_annotation === undefined ? {} : { annotation: annotation ?? '' }) };
      return taskToWire(
        fullTask(await annotateTask(deps, await guidOf(task_guid, identity.domains), change, identity)),
      );
    },
  };
}

/** @throws DomainError `invalid_argument`, `not_found`; `invalid_transition` for a task that is no longer live. */
export async function annotateTask(
  { tasks, history }: NotesDeps,
  guid: string,
  change: NotesChange,
  by: Identity,
): Promise<LiveTask> {
  requireNotes(change);
  try {
    const command = { type: 'annotate', by: by.name, ...change } as const;
    const { after, before } = await tasks.transition(guid, command, { within: by.domains });
    return after ?? before;
  } catch (error) {
    const sealed = isDomainError(error, 'not_found') ? await history.get(guid, by.domains) : undefined;
    if (sealed === undefined) throw error;
    throw new DomainError('invalid_transition', `task ${sealed.task.number} is in history, which is sealed`);
  }
}
