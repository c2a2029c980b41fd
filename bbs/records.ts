import type { TrailEntry } from '../src/domain/trail.ts';

/** What a cell offers, fixed while it is registered. */
export interface CellOffer {
  readonly cell_id: string;
  readonly zone: string;
  readonly stacks: readonly string[];
  readonly preloaded_rootfs: readonly string[];
  readonly rootfs_schemes: readonly string[];
  readonly placement_tags: readonly string[];
  readonly optional_placement_tags: readonly string[];
  readonly capacity: { readonly memory_mb: number; readonly disk_mb: number; readonly containers: number };
  readonly versions: Readonly<Record<string, string>>;
}

/** A cell's presence as it is stored, under its lease. */
export interface CellRecord {
  readonly offer: CellOffer;
  readonly incarnation: string;
  readonly lease: string;
  /** UNIX nanoseconds, as text. */
  readonly registered_at: string;
}

/** A cell is to get no new work, and to be empty at the deadline. */
/** What an operator set for a domain. */
export interface DomainRecord {
  readonly domain: string;
  /** Of its records in history. */
  readonly retention_ms?: number;
  readonly max_pending?: number;
  readonly by: string;
  /** UNIX milliseconds. */
  readonly at: number;
}

export interface DrainRecord {
  /** UNIX milliseconds, by the clock of the BBS that was asked. */
  readonly deadline_at: number;
  readonly by: string;
}

/** A callback that is owed, kept until it was delivered or given up. */
export interface OutboxRecord {
  readonly task_guid: string;
  readonly uid: string;
  readonly number: number;
  /** Left out by versions that knew no callers who are limited to domains. */
  readonly domain?: string;
  readonly url: string;
  readonly attempts: number;
  /** UNIX milliseconds. */
  readonly next_at: number;
  readonly last_status: number;
  readonly last_error: string;
  readonly tries?: readonly CallbackTry[];
  /** Tries that were made when an operator had it sent again: the schedule counts from there. */
  readonly resent_after?: number;
  /** Given up while the task was still live; goes to the dead letters with it. */
  readonly dead?: boolean;
}

/** One POST, for the timeline; the newest twenty are kept. */
export interface CallbackTry {
  /** UNIX nanoseconds, as text. */
  readonly at: string;
  /** 0 = no answer. */
  readonly status: number;
  readonly error: string;
}

export interface DeliveryRecord {
  readonly url: string;
  readonly state: 'pending' | 'delivered' | 'dead';
  readonly attempts: number;
  readonly last_status: number;
  readonly last_error: string;
  readonly tries?: readonly CallbackTry[];
}

/** A finished task, sealed. The task is kept as the JSON that its readers get, so that it is read back digit for digit. */
export interface HistoryRecord {
  readonly number: number;
  readonly task_guid: string;
  readonly uid: string;
  readonly domain: string;
  readonly task_json: string;
  readonly resolved_at: string;
  readonly resolved_by: 'callback' | 'client' | 'expired';
  readonly delivery?: DeliveryRecord;
  /** For the timeline. */
  readonly trail?: readonly TrailEntry[];
  /** What cells told of its attempts, once the record is archived; until then they have keys of their own. */
  readonly events?: readonly CellEventsRecord[];
}

/** What one cell saw of one attempt; short names, because there is one for every task. */
export interface CellEventsRecord {
  readonly cell: string;
  readonly attempt: string;
  readonly events: readonly CellEventRecord[];
}

export interface CellEventRecord {
  /** UNIX nanoseconds, as text. */
  readonly t: string;
  readonly c: string;
  readonly k: string;
  readonly x: string;
  readonly r?: string;
  readonly d?: Readonly<Record<string, string>>;
}

/** A request key's first request. */
export interface RequestRecord {
  readonly task_guid: string;
  readonly uid: string;
  readonly digest: string;
  /** UNIX milliseconds. */
  readonly at: number;
}
