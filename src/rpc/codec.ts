import { ACTION_KINDS, type Action } from '../domain/action.ts';
import { formatSeconds } from '../domain/duration.ts';
import {
  type Outcome,
  TASK_STATES,
  type Task,
  type TaskDefinition,
  type TaskState,
  type TaskStatus,
  type Usage,
} from '../domain/task.ts';
import type { Action__Output, Action as WireAction } from './gen/gavel/v1/Action.ts';
import type { StopPolicy__Output } from './gen/gavel/v1/StopPolicy.ts';
import type { Task__Output, Task as WireTask } from './gen/gavel/v1/Task.ts';
import type { TaskCreateRequest, TaskCreateRequest__Output } from './gen/gavel/v1/TaskCreateRequest.ts';
import type { Usage__Output, Usage as WireUsage } from './gen/gavel/v1/Usage.ts';
import type { Duration, Duration__Output } from './gen/google/protobuf/Duration.ts';
import { leanDecoder } from './lean-decoder.ts';
import { leanEncoder } from './lean-encoder.ts';

/*
 * Between the wire's generated types and the domain's. The names are equal, so this is about what the generator cannot say:
 * which messages are optional, the one-key form of an action, 64-bit numbers, durations as text.
 */

export function durationFromWire(duration: Duration__Output | null): string | undefined {
  return duration === null ? undefined : formatSeconds(Number(duration.seconds) * 1_000 + duration.nanos / 1_000_000);
}

export function durationMsFromWire(duration: Duration__Output | null): number | undefined {
  return duration === null ? undefined : Number(duration.seconds) * 1_000 + Math.round(duration.nanos / 1_000_000);
}

export function durationToWire(ms: number): Duration {
  const seconds = Math.trunc(ms / 1_000);
  return { seconds, nanos: Math.round((ms - seconds * 1_000) * 1_000_000) };
}

function secondsToWire(text: string | undefined): Duration | null {
  return text === undefined ? null : durationToWire(Number(text.slice(0, -1)) * 1_000);
}

export function stateFromWire(state: string): TaskState | undefined {
  return TASK_STATES.find((known) => known === state);
}

/** The action in its one-key form; undefined when no kind is set (validation names the place). Depth is bounded by the parser's own limit. */
export function actionFromWire(action: Action__Output | null | undefined): Action | undefined {
  if (action === null || action === undefined) return undefined;
  const kind = ACTION_KINDS.find((name) => action[name] !== undefined && action[name] !== null);
  switch (kind) {
    case undefined:
      return undefined;
    case 'run': {
      const { resource_limits, ...run } = action.run as NonNullable<Action__Output['run']>;
      const limits = resource_limits === null ? {} : { resource_limits: { nofile: Number(resource_limits.nofile) } };
      return { run: { ...run, ...limits } };
    }
    case 'download':
      return { download: action.download as NonNullable<Action__Output['download']> };
    case 'upload':
      return { upload: action.upload as NonNullable<Action__Output['upload']> };
    case 'timeout': {
      const timeout = action.timeout as NonNullable<Action__Output['timeout']>;
      return { timeout: { ...timeout, action: inner(timeout.action), timeout_ms: Number(timeout.timeout_ms) } };
    }
    case 'emit_progress': {
      const progress = action.emit_progress as NonNullable<Action__Output['emit_progress']>;
      return { emit_progress: { ...progress, action: inner(progress.action) } };
    }
    case 'try': {
      const attempt = action.try as NonNullable<Action__Output['try']>;
      return { try: { ...attempt, action: inner(attempt.action) } };
    }
    case 'parallel':
      return { parallel: list(action.parallel) };
    case 'serial':
      return { serial: list(action.serial) };
    case 'codependent':
      return { codependent: list(action.codependent) };
  }
}

/** A missing inner action stays missing: validation finds it by its path. The cast is that gap, told to the compiler. */
function inner(action: Action__Output | null): Action {
  return actionFromWire(action) as Action;
}

function list(value: Action__Output['serial']) {
  const { actions, log_source } = value as NonNullable<Action__Output['serial']>;
  return { actions: actions.map(inner), log_source };
}

