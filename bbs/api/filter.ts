import { DomainError } from '../../src/domain/errors.ts';
import { isTerminal, OUTCOMES, type Outcome, TASK_STATES } from '../../src/domain/task.ts';
import { withNotes } from '../../src/domain/task-notes.ts';
import { stateFromWire } from '../../src/rpc/codec.ts';
import type { ListTasksRequest__Output } from '../../src/rpc/gen/gavel/v1/ListTasksRequest.ts';
import { type Domains, isWithin } from '../../src/rpc/identity.ts';
import { definitionOf, type LiveTask } from '../view.ts';

/** What a list asks for. @throws DomainError `invalid_argument` for a state or outcome that does not exist. */
export function listMatcher(request: ListTasksRequest__Output, within: Domains): (task: LiveTask) => boolean {
  const { domain, cell_id, created_by } = request;
  const states = request.states.map((state) => {
    const known = stateFromWire(state);
    if (known === undefined) throw new DomainError('invalid_argument', `states: must be of ${TASK_STATES.join(', ')}`);
    return known;
  });
  const outcomes = request.outcomes.map((outcome) => {
    const known = OUTCOMES.find((name) => name === outcome);
    if (known === undefined) throw new DomainError('invalid_argument', `outcomes: must be of ${OUTCOMES.join(', ')}`);
    return known;
  });
  const after = BigInt(request.created_after);
  const before = BigInt(request.created_before);
  const labels = Object.entries(request.labels);
  return (task) => {
    return (
      isWithin(within, task.domain) &&
      (domain === '' || task.domain === domain) &&
      (created_by === '' || task.createdBy === created_by) &&
      (states.length === 0 || states.includes(task.state)) &&
      task.createdAt >= after &&
      (before === 0n || task.createdAt < before) &&
      // One that waits has no cell and no outcome, and its status need not be read.
      (cell_id === '' || (task.state !== 'PENDING' && task.status.cell_id === cell_id)) &&
      (outcomes.length === 0 || (isTerminal(task.state) && hasOutcome(task, outcomes))) &&
      // Last: only this reads the definition.
      (labels.length === 0 || hasLabels(task, labels))
    );
  };
}

/** Whether nothing at all was asked for, so that the count of all is the count of these. */
export function asksForAll(request: ListTasksRequest__Output): boolean {
  const { domain, cell_id, created_by, states, outcomes, labels, created_after, created_before } = request;
  const lists = states.length + outcomes.length + Object.keys(labels).length;
  return domain + cell_id + created_by === '' && lists === 0 && BigInt(created_after) + BigInt(created_before) === 0n;
}

function hasOutcome({ status }: LiveTask, outcomes: readonly Outcome[]): boolean {
  return status.outcome !== '' && outcomes.includes(status.outcome);
}

function hasLabels(task: LiveTask, wanted: readonly (readonly [string, string])[]): boolean {
  const { labels } = withNotes(definitionOf(task), task.status.notes);
  return wanted.every(([name, value]) => (value === '' ? name in labels : labels[name] === value));
}

interface WatchFilter {
  readonly task_guid: string;
  readonly domain: string;
  readonly cell_id: string;
}

/** What a watch asks for: empty = any. */
export function watchMatcher({ task_guid, domain, cell_id }: WatchFilter): (task: LiveTask | undefined) => boolean {
  return (task) =>
    task !== undefined &&
    (task_guid === '' || task.guid === task_guid) &&
    (domain === '' || task.domain === domain) &&
    (cell_id === '' || task.status.cell_id === cell_id);
}
