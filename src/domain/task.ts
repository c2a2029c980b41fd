import type { Action, EnvironmentVariable, MountedFile } from './action.ts';
import type { TrailEntry } from './trail.ts';

/*
 * Field names are those of the wire and of the JSON contract (snake_case, the seed's own), so that one record travels from the
 * request to the store, the callback and the screen without being renamed.
 */

export const TASK_STATES = ['PENDING', 'CLAIMED', 'RUNNING', 'COMPLETED', 'RESOLVING'] as const;
export type TaskState = (typeof TASK_STATES)[number];

export const OUTCOMES = ['succeeded', 'failed', 'timed_out', 'cancelled', 'unplaced', 'lost', 'infra_failed'] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** What was asked for. Immutable; absent strings are empty, absent lists and maps are empty, absent optional messages are missing. */
export interface TaskDefinition {
  readonly task_guid: string;
  readonly domain: string;
  readonly stack: string;
  readonly root_fs: string;
  readonly env: readonly EnvironmentVariable[];
  readonly cpu_weight: number;
  readonly disk_mb: number;
  readonly memory_mb: number;
  readonly action: Action;
  readonly result_file: string;
  readonly completion_callback_url: string;
  readonly log_guid: string;
  readonly log_source: string;
  readonly annotation: string;
  readonly privileged: boolean;
  readonly max_pids: number;
  readonly egress_rules: readonly EgressRule[];
  readonly placement_tags: readonly string[];
  readonly cached_dependencies: readonly CachedDependency[];
  readonly image_username: string;
  readonly image_password: string;
  /** -1 = no limit, 0 = log nothing. */
  readonly log_rate_limit?: { readonly bytes_per_second: number };
  readonly metric_tags: Readonly<Record<string, string>>;
  readonly network?: { readonly mode: string; readonly properties: Readonly<Record<string, string>> };
  readonly volume_mounted_files: readonly MountedFile[];
  readonly trusted_system_certificates_path: string;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly outputs: readonly string[];
  /** Not empty: the task waits for the upload of its input, which is unpacked into this folder. */
  readonly input_dir: string;
  /** Seconds as protobuf's JSON spells them: `300s`, `0.5s`. */
  readonly max_run_time?: string;
  readonly placement_deadline?: string;
  /** `at` is there only as `checkpoint`: a cancel lets the running step of a serial action come to its end. */
  readonly stop?: { readonly signal: string; readonly grace?: string; readonly at?: string };
  readonly request_key: string;
}

export interface EgressRule {
  readonly protocol: string;
  readonly destinations: readonly string[];
  readonly ports: readonly number[];
  readonly port_range?: { readonly start: number; readonly end: number };
  readonly icmp_info?: { readonly type: number; readonly code: number };
  readonly log: boolean;
}

export interface CachedDependency {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly cache_key: string;
  readonly log_source: string;
  readonly checksum_algorithm: string;
  readonly checksum_value: string;
}

/** What became of it: the small record that is rewritten at every transition. Times are UNIX nanoseconds, 0 = not yet. */
export interface TaskStatus {
  readonly task_guid: string;
  /** One per life of a guid. */
  readonly uid: string;
  /** Cluster-wide counter that people type. */
  readonly number: number;
  readonly domain: string;
  readonly created_by: string;
  /** Under which the request that made it is in the logs. */
  readonly request_id: string;
  /** W3C trace context of that request; empty where nobody traces. */
  readonly traceparent: string;
  readonly state: TaskState;
  readonly created_at: bigint;
  readonly claimed_at: bigint;
  readonly started_at: bigint;
  readonly first_completed_at: bigint;
  readonly updated_at: bigint;

  /** Empty while PENDING; kept after completion. */
  readonly cell_id: string;
  /** The cell's epoch under which the claim stands; 0 without a claim. */
  readonly epoch: number;
  /** One per placement; empty before the first. */
  readonly attempt: string;
  /** Of the one in-memory try that may start the process. Never leaves the BBS. */
  readonly nonce: string;

  readonly failed: boolean;
  readonly failure_reason: string;
  readonly failure_code: string;
  /** Empty until COMPLETED. */
  readonly outcome: Outcome | '';
  readonly exit_code?: number;
  readonly oom_killed: boolean;
  readonly result: string;
  readonly result_truncated: boolean;
  readonly result_bytes: number;

  readonly rejection_count: number;
  readonly rejection_reason: string;
  /** Never empty while PENDING; while RUNNING only when a cancel waits for the end of a step. */
  readonly waiting_for: string;
  /** Not to be placed again before this time; 0 = at once. */
  readonly not_before: bigint;
  readonly image_digest: string;
  readonly limits_in_force: Readonly<Record<string, string>>;
  readonly usage?: Usage;
  /** How the cell is to end what still runs of a cancelled task; `at_checkpoint` while that one is RUNNING. */
  readonly stop_request?: { readonly reason: string; readonly grace_ms?: number; readonly at_checkpoint?: true };
  /** Its input has not been uploaded; no cell may have it before. */
  readonly awaiting_input?: true;
  /** What was changed of labels and annotation since the request. */
  readonly notes?: TaskNotes;
  /** For the timeline: what the fields above no longer tell. */
  readonly trail?: readonly TrailEntry[];
}

/** Laid over the definition, which stays what was asked for. */
export interface TaskNotes {
  /** Null: taken away. */
  readonly labels: Readonly<Record<string, string | null>>;
  readonly annotation?: string;
}

export interface Usage {
  /** Seconds as protobuf's JSON spells them. */
  readonly cpu_time?: string;
  readonly peak_memory_bytes: number;
  readonly disk_bytes: number;
  readonly run_time?: string;
}

/** The whole task as readers and callback receivers get it. `revision` is the store's, of the last change. */
export type Task = TaskDefinition &
  Omit<TaskStatus, 'epoch' | 'nonce' | 'not_before' | 'stop_request' | 'awaiting_input' | 'notes' | 'trail'> & {
    readonly revision: number;
  };

/** How `waiting_for` begins while a task waits for its input. */
export const AWAITING_INPUT = 'awaiting_input';

export function isTerminal(state: TaskState): boolean {
  return state === 'COMPLETED' || state === 'RESOLVING';
}
