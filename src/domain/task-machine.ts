import { msToNanos } from './duration.ts';
import { DomainError } from './errors.ts';
import {
  AWAITING_INPUT,
  isTerminal,
  type Outcome,
  type TaskDefinition,
  type TaskState,
  type TaskStatus,
  type Usage,
} from './task.ts';
import { followed, type TrailEntry } from './trail.ts';

/**
 * The task's state machine: the only place where a task changes. Pure: time, ids and nonces come in with the command, and a
 * refusal is an answer, not an exception. What makes it safe is that the caller commits `after` only if the record is still the
 * `before` it was decided on (contract.md section 3, reliability.md 4.4).
 */
export type Command =
  | { readonly type: 'claim'; readonly cell_id: string; readonly epoch: number; readonly attempt: string }
  | {
      readonly type: 'start';
      readonly cell_id: string;
      readonly epoch: number;
      readonly attempt: string;
      readonly nonce: string;
      readonly image_digest: string;
      readonly limits_in_force: Readonly<Record<string, string>>;
    }
  | {
      readonly type: 'release';
      readonly cell_id: string;
      readonly attempt: string;
      readonly code: string;
      readonly reason: string;
    }
  | { readonly type: 'unclaim'; readonly attempt: string; readonly reason: string }
  | { readonly type: 'adopt'; readonly cell_id: string; readonly attempt: string; readonly epoch: number }
  | { readonly type: 'complete'; readonly cell_id: string; readonly attempt: string; readonly ending: Ending }
  | { readonly type: 'cancel'; readonly reason: string; readonly grace_ms?: number; readonly by?: string }
  /** A cancel that lets the step that runs come to its end. What does not run yet is cancelled at once. */
  | { readonly type: 'cancel_at_checkpoint'; readonly reason: string; readonly by?: string }
  | { readonly type: 'reject'; readonly reason: string; readonly never_fits: boolean }
  /** What it waited for is all there. */
  | { readonly type: 'input' }
  | { readonly type: 'expire' }
  /** Only of the placement that was lost: one that was adopted meanwhile, under a new epoch, lives. */
  | { readonly type: 'lose'; readonly attempt: string; readonly epoch: number }
  | { readonly type: 'resolve' }
  | { readonly type: 'demote' }
  | { readonly type: 'remove' }
  | { readonly type: 'prune' };

/** How a run ended, as the cell tells it. */
export interface Ending {
  readonly outcome: Outcome;
  readonly failure_reason: string;
  readonly failure_code: string;
  readonly exit_code?: number;
  readonly oom_killed: boolean;
  readonly result: string;
  readonly result_truncated: boolean;
  readonly result_bytes: number;
  readonly usage?: Usage;
}

/** Which states each command may find, and the state it leads to (undefined: the live record goes). */
export const MOVES = {
  claim: { from: ['PENDING'], to: 'CLAIMED' },
  start: { from: ['CLAIMED'], to: 'RUNNING' },
  release: { from: ['CLAIMED'], to: 'PENDING' },
  unclaim: { from: ['CLAIMED'], to: 'PENDING' },
  adopt: { from: ['RUNNING'], to: 'RUNNING' },
  complete: { from: ['CLAIMED', 'RUNNING'], to: 'COMPLETED' },
  cancel: { from: ['PENDING', 'CLAIMED', 'RUNNING'], to: 'COMPLETED' },
  /** What runs stays RUNNING, until its cell says that it has come to the checkpoint. */
  cancel_at_checkpoint: { from: ['PENDING', 'CLAIMED', 'RUNNING'], to: 'COMPLETED' },
  reject: { from: ['PENDING'], to: 'COMPLETED' },
  input: { from: ['PENDING'], to: 'PENDING' },
  expire: { from: ['PENDING'], to: 'COMPLETED' },
  lose: { from: ['RUNNING'], to: 'COMPLETED' },
  resolve: { from: ['COMPLETED'], to: 'RESOLVING' },
  demote: { from: ['RESOLVING'], to: 'COMPLETED' },
  remove: { from: ['RESOLVING'], to: undefined },
  prune: { from: ['COMPLETED'], to: undefined },
} as const satisfies Record<Command['type'], { from: readonly TaskState[]; to: TaskState | undefined }>;

