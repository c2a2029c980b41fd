import { writtenKey } from '../limits.ts';
import { type Commit, STORE_LIMITS } from '../store.ts';

/** etcd's 128 operations count nested ones too: 100 in a group leave 28 for each, over the 24 a commit may have. */
export const MAX_GROUP = 100;
/** How many waiting commits are looked at for one group, so that a long queue on one key stays cheap. */
const MAX_SCAN = 4 * MAX_GROUP;

/** Keys read (guarded) and written by a commit, or by several. */
export class Footprint {
  readonly #reads = new Set<string>();
  readonly #writes = new Set<string>();

  add(other: Touches): void {
    for (const key of other.reads) this.#reads.add(key);
    for (const key of other.writes) this.#writes.add(key);
  }

  /** Guards on the same key go together; a write goes with nothing else on its key. */
  conflicts(other: Touches): boolean {
    return (
      other.reads.some((key) => this.#writes.has(key)) ||
      other.writes.some((key) => this.#writes.has(key) || this.#reads.has(key))
    );
  }
}

export interface Touches {
  readonly reads: readonly string[];
  readonly writes: readonly string[];
}

export interface Candidate extends Touches {
  readonly bytes: number;
  /**
   * What may share a group. A full store still takes deletes but refuses a transaction with any put, so deletes do not travel
   * with puts; and a put under a dead lease fails its whole transaction, so leased commits travel alone.
   */
  readonly kind: 'puts' | 'deletes' | 'leased';
}

export function candidate(commit: Commit, bytes: number): Candidate {
  let kind: Candidate['kind'] = 'deletes';
  for (const write of commit.writes)
    if ('put' in write && kind !== 'leased') kind = write.lease === undefined ? 'puts' : 'leased';
  return {
    bytes,
    kind,
    reads: commit.guards.map((guard) => guard.key),
    writes: commit.writes.map(writtenKey),
  };
}

/**
 * Takes out of `queue` the commits that go together next: all guards of a transaction are checked before any of its writes, and
 * a key may be written once, so nothing in a group may touch what another in it writes, nor what is on its way already. What is
 * passed over keeps its place, and nothing overtakes it on its keys.
 */
export function takeGroup<T extends Candidate>(
  queue: T[],
  inFlight: readonly Footprint[],
): { group: T[]; footprint: Footprint } {
  const group: T[] = [];
  const passed: T[] = [];
  const footprint = new Footprint();
  const passedOver = new Footprint();
  const others = [footprint, passedOver, ...inFlight];
  let bytes = 0;
  let scanned = 0;
  for (const next of queue) {
    if (group.length === MAX_GROUP || group[0]?.kind === 'leased' || scanned === MAX_SCAN) break;
    scanned += 1;
    const fits =
      group[0] === undefined || (group[0].kind === next.kind && bytes + next.bytes <= STORE_LIMITS.bytesPerCommit);
    const blocked = others.some((other) => other.conflicts(next));
    if (fits && !blocked) {
      group.push(next);
      footprint.add(next);
      bytes += next.bytes;
    } else {
      passed.push(next);
      passedOver.add(next);
    }
  }
  queue.splice(0, scanned, ...passed);
  return { group, footprint };
}
