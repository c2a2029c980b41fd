import { place } from '../src/auction/auction.ts';
import type { CellIndex, Member } from '../src/auction/cell-index.ts';
import { explain } from '../src/auction/explain.ts';
import { type Demand, needsOf, type Resources } from '../src/auction/needs.ts';
import { Refuser } from '../src/auction/refusal.ts';
import { DomainError, type FieldFault } from '../src/domain/errors.ts';
import type { TaskDefinition } from '../src/domain/task.ts';
import { requireValid } from '../src/domain/validate.ts';
import { cellIndexOf, offerOf, queue } from './explain.ts';
import type { CellOffer } from './records.ts';
import type { View } from './view.ts';

/** A cell that is thought of as there. */
export interface AddedCell {
  /** A registered cell whose offer it has. */
  readonly like: string;
  /** With `like` only its capacity counts, where it is not 0. */
  readonly offer: CellOffer;
  readonly count: number;
}

export interface PlanQuestion {
  readonly definition: TaskDefinition;
  /** 0 = as many as fit. */
  readonly count: number;
  readonly without: readonly string[];
  readonly add: readonly AddedCell[];
}

export interface PlannedCell {
  readonly cellId: string;
  readonly added: boolean;
  readonly placed: number;
  readonly capacity: Resources;
  readonly before: Resources;
  readonly after: Resources;
  readonly code: string;
}

export interface Plan {
  readonly fits: number;
  readonly asked: number;
  readonly summary: string;
  readonly binding: string;
  readonly reason: string;
  readonly cells: readonly PlannedCell[];
  readonly oneMoreCell: number;
  readonly oneMoreLike: string;
  readonly waiting: number;
}

const MOST = 10_000;
const MOST_ADDED = 1_000;
const WORTH: Readonly<Record<string, string>> = {
  stack: 'no cell has its stack',
  rootfs: 'no cell runs its image',
  tags: 'no cell takes its tags',
  too_small: 'no cell is large enough',
  containers: 'containers',
  disk: 'disk',
  memory: 'memory',
};

/**
 * How many tasks of one kind would be placed one after the other, by the code of the auction, on what the cells have left and on cells that
 * are added or left out. Nothing changes, and nobody is asked.
 * @throws DomainError `invalid_argument` with every fault.
 */
export function planPlacement(view: View, question: PlanQuestion): Plan {
  const { definition, count, without, add } = question;
  requireValid(definition);
  const index = cellIndexOf(view, undefined);
  const added = changed(view, index, without, add);
  if (count < 0 || count > MOST) throw fault('count', `must be 0 to ${MOST}`);
  const demand: Demand = {
    guid: definition.task_guid,
    uid: '',
    needs: needsOf(definition.stack, definition.root_fs, definition.placement_tags),
    memoryMb: Math.max(0, definition.memory_mb),
    diskMb: Math.max(0, definition.disk_mb),
    cpuWeight: definition.cpu_weight,
  };
  const before = new Map([...index.cells()].map((member) => [member.cell.id, roomOf(member)]));
  const placed = new Map<string, number>();
  let fits = 0;
  for (const most = count === 0 ? MOST : count; fits < most; fits += 1) {
    const [verdict] = place([demand], index).placed;
    if (verdict === undefined) break;
    placed.set(verdict.cellId, (placed.get(verdict.cellId) ?? 0) + 1);
  }
  const next = explain(demand, index);
  const code = new Map(next.map((verdict) => [verdict.cellId, verdict.code]));
  const full = next[0]?.code !== '';
  // With room for one more nothing binds, unless the count itself did.
  const short = full && (count === 0 || fits < count);
  const binding = short ? bindingOf(next.map((verdict) => verdict.code)) : '';
  const more = oneMore(demand, index);
  const cells = [...index.cells()]
    .map((member): PlannedCell => {
      const { id } = member.cell;
      const room = before.get(id) ?? roomOf(member);
      const { capacity } = member.scale;
      const taken = placed.get(id) ?? 0;
      return {
        cellId: id,
        added: added.has(id),
        placed: taken,
        capacity,
        before: room,
        after: roomOf(member),
        code: code.get(id) ?? '',
      };
    })
    .sort((a, b) => (a.cellId < b.cellId ? -1 : 1));
  return {
    fits,
    asked: count,
    summary: summaryOf(fits, count, binding, more.count),
    binding,
    reason: short ? new Refuser(index).refuse(demand).reason : '',
    cells,
    oneMoreCell: more.count,
    oneMoreLike: more.like,
    waiting: queue(view).length,
  };
}

