import { nanosToMs } from '../src/domain/duration.ts';
import { isTerminal, OUTCOMES, TASK_STATES, type TaskState } from '../src/domain/task.ts';
import { CALL_BUCKETS, LONG_BUCKETS, type Metrics } from '../src/platform/metrics.ts';
import type { LiveTask, View, ViewChange } from './view.ts';

/*
 * What is told of tasks follows from the changes that the view sees, so the path of a request does nothing for it. Every BBS of a
 * cluster sees every change and tells the same: aggregate over them with max, not with sum.
 */

/** Begins to tell of tasks, cells and callbacks. @returns how to end it. */
export function measureTasks(view: View, metrics: Metrics): () => void {
  const states = new Map<TaskState, number>();
  const count = (state: TaskState | undefined, by: 1 | -1) => {
    if (state !== undefined) states.set(state, (states.get(state) ?? 0) + by);
  };
  const countAll = () => {
    states.clear();
    for (const { state } of view.tasks()) count(state, 1);
  };
  metrics.gauge({ name: 'gavel_tasks', help: 'Live tasks, by state', labels: ['state'] }, (gauge) => {
    for (const state of TASK_STATES) gauge.labels(state).set(states.get(state) ?? 0);
  });
  metrics.gauge({ name: 'gavel_cells', help: 'Cells that are registered' }, (gauge) =>
    gauge.set([...view.cells()].length),
  );
  metrics.gauge({ name: 'gavel_callbacks_pending', help: 'Callbacks that are owed' }, (gauge) =>
    gauge.set([...view.outbox()].filter(({ dead }) => dead !== true).length),
  );
  metrics.gauge({ name: 'gavel_store_revision', help: 'Revision of the store that this BBS has seen' }, (gauge) =>
    gauge.set(view.revision),
  );
  const told = tellChange(metrics);
  countAll();
  return view.listen((change) => {
    if (change.kind === 'reset') countAll();
    if (change.kind !== 'task') return;
    count(change.before?.state, -1);
    count(change.after?.state, 1);
    told(change);
  });
}

function tellChange(metrics: Metrics): (change: Extract<ViewChange, { kind: 'task' }>) => void {
  const created = metrics.counter({ name: 'gavel_tasks_created_total', help: 'Tasks that were submitted' });
  const completed = metrics.counter({
    name: 'gavel_tasks_completed_total',
    help: 'Tasks that ended, by outcome',
    labels: ['outcome'],
  });
  // There from the beginning, so that the first failure is an increase and not a new series.
  for (const outcome of OUTCOMES) completed.labels(outcome).inc(0);
  const rejected = metrics.counter({ name: 'gavel_task_rejections_total', help: 'Claims that a cell gave back' });
  const queue = metrics.histogram(
    { name: 'gavel_task_queue_seconds', help: 'From the submission of a task to its claim for a cell' },
    LONG_BUCKETS,
  );
  const start = metrics.histogram(
    {
      name: 'gavel_task_start_seconds',
      help: 'From the claim of a task to the start of its process (image pull included)',
    },
    LONG_BUCKETS,
  );
  const run = metrics.histogram(
    { name: 'gavel_task_run_seconds', help: 'From the start of the process of a task to its end' },
    LONG_BUCKETS,
  );
  return ({ before, after }) => {
    if (after === undefined) return;
    if (before === undefined || before.uid !== after.uid) {
      created.inc();
      return;
    }
    const [was, is] = [before.status, after.status];
    if (is.rejection_count > was.rejection_count) rejected.inc(is.rejection_count - was.rejection_count);
    if (was.state === is.state) return;
    if (is.state === 'CLAIMED') queue.observe(seconds(is.created_at, is.claimed_at));
    if (is.state === 'RUNNING') start.observe(seconds(is.claimed_at, is.started_at));
    if (!isTerminal(is.state) || isTerminal(was.state)) return;
    completed.labels(is.outcome).inc();
    if (was.state === 'RUNNING') run.observe(seconds(is.started_at, is.first_completed_at));
  };
}

/** Two machines' clocks may stand behind two times: what would be less than nothing is nothing. */
function seconds(from: LiveTask['status']['created_at'], to: bigint): number {
  return Math.max(0, nanosToMs(to) - nanosToMs(from)) / 1_000;
}

/** What one try to deliver a callback came to: called with the HTTP status (0 = no answer) and how long it took. */
export function callbackMeter(metrics: Metrics, isAcknowledged: (status: number) => boolean) {
  const attempts = metrics.counter({
    name: 'gavel_callback_attempts_total',
    help: 'Tries to deliver a callback: acknowledged, refused (tried again) or unanswered',
    labels: ['result'],
  });
  for (const result of ['acknowledged', 'refused', 'unanswered']) attempts.labels(result).inc(0);
  const duration = metrics.histogram(
    { name: 'gavel_callback_seconds', help: 'Duration of one try to deliver a callback' },
    CALL_BUCKETS,
  );
  return (status: number, ms: number): void => {
    attempts.labels(isAcknowledged(status) ? 'acknowledged' : status === 0 ? 'unanswered' : 'refused').inc();
    duration.observe(ms / 1_000);
  };
}
