import { CellIndex, type Member } from '../src/auction/cell-index.ts';
import { type CellVerdict, explain } from '../src/auction/explain.ts';
import { type Demand, needsOf, type Offer } from '../src/auction/needs.ts';
import { Refuser } from '../src/auction/refusal.ts';
import { AWAY_MS } from '../src/domain/deadlines.ts';
import { formatGoDuration, nanosToMs } from '../src/domain/duration.ts';
import { isTerminal, type Task, type TaskDefinition } from '../src/domain/task.ts';
import { type Change, smallestChange } from './explain-change.ts';
import type { CellOffer } from './records.ts';
import { definitionOf, type LiveTask, type View } from './view.ts';

export interface Explanation {
  readonly verdict: 'fits' | 'not_now' | 'never_fits' | 'placed' | 'ended';
  readonly summary: string;
  /** Diego's text; empty when it fits. */
  readonly reason: string;
  readonly cells: readonly CellVerdict[];
  readonly changes: readonly Change[];
  /** 1 = the next one; 0 = does not wait. */
  readonly queuePosition: number;
  readonly queueLength: number;
}

/**
 * What every registered cell says to a task, from the BBS's own view: what cells offer, and what claimed and running tasks
 * reserve there. Nobody is dialled. Costs a look at every cell and every task, so only when somebody asks.
 */
export function explainRequest(view: View, definition: TaskDefinition): Explanation {
  const { fit, cells, changes, reason, waitingFor } = judge(view, definition, undefined);
  const best = cells[0];
  const summary =
    fit === 'fits'
      ? `it would be placed now, on ${best?.cellId ?? ''}`
      : fit === 'not_now'
        ? `it would wait for ${waitingFor}`
        : `it would never be placed: ${reason}`;
  return { verdict: fit, summary, reason, cells, changes, queuePosition: 0, queueLength: queue(view).length };
}

/** `live` is the task's record in the live set, where it is still there. */
export function explainTask(view: View, task: Task, live: LiveTask | undefined): Explanation {
  const { fit, cells, changes, reason, waitingFor } = judge(view, task, task.uid);
  const { position, length } = queue(view, task);
  const whole = { reason, cells, changes, queuePosition: 0, queueLength: length };
  if (isTerminal(task.state)) return { ...whole, verdict: 'ended', summary: endText(task), changes: [] };
  if (task.state !== 'PENDING') return { ...whole, verdict: 'placed', summary: placedText(task), changes: [] };
  return {
    ...whole,
    verdict: fit,
    queuePosition: position,
    summary:
      fit === 'fits'
        ? `${nowText(task, live)}; ${cells[0]?.cellId ?? 'a cell'} would take it`
        : fit === 'not_now'
          ? `waits for ${waitingFor}${rejections(task)}`
          : `can never be placed: ${reason}${rejections(task)}`,
  };
}

function judge(view: View, task: TaskDefinition, ownUid: string | undefined) {
  const index = cellIndexOf(view, ownUid);
  const demand: Demand = {
    guid: task.task_guid,
    uid: ownUid ?? '',
    needs: needsOf(task.stack, task.root_fs, task.placement_tags),
    memoryMb: Math.max(0, task.memory_mb),
    diskMb: Math.max(0, task.disk_mb),
    cpuWeight: task.cpu_weight,
  };
  const cells = explain(demand, index).map((verdict) => noted(verdict, index.get(verdict.cellId)));
  if (cells[0]?.code === '') return { fit: 'fits' as const, cells, changes: [], reason: '', waitingFor: '' };
  const { neverFits, reason, waitingFor } = new Refuser(index).refuse(demand);
  const fit = neverFits ? ('never_fits' as const) : ('not_now' as const);
  return { fit, cells, reason, waitingFor, changes: smallestChange(task, index, neverFits) };
}

