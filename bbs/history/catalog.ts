import { BUCKET, bucketOf } from './buckets.ts';
import { hashOf, type Summary } from './summary.ts';

/** What is known in memory of one bucket. */
export interface Bucket {
  readonly id: number;
  /** Guids of the records that are not in the block yet, by number. */
  readonly recent: ReadonlyMap<number, string>;
  readonly summary: Summary | undefined;
  /** Milliseconds of the monotonic clock: when a record last came or went. */
  readonly touchedAt: number;
}

type Changing = { -readonly [K in keyof Bucket]: Bucket[K] } & { recent: Map<number, string> };

/** Which finished tasks there are and where: all of history that is kept in memory. The view keeps it, by the store's watch. */
export class Catalog {
  readonly #buckets = new Map<number, Changing>();
  /** Falling; undefined when buckets came or went since it was made. */
  #order: number[] | undefined;
  #recentCount = 0;

  /** Records that are not in a block yet. */
  get recentCount(): number {
    return this.#recentCount;
  }

  addRecent(number: number, guid: string): void {
    const bucket = this.#bucket(bucketOf(number));
    if (!bucket.recent.has(number)) this.#recentCount += 1;
    bucket.recent.set(number, guid);
    bucket.touchedAt = performance.now();
  }

  dropRecent(number: number): void {
    const bucket = this.#buckets.get(bucketOf(number));
    if (bucket?.recent.delete(number) !== true) return;
    this.#recentCount -= 1;
    this.#dropEmpty(bucket);
  }

  putBlock(id: number, summary: Summary): void {
    this.#bucket(id).summary = summary;
  }

  dropBlock(id: number): void {
    const bucket = this.#buckets.get(id);
    if (bucket === undefined) return;
    bucket.summary = undefined;
    this.#dropEmpty(bucket);
  }

  /** From the bucket that may have numbers below `below` down. */
  *newestFirst(below = Number.POSITIVE_INFINITY): Generator<Bucket> {
    // As it was when this began: the reader waits between two of them.
    for (const id of this.#ordered()) {
      const bucket = id * BUCKET < below ? this.#buckets.get(id) : undefined;
      if (bucket !== undefined) yield bucket;
    }
  }

  *oldestFirst(): Generator<Bucket> {
    for (const id of this.#ordered().toReversed()) {
      const bucket = this.#buckets.get(id);
      if (bucket !== undefined) yield bucket;
    }
  }

  #ordered(): readonly number[] {
    this.#order ??= [...this.#buckets.keys()].sort((a, b) => b - a);
    return this.#order;
  }

  #bucket(id: number): Changing {
    const known = this.#buckets.get(id);
    if (known !== undefined) return known;
    const made = { id, recent: new Map<number, string>(), summary: undefined, touchedAt: performance.now() };
    this.#buckets.set(id, made);
    this.#order = undefined;
    return made;
  }

  #dropEmpty({ id, recent, summary }: Changing): void {
    if (recent.size > 0 || summary !== undefined) return;
    this.#buckets.delete(id);
    this.#order = undefined;
  }
}

/** Numbers of the tasks in a bucket, falling. */
export function numbersIn({ id, recent, summary }: Bucket): number[] {
  const archived = Array.from(summary?.offsets ?? [], (offset) => id * BUCKET + offset);
  return [...new Set([...recent.keys(), ...archived])].sort((a, b) => b - a);
}

/** Whether the bucket can have tasks of this domain. */
export function mayHaveDomain({ recent, summary }: Bucket, domain: string): boolean {
  return recent.size > 0 || summary?.domainHashes.includes(hashOf(domain)) === true;
}

/** Numbers in the bucket that can be those of this guid, falling. */
export function numbersOfGuid({ id, recent, summary }: Bucket, guid: string, hash: number): number[] {
  const found = new Set<number>();
  for (const [number, known] of recent) if (known === guid) found.add(number);
  // By far most summaries do not have it, which the array's own search tells fastest.
  if (summary?.guidHashes.includes(hash) === true)
    for (const [at, known] of summary.guidHashes.entries())
      if (known === hash) found.add(id * BUCKET + (summary.offsets[at] ?? 0));
  return [...found].sort((a, b) => b - a);
}
