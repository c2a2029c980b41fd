import { createHash } from 'node:crypto';
import { isTerminal, type Task } from '../domain/task.ts';
import { parseJson, toJson } from '../platform/json.ts';
import { taskToObject } from '../platform/task-json.ts';
import { taskSpec } from '../platform/task-spec.ts';
import { checking, taskError } from './errors.ts';
import type { Timeline } from './timeline.ts';

/*
 * How often a task was started, and by whom, as one document. Every step carries the hash of itself and of all before it, so that a step
 * that was taken out, put in or changed later shows. It is not signed: it says that it is whole, not who wrote it.
 */

export interface ReceiptStep {
  readonly sequence: number;
  /** UNIX nanoseconds. */
  readonly time: bigint;
  readonly actor: string;
  readonly component: string;
  readonly event: string;
  readonly text: string;
  readonly cause: string;
  readonly attempt: string;
  readonly data: Readonly<Record<string, string>>;
  /** SHA-256, in hex, of the hash before it and this step. */
  readonly hash: string;
}

export interface Receipt {
  readonly schema: 'receipt/v1';
  readonly kind: 'receipt';
  readonly task_guid: string;
  readonly number: number;
  readonly uid: string;
  /** Of what was asked for, as JSON. */
  readonly spec_sha256: string;
  readonly image_digest: string;
  readonly outcome: string;
  readonly exit_code: number | null;
  /** Placements, the one that ran among them. */
  readonly claims: number;
  /** Starts that the servers allowed: 0 or 1. */
  readonly starts: number;
  readonly started_by: string;
  readonly steps: readonly ReceiptStep[];
  /** What the timeline could not tell when this was made. */
  readonly notes: readonly string[];
  /** Of the last step and all of the above. */
  readonly hash: string;
}

/** @throws TaskError `invalid_transition` while the task goes on. */
export function receiptOf(task: Task, { events, notes }: Timeline): Receipt {
  if (!isTerminal(task.state))
    throw taskError('invalid_transition', `task ${task.number} has no receipt yet: it is ${task.state}`);
  const record = taskToObject(task);
  const asked = Object.fromEntries(Object.keys(taskSpec.shape).map((name) => [name, record[name]]));
  let hash = sha256(toJson([task.task_guid, task.uid]));
  const steps = events.map(({ kind: event, ...step }): ReceiptStep => {
    const plain = { ...step, event };
    hash = chained(hash, plain);
    return { ...plain, hash };
  });
  const claims = steps.filter(({ event }) => event === 'claimed').length;
  const allowed = steps.filter(({ event }) => event === 'start_committed');
  const whole = {
    schema: 'receipt/v1' as const,
    kind: 'receipt' as const,
    task_guid: task.task_guid,
    number: task.number,
    uid: task.uid,
    spec_sha256: sha256(toJson(asked)),
    image_digest: task.image_digest,
    outcome: task.outcome,
    exit_code: task.exit_code ?? null,
    claims,
    starts: allowed.length,
    started_by: allowed[0]?.actor ?? '',
    notes,
  };
  return { ...whole, steps, hash: chained(hash, whole) };
}

/**
 * Needs no server.
 * @returns what is wrong with a receipt; empty when it is whole and tells of one start at most.
 * @throws TaskError `invalid_argument` for text that is no receipt.
 */
export function verifyReceipt(text: string): { readonly receipt: Receipt; readonly faults: readonly string[] } {
  const receipt = checking(() => parseJson(text)) as Receipt;
  if (typeof receipt !== 'object' || receipt?.schema !== 'receipt/v1' || !Array.isArray(receipt.steps))
    throw taskError('invalid_argument', 'not a receipt: one is an object with the schema receipt/v1 and steps');
  const { steps, hash: given, ...whole } = receipt;
  const faults: string[] = [];
  let hash = sha256(toJson([receipt.task_guid, receipt.uid]));
  for (const [at, { hash: told, ...step }] of steps.entries()) {
    hash = chained(hash, step);
    if (hash === told) continue;
    faults.push(`step ${at + 1} (${step.event}) or the number of steps before it was changed`);
    break;
  }
  if (faults.length === 0 && chained(hash, whole) !== given) faults.push('what it says about the task was changed');
  const allowed = steps.filter(({ event }) => event === 'start_committed').length;
  if (allowed > 1) faults.push(`the task was started ${allowed} times`);
  if (allowed !== receipt.starts) faults.push(`it says ${receipt.starts} starts, its steps tell of ${allowed}`);
  return { receipt, faults };
}

function chained(before: string, value: object): string {
  return sha256(`${before}\n${toJson(sorted(value))}`);
}

/** Keys in the order of their names, so that whoever rewrites the file with another order of keys changes nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner)]));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
