import { randomUUID } from 'node:crypto';
import { DomainError } from '../../src/domain/errors.ts';
import type { Outcome } from '../../src/domain/task.ts';
import { callbackUrlFault } from '../../src/domain/validate.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { taskFromJson, taskToJson } from '../../src/platform/task-json.ts';
import { type PostOptions, post } from './post.ts';
import { isAcknowledged } from './schedule.ts';
import type { CallbackSecrets } from './secrets.ts';

export interface RehearsalDeps {
  readonly secrets: CallbackSecrets;
  readonly post: Omit<PostOptions, 'secrets'>;
  readonly clock: Clock;
}

export interface Rehearsed {
  readonly webhook_id: string;
  readonly acknowledged: boolean;
  readonly status: number;
  readonly error: string;
  readonly ms: number;
  readonly sent: Readonly<Record<string, string>>;
  readonly received: Readonly<Record<string, string>>;
  readonly body: string;
}

const REASONS: Readonly<Record<Outcome, string>> = {
  succeeded: '',
  failed: 'Exited with status 1',
  timed_out: 'exceeded 1m0s timeout',
  cancelled: 'task was cancelled',
  unplaced: 'not started within time limit',
  lost: 'cell disappeared before completion',
  infra_failed: 'the image could not be pulled',
};

/** Posts what a callback would be, by the very way callbacks go. @throws DomainError `invalid_argument` for what no task could name. */
export async function rehearse(deps: RehearsalDeps, url: string, outcome: Outcome): Promise<Rehearsed> {
  const fault = callbackUrlFault(url);
  if (fault !== undefined)
    throw new DomainError('invalid_argument', `url: ${fault}`, { faults: [{ field: 'url', message: fault }] });
  return await rehearsePost(deps, url, sampleTask(url, outcome, deps.clock.nowNanos()));
}

/** One signed POST, told as it went. */
export async function rehearsePost(deps: RehearsalDeps, url: string, body: string): Promise<Rehearsed> {
  const { clock, secrets } = deps;
  const nowMs = clock.nowMs();
  const webhook_id = `test-${randomUUID()}`;
  const begun = performance.now();
  const signing = await secrets.signing(nowMs);
  const { status, error, sent, received } = await post(url, body, webhook_id, nowMs, {
    ...deps.post,
    secrets: signing,
  });
  const ms = performance.now() - begun;
  return { webhook_id, acknowledged: isAcknowledged(status), status, error, ms, sent, received, body };
}

/** A task that never was, of every field. */
function sampleTask(url: string, outcome: Outcome, now: bigint): string {
  const ran = outcome === 'succeeded' || outcome === 'failed' || outcome === 'timed_out' || outcome === 'lost';
  const failed = outcome !== 'succeeded';
  const fields = {
    task_guid: 'callback-test',
    domain: 'test',
    root_fs: 'docker:///busybox',
    action: { run: { path: '/bin/echo', args: ['hello'] } },
    completion_callback_url: url,
    description: 'a rehearsal: no such task ran',
    labels: { 'gavel.rehearsal': 'true' },
    state: 'RESOLVING',
    outcome,
    failed,
    failure_reason: REASONS[outcome],
    result: failed ? '' : 'hello',
    ...(ran && outcome !== 'lost' ? { exit_code: outcome === 'succeeded' ? 0 : outcome === 'failed' ? 1 : 143 } : {}),
    ...(ran ? { cell_id: 'cell-0' } : {}),
  };
  const task = taskFromJson(JSON.stringify(fields));
  const started = ran ? now - 1_000_000_000n : 0n;
  return taskToJson({
    ...task,
    created_at: now - 2_000_000_000n,
    started_at: started,
    first_completed_at: now,
    updated_at: now,
  });
}