export function actionToWire(action: Action): WireAction {
  if ('timeout' in action) return { timeout: { ...action.timeout, action: actionToWire(action.timeout.action) } };
  if ('emit_progress' in action) {
    return { emit_progress: { ...action.emit_progress, action: actionToWire(action.emit_progress.action) } };
  }
  if ('try' in action) return { try: { ...action.try, action: actionToWire(action.try.action) } };
  if ('parallel' in action) return { parallel: listToWire(action.parallel) };
  if ('serial' in action) return { serial: listToWire(action.serial) };
  if ('codependent' in action) return { codependent: listToWire(action.codependent) };
  // Lists inside are read only, which the generator's types cannot say.
  return action as WireAction;
}

function listToWire(value: { readonly actions: readonly Action[]; readonly log_source: string }) {
  return { ...value, actions: value.actions.map(actionToWire) };
}

type WireDefinition = Omit<TaskCreateRequest__Output, 'rootfs'>;

/** The request as a definition. An action that is not set comes out undefined in spite of the type: validate before use. */
export function definitionFromWire(request: TaskCreateRequest__Output): TaskDefinition {
  return definition(request, request.root_fs === '' ? request.rootfs : request.root_fs);
}

/**
 * Field by field, in one literal: what is put together of spreads has a shape of its own in V8, and is slow for all who read it. The order is that
 * of the digests that stored requests have (bbs/differences.ts).
 */
function definition(wire: WireDefinition, root_fs: string): TaskDefinition {
  const made: { -readonly [K in keyof TaskDefinition]: TaskDefinition[K] } = {
    env: wire.env,
    placement_tags: wire.placement_tags,
    cached_dependencies: wire.cached_dependencies,
    volume_mounted_files: wire.volume_mounted_files,
    outputs: wire.outputs,
    metric_tags: wire.metric_tags,
    labels: wire.labels,
    task_guid: wire.task_guid,
    domain: wire.domain,
    stack: wire.stack,
    root_fs,
    cpu_weight: wire.cpu_weight,
    disk_mb: wire.disk_mb,
    memory_mb: wire.memory_mb,
    result_file: wire.result_file,
    completion_callback_url: wire.completion_callback_url,
    log_guid: wire.log_guid,
    log_source: wire.log_source,
    annotation: wire.annotation,
    privileged: wire.privileged,
    max_pids: wire.max_pids,
    image_username: wire.image_username,
    image_password: wire.image_password,
    trusted_system_certificates_path: wire.trusted_system_certificates_path,
    description: wire.description,
    request_key: wire.request_key,
    input_dir: wire.input_dir,
    action: actionFromWire(wire.action) as Action,
    egress_rules: wire.egress_rules.map(({ port_range, icmp_info, ...rule }) => ({
      ...rule,
      ...(port_range === null ? {} : { port_range }),
      ...(icmp_info === null ? {} : { icmp_info }),
    })),
  };
  const { log_rate_limit, network, max_run_time, placement_deadline, stop } = wire;
  if (log_rate_limit !== null) made.log_rate_limit = { bytes_per_second: Number(log_rate_limit.bytes_per_second) };
  if (network !== null) made.network = network;
  if (max_run_time !== null) made.max_run_time = durationFromWire(max_run_time) ?? '';
  if (placement_deadline !== null) made.placement_deadline = durationFromWire(placement_deadline) ?? '';
  if (stop !== null) made.stop = stopFromWire(stop);
  return made;
}

function stopFromWire({ signal, grace, at }: StopPolicy__Output): NonNullable<TaskDefinition['stop']> {
  const span = durationFromWire(grace);
  return { signal, ...(span === undefined ? {} : { grace: span }), ...(at === '' ? {} : { at }) };
}

export function definitionToWire(task: Partial<TaskDefinition>): TaskCreateRequest {
  return {
    ...(task as unknown as TaskCreateRequest),
    action: task.action === undefined ? null : actionToWire(task.action),
    max_run_time: secondsToWire(task.max_run_time),
    placement_deadline: secondsToWire(task.placement_deadline),
    stop:
      task.stop === undefined
        ? null
        : { signal: task.stop.signal, grace: secondsToWire(task.stop.grace), at: task.stop.at ?? '' },
  };
}