/** Takes cells out and puts cells in. @returns the ids of those that were put in. */
function changed(
  view: View,
  index: CellIndex,
  without: readonly string[],
  add: readonly AddedCell[],
): ReadonlySet<string> {
  const faults: FieldFault[] = [];
  const offers = new Map([...view.cells()].map(({ record }) => [record.offer.cell_id, record.offer]));
  for (const [at, id] of without.entries()) {
    if (!index.remove(id)) faults.push({ field: `without[${at}]`, message: `there is no cell ${id}` });
  }
  const added = new Set<string>();
  for (const [at, { like, offer, count }] of add.entries()) {
    const known = offers.get(like);
    if (like !== '' && known === undefined)
      faults.push({ field: `add[${at}].like`, message: `there is no cell ${like}` });
    const own = offerOf(offer);
    const base = known === undefined ? own : offerOf(known);
    const capacity = {
      memoryMb: own.capacity.memoryMb || base.capacity.memoryMb,
      diskMb: own.capacity.diskMb || base.capacity.diskMb,
      containers: own.capacity.containers || base.capacity.containers,
    };
    if (Object.values(capacity).some((amount) => amount < 0))
      faults.push({ field: `add[${at}].offer.capacity`, message: 'must be 0 or more' });
    const many = count || 1;
    if (many < 1 || added.size + many > MOST_ADDED)
      faults.push({ field: `add[${at}].count`, message: `must be 1 to ${MOST_ADDED} in all` });
    if (faults.length > 0) continue;
    for (let one = 0; one < many; one += 1) {
      const id = nameFor(index, like);
      added.add(id);
      index.upsert({ id, epoch: '', offer: { ...base, capacity }, free: capacity, cpuWeight: 0, standing: 'open' });
    }
  }
  const [first] = faults;
  if (first !== undefined) throw new DomainError('invalid_argument', `${first.field}: ${first.message}`, { faults });
  return added;
}

function nameFor(index: CellIndex, like: string): string {
  const base = like === '' ? 'new' : `${like}-like`;
  for (let number = 1; ; number += 1) {
    const name = `${base}-${number}`;
    if (index.get(name) === undefined) return name;
  }
}

/** What keeps out the next one, where several things do: what the cells that got furthest lack. */
const FURTHEST = ['memory', 'disk', 'containers', 'closed', 'not_connected', 'too_small', 'tags', 'rootfs', 'stack'];

function bindingOf(codes: readonly string[]): string {
  return FURTHEST.find((code) => codes.includes(code)) ?? 'no_cells';
}

/** Of all cells that may take such a task the one that would take the most when empty. */
function oneMore({ memoryMb, diskMb, needs }: Demand, index: CellIndex): { count: number; like: string } {
  let best = { count: 0, like: '' };
  for (const group of index.match(needs).groups) {
    for (const member of group.members) {
      if (member === undefined) continue;
      const { capacity } = member.scale;
      const by = (have: number, asked: number) => (asked === 0 ? Number.POSITIVE_INFINITY : Math.floor(have / asked));
      const count = Math.min(by(capacity.memoryMb, memoryMb), by(capacity.diskMb, diskMb), capacity.containers);
      const { id } = member.cell;
      if (count > best.count || (count === best.count && count > 0 && id < best.like)) best = { count, like: id };
    }
  }
  return best;
}

function roomOf({ memory: memoryMb, disk: diskMb, containers }: Member): Resources {
  return { memoryMb, diskMb, containers };
}

function summaryOf(fits: number, asked: number, binding: string, oneMore: number): string {
  const many = (count: number) => (count === 1 ? '1 such task' : `${count} such tasks`);
  if (asked > 0 && fits === asked) return `${asked === 1 ? 'it fits' : `all ${asked} fit`} now`;
  if (binding === '') return `at least ${many(fits)} fit now`;
  if (binding === 'no_cells') return 'none fits: there is no cell';
  const why = WORTH[binding] ?? (binding === 'closed' ? 'the cells take no work' : 'the cells are away');
  const said = fits === 0 ? 'none fits' : asked === 0 ? `${many(fits)} fit` : `${fits} of ${asked} fit`;
  const because = ['containers', 'disk', 'memory'].includes(binding) ? `${why} binds` : why;
  return `${said} now: ${because}${oneMore > 0 ? `; one more cell would take ${oneMore}` : ''}`;
}

function fault(field: string, message: string): DomainError {
  return new DomainError('invalid_argument', `${field}: ${message}`, { faults: [{ field, message }] });
}