export type Decision =
  /** Commit `after` (undefined: delete the live record). */
  | { readonly kind: 'write'; readonly after: TaskStatus | undefined }
  /** Done already, by this very command: answer as if it had been now, write nothing. */
  | { readonly kind: 'same' }
  | { readonly kind: 'refused'; readonly error: DomainError };

const NEXT_AUCTION = 'the next auction';
const RELEASE_PAUSE_FIRST_MS = 250;
const RELEASE_PAUSE_MOST_MS = 30_000;
const REASON_MAX = 1_024;

/** A task at the beginning of its life. */
export function newTask(
  definition: TaskDefinition,
  birth: {
    readonly uid: string;
    readonly number: number;
    readonly created_by: string;
    readonly request_id?: string;
    readonly traceparent?: string;
    readonly now: bigint;
  },
): TaskStatus {
  return Object.assign(blankStatus(), {
    task_guid: definition.task_guid,
    uid: birth.uid,
    number: birth.number,
    domain: definition.domain,
    created_by: birth.created_by,
    request_id: birth.request_id ?? '',
    traceparent: birth.traceparent ?? '',
    created_at: birth.now,
    updated_at: birth.now,
    ...(definition.input_dir === ''
      ? { waiting_for: NEXT_AUCTION }
      : { waiting_for: `${AWAITING_INPUT}: the upload of its input`, awaiting_input: true }),
  });
}

const NEVER = 0n;
const NONE = Object.freeze({});

/** What a status is where nothing is said. */
export function blankStatus(): TaskStatus {
  return {
    task_guid: '',
    uid: '',
    number: 0,
    domain: '',
    created_by: '',
    request_id: '',
    traceparent: '',
    state: 'PENDING',
    created_at: NEVER,
    claimed_at: NEVER,
    started_at: NEVER,
    first_completed_at: NEVER,
    updated_at: NEVER,
    cell_id: '',
    epoch: 0,
    attempt: '',
    nonce: '',
    failed: false,
    failure_reason: '',
    failure_code: '',
    outcome: '',
    oom_killed: false,
    result: '',
    result_truncated: false,
    result_bytes: 0,
    rejection_count: 0,
    rejection_reason: '',
    waiting_for: '',
    not_before: NEVER,
    image_digest: '',
    limits_in_force: NONE,
  };
}

/**
 * A status with changes laid over it; what a later version put into it stays. Not spread: an object that gets a field after a spread
 * has a shape of its own in V8, and whatever reads it then looks each field up (`docs/performance.md`).
 */
export function changed(task: TaskStatus, changes: Partial<TaskStatus>): TaskStatus {
  return Object.assign(blankStatus(), task, changes);
}

export function decide(task: TaskStatus, command: Command, now: bigint): Decision {
  const repeated = repeat(task, command);
  if (repeated !== undefined) return repeated;
  const move = MOVES[command.type];
  if (!(move.from as readonly TaskState[]).includes(task.state)) return refuseMove(task.state, command.type);
  const early = beforeInput(task, command);
  if (early !== undefined) return { kind: 'refused', error: early };
  const stranger = notTheirs(task, command);
  if (stranger !== undefined) return { kind: 'refused', error: stranger };
  // The clocks of two BBS differ: a task's times never go back.
  const at = now < task.updated_at ? task.updated_at : now;
  return { kind: 'write', after: apply(task, command, at) };
}

/** Commands whose repetition is harmless and answered as the first time: answers get lost, and callers repeat. */
function repeat(task: TaskStatus, command: Command): Decision | undefined {
  switch (command.type) {
    case 'start':
      // Only the very try that wrote this nonce may go on: accepting "the attempt is mine" would start tasks twice (F4).
      if (task.state === 'RUNNING' && task.attempt === command.attempt && task.nonce === command.nonce)
        return { kind: 'same' };
      return undefined;
    case 'adopt':
      if (task.state === 'RUNNING' && task.attempt === command.attempt && task.epoch === command.epoch)
        return { kind: 'same' };
      return undefined;
    case 'complete':
      if (!isTerminal(task.state) || task.attempt !== command.attempt) return undefined;
      if (task.outcome === command.ending.outcome && task.cell_id === command.cell_id) return { kind: 'same' };
      return { kind: 'refused', error: stale(`the task has already ended: ${task.outcome}`) };
    case 'cancel':
      return isTerminal(task.state) ? { kind: 'same' } : undefined;
    case 'cancel_at_checkpoint':
      return isTerminal(task.state) || task.stop_request !== undefined ? { kind: 'same' } : undefined;
    case 'reject':
      if (task.state === 'PENDING' && !command.never_fits && task.waiting_for === clip(command.reason))
        return { kind: 'same' };
      return undefined;
    default:
      return undefined;
  }
}

