import { DomainError, type FieldFault } from './errors.ts';
import type { TaskDefinition, TaskNotes, TaskStatus } from './task.ts';
import { changed, type Decision } from './task-machine.ts';
import { followed } from './trail.ts';
import { LIMITS } from './validate.ts';

/*
 * Labels and annotation are for people and may be changed while the task is live. The definition stays what was asked for, so that a
 * repeated request still finds its task; what was changed lies over it, in the status.
 */

export interface NotesChange {
  readonly labels: Readonly<Record<string, string>>;
  readonly remove_labels: readonly string[];
  readonly annotation?: string;
}

export interface NotesCommand extends NotesChange {
  readonly type: 'annotate';
  readonly by: string;
}

/** All labels that were changed, with their names: the status is written at each move. */
const LABELS_MOST_BYTES = 16_384;
const NAME_MOST_BYTES = 255;

/** @throws DomainError `invalid_argument` with every fault. */
export function requireNotes({ labels, remove_labels, annotation }: NotesChange): void {
  const faults: FieldFault[] = [];
  const names = [...Object.keys(labels), ...remove_labels];
  for (const name of names) {
    if (name === '' || bytes(name) > NAME_MOST_BYTES)
      faults.push({ field: `labels.${name}`, message: `its name must have 1 to ${NAME_MOST_BYTES} bytes` });
  }
  for (const name of remove_labels) {
    if (Object.hasOwn(labels, name))
      faults.push({ field: `remove_labels.${name}`, message: 'is given a value in the same request' });
  }
  if (annotation !== undefined && bytes(annotation) > LIMITS.annotationBytes)
    faults.push({ field: 'annotation', message: 'must be at most 10,240 bytes' });
  if (names.length === 0 && annotation === undefined)
    faults.push({ field: 'labels', message: 'nothing is to be changed: give labels, remove_labels or an annotation' });
  refuse(faults);
}

/** In every state of a live task. Nothing that time does to it is put off: `updated_at` stays. */
export function decideNotes(task: TaskStatus, change: NotesCommand, now: bigint): Decision {
  const before = task.notes ?? { labels: {} };
  const taken = Object.fromEntries(change.remove_labels.map((name) => [name, null]));
  const labels = { ...before.labels, ...change.labels, ...taken };
  const annotation = change.annotation ?? before.annotation;
  const notes: TaskNotes = { labels, ...(annotation === undefined ? {} : { annotation }) };
  if (task.notes !== undefined && JSON.stringify(notes) === JSON.stringify(task.notes)) return { kind: 'same' };
  if (bytes(JSON.stringify(labels)) > LABELS_MOST_BYTES) {
    const message = `all changed labels together must be at most ${LABELS_MOST_BYTES} bytes`;
    const error = new DomainError('too_large', `labels: ${message}`, { faults: [{ field: 'labels', message }] });
    return { kind: 'refused', error };
  }
  const text = [
    ...Object.keys(change.labels).map((name) => `label ${name} set`),
    ...change.remove_labels.map((name) => `label ${name} removed`),
    ...(change.annotation === undefined ? [] : ['annotation set']),
  ].join(', ');
  const trail = followed(task.trail, { at: now.toString(), kind: 'annotated', text, by: change.by });
  return { kind: 'write', after: changed(task, { notes, trail }) };
}

/** A definition as readers see it. */
export function withNotes<T extends Partial<Pick<TaskDefinition, 'labels' | 'annotation'>>>(
  definition: T,
  notes: TaskNotes | undefined,
): T {
  if (notes === undefined) return definition;
  const all = Object.entries({ ...definition.labels, ...notes.labels });
  const labels = Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
  return { ...definition, labels, ...(notes.annotation === undefined ? {} : { annotation: notes.annotation }) };
}

function bytes(text: string): number {
  return new TextEncoder().encode(text).length;
}

function refuse(faults: readonly FieldFault[]): void {
  if (faults.length === 0) return;
  const text = faults.map(({ field, message }) => `${field}: ${message}`).join('; ');
  throw new DomainError('invalid_argument', text, { faults });
}