export function usageFromWire(usage: Usage__Output | null): Usage | undefined {
  if (usage === null) return undefined;
  const cpu_time = durationFromWire(usage.cpu_time);
  const run_time = durationFromWire(usage.run_time);
  return {
    peak_memory_bytes: Number(usage.peak_memory_bytes),
    disk_bytes: Number(usage.disk_bytes),
    ...(cpu_time === undefined ? {} : { cpu_time }),
    ...(run_time === undefined ? {} : { run_time }),
  };
}

export function usageToWire(usage: Usage | undefined): WireUsage | null {
  if (usage === undefined) return null;
  return { ...usage, cpu_time: secondsToWire(usage.cpu_time), run_time: secondsToWire(usage.run_time) };
}

export function taskToWire(task: Task): WireTask {
  const { created_at, claimed_at, started_at, first_completed_at, updated_at, usage, ...rest } = task;
  return {
    ...(definitionToWire(rest) as WireTask),
    created_at: created_at.toString(),
    claimed_at: claimed_at.toString(),
    started_at: started_at.toString(),
    first_completed_at: first_completed_at.toString(),
    updated_at: updated_at.toString(),
    usage: usageToWire(usage),
  };
}

/**
 * The two halves of a task as bytes: put one behind the other they are the whole message, so what never changes is encoded once
 * and what changes at each transition alone. Nothing of a status that the message lacks gets into it.
 */
export function definitionBytes(definition: Partial<TaskDefinition>): Buffer {
  return task.bytes(definition);
}

/** As strings of one character for each byte, as they are kept (bbs/live-task.ts). */
export function definitionText(definition: Partial<TaskDefinition>): string {
  return task.text(definition);
}

export function statusText(status: TaskStatus, revision: number): string {
  return task.text(status, { revision });
}

/** Back from `definitionText`: what was said in it. */
export function definitionFromText(text: string): Partial<TaskDefinition> {
  const definition: Partial<TaskDefinition> = fromText(text, {});
  if (definition.stop?.at !== '') return definition;
  const { at: _at, ...stop } = definition.stop;
  return { ...definition, stop };
}

/** Back from `statusText`, into a status without lists and maps: what is not said stays as it is there. */
export function statusFromText<T extends Partial<TaskStatus>>(text: string, status: T): T {
  return fromText(text, status) as T;
}

const task = leanEncoder('Task');
const fromText = leanDecoder('Task', 'revision');

export function taskFromWire(wire: Task__Output & { readonly _exit_code?: string }): Task {
  const usage = usageFromWire(wire.usage);
  // A number that was not sent is told apart from 0 by the virtual field alone.
  const exit_code = wire._exit_code === undefined ? undefined : (wire.exit_code ?? undefined);
  return Object.assign(definition(wire, wire.root_fs), {
    uid: wire.uid,
    number: Number(wire.number),
    created_by: wire.created_by,
    state: stateFromWire(wire.state) ?? 'PENDING',
    created_at: BigInt(wire.created_at),
    claimed_at: BigInt(wire.claimed_at),
    started_at: BigInt(wire.started_at),
    first_completed_at: BigInt(wire.first_completed_at),
    updated_at: BigInt(wire.updated_at),
    cell_id: wire.cell_id,
    attempt: wire.attempt,
    failed: wire.failed,
    failure_reason: wire.failure_reason,
    failure_code: wire.failure_code,
    outcome: wire.outcome as Outcome | '',
    ...(exit_code === undefined ? {} : { exit_code }),
    oom_killed: wire.oom_killed,
    result: wire.result,
    result_truncated: wire.result_truncated,
    result_bytes: Number(wire.result_bytes),
    rejection_count: wire.rejection_count,
    rejection_reason: wire.rejection_reason,
    waiting_for: wire.waiting_for,
    image_digest: wire.image_digest,
    limits_in_force: wire.limits_in_force,
    ...(usage === undefined ? {} : { usage }),
    request_id: wire.request_id,
    traceparent: wire.traceparent,
    revision: Number(wire.revision),
  });
}