function beforeInput(task: TaskStatus, { type }: Command): DomainError | undefined {
  const waits = task.awaiting_input === true;
  if (waits && (type === 'claim' || type === 'reject'))
    return new DomainError('invalid_transition', 'the task waits for its input', { about: { state: task.state } });
  if (!waits && type === 'input')
    return new DomainError('invalid_transition', 'the task does not wait for an input', {
      about: { state: task.state },
    });
  return undefined;
}

/** The fence: a command about a placement must name the living one, and come from its cell under its epoch. */
function notTheirs(task: TaskStatus, command: Command): DomainError | undefined {
  // A fence on create revision 0 holds exactly while the cell is not there: a caller that left its epoch out must not pass it.
  if ('epoch' in command && command.epoch <= 0) return stale('epoch: 0 is the epoch of no cell');
  if ('attempt' in command && command.type !== 'claim' && command.attempt !== task.attempt) {
    return stale('another attempt holds the task');
  }
  if ('cell_id' in command && command.type !== 'claim' && command.cell_id !== task.cell_id) {
    return stale(`the task is on cell ${task.cell_id}, not ${command.cell_id}`);
  }
  if (command.type === 'start' && command.epoch !== task.epoch)
    return stale('the claim was made under another epoch of the cell');
  if (command.type === 'lose' && command.epoch !== task.epoch) return stale('the cell came back and adopted the task');
  return undefined;
}

function apply(task: TaskStatus, command: Command, now: bigint): TaskStatus | undefined {
  switch (command.type) {
    case 'claim':
      return changed(task, {
        updated_at: now,
        state: 'CLAIMED',
        claimed_at: now,
        cell_id: command.cell_id,
        epoch: command.epoch,
        attempt: command.attempt,
        nonce: '',
        waiting_for: '',
        not_before: NEVER,
      });
    case 'start':
      return changed(task, {
        updated_at: now,
        state: 'RUNNING',
        started_at: now,
        nonce: command.nonce,
        image_digest: command.image_digest,
        limits_in_force: command.limits_in_force,
      });
    case 'adopt':
      return changed(task, {
        updated_at: now,
        epoch: command.epoch,
        trail: noted(task, now, { kind: 'adopted', text: `${task.cell_id} came back and goes on`, cell: task.cell_id }),
      });
    case 'release': {
      const count = task.rejection_count + 1;
      const pauseMs = Math.min(RELEASE_PAUSE_FIRST_MS * 2 ** Math.min(count - 1, 10), RELEASE_PAUSE_MOST_MS);
      const reason = clip(command.reason === '' ? command.code : command.reason);
      return unclaimed(task, now, {
        rejection_count: count,
        rejection_reason: reason,
        waiting_for: `another try: ${reason}`,
        not_before: now + msToNanos(pauseMs),
        trail: noted(task, now, { kind: 'released', text: reason, cause: command.code, ...placementOf(task) }),
      });
    }
    case 'unclaim':
      return unclaimed(task, now, {
        rejection_reason: clip(command.reason),
        waiting_for: `another cell: ${clip(command.reason)}`,
        trail: noted(task, now, { kind: 'unclaimed', text: command.reason, ...placementOf(task) }),
      });
    case 'complete': {
      const { ending } = command;
      // The cell knows that it was to stop at a checkpoint, the record knows why.
      const failure_reason =
        (ending.outcome === 'cancelled' ? task.stop_request?.reason : undefined) ?? ending.failure_reason;
      return complete(task, now, { ...ending, failure_reason });
    }
    case 'cancel_at_checkpoint':
      if (task.state !== 'RUNNING') return apply(task, { ...command, type: 'cancel' }, now);
      return changed(task, {
        updated_at: now,
        waiting_for: 'the end of the step that runs, to be cancelled then',
        stop_request: { reason: clip(cancelText(command.reason)), at_checkpoint: true },
        trail: noted(task, now, { kind: 'cancelled', text: command.reason, by: command.by ?? '' }),
      });
    case 'cancel': {
      const reason = cancelText(command.reason);
      const trail = noted(task, now, { kind: 'cancelled', text: command.reason, by: command.by ?? '' });
      const ended = complete(changed(task, { trail }), now, fault('cancelled', reason, 'cancelled'));
      if (task.state === 'PENDING') return ended;
      return changed(ended, {
        stop_request: {
          reason: clip(reason),
          ...(command.grace_ms === undefined ? {} : { grace_ms: command.grace_ms }),
        },
      });
    }
    case 'reject':
      if (command.never_fits) return complete(task, now, fault('unplaced', command.reason, 'never_fits'));
      return changed(task, {
        rejection_reason: clip(command.reason),
        waiting_for: clip(command.reason),
        trail: noted(task, now, { kind: 'waiting', text: command.reason }),
      });
    case 'input':
      return changed(withInput(task), { updated_at: now, waiting_for: NEXT_AUCTION });
    case 'expire': {
      const because = task.awaiting_input === true ? 'its input was not uploaded' : task.rejection_reason;
      const why = because === '' ? '' : `: ${because}`;
      return complete(task, now, fault('unplaced', `not started within time limit${why}`, 'placement_deadline'));
    }
    case 'lose':
      return complete(task, now, fault('lost', 'cell disappeared before completion', 'cell_lost'));
    case 'resolve':
      return changed(task, { updated_at: now, state: 'RESOLVING' });
    case 'demote':
      return changed(task, { updated_at: now, state: 'COMPLETED' });
    case 'remove':
    case 'prune':
      return undefined;
  }
}

