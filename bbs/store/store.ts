/**
 * The one seam between Gavel's state and the engine that keeps it. Small on purpose: all logic lives above it, once.
 * `test/contract/store.test.ts` is its contract, run against every implementation.
 *
 * Revisions are the store's own commit counter: strictly growing, the order in which everything happened, and equal on every
 * process that shares the store. Keys are plain strings (`task/abc`); an implementation may put its own prefix before them.
 * Values are opaque bytes.
 */
export interface Store {
  /**
   * Reads one key, linearizably. @throws DomainError `unavailable` when the store did not answer within its deadline (2 s).
   */
  get(key: string): Promise<Entry | undefined>;

  /**
   * One page of the keys that start with `prefix`, in key order, beginning after the key `after`. All pages of one listing
   * are read at the same revision when the `revision` of the first page is handed back in.
   * @throws DomainError `compacted` when that revision is no longer kept.
   */
  list(prefix: string, options: ListOptions): Promise<Page>;

  /**
   * Checks every guard, then applies every write, atomically: all or nothing. Commits that wait together may travel together
   * (group commit), each with its own verdict.
   * @throws DomainError `unavailable` or `deadline` when the answer was lost: **the commit may or may not have happened**, so whoever cares
   *   puts a value that only it can have written into the record and reads it back. `overloaded` when the store is full,
   *   `too_large` when the request is over the store's limits (decided before it is sent).
   */
  commit(commit: Commit): Promise<CommitResult>;

  /**
   * Every change to keys under `prefix` that was committed after `afterRevision`, in revision order, without a gap and
   * without a repeat, over cut connections too. Changes of one commit arrive together. An empty batch says "nothing under
   * this prefix up to `revision`" (progress). Ends when `signal` aborts.
   * @throws DomainError `compacted` when the changes asked for are no longer kept: list, then watch from that revision.
   */
  watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncIterable<ChangeBatch>;

  /**
   * A lease of `ttlMs`, which lives until it is revoked, or until it was not renewed for that long. Keys written with it go with it.
   */
  grantLease(ttlMs: number): Promise<LeaseId>;
  /** @returns false when the lease is gone already (its keys with it). */
  renewLease(lease: LeaseId): Promise<boolean>;
  /** Ends the lease and deletes its keys. Revoking a lease that is gone is no error. */
  revokeLease(lease: LeaseId): Promise<void>;

  /** Whether the store answers at all, within `timeoutMs`. @throws DomainError `unavailable` with what was wrong. */
  ping(timeoutMs: number): Promise<StoreStatus>;

  /** Ends every watch and pending commit, and frees what is held. */
  close(): Promise<void>;
}

export type LeaseId = string;

export interface Entry {
  readonly key: string;
  readonly value: Buffer;
  /** Revision of the commit that created the key (a delete and a new put give a new one). Serves as a cell's epoch. */
  readonly createRevision: number;
  /** Revision of the last commit that wrote the key. */
  readonly modRevision: number;
}

export interface ListOptions {
  /** Most entries in the page, 1 to 1,000. */
  readonly limit: number;
  /** Begin behind this key (exclusive). */
  readonly after?: string;
  /** Only keys below this one. For each page etcd walks all that is left of the range, so whoever knows an end says it. */
  readonly below?: string;
  /** Read as of this revision (the first page's). */
  readonly revision?: number;
  /** Leave the values out (they come as empty buffers). */
  readonly keysOnly?: boolean;
  /** Highest key first. `after` then means "below this key". */
  readonly reverse?: boolean;
}

export interface Page {
  readonly entries: readonly Entry[];
  readonly revision: number;
  /** More entries follow behind the last one. */
  readonly more: boolean;
}

/** What must hold for a commit to happen. `createRevision: 0` and `modRevision: 0` both mean "the key does not exist". */
export type Guard =
  | { readonly key: string; readonly modRevision: number }
  | { readonly key: string; readonly createRevision: number };

export type Write =
  | { readonly put: string; readonly value: Buffer; readonly lease?: LeaseId }
  | { readonly delete: string };

export interface Commit {
  readonly guards: readonly Guard[];
  readonly writes: readonly Write[];
}

export interface CommitResult {
  /** False: a guard did not hold and nothing was written. */
  readonly committed: boolean;
  /** The revision of the commit, or of the store when a guard failed. */
  readonly revision: number;
}

export interface Change {
  readonly key: string;
  readonly revision: number;
  /** The entry after the change; undefined when the key was deleted (or its lease ended). */
  readonly entry: Entry | undefined;
}

export interface ChangeBatch {
  /** Everything up to and including this revision has been delivered. */
  readonly revision: number;
  readonly changes: readonly Change[];
}

export interface StoreStatus {
  readonly kind: 'etcd' | 'embedded';
  readonly version: string;
  readonly revision: number;
  /** Things an operator should mend, in plain words (an old version, a raised alarm). */
  readonly warnings: readonly string[];
}

/** Limits that hold for every implementation, checked before anything is sent. etcd's own are 128 operations and 1.5 MiB. */
export const STORE_LIMITS = { operationsPerCommit: 24, bytesPerCommit: 1_400_000, pageEntries: 4_000 } as const;

export interface Fullness {
  /** What is in use of the quota, 0 to 1; 0 where the store does not tell. */
  readonly used: number;
  /** What its file takes of the quota, 0 to 1 or a little more. What is deleted stays a part of the file, to be used again. */
  readonly file: number;
  /** In bytes; 0 where the store does not tell. */
  readonly quota: number;
  /** It has raised its alarm, and takes nothing any more that could make it larger. */
  readonly full: boolean;
  readonly revision: number;
}

/** How much a store with a quota may still take, and how it gets back what is not in use. */
export interface StoreRoom {
  /** @throws DomainError `unavailable` when nobody answers. */
  look(): Promise<Fullness>;
  /** Forgets what was overwritten or deleted before `revision`, so that its room can be used again. */
  compact(revision: number): Promise<void>;
  /** Gives back the room of the file that is not in use. Takes long, and what does it serves nobody meanwhile. */
  defragment(): Promise<void>;
  /** Ends the alarm: what makes it larger is taken again. A store that is still full raises it anew. */
  disarm(): Promise<void>;
  close(): void;
}
