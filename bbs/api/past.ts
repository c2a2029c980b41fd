import { DomainError } from '../../src/domain/errors.ts';
import type { ListTasksRequest__Output } from '../../src/rpc/gen/gavel/v1/ListTasksRequest.ts';
import type { Moment } from '../events.ts';
import type { LiveTask } from '../live-task.ts';
import type { LogsDeps } from './logs.ts';

/* The list as it was: what is live now, without all that happened since. */

/** @throws DomainError `invalid_argument` for two moments, or one that is still to come. */
export function pastMoment({ as_of, as_of_revision }: ListTasksRequest__Output): Moment | undefined {
  if (as_of === '0' && as_of_revision === '0') return undefined;
  if (as_of !== '0' && as_of_revision !== '0')
    throw new DomainError('invalid_argument', 'as_of: give a time or a revision, not both');
  return as_of === '0' ? { revision: Number(as_of_revision) } : { timeMs: Number(BigInt(as_of) / 1_000_000n) };
}

/** All tasks as they were, newest first. @throws DomainError `compacted` when that is too long ago. */
export function tasksAt({ view, events }: LogsDeps, moment: Moment): readonly LiveTask[] {
  if ('revision' in moment && moment.revision > view.revision)
    throw new DomainError('invalid_argument', `as_of_revision: the store is at ${view.revision}`);
  const since = events.since(moment);
  const unchanged = [...view.tasks()].filter(({ guid }) => !since.has(guid));
  const before = [...since.values()].filter((task) => task !== undefined);
  return [...unchanged, ...before].sort((a, b) => b.number - a.number);
}