function cancelText(reason: string): string {
  return reason === '' ? 'task was cancelled' : `task was cancelled: ${reason}`;
}

function unclaimed(task: TaskStatus, now: bigint, because: Partial<TaskStatus>): TaskStatus {
  const none = { state: 'PENDING', cell_id: '', epoch: 0, attempt: '', nonce: '', claimed_at: NEVER } as const;
  return changed(task, { updated_at: now, ...none, ...because });
}

/** It does not wait for its input any longer. */
function withInput(task: TaskStatus): TaskStatus {
  if (task.awaiting_input === undefined) return task;
  const { awaiting_input: _, ...rest } = task;
  return rest;
}

function noted(task: TaskStatus, now: bigint, entry: Omit<TrailEntry, 'at'>): readonly TrailEntry[] {
  return followed(task.trail, { at: now.toString(), ...entry });
}

function placementOf({ cell_id, attempt, claimed_at }: TaskStatus): Pick<TrailEntry, 'cell' | 'attempt' | 'since'> {
  return { cell: cell_id, attempt, since: claimed_at.toString() };
}

function complete(task: TaskStatus, now: bigint, ending: Ending): TaskStatus {
  const failed = ending.outcome !== 'succeeded';
  return changed(withInput(task), {
    updated_at: now,
    state: 'COMPLETED',
    first_completed_at: now,
    failed,
    failure_reason: failed ? clip(ending.failure_reason === '' ? ending.outcome : ending.failure_reason) : '',
    failure_code: failed ? ending.failure_code : '',
    outcome: ending.outcome,
    ...(ending.exit_code === undefined ? {} : { exit_code: ending.exit_code }),
    oom_killed: ending.oom_killed,
    // Only a success has a result (ruling R8).
    result: failed ? '' : ending.result,
    result_truncated: failed ? false : ending.result_truncated,
    result_bytes: failed ? 0 : ending.result_bytes,
    waiting_for: '',
    ...(ending.usage === undefined ? {} : { usage: ending.usage }),
  });
}

function fault(outcome: Outcome, failure_reason: string, failure_code: string): Ending {
  return {
    outcome,
    failure_reason,
    failure_code,
    oom_killed: false,
    result: '',
    result_truncated: false,
    result_bytes: 0,
  };
}

function refuseMove(from: TaskState, command: Command['type']): Decision {
  const to = MOVES[command].to ?? (command === 'remove' ? 'RESOLVING' : 'removed');
  return {
    kind: 'refused',
    error: new DomainError('invalid_transition', `cannot transition from ${from} to ${to}`, { about: { state: from } }),
  };
}

function stale(message: string): DomainError {
  return new DomainError('stale_attempt', message);
}

/** Diego's bound on stored reasons. */
function clip(text: string): string {
  return text.length <= REASON_MAX ? text : `${text.slice(0, REASON_MAX - 14)}... (truncated)`;
}
