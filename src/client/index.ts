/** The SDK: everything a program needs to submit, follow and end tasks. The only barrel of this repository. */

export type { Action } from '../domain/action.ts';
export { isTerminal, type Outcome, type Task, type TaskDefinition, type TaskState } from '../domain/task.ts';
export { taskToJson } from '../platform/task-json.ts';
export type { TaskSpec } from '../platform/task-spec.ts';
export type { Alert, AlertRule } from './alerts.ts';
export type { Callback, CallbackSecret, CallbackTest, CallbackTry, RotatedSecret } from './callback-ledger.ts';
export { callbacks, type HandlerOptions, type VerifyOptions } from './callbacks.ts';
export type { AddedCell, PlacementPlan, PlannedCell, PlanOptions } from './capacity.ts';
export type { Cell, CellLogLine, Delivery, HistoryRecord, PurgeOptions, Resources } from './cluster.ts';
export type { ClientOptions } from './connection.ts';
export type { TaskDifference } from './diff.ts';
export type { Domain, DomainSettings } from './domains.ts';
export {
  AlreadyExistsError,
  type ErrorCode,
  type FieldFault,
  InterruptedError,
  InvalidStateError,
  isTaskError,
  KeyMismatchError,
  NotFoundError,
  TaskError,
  TaskFailedError,
  TimeoutError,
  UnavailableError,
  ValidationError,
} from './errors.ts';
export type { ExecOptions, ExecOutput } from './exec.ts';
export type { Amounts, CellVerdict, Explanation, PlacementVerdict, SuggestedChange } from './explain.ts';
export type { TaskEvent } from './follow.ts';
export type { UploadOptions } from './input.ts';
export { parseTaskSpec, taskFromJson } from './json.ts';
export type { LogEnd, LogEntry, LogGap, LogLine, LogOptions } from './logs.ts';
export type { Downloaded, DownloadedFile, DownloadOptions, Outputs } from './outputs.ts';
export { type OutputFile, OutputsInfo } from './outputs-info.ts';
export type { Raw } from './raw.ts';
export { type Receipt, type ReceiptStep, verifyReceipt } from './receipt.ts';
export type { RerunOptions } from './rerun.ts';
export type { RunOptions } from './submit.ts';
export type { SyncContext, SyncOptions } from './sync-context.ts';
export {
  type RunAndWaitOptions,
  type SubmitResult,
  TaskClient,
  type TaskFilter,
  type TaskPage,
} from './task-client.ts';
export type {
  AnnotateOptions,
  EndOptions,
  EventsOptions,
  KillAnswer,
  KillOptions,
  TaskHandle,
  WaitCondition,
  WaitOptions,
} from './task-handle.ts';
export type { FinishedTask, TaskStatus, TaskView } from './task-view.ts';
export type { Timeline, TimelineEvent } from './timeline.ts';
export type { TokenSource } from './token.ts';
export { cpuShare, type TaskUsage, type Usages } from './usage.ts';
export type { TaskChange, WatchOptions } from './watch.ts';
export type { WhoAmI } from './who-am-i.ts';