/** Without what the task itself holds: it would not be in its own way. */
export function cellIndexOf(view: View, ownUid: string | undefined): CellIndex {
  const index = new CellIndex();
  for (const { record, epoch } of view.cells()) {
    const offer = offerOf(record.offer);
    const free = { ...offer.capacity };
    let cpuWeight = 0;
    for (const task of view.tasksOfCell(record.offer.cell_id)) {
      if (task.status.uid === ownUid) continue;
      const definition = definitionOf(task);
      free.memoryMb -= definition.memory_mb;
      free.diskMb -= definition.disk_mb;
      free.containers -= 1;
      cpuWeight += definition.cpu_weight;
    }
    const drained = view.drain(record.offer.cell_id) !== undefined;
    const standing = drained
      ? ({ standing: 'closed', note: 'cell is draining' } as const)
      : ({ standing: 'open' } as const);
    index.upsert({ id: record.offer.cell_id, epoch: String(epoch), offer, free, cpuWeight, ...standing });
  }
  for (const { id, last } of view.absent.within(AWAY_MS)) {
    if (last === undefined) continue;
    const known = offerOf(last.record.offer);
    const note = 'cell is away';
    index.upsert({ id, epoch: '', offer: known, free: known.capacity, cpuWeight: 0, standing: 'absent', note });
  }
  return index;
}

export function offerOf(offer: CellOffer): Offer {
  const { memory_mb: memoryMb, disk_mb: diskMb, containers } = offer.capacity;
  return {
    stacks: offer.stacks,
    preloadedRootfs: offer.preloaded_rootfs,
    rootfsSchemes: offer.rootfs_schemes,
    placementTags: offer.placement_tags,
    optionalPlacementTags: offer.optional_placement_tags,
    capacity: { memoryMb, diskMb, containers },
  };
}

/** What a mismatch is about: the code alone does not say what the cell has instead. */
function noted(verdict: CellVerdict, member: Member | undefined): CellVerdict {
  if (verdict.note !== '' || member === undefined) return verdict;
  const { offer } = member.cell;
  const names = (list: readonly string[]) => (list.length === 0 ? 'none' : list.join(', '));
  if (verdict.code === 'stack') return { ...verdict, note: `its stacks: ${names(offer.stacks)}` };
  if (verdict.code === 'rootfs') {
    const images = `its schemes: ${names(offer.rootfsSchemes)}; preloaded: ${names(offer.preloadedRootfs)}`;
    return { ...verdict, note: images };
  }
  if (verdict.code !== 'tags') return verdict;
  return {
    ...verdict,
    note: `it requires: ${names(offer.placementTags)}; allows: ${names(offer.optionalPlacementTags)}`,
  };
}

/** Domains take turns, and within one the oldest comes first: before a task come the older ones of its own, and as many of each other domain. */
export function queue(
  view: View,
  of?: Pick<Task, 'domain' | 'number'>,
): { readonly position: number; readonly length: number } {
  let length = 0;
  let older = 0;
  const others = new Map<string, number>();
  for (const { state, domain, number } of view.tasks()) {
    if (state !== 'PENDING') continue;
    length += 1;
    if (of === undefined) continue;
    if (domain !== of.domain) others.set(domain, (others.get(domain) ?? 0) + 1);
    else if (number < of.number) older += 1;
  }
  let before = older;
  for (const waiting of others.values()) before += Math.min(waiting, older);
  return { position: before + 1, length };
}

function nowText(task: Task, live: LiveTask | undefined): string {
  const notBefore = live?.status.not_before ?? 0n;
  if (notBefore === 0n) return `waits for ${task.waiting_for}${rejections(task)}`;
  const at = new Date(nanosToMs(notBefore)).toISOString().slice(0, 19).replace('T', ' ');
  return `is not placed again before ${at} UTC${rejections(task)}`;
}

function rejections(task: Task): string {
  if (task.rejection_count === 0) return '';
  const times = task.rejection_count === 1 ? 'once' : `${task.rejection_count} times`;
  return `; refused ${times}, last: ${task.rejection_reason}`;
}

function placedText(task: Task): string {
  const queued = formatGoDuration(nanosToMs(task.claimed_at - task.created_at));
  const doing = task.state === 'RUNNING' ? 'runs' : 'is being prepared';
  return `${doing} on ${task.cell_id}, which was the best cell ${queued} after the submit${rejections(task)}`;
}

function endText(task: Task): string {
  const where = task.cell_id === '' ? 'was never placed' : `was on ${task.cell_id}`;
  const code = task.exit_code === undefined ? '' : `, exit code ${task.exit_code}`;
  const memory = task.oom_killed ? ', out of memory' : '';
  const ran =
    task.started_at === 0n
      ? 'never ran'
      : `ran for ${formatGoDuration(nanosToMs(task.first_completed_at - task.started_at))}`;
  const why = task.failed ? `: ${task.failure_reason}${task.failure_code === '' ? '' : ` [${task.failure_code}]`}` : '';
  return `${task.outcome}${code}${memory}${why}; it ${where} and ${ran}${rejections(task)}`;
}
