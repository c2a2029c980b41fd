// Original file: proto/gavel/v1/task_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AnnotateTaskRequest as _gavel_v1_AnnotateTaskRequest, AnnotateTaskRequest__Output as _gavel_v1_AnnotateTaskRequest__Output } from '../../gavel/v1/AnnotateTaskRequest.ts';
import type { CancelTaskRequest as _gavel_v1_CancelTaskRequest, CancelTaskRequest__Output as _gavel_v1_CancelTaskRequest__Output } from '../../gavel/v1/CancelTaskRequest.ts';
import type { DeleteTaskRequest as _gavel_v1_DeleteTaskRequest, DeleteTaskRequest__Output as _gavel_v1_DeleteTaskRequest__Output } from '../../gavel/v1/DeleteTaskRequest.ts';
import type { DeleteTaskResponse as _gavel_v1_DeleteTaskResponse, DeleteTaskResponse__Output as _gavel_v1_DeleteTaskResponse__Output } from '../../gavel/v1/DeleteTaskResponse.ts';
import type { DeleteTasksRequest as _gavel_v1_DeleteTasksRequest, DeleteTasksRequest__Output as _gavel_v1_DeleteTasksRequest__Output } from '../../gavel/v1/DeleteTasksRequest.ts';
import type { DesireTasksRequest as _gavel_v1_DesireTasksRequest, DesireTasksRequest__Output as _gavel_v1_DesireTasksRequest__Output } from '../../gavel/v1/DesireTasksRequest.ts';
import type { DesireTasksResponse as _gavel_v1_DesireTasksResponse, DesireTasksResponse__Output as _gavel_v1_DesireTasksResponse__Output } from '../../gavel/v1/DesireTasksResponse.ts';
import type { DownloadOutputsRequest as _gavel_v1_DownloadOutputsRequest, DownloadOutputsRequest__Output as _gavel_v1_DownloadOutputsRequest__Output } from '../../gavel/v1/DownloadOutputsRequest.ts';
import type { ExecChunk as _gavel_v1_ExecChunk, ExecChunk__Output as _gavel_v1_ExecChunk__Output } from '../../gavel/v1/ExecChunk.ts';
import type { ExecTaskRequest as _gavel_v1_ExecTaskRequest, ExecTaskRequest__Output as _gavel_v1_ExecTaskRequest__Output } from '../../gavel/v1/ExecTaskRequest.ts';
import type { ExplainPlacementRequest as _gavel_v1_ExplainPlacementRequest, ExplainPlacementRequest__Output as _gavel_v1_ExplainPlacementRequest__Output } from '../../gavel/v1/ExplainPlacementRequest.ts';
import type { ExplainPlacementResponse as _gavel_v1_ExplainPlacementResponse, ExplainPlacementResponse__Output as _gavel_v1_ExplainPlacementResponse__Output } from '../../gavel/v1/ExplainPlacementResponse.ts';
import type { FollowLogsRequest as _gavel_v1_FollowLogsRequest, FollowLogsRequest__Output as _gavel_v1_FollowLogsRequest__Output } from '../../gavel/v1/FollowLogsRequest.ts';
import type { GetTaskRequest as _gavel_v1_GetTaskRequest, GetTaskRequest__Output as _gavel_v1_GetTaskRequest__Output } from '../../gavel/v1/GetTaskRequest.ts';
import type { GetTimelineRequest as _gavel_v1_GetTimelineRequest, GetTimelineRequest__Output as _gavel_v1_GetTimelineRequest__Output } from '../../gavel/v1/GetTimelineRequest.ts';
import type { HoldTasksRequest as _gavel_v1_HoldTasksRequest, HoldTasksRequest__Output as _gavel_v1_HoldTasksRequest__Output } from '../../gavel/v1/HoldTasksRequest.ts';
import type { HoldTasksResponse as _gavel_v1_HoldTasksResponse, HoldTasksResponse__Output as _gavel_v1_HoldTasksResponse__Output } from '../../gavel/v1/HoldTasksResponse.ts';
import type { InputPiece as _gavel_v1_InputPiece, InputPiece__Output as _gavel_v1_InputPiece__Output } from '../../gavel/v1/InputPiece.ts';
import type { KillTaskRequest as _gavel_v1_KillTaskRequest, KillTaskRequest__Output as _gavel_v1_KillTaskRequest__Output } from '../../gavel/v1/KillTaskRequest.ts';
import type { ListOutputsRequest as _gavel_v1_ListOutputsRequest, ListOutputsRequest__Output as _gavel_v1_ListOutputsRequest__Output } from '../../gavel/v1/ListOutputsRequest.ts';
import type { ListTasksRequest as _gavel_v1_ListTasksRequest, ListTasksRequest__Output as _gavel_v1_ListTasksRequest__Output } from '../../gavel/v1/ListTasksRequest.ts';
import type { ListTasksResponse as _gavel_v1_ListTasksResponse, ListTasksResponse__Output as _gavel_v1_ListTasksResponse__Output } from '../../gavel/v1/ListTasksResponse.ts';
import type { ListUsageRequest as _gavel_v1_ListUsageRequest, ListUsageRequest__Output as _gavel_v1_ListUsageRequest__Output } from '../../gavel/v1/ListUsageRequest.ts';
import type { ListUsageResponse as _gavel_v1_ListUsageResponse, ListUsageResponse__Output as _gavel_v1_ListUsageResponse__Output } from '../../gavel/v1/ListUsageResponse.ts';
import type { LogEntry as _gavel_v1_LogEntry, LogEntry__Output as _gavel_v1_LogEntry__Output } from '../../gavel/v1/LogEntry.ts';
import type { OutputChunk as _gavel_v1_OutputChunk, OutputChunk__Output as _gavel_v1_OutputChunk__Output } from '../../gavel/v1/OutputChunk.ts';
import type { OutputsInfo as _gavel_v1_OutputsInfo, OutputsInfo__Output as _gavel_v1_OutputsInfo__Output } from '../../gavel/v1/OutputsInfo.ts';
import type { PlanPlacementRequest as _gavel_v1_PlanPlacementRequest, PlanPlacementRequest__Output as _gavel_v1_PlanPlacementRequest__Output } from '../../gavel/v1/PlanPlacementRequest.ts';
import type { PlanPlacementResponse as _gavel_v1_PlanPlacementResponse, PlanPlacementResponse__Output as _gavel_v1_PlanPlacementResponse__Output } from '../../gavel/v1/PlanPlacementResponse.ts';
import type { ResolveTaskRequest as _gavel_v1_ResolveTaskRequest, ResolveTaskRequest__Output as _gavel_v1_ResolveTaskRequest__Output } from '../../gavel/v1/ResolveTaskRequest.ts';
import type { ResolveTasksRequest as _gavel_v1_ResolveTasksRequest, ResolveTasksRequest__Output as _gavel_v1_ResolveTasksRequest__Output } from '../../gavel/v1/ResolveTasksRequest.ts';
import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from '../../gavel/v1/Task.ts';
import type { TaskCreateRequest as _gavel_v1_TaskCreateRequest, TaskCreateRequest__Output as _gavel_v1_TaskCreateRequest__Output } from '../../gavel/v1/TaskCreateRequest.ts';
import type { TaskEvent as _gavel_v1_TaskEvent, TaskEvent__Output as _gavel_v1_TaskEvent__Output } from '../../gavel/v1/TaskEvent.ts';
import type { Timeline as _gavel_v1_Timeline, Timeline__Output as _gavel_v1_Timeline__Output } from '../../gavel/v1/Timeline.ts';
import type { VerdictsResponse as _gavel_v1_VerdictsResponse, VerdictsResponse__Output as _gavel_v1_VerdictsResponse__Output } from '../../gavel/v1/VerdictsResponse.ts';
import type { WatchTasksRequest as _gavel_v1_WatchTasksRequest, WatchTasksRequest__Output as _gavel_v1_WatchTasksRequest__Output } from '../../gavel/v1/WatchTasksRequest.ts';

