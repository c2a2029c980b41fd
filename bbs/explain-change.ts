import type { CellIndex, Member } from '../src/auction/cell-index.ts';
import type { TaskDefinition } from '../src/domain/task.ts';

export interface Change {
  /** Of the request. */
  readonly field: 'stack' | 'root_fs' | 'placement_tags' | 'memory_mb' | 'disk_mb';
  readonly from: string;
  readonly to: string;
  readonly cellId: string;
}

/** To ask for another stack or image is a larger change than to ask for less. */
const COST_OF_KIND = 10;

/**
 * The changes of a request that make some cell take it: of all cells the one that asks for the least. For a task that could
 * never be placed an empty cell counts, otherwise the room there is now. Empty when no change of the request would help.
 */
export function smallestChange(task: TaskDefinition, index: CellIndex, evenEmpty: boolean): readonly Change[] {
  let best: { readonly cost: number; readonly changes: readonly Change[] } | undefined;
  const members = [...index.cells()].sort((a, b) => (a.cell.id < b.cell.id ? -1 : 1));
  for (const member of members) {
    const found = changesFor(task, member, evenEmpty);
    if (found !== undefined && (best === undefined || found.cost < best.cost)) best = found;
  }
  return best?.changes ?? [];
}

function changesFor(task: TaskDefinition, member: Member, evenEmpty: boolean) {
  const { cell, scale } = member;
  if (cell.standing !== 'open') return undefined;
  const room = evenEmpty
    ? scale.capacity
    : { memoryMb: member.memory, diskMb: member.disk, containers: member.containers };
  if (room.containers < 1) return undefined;
  const changes: Change[] = [];
  let cost = 0;
  const change = (field: Change['field'], from: string, to: string | undefined) => {
    if (to === undefined) return false;
    changes.push({ field, from, to, cellId: cell.id });
    return true;
  };
  const { offer } = cell;
  if (task.stack !== '' && !offer.stacks.includes(task.stack)) {
    cost += COST_OF_KIND;
    if (!change('stack', task.stack, offer.stacks[0])) return undefined;
  }
  if (!takesImage(task.root_fs, member)) {
    cost += COST_OF_KIND;
    const [name] = offer.preloadedRootfs;
    const [scheme] = offer.rootfsSchemes;
    const image = name === undefined ? undefined : `preloaded:${name}`;
    if (!change('root_fs', task.root_fs, image ?? (scheme === undefined ? undefined : `${scheme}:...`)))
      return undefined;
  }
  const tags = fittingTags(task.placement_tags, offer.placementTags, offer.optionalPlacementTags);
  if (tags !== undefined) {
    cost += COST_OF_KIND;
    change('placement_tags', list(task.placement_tags), list(tags));
  }
  for (const [field, asked, most] of [
    ['memory_mb', task.memory_mb, room.memoryMb],
    ['disk_mb', task.disk_mb, room.diskMb],
  ] as const) {
    if (asked <= most) continue;
    // 0 would mean "no limit", which is not less.
    if (most <= 0) return undefined;
    cost += 1 + (asked - most) / asked;
    change(field, String(asked), String(most));
  }
  return changes.length === 0 ? undefined : { cost, changes };
}

function takesImage(rootFs: string, { cell: { offer } }: Member): boolean {
  if (rootFs.startsWith('preloaded:')) return offer.preloadedRootfs.includes(rootFs.slice('preloaded:'.length));
  return offer.rootfsSchemes.includes(rootFs.slice(0, Math.max(0, rootFs.indexOf(':'))));
}

/** Undefined when they fit as they are. */
function fittingTags(
  asked: readonly string[],
  required: readonly string[],
  optional: readonly string[],
): readonly string[] | undefined {
  const allowed = new Set([...required, ...optional]);
  const kept = asked.filter((tag) => allowed.has(tag));
  const missing = required.filter((tag) => !asked.includes(tag));
  return kept.length === asked.length && missing.length === 0 ? undefined : [...kept, ...missing];
}

function list(tags: readonly string[]): string {
  return tags.length === 0 ? 'none' : tags.join(', ');
}
