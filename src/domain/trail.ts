/*
 * What a task's status forgets as it is rewritten: why it waited, which cells gave it back, who cancelled it. Everything else a
 * timeline needs is in the record's own fields, so a task that goes straight through has no trail and costs nothing for it.
 */

export interface TrailEntry {
  /** UNIX nanoseconds as digits, as JSON keeps them. */
  readonly at: string;
  readonly kind: 'waiting' | 'released' | 'unclaimed' | 'adopted' | 'cancelled' | 'annotated' | 'omitted';
  readonly text: string;
  /** The coded reason. */
  readonly cause?: string;
  /** Of the placement that is over: its cell, its attempt, and since when. */
  readonly cell?: string;
  readonly attempt?: string;
  readonly since?: string;
  /** Who asked. */
  readonly by?: string;
  /** Of `omitted`: how many entries gave way. */
  readonly count?: number;
}

const MOST_ENTRIES = 40;
/** The first tell how it began, the last how it stands; in between it is mostly the same again. */
const KEPT_FIRST = 10;
const TEXT_MOST = 200;

/** The trail with one more entry, never longer than 40. */
export function followed(trail: readonly TrailEntry[] = [], entry: TrailEntry): readonly TrailEntry[] {
  const text = entry.text.length <= TEXT_MOST ? entry.text : `${entry.text.slice(0, TEXT_MOST - 3)}...`;
  const longer = [...trail, { ...entry, text }];
  if (longer.length <= MOST_ENTRIES) return longer;
  const head = longer.slice(0, KEPT_FIRST);
  const [old, next] = longer.slice(KEPT_FIRST, KEPT_FIRST + 2);
  const before = old?.kind === 'omitted' ? (old.count ?? 0) : 1;
  const count = before + 1;
  const at = (old?.kind === 'omitted' ? old : next)?.at ?? entry.at;
  const omitted: TrailEntry = { at, kind: 'omitted', text: `${count} events are left out here`, count };
  return [...head, omitted, ...longer.slice(KEPT_FIRST + 2)];
}
