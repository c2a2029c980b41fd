import type { Task } from '../client/index.ts';
import { commandText, descriptionOf, megabytes, spanText, stateLabel, timeText } from '../platform/format.ts';
import { pairsText } from './output.ts';

/** A whole record for people. What is not set is left out. */
export function showText(task: Task, local = false): string {
  const time = (nanos: bigint) => timeText(nanos, local);
  const end = task.first_completed_at;
  const pairs = (values: Readonly<Record<string, string>>) =>
    Object.entries(values)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ');
  const limit = (value: number) => (value === 0 ? '' : megabytes(value));
  return pairsText([
    [
      ['Task', String(task.number)],
      ['Guid', task.task_guid],
      ['Domain', task.domain],
      ['Description', descriptionOf(task)],
      ['User', task.created_by],
    ],
    [
      ['State', stateLabel(task)],
      ['Waiting for', task.waiting_for],
      ['Cell', task.cell_id],
      ['Exit code', task.exit_code === undefined ? '' : String(task.exit_code)],
      ['Failure', task.failure_reason],
      ['Failure code', task.failure_code],
      ['Out of memory', task.oom_killed ? 'yes' : ''],
      ['Given back', task.rejection_count === 0 ? '' : `${task.rejection_count} times, last: ${task.rejection_reason}`],
      ['Result', task.result],
      ['Result bytes', task.result_bytes === 0 ? '' : `${task.result_bytes}${task.result_truncated ? ' (cut)' : ''}`],
    ],
    [
      ['Created', time(task.created_at)],
      ['Claimed', time(task.claimed_at)],
      ['Started', time(task.started_at)],
      ['Finished', time(end)],
      ['Run time', task.started_at === 0n || end === 0n ? '' : spanText(task.started_at, end)],
      ['CPU time', task.usage?.cpu_time ?? ''],
      ['Peak memory', task.usage === undefined ? '' : `${task.usage.peak_memory_bytes} bytes`],
    ],
    [
      ['Root fs', task.root_fs],
      ['Image', task.image_digest],
      ['Command', commandText(task)],
      ['Stack', task.stack],
      ['Tags', task.placement_tags.join(', ')],
      ['Memory', limit(task.memory_mb)],
      ['Disk', limit(task.disk_mb)],
      ['CPU weight', task.cpu_weight === 0 ? '' : String(task.cpu_weight)],
      ['Max run time', task.max_run_time ?? ''],
      ['In force', pairs(task.limits_in_force)],
      ['Result file', task.result_file],
      ['Callback', task.completion_callback_url],
      ['Labels', pairs(task.labels)],
      ['Annotation', task.annotation],
    ],
  ]);
}