/**
 * For clients: submit, follow, end and clear away tasks.
 */
export interface TaskServiceClient extends grpc.Client {
  /**
   * Changes labels and annotation of a live task, in any state. What was asked for stays as it was; history is sealed with what is there
   * when the task leaves the live set.
   */
  AnnotateTask(argument: _gavel_v1_AnnotateTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  AnnotateTask(argument: _gavel_v1_AnnotateTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  AnnotateTask(argument: _gavel_v1_AnnotateTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  AnnotateTask(argument: _gavel_v1_AnnotateTaskRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  /**
   * Changes labels and annotation of a live task, in any state. What was asked for stays as it was; history is sealed with what is there
   * when the task leaves the live set.
   */
  annotateTask(argument: _gavel_v1_AnnotateTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  annotateTask(argument: _gavel_v1_AnnotateTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  annotateTask(argument: _gavel_v1_AnnotateTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  annotateTask(argument: _gavel_v1_AnnotateTaskRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  
  /**
   * Idempotent: on a finished task answers its record.
   */
  CancelTask(argument: _gavel_v1_CancelTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  CancelTask(argument: _gavel_v1_CancelTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  CancelTask(argument: _gavel_v1_CancelTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  CancelTask(argument: _gavel_v1_CancelTaskRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  /**
   * Idempotent: on a finished task answers its record.
   */
  cancelTask(argument: _gavel_v1_CancelTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  cancelTask(argument: _gavel_v1_CancelTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  cancelTask(argument: _gavel_v1_CancelTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  cancelTask(argument: _gavel_v1_CancelTaskRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  
  /**
   * RESOLVING -> removed; history keeps its record.
   */
  DeleteTask(argument: _gavel_v1_DeleteTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DeleteTaskResponse__Output>): grpc.ClientUnaryCall;
  DeleteTask(argument: _gavel_v1_DeleteTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_DeleteTaskResponse__Output>): grpc.ClientUnaryCall;
  DeleteTask(argument: _gavel_v1_DeleteTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DeleteTaskResponse__Output>): grpc.ClientUnaryCall;
  DeleteTask(argument: _gavel_v1_DeleteTaskRequest, callback: grpc.requestCallback<_gavel_v1_DeleteTaskResponse__Output>): grpc.ClientUnaryCall;
  /**
   * RESOLVING -> removed; history keeps its record.
   */
  deleteTask(argument: _gavel_v1_DeleteTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DeleteTaskResponse__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _gavel_v1_DeleteTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_DeleteTaskResponse__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _gavel_v1_DeleteTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DeleteTaskResponse__Output>): grpc.ClientUnaryCall;
  deleteTask(argument: _gavel_v1_DeleteTaskRequest, callback: grpc.requestCallback<_gavel_v1_DeleteTaskResponse__Output>): grpc.ClientUnaryCall;
  
  DeleteTasks(argument: _gavel_v1_DeleteTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  DeleteTasks(argument: _gavel_v1_DeleteTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  DeleteTasks(argument: _gavel_v1_DeleteTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  DeleteTasks(argument: _gavel_v1_DeleteTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  deleteTasks(argument: _gavel_v1_DeleteTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  deleteTasks(argument: _gavel_v1_DeleteTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  deleteTasks(argument: _gavel_v1_DeleteTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  deleteTasks(argument: _gavel_v1_DeleteTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Durable before it answers; state PENDING. An identical definition under a living guid answers the existing task.
   */
  DesireTask(argument: _gavel_v1_TaskCreateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  DesireTask(argument: _gavel_v1_TaskCreateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  DesireTask(argument: _gavel_v1_TaskCreateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  DesireTask(argument: _gavel_v1_TaskCreateRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  /**
   * Durable before it answers; state PENDING. An identical definition under a living guid answers the existing task.
   */
  desireTask(argument: _gavel_v1_TaskCreateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  desireTask(argument: _gavel_v1_TaskCreateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  desireTask(argument: _gavel_v1_TaskCreateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  desireTask(argument: _gavel_v1_TaskCreateRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  
  /**
   * Many at once: each is created or refused by itself. What is not known of one whose answer was lost is found by repeating it.
   */
  DesireTasks(argument: _gavel_v1_DesireTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DesireTasksResponse__Output>): grpc.ClientUnaryCall;
  DesireTasks(argument: _gavel_v1_DesireTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_DesireTasksResponse__Output>): grpc.ClientUnaryCall;
  DesireTasks(argument: _gavel_v1_DesireTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DesireTasksResponse__Output>): grpc.ClientUnaryCall;
  DesireTasks(argument: _gavel_v1_DesireTasksRequest, callback: grpc.requestCallback<_gavel_v1_DesireTasksResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Many at once: each is created or refused by itself. What is not known of one whose answer was lost is found by repeating it.
   */
  desireTasks(argument: _gavel_v1_DesireTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DesireTasksResponse__Output>): grpc.ClientUnaryCall;
  desireTasks(argument: _gavel_v1_DesireTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_DesireTasksResponse__Output>): grpc.ClientUnaryCall;
  desireTasks(argument: _gavel_v1_DesireTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DesireTasksResponse__Output>): grpc.ClientUnaryCall;
  desireTasks(argument: _gavel_v1_DesireTasksRequest, callback: grpc.requestCallback<_gavel_v1_DesireTasksResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Resumable by name and offset.
   */
  DownloadOutputs(argument: _gavel_v1_DownloadOutputsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_OutputChunk__Output>;
  DownloadOutputs(argument: _gavel_v1_DownloadOutputsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_OutputChunk__Output>;
  /**
   * Resumable by name and offset.
   */
  downloadOutputs(argument: _gavel_v1_DownloadOutputsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_OutputChunk__Output>;
  downloadOutputs(argument: _gavel_v1_DownloadOutputsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_OutputChunk__Output>;
  
  /**
   * Runs one more command in the container of a running task, where its cell's operator allows that. The last message is its end.
   * Never repeated by itself; the command ends with the call.
   */
  ExecTask(argument: _gavel_v1_ExecTaskRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_ExecChunk__Output>;
  ExecTask(argument: _gavel_v1_ExecTaskRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_ExecChunk__Output>;
  /**
   * Runs one more command in the container of a running task, where its cell's operator allows that. The last message is its end.
   * Never repeated by itself; the command ends with the call.
   */
  execTask(argument: _gavel_v1_ExecTaskRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_ExecChunk__Output>;
  execTask(argument: _gavel_v1_ExecTaskRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_ExecChunk__Output>;
  
  /**
   * Why a task is where it is, cell by cell; with a request, whether and where it would be placed.
   */
  ExplainPlacement(argument: _gavel_v1_ExplainPlacementRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ExplainPlacementResponse__Output>): grpc.ClientUnaryCall;
  ExplainPlacement(argument: _gavel_v1_ExplainPlacementRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ExplainPlacementResponse__Output>): grpc.ClientUnaryCall;
  ExplainPlacement(argument: _gavel_v1_ExplainPlacementRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ExplainPlacementResponse__Output>): grpc.ClientUnaryCall;
  ExplainPlacement(argument: _gavel_v1_ExplainPlacementRequest, callback: grpc.requestCallback<_gavel_v1_ExplainPlacementResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Why a task is where it is, cell by cell; with a request, whether and where it would be placed.
   */
  explainPlacement(argument: _gavel_v1_ExplainPlacementRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ExplainPlacementResponse__Output>): grpc.ClientUnaryCall;
  explainPlacement(argument: _gavel_v1_ExplainPlacementRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ExplainPlacementResponse__Output>): grpc.ClientUnaryCall;
  explainPlacement(argument: _gavel_v1_ExplainPlacementRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ExplainPlacementResponse__Output>): grpc.ClientUnaryCall;
  explainPlacement(argument: _gavel_v1_ExplainPlacementRequest, callback: grpc.requestCallback<_gavel_v1_ExplainPlacementResponse__Output>): grpc.ClientUnaryCall;
  
  FollowLogs(argument: _gavel_v1_FollowLogsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_LogEntry__Output>;
  FollowLogs(argument: _gavel_v1_FollowLogsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_LogEntry__Output>;
  followLogs(argument: _gavel_v1_FollowLogsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_LogEntry__Output>;
  followLogs(argument: _gavel_v1_FollowLogsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_LogEntry__Output>;
  
  GetTask(argument: _gavel_v1_GetTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  GetTask(argument: _gavel_v1_GetTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  GetTask(argument: _gavel_v1_GetTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  GetTask(argument: _gavel_v1_GetTaskRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  getTask(argument: _gavel_v1_GetTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  getTask(argument: _gavel_v1_GetTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  getTask(argument: _gavel_v1_GetTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  getTask(argument: _gavel_v1_GetTaskRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  
  /**
   * Every step of a task's life, in order, with who did it and why.
   */
  GetTimeline(argument: _gavel_v1_GetTimelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Timeline__Output>): grpc.ClientUnaryCall;
  GetTimeline(argument: _gavel_v1_GetTimelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Timeline__Output>): grpc.ClientUnaryCall;
  GetTimeline(argument: _gavel_v1_GetTimelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Timeline__Output>): grpc.ClientUnaryCall;
  GetTimeline(argument: _gavel_v1_GetTimelineRequest, callback: grpc.requestCallback<_gavel_v1_Timeline__Output>): grpc.ClientUnaryCall;
  /**
   * Every step of a task's life, in order, with who did it and why.
   */
  getTimeline(argument: _gavel_v1_GetTimelineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Timeline__Output>): grpc.ClientUnaryCall;
  getTimeline(argument: _gavel_v1_GetTimelineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Timeline__Output>): grpc.ClientUnaryCall;
  getTimeline(argument: _gavel_v1_GetTimelineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Timeline__Output>): grpc.ClientUnaryCall;
  getTimeline(argument: _gavel_v1_GetTimelineRequest, callback: grpc.requestCallback<_gavel_v1_Timeline__Output>): grpc.ClientUnaryCall;
  
  /**
   * Begins, renews or releases a hold. Safe to repeat.
   */
  HoldTasks(argument: _gavel_v1_HoldTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_HoldTasksResponse__Output>): grpc.ClientUnaryCall;
  HoldTasks(argument: _gavel_v1_HoldTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_HoldTasksResponse__Output>): grpc.ClientUnaryCall;
  HoldTasks(argument: _gavel_v1_HoldTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_HoldTasksResponse__Output>): grpc.ClientUnaryCall;
  HoldTasks(argument: _gavel_v1_HoldTasksRequest, callback: grpc.requestCallback<_gavel_v1_HoldTasksResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Begins, renews or releases a hold. Safe to repeat.
   */
  holdTasks(argument: _gavel_v1_HoldTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_HoldTasksResponse__Output>): grpc.ClientUnaryCall;
  holdTasks(argument: _gavel_v1_HoldTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_HoldTasksResponse__Output>): grpc.ClientUnaryCall;
  holdTasks(argument: _gavel_v1_HoldTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_HoldTasksResponse__Output>): grpc.ClientUnaryCall;
  holdTasks(argument: _gavel_v1_HoldTasksRequest, callback: grpc.requestCallback<_gavel_v1_HoldTasksResponse__Output>): grpc.ClientUnaryCall;
  
  KillTask(argument: _gavel_v1_KillTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  KillTask(argument: _gavel_v1_KillTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  KillTask(argument: _gavel_v1_KillTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  KillTask(argument: _gavel_v1_KillTaskRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  killTask(argument: _gavel_v1_KillTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  killTask(argument: _gavel_v1_KillTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  killTask(argument: _gavel_v1_KillTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  killTask(argument: _gavel_v1_KillTaskRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  
  /**
   * What a finished run left behind. FAILED_PRECONDITION while it goes on.
   */
  ListOutputs(argument: _gavel_v1_ListOutputsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_OutputsInfo__Output>): grpc.ClientUnaryCall;
  ListOutputs(argument: _gavel_v1_ListOutputsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_OutputsInfo__Output>): grpc.ClientUnaryCall;
  ListOutputs(argument: _gavel_v1_ListOutputsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_OutputsInfo__Output>): grpc.ClientUnaryCall;
  ListOutputs(argument: _gavel_v1_ListOutputsRequest, callback: grpc.requestCallback<_gavel_v1_OutputsInfo__Output>): grpc.ClientUnaryCall;
  /**
   * What a finished run left behind. FAILED_PRECONDITION while it goes on.
   */
  listOutputs(argument: _gavel_v1_ListOutputsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_OutputsInfo__Output>): grpc.ClientUnaryCall;
  listOutputs(argument: _gavel_v1_ListOutputsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_OutputsInfo__Output>): grpc.ClientUnaryCall;
  listOutputs(argument: _gavel_v1_ListOutputsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_OutputsInfo__Output>): grpc.ClientUnaryCall;
  listOutputs(argument: _gavel_v1_ListOutputsRequest, callback: grpc.requestCallback<_gavel_v1_OutputsInfo__Output>): grpc.ClientUnaryCall;
  
  ListTasks(argument: _gavel_v1_ListTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  ListTasks(argument: _gavel_v1_ListTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  ListTasks(argument: _gavel_v1_ListTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  ListTasks(argument: _gavel_v1_ListTasksRequest, callback: grpc.requestCallback<_gavel_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _gavel_v1_ListTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _gavel_v1_ListTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _gavel_v1_ListTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  listTasks(argument: _gavel_v1_ListTasksRequest, callback: grpc.requestCallback<_gavel_v1_ListTasksResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What running tasks use at this moment, asked of their cells.
   */
  ListUsage(argument: _gavel_v1_ListUsageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListUsageResponse__Output>): grpc.ClientUnaryCall;
  ListUsage(argument: _gavel_v1_ListUsageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListUsageResponse__Output>): grpc.ClientUnaryCall;
  ListUsage(argument: _gavel_v1_ListUsageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListUsageResponse__Output>): grpc.ClientUnaryCall;
  ListUsage(argument: _gavel_v1_ListUsageRequest, callback: grpc.requestCallback<_gavel_v1_ListUsageResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What running tasks use at this moment, asked of their cells.
   */
  listUsage(argument: _gavel_v1_ListUsageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListUsageResponse__Output>): grpc.ClientUnaryCall;
  listUsage(argument: _gavel_v1_ListUsageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListUsageResponse__Output>): grpc.ClientUnaryCall;
  listUsage(argument: _gavel_v1_ListUsageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListUsageResponse__Output>): grpc.ClientUnaryCall;
  listUsage(argument: _gavel_v1_ListUsageRequest, callback: grpc.requestCallback<_gavel_v1_ListUsageResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * How many tasks like this would be placed now, and where; also with cells taken away and added. Nothing is created.
   */
  PlanPlacement(argument: _gavel_v1_PlanPlacementRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PlanPlacementResponse__Output>): grpc.ClientUnaryCall;
  PlanPlacement(argument: _gavel_v1_PlanPlacementRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_PlanPlacementResponse__Output>): grpc.ClientUnaryCall;
  PlanPlacement(argument: _gavel_v1_PlanPlacementRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PlanPlacementResponse__Output>): grpc.ClientUnaryCall;
  PlanPlacement(argument: _gavel_v1_PlanPlacementRequest, callback: grpc.requestCallback<_gavel_v1_PlanPlacementResponse__Output>): grpc.ClientUnaryCall;
  /**
   * How many tasks like this would be placed now, and where; also with cells taken away and added. Nothing is created.
   */
  planPlacement(argument: _gavel_v1_PlanPlacementRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PlanPlacementResponse__Output>): grpc.ClientUnaryCall;
  planPlacement(argument: _gavel_v1_PlanPlacementRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_PlanPlacementResponse__Output>): grpc.ClientUnaryCall;
  planPlacement(argument: _gavel_v1_PlanPlacementRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PlanPlacementResponse__Output>): grpc.ClientUnaryCall;
  planPlacement(argument: _gavel_v1_PlanPlacementRequest, callback: grpc.requestCallback<_gavel_v1_PlanPlacementResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * COMPLETED -> RESOLVING, for exactly one caller.
   */
  ResolveTask(argument: _gavel_v1_ResolveTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  ResolveTask(argument: _gavel_v1_ResolveTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  ResolveTask(argument: _gavel_v1_ResolveTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  ResolveTask(argument: _gavel_v1_ResolveTaskRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  /**
   * COMPLETED -> RESOLVING, for exactly one caller.
   */
  resolveTask(argument: _gavel_v1_ResolveTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  resolveTask(argument: _gavel_v1_ResolveTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  resolveTask(argument: _gavel_v1_ResolveTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  resolveTask(argument: _gavel_v1_ResolveTaskRequest, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientUnaryCall;
  
  /**
   * As the single calls, each task by itself.
   */
  ResolveTasks(argument: _gavel_v1_ResolveTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  ResolveTasks(argument: _gavel_v1_ResolveTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  ResolveTasks(argument: _gavel_v1_ResolveTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  ResolveTasks(argument: _gavel_v1_ResolveTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * As the single calls, each task by itself.
   */
  resolveTasks(argument: _gavel_v1_ResolveTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  resolveTasks(argument: _gavel_v1_ResolveTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  resolveTasks(argument: _gavel_v1_ResolveTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  resolveTasks(argument: _gavel_v1_ResolveTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What a task with an input_dir waits for. Answers the task, released, once all of it is durable. Repeated from the start when it broke.
   */
  UploadInput(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientWritableStream<_gavel_v1_InputPiece>;
  UploadInput(metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientWritableStream<_gavel_v1_InputPiece>;
  UploadInput(options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientWritableStream<_gavel_v1_InputPiece>;
  UploadInput(callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientWritableStream<_gavel_v1_InputPiece>;
  /**
   * What a task with an input_dir waits for. Answers the task, released, once all of it is durable. Repeated from the start when it broke.
   */
  uploadInput(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientWritableStream<_gavel_v1_InputPiece>;
  uploadInput(metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientWritableStream<_gavel_v1_InputPiece>;
  uploadInput(options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientWritableStream<_gavel_v1_InputPiece>;
  uploadInput(callback: grpc.requestCallback<_gavel_v1_Task__Output>): grpc.ClientWritableStream<_gavel_v1_InputPiece>;
  
  WatchTasks(argument: _gavel_v1_WatchTasksRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_TaskEvent__Output>;
  WatchTasks(argument: _gavel_v1_WatchTasksRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_TaskEvent__Output>;
  watchTasks(argument: _gavel_v1_WatchTasksRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_TaskEvent__Output>;
  watchTasks(argument: _gavel_v1_WatchTasksRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_TaskEvent__Output>;
  
}

/**
 * For clients: submit, follow, end and clear away tasks.
 */
export interface TaskServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Changes labels and annotation of a live task, in any state. What was asked for stays as it was; history is sealed with what is there
   * when the task leaves the live set.
   */
  AnnotateTask: grpc.handleUnaryCall<_gavel_v1_AnnotateTaskRequest__Output, _gavel_v1_Task>;
  
  /**
   * Idempotent: on a finished task answers its record.
   */
  CancelTask: grpc.handleUnaryCall<_gavel_v1_CancelTaskRequest__Output, _gavel_v1_Task>;
  
  /**
   * RESOLVING -> removed; history keeps its record.
   */
  DeleteTask: grpc.handleUnaryCall<_gavel_v1_DeleteTaskRequest__Output, _gavel_v1_DeleteTaskResponse>;
  
  DeleteTasks: grpc.handleUnaryCall<_gavel_v1_DeleteTasksRequest__Output, _gavel_v1_VerdictsResponse>;
  
  /**
   * Durable before it answers; state PENDING. An identical definition under a living guid answers the existing task.
   */
  DesireTask: grpc.handleUnaryCall<_gavel_v1_TaskCreateRequest__Output, _gavel_v1_Task>;
  
  /**
   * Many at once: each is created or refused by itself. What is not known of one whose answer was lost is found by repeating it.
   */
  DesireTasks: grpc.handleUnaryCall<_gavel_v1_DesireTasksRequest__Output, _gavel_v1_DesireTasksResponse>;
  
  /**
   * Resumable by name and offset.
   */
  DownloadOutputs: grpc.handleServerStreamingCall<_gavel_v1_DownloadOutputsRequest__Output, _gavel_v1_OutputChunk>;
  
  /**
   * Runs one more command in the container of a running task, where its cell's operator allows that. The last message is its end.
   * Never repeated by itself; the command ends with the call.
   */
  ExecTask: grpc.handleServerStreamingCall<_gavel_v1_ExecTaskRequest__Output, _gavel_v1_ExecChunk>;
  
  /**
   * Why a task is where it is, cell by cell; with a request, whether and where it would be placed.
   */
  ExplainPlacement: grpc.handleUnaryCall<_gavel_v1_ExplainPlacementRequest__Output, _gavel_v1_ExplainPlacementResponse>;
  
  FollowLogs: grpc.handleServerStreamingCall<_gavel_v1_FollowLogsRequest__Output, _gavel_v1_LogEntry>;
  
  GetTask: grpc.handleUnaryCall<_gavel_v1_GetTaskRequest__Output, _gavel_v1_Task>;
  
  /**
   * Every step of a task's life, in order, with who did it and why.
   */
  GetTimeline: grpc.handleUnaryCall<_gavel_v1_GetTimelineRequest__Output, _gavel_v1_Timeline>;
  
  /**
   * Begins, renews or releases a hold. Safe to repeat.
   */
  HoldTasks: grpc.handleUnaryCall<_gavel_v1_HoldTasksRequest__Output, _gavel_v1_HoldTasksResponse>;
  
  KillTask: grpc.handleUnaryCall<_gavel_v1_KillTaskRequest__Output, _gavel_v1_Task>;
  
  /**
   * What a finished run left behind. FAILED_PRECONDITION while it goes on.
   */
  ListOutputs: grpc.handleUnaryCall<_gavel_v1_ListOutputsRequest__Output, _gavel_v1_OutputsInfo>;
  
  ListTasks: grpc.handleUnaryCall<_gavel_v1_ListTasksRequest__Output, _gavel_v1_ListTasksResponse>;
  
  /**
   * What running tasks use at this moment, asked of their cells.
   */
  ListUsage: grpc.handleUnaryCall<_gavel_v1_ListUsageRequest__Output, _gavel_v1_ListUsageResponse>;
  
  /**
   * How many tasks like this would be placed now, and where; also with cells taken away and added. Nothing is created.
   */
  PlanPlacement: grpc.handleUnaryCall<_gavel_v1_PlanPlacementRequest__Output, _gavel_v1_PlanPlacementResponse>;
  
  /**
   * COMPLETED -> RESOLVING, for exactly one caller.
   */
  ResolveTask: grpc.handleUnaryCall<_gavel_v1_ResolveTaskRequest__Output, _gavel_v1_Task>;
  
  /**
   * As the single calls, each task by itself.
   */
  ResolveTasks: grpc.handleUnaryCall<_gavel_v1_ResolveTasksRequest__Output, _gavel_v1_VerdictsResponse>;
  
  /**
   * What a task with an input_dir waits for. Answers the task, released, once all of it is durable. Repeated from the start when it broke.
   */
  UploadInput: grpc.handleClientStreamingCall<_gavel_v1_InputPiece__Output, _gavel_v1_Task>;
  
  WatchTasks: grpc.handleServerStreamingCall<_gavel_v1_WatchTasksRequest__Output, _gavel_v1_TaskEvent>;
  
}

export interface TaskServiceDefinition extends grpc.ServiceDefinition {
  AnnotateTask: MethodDefinition<_gavel_v1_AnnotateTaskRequest, _gavel_v1_Task, _gavel_v1_AnnotateTaskRequest__Output, _gavel_v1_Task__Output>
  CancelTask: MethodDefinition<_gavel_v1_CancelTaskRequest, _gavel_v1_Task, _gavel_v1_CancelTaskRequest__Output, _gavel_v1_Task__Output>
  DeleteTask: MethodDefinition<_gavel_v1_DeleteTaskRequest, _gavel_v1_DeleteTaskResponse, _gavel_v1_DeleteTaskRequest__Output, _gavel_v1_DeleteTaskResponse__Output>
  DeleteTasks: MethodDefinition<_gavel_v1_DeleteTasksRequest, _gavel_v1_VerdictsResponse, _gavel_v1_DeleteTasksRequest__Output, _gavel_v1_VerdictsResponse__Output>
  DesireTask: MethodDefinition<_gavel_v1_TaskCreateRequest, _gavel_v1_Task, _gavel_v1_TaskCreateRequest__Output, _gavel_v1_Task__Output>
  DesireTasks: MethodDefinition<_gavel_v1_DesireTasksRequest, _gavel_v1_DesireTasksResponse, _gavel_v1_DesireTasksRequest__Output, _gavel_v1_DesireTasksResponse__Output>
  DownloadOutputs: MethodDefinition<_gavel_v1_DownloadOutputsRequest, _gavel_v1_OutputChunk, _gavel_v1_DownloadOutputsRequest__Output, _gavel_v1_OutputChunk__Output>
  ExecTask: MethodDefinition<_gavel_v1_ExecTaskRequest, _gavel_v1_ExecChunk, _gavel_v1_ExecTaskRequest__Output, _gavel_v1_ExecChunk__Output>
  ExplainPlacement: MethodDefinition<_gavel_v1_ExplainPlacementRequest, _gavel_v1_ExplainPlacementResponse, _gavel_v1_ExplainPlacementRequest__Output, _gavel_v1_ExplainPlacementResponse__Output>
  FollowLogs: MethodDefinition<_gavel_v1_FollowLogsRequest, _gavel_v1_LogEntry, _gavel_v1_FollowLogsRequest__Output, _gavel_v1_LogEntry__Output>
  GetTask: MethodDefinition<_gavel_v1_GetTaskRequest, _gavel_v1_Task, _gavel_v1_GetTaskRequest__Output, _gavel_v1_Task__Output>
  GetTimeline: MethodDefinition<_gavel_v1_GetTimelineRequest, _gavel_v1_Timeline, _gavel_v1_GetTimelineRequest__Output, _gavel_v1_Timeline__Output>
  HoldTasks: MethodDefinition<_gavel_v1_HoldTasksRequest, _gavel_v1_HoldTasksResponse, _gavel_v1_HoldTasksRequest__Output, _gavel_v1_HoldTasksResponse__Output>
  KillTask: MethodDefinition<_gavel_v1_KillTaskRequest, _gavel_v1_Task, _gavel_v1_KillTaskRequest__Output, _gavel_v1_Task__Output>
  ListOutputs: MethodDefinition<_gavel_v1_ListOutputsRequest, _gavel_v1_OutputsInfo, _gavel_v1_ListOutputsRequest__Output, _gavel_v1_OutputsInfo__Output>
  ListTasks: MethodDefinition<_gavel_v1_ListTasksRequest, _gavel_v1_ListTasksResponse, _gavel_v1_ListTasksRequest__Output, _gavel_v1_ListTasksResponse__Output>
  ListUsage: MethodDefinition<_gavel_v1_ListUsageRequest, _gavel_v1_ListUsageResponse, _gavel_v1_ListUsageRequest__Output, _gavel_v1_ListUsageResponse__Output>
  PlanPlacement: MethodDefinition<_gavel_v1_PlanPlacementRequest, _gavel_v1_PlanPlacementResponse, _gavel_v1_PlanPlacementRequest__Output, _gavel_v1_PlanPlacementResponse__Output>
  ResolveTask: MethodDefinition<_gavel_v1_ResolveTaskRequest, _gavel_v1_Task, _gavel_v1_ResolveTaskRequest__Output, _gavel_v1_Task__Output>
  ResolveTasks: MethodDefinition<_gavel_v1_ResolveTasksRequest, _gavel_v1_VerdictsResponse, _gavel_v1_ResolveTasksRequest__Output, _gavel_v1_VerdictsResponse__Output>
  UploadInput: MethodDefinition<_gavel_v1_InputPiece, _gavel_v1_Task, _gavel_v1_InputPiece__Output, _gavel_v1_Task__Output>
  WatchTasks: MethodDefinition<_gavel_v1_WatchTasksRequest, _gavel_v1_TaskEvent, _gavel_v1_WatchTasksRequest__Output, _gavel_v1_TaskEvent__Output>
}
