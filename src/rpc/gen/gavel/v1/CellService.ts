// Original file: proto/gavel/v1/cell_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AdoptTasksRequest as _gavel_v1_AdoptTasksRequest, AdoptTasksRequest__Output as _gavel_v1_AdoptTasksRequest__Output } from '../../gavel/v1/AdoptTasksRequest.ts';
import type { CompleteTasksRequest as _gavel_v1_CompleteTasksRequest, CompleteTasksRequest__Output as _gavel_v1_CompleteTasksRequest__Output } from '../../gavel/v1/CompleteTasksRequest.ts';
import type { ControlMessage as _gavel_v1_ControlMessage, ControlMessage__Output as _gavel_v1_ControlMessage__Output } from '../../gavel/v1/ControlMessage.ts';
import type { ControlRequest as _gavel_v1_ControlRequest, ControlRequest__Output as _gavel_v1_ControlRequest__Output } from '../../gavel/v1/ControlRequest.ts';
import type { FetchInputRequest as _gavel_v1_FetchInputRequest, FetchInputRequest__Output as _gavel_v1_FetchInputRequest__Output } from '../../gavel/v1/FetchInputRequest.ts';
import type { FetchTasksRequest as _gavel_v1_FetchTasksRequest, FetchTasksRequest__Output as _gavel_v1_FetchTasksRequest__Output } from '../../gavel/v1/FetchTasksRequest.ts';
import type { FetchTasksResponse as _gavel_v1_FetchTasksResponse, FetchTasksResponse__Output as _gavel_v1_FetchTasksResponse__Output } from '../../gavel/v1/FetchTasksResponse.ts';
import type { InputPiece as _gavel_v1_InputPiece, InputPiece__Output as _gavel_v1_InputPiece__Output } from '../../gavel/v1/InputPiece.ts';
import type { LeaveRequest as _gavel_v1_LeaveRequest, LeaveRequest__Output as _gavel_v1_LeaveRequest__Output } from '../../gavel/v1/LeaveRequest.ts';
import type { LeaveResponse as _gavel_v1_LeaveResponse, LeaveResponse__Output as _gavel_v1_LeaveResponse__Output } from '../../gavel/v1/LeaveResponse.ts';
import type { ListMyTasksRequest as _gavel_v1_ListMyTasksRequest, ListMyTasksRequest__Output as _gavel_v1_ListMyTasksRequest__Output } from '../../gavel/v1/ListMyTasksRequest.ts';
import type { ListMyTasksResponse as _gavel_v1_ListMyTasksResponse, ListMyTasksResponse__Output as _gavel_v1_ListMyTasksResponse__Output } from '../../gavel/v1/ListMyTasksResponse.ts';
import type { NoteEventsRequest as _gavel_v1_NoteEventsRequest, NoteEventsRequest__Output as _gavel_v1_NoteEventsRequest__Output } from '../../gavel/v1/NoteEventsRequest.ts';
import type { NoteEventsResponse as _gavel_v1_NoteEventsResponse, NoteEventsResponse__Output as _gavel_v1_NoteEventsResponse__Output } from '../../gavel/v1/NoteEventsResponse.ts';
import type { PushDataRequest as _gavel_v1_PushDataRequest, PushDataRequest__Output as _gavel_v1_PushDataRequest__Output } from '../../gavel/v1/PushDataRequest.ts';
import type { PushDataResponse as _gavel_v1_PushDataResponse, PushDataResponse__Output as _gavel_v1_PushDataResponse__Output } from '../../gavel/v1/PushDataResponse.ts';
import type { PushLogsRequest as _gavel_v1_PushLogsRequest, PushLogsRequest__Output as _gavel_v1_PushLogsRequest__Output } from '../../gavel/v1/PushLogsRequest.ts';
import type { PushLogsResponse as _gavel_v1_PushLogsResponse, PushLogsResponse__Output as _gavel_v1_PushLogsResponse__Output } from '../../gavel/v1/PushLogsResponse.ts';
import type { RegisterRequest as _gavel_v1_RegisterRequest, RegisterRequest__Output as _gavel_v1_RegisterRequest__Output } from '../../gavel/v1/RegisterRequest.ts';
import type { RegisterResponse as _gavel_v1_RegisterResponse, RegisterResponse__Output as _gavel_v1_RegisterResponse__Output } from '../../gavel/v1/RegisterResponse.ts';
import type { ReleaseTasksRequest as _gavel_v1_ReleaseTasksRequest, ReleaseTasksRequest__Output as _gavel_v1_ReleaseTasksRequest__Output } from '../../gavel/v1/ReleaseTasksRequest.ts';
import type { RenewRequest as _gavel_v1_RenewRequest, RenewRequest__Output as _gavel_v1_RenewRequest__Output } from '../../gavel/v1/RenewRequest.ts';
import type { RenewResponse as _gavel_v1_RenewResponse, RenewResponse__Output as _gavel_v1_RenewResponse__Output } from '../../gavel/v1/RenewResponse.ts';
import type { StartTasksRequest as _gavel_v1_StartTasksRequest, StartTasksRequest__Output as _gavel_v1_StartTasksRequest__Output } from '../../gavel/v1/StartTasksRequest.ts';
import type { StreamedAnswer as _gavel_v1_StreamedAnswer, StreamedAnswer__Output as _gavel_v1_StreamedAnswer__Output } from '../../gavel/v1/StreamedAnswer.ts';
import type { StreamedCall as _gavel_v1_StreamedCall, StreamedCall__Output as _gavel_v1_StreamedCall__Output } from '../../gavel/v1/StreamedCall.ts';
import type { VerdictsResponse as _gavel_v1_VerdictsResponse, VerdictsResponse__Output as _gavel_v1_VerdictsResponse__Output } from '../../gavel/v1/VerdictsResponse.ts';

/**
 * For cells. Every call carries the cell's epoch and, where it is about a task, the attempt; a start also its nonce.
 * Calls come in batches: each item has its own verdict, in the order of the request.
 */
export interface CellServiceClient extends grpc.Client {
  /**
   * RUNNING under an old epoch of the same cell -> RUNNING under the present one.
   */
  AdoptTasks(argument: _gavel_v1_AdoptTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  AdoptTasks(argument: _gavel_v1_AdoptTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  AdoptTasks(argument: _gavel_v1_AdoptTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  AdoptTasks(argument: _gavel_v1_AdoptTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * RUNNING under an old epoch of the same cell -> RUNNING under the present one.
   */
  adoptTasks(argument: _gavel_v1_AdoptTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  adoptTasks(argument: _gavel_v1_AdoptTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  adoptTasks(argument: _gavel_v1_AdoptTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  adoptTasks(argument: _gavel_v1_AdoptTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The unary calls of this service, as messages: a cell that has one task at a time has nothing to batch, and a message costs the BBS a quarter of
   * what a call of its own does. The cell keeps one open to each BBS that it calls.
   */
  Calls(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gavel_v1_StreamedCall, _gavel_v1_StreamedAnswer__Output>;
  Calls(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gavel_v1_StreamedCall, _gavel_v1_StreamedAnswer__Output>;
  /**
   * The unary calls of this service, as messages: a cell that has one task at a time has nothing to batch, and a message costs the BBS a quarter of
   * what a call of its own does. The cell keeps one open to each BBS that it calls.
   */
  calls(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gavel_v1_StreamedCall, _gavel_v1_StreamedAnswer__Output>;
  calls(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gavel_v1_StreamedCall, _gavel_v1_StreamedAnswer__Output>;
  
  /**
   * RUNNING (or CLAIMED, for a failure that never ran) -> COMPLETED.
   */
  CompleteTasks(argument: _gavel_v1_CompleteTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  CompleteTasks(argument: _gavel_v1_CompleteTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  CompleteTasks(argument: _gavel_v1_CompleteTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  CompleteTasks(argument: _gavel_v1_CompleteTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * RUNNING (or CLAIMED, for a failure that never ran) -> COMPLETED.
   */
  completeTasks(argument: _gavel_v1_CompleteTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  completeTasks(argument: _gavel_v1_CompleteTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  completeTasks(argument: _gavel_v1_CompleteTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  completeTasks(argument: _gavel_v1_CompleteTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Hints and questions from one BBS to the cell. The cell keeps one open to each BBS.
   */
  Control(argument: _gavel_v1_ControlRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_ControlMessage__Output>;
  Control(argument: _gavel_v1_ControlRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_ControlMessage__Output>;
  /**
   * Hints and questions from one BBS to the cell. The cell keeps one open to each BBS.
   */
  control(argument: _gavel_v1_ControlRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_ControlMessage__Output>;
  control(argument: _gavel_v1_ControlRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_ControlMessage__Output>;
  
  /**
   * What was uploaded for a task that the cell holds.
   */
  FetchInput(argument: _gavel_v1_FetchInputRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_InputPiece__Output>;
  FetchInput(argument: _gavel_v1_FetchInputRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_InputPiece__Output>;
  /**
   * What was uploaded for a task that the cell holds.
   */
  fetchInput(argument: _gavel_v1_FetchInputRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_InputPiece__Output>;
  fetchInput(argument: _gavel_v1_FetchInputRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_InputPiece__Output>;
  
  /**
   * The definitions of tasks that this cell holds a claim on, with all that is needed to run them.
   */
  FetchTasks(argument: _gavel_v1_FetchTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_FetchTasksResponse__Output>): grpc.ClientUnaryCall;
  FetchTasks(argument: _gavel_v1_FetchTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_FetchTasksResponse__Output>): grpc.ClientUnaryCall;
  FetchTasks(argument: _gavel_v1_FetchTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_FetchTasksResponse__Output>): grpc.ClientUnaryCall;
  FetchTasks(argument: _gavel_v1_FetchTasksRequest, callback: grpc.requestCallback<_gavel_v1_FetchTasksResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The definitions of tasks that this cell holds a claim on, with all that is needed to run them.
   */
  fetchTasks(argument: _gavel_v1_FetchTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_FetchTasksResponse__Output>): grpc.ClientUnaryCall;
  fetchTasks(argument: _gavel_v1_FetchTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_FetchTasksResponse__Output>): grpc.ClientUnaryCall;
  fetchTasks(argument: _gavel_v1_FetchTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_FetchTasksResponse__Output>): grpc.ClientUnaryCall;
  fetchTasks(argument: _gavel_v1_FetchTasksRequest, callback: grpc.requestCallback<_gavel_v1_FetchTasksResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Gives the place back at a clean stop.
   */
  Leave(argument: _gavel_v1_LeaveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _gavel_v1_LeaveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _gavel_v1_LeaveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  Leave(argument: _gavel_v1_LeaveRequest, callback: grpc.requestCallback<_gavel_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Gives the place back at a clean stop.
   */
  leave(argument: _gavel_v1_LeaveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _gavel_v1_LeaveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _gavel_v1_LeaveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  leave(argument: _gavel_v1_LeaveRequest, callback: grpc.requestCallback<_gavel_v1_LeaveResponse__Output>): grpc.ClientUnaryCall;
  
  ListMyTasks(argument: _gavel_v1_ListMyTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListMyTasksResponse__Output>): grpc.ClientUnaryCall;
  ListMyTasks(argument: _gavel_v1_ListMyTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListMyTasksResponse__Output>): grpc.ClientUnaryCall;
  ListMyTasks(argument: _gavel_v1_ListMyTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListMyTasksResponse__Output>): grpc.ClientUnaryCall;
  ListMyTasks(argument: _gavel_v1_ListMyTasksRequest, callback: grpc.requestCallback<_gavel_v1_ListMyTasksResponse__Output>): grpc.ClientUnaryCall;
  listMyTasks(argument: _gavel_v1_ListMyTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListMyTasksResponse__Output>): grpc.ClientUnaryCall;
  listMyTasks(argument: _gavel_v1_ListMyTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListMyTasksResponse__Output>): grpc.ClientUnaryCall;
  listMyTasks(argument: _gavel_v1_ListMyTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListMyTasksResponse__Output>): grpc.ClientUnaryCall;
  listMyTasks(argument: _gavel_v1_ListMyTasksRequest, callback: grpc.requestCallback<_gavel_v1_ListMyTasksResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What the cell saw of attempts whose end it does not report, such as cancelled ones. Best effort.
   */
  NoteEvents(argument: _gavel_v1_NoteEventsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_NoteEventsResponse__Output>): grpc.ClientUnaryCall;
  NoteEvents(argument: _gavel_v1_NoteEventsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_NoteEventsResponse__Output>): grpc.ClientUnaryCall;
  NoteEvents(argument: _gavel_v1_NoteEventsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_NoteEventsResponse__Output>): grpc.ClientUnaryCall;
  NoteEvents(argument: _gavel_v1_NoteEventsRequest, callback: grpc.requestCallback<_gavel_v1_NoteEventsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What the cell saw of attempts whose end it does not report, such as cancelled ones. Best effort.
   */
  noteEvents(argument: _gavel_v1_NoteEventsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_NoteEventsResponse__Output>): grpc.ClientUnaryCall;
  noteEvents(argument: _gavel_v1_NoteEventsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_NoteEventsResponse__Output>): grpc.ClientUnaryCall;
  noteEvents(argument: _gavel_v1_NoteEventsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_NoteEventsResponse__Output>): grpc.ClientUnaryCall;
  noteEvents(argument: _gavel_v1_NoteEventsRequest, callback: grpc.requestCallback<_gavel_v1_NoteEventsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The answer to `data_wanted`, pushed by the cell.
   */
  PushData(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PushDataResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushDataRequest>;
  PushData(metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_PushDataResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushDataRequest>;
  PushData(options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PushDataResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushDataRequest>;
  PushData(callback: grpc.requestCallback<_gavel_v1_PushDataResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushDataRequest>;
  /**
   * The answer to `data_wanted`, pushed by the cell.
   */
  pushData(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PushDataResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushDataRequest>;
  pushData(metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_PushDataResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushDataRequest>;
  pushData(options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PushDataResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushDataRequest>;
  pushData(callback: grpc.requestCallback<_gavel_v1_PushDataResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushDataRequest>;
  
  /**
   * The answer to `logs_wanted`, pushed by the cell.
   */
  PushLogs(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PushLogsResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushLogsRequest>;
  PushLogs(metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_PushLogsResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushLogsRequest>;
  PushLogs(options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PushLogsResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushLogsRequest>;
  PushLogs(callback: grpc.requestCallback<_gavel_v1_PushLogsResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushLogsRequest>;
  /**
   * The answer to `logs_wanted`, pushed by the cell.
   */
  pushLogs(metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PushLogsResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushLogsRequest>;
  pushLogs(metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_PushLogsResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushLogsRequest>;
  pushLogs(options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PushLogsResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushLogsRequest>;
  pushLogs(callback: grpc.requestCallback<_gavel_v1_PushLogsResponse__Output>): grpc.ClientWritableStream<_gavel_v1_PushLogsRequest>;
  
  /**
   * Takes the cell's place in the cluster. The answer's epoch is the fencing number of all that follows.
   */
  Register(argument: _gavel_v1_RegisterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RegisterResponse__Output>): grpc.ClientUnaryCall;
  Register(argument: _gavel_v1_RegisterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_RegisterResponse__Output>): grpc.ClientUnaryCall;
  Register(argument: _gavel_v1_RegisterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RegisterResponse__Output>): grpc.ClientUnaryCall;
  Register(argument: _gavel_v1_RegisterRequest, callback: grpc.requestCallback<_gavel_v1_RegisterResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Takes the cell's place in the cluster. The answer's epoch is the fencing number of all that follows.
   */
  register(argument: _gavel_v1_RegisterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RegisterResponse__Output>): grpc.ClientUnaryCall;
  register(argument: _gavel_v1_RegisterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_RegisterResponse__Output>): grpc.ClientUnaryCall;
  register(argument: _gavel_v1_RegisterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RegisterResponse__Output>): grpc.ClientUnaryCall;
  register(argument: _gavel_v1_RegisterRequest, callback: grpc.requestCallback<_gavel_v1_RegisterResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * CLAIMED -> PENDING: the cell cannot run it, another one may.
   */
  ReleaseTasks(argument: _gavel_v1_ReleaseTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  ReleaseTasks(argument: _gavel_v1_ReleaseTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  ReleaseTasks(argument: _gavel_v1_ReleaseTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  ReleaseTasks(argument: _gavel_v1_ReleaseTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * CLAIMED -> PENDING: the cell cannot run it, another one may.
   */
  releaseTasks(argument: _gavel_v1_ReleaseTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  releaseTasks(argument: _gavel_v1_ReleaseTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  releaseTasks(argument: _gavel_v1_ReleaseTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  releaseTasks(argument: _gavel_v1_ReleaseTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Keeps the place. NOT_FOUND: it is gone; register again (with a new epoch) and adopt what still runs.
   */
  Renew(argument: _gavel_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _gavel_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _gavel_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  Renew(argument: _gavel_v1_RenewRequest, callback: grpc.requestCallback<_gavel_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Keeps the place. NOT_FOUND: it is gone; register again (with a new epoch) and adopt what still runs.
   */
  renew(argument: _gavel_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _gavel_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _gavel_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  renew(argument: _gavel_v1_RenewRequest, callback: grpc.requestCallback<_gavel_v1_RenewResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * CLAIMED -> RUNNING. The process may be started only when this try's verdict is ok.
   */
  StartTasks(argument: _gavel_v1_StartTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  StartTasks(argument: _gavel_v1_StartTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  StartTasks(argument: _gavel_v1_StartTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  StartTasks(argument: _gavel_v1_StartTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * CLAIMED -> RUNNING. The process may be started only when this try's verdict is ok.
   */
  startTasks(argument: _gavel_v1_StartTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  startTasks(argument: _gavel_v1_StartTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  startTasks(argument: _gavel_v1_StartTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  startTasks(argument: _gavel_v1_StartTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * For cells. Every call carries the cell's epoch and, where it is about a task, the attempt; a start also its nonce.
 * Calls come in batches: each item has its own verdict, in the order of the request.
 */
export interface CellServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * RUNNING under an old epoch of the same cell -> RUNNING under the present one.
   */
  AdoptTasks: grpc.handleUnaryCall<_gavel_v1_AdoptTasksRequest__Output, _gavel_v1_VerdictsResponse>;
  
  /**
   * The unary calls of this service, as messages: a cell that has one task at a time has nothing to batch, and a message costs the BBS a quarter of
   * what a call of its own does. The cell keeps one open to each BBS that it calls.
   */
  Calls: grpc.handleBidiStreamingCall<_gavel_v1_StreamedCall__Output, _gavel_v1_StreamedAnswer>;
  
  /**
   * RUNNING (or CLAIMED, for a failure that never ran) -> COMPLETED.
   */
  CompleteTasks: grpc.handleUnaryCall<_gavel_v1_CompleteTasksRequest__Output, _gavel_v1_VerdictsResponse>;
  
  /**
   * Hints and questions from one BBS to the cell. The cell keeps one open to each BBS.
   */
  Control: grpc.handleServerStreamingCall<_gavel_v1_ControlRequest__Output, _gavel_v1_ControlMessage>;
  
  /**
   * What was uploaded for a task that the cell holds.
   */
  FetchInput: grpc.handleServerStreamingCall<_gavel_v1_FetchInputRequest__Output, _gavel_v1_InputPiece>;
  
  /**
   * The definitions of tasks that this cell holds a claim on, with all that is needed to run them.
   */
  FetchTasks: grpc.handleUnaryCall<_gavel_v1_FetchTasksRequest__Output, _gavel_v1_FetchTasksResponse>;
  
  /**
   * Gives the place back at a clean stop.
   */
  Leave: grpc.handleUnaryCall<_gavel_v1_LeaveRequest__Output, _gavel_v1_LeaveResponse>;
  
  ListMyTasks: grpc.handleUnaryCall<_gavel_v1_ListMyTasksRequest__Output, _gavel_v1_ListMyTasksResponse>;
  
  /**
   * What the cell saw of attempts whose end it does not report, such as cancelled ones. Best effort.
   */
  NoteEvents: grpc.handleUnaryCall<_gavel_v1_NoteEventsRequest__Output, _gavel_v1_NoteEventsResponse>;
  
  /**
   * The answer to `data_wanted`, pushed by the cell.
   */
  PushData: grpc.handleClientStreamingCall<_gavel_v1_PushDataRequest__Output, _gavel_v1_PushDataResponse>;
  
  /**
   * The answer to `logs_wanted`, pushed by the cell.
   */
  PushLogs: grpc.handleClientStreamingCall<_gavel_v1_PushLogsRequest__Output, _gavel_v1_PushLogsResponse>;
  
  /**
   * Takes the cell's place in the cluster. The answer's epoch is the fencing number of all that follows.
   */
  Register: grpc.handleUnaryCall<_gavel_v1_RegisterRequest__Output, _gavel_v1_RegisterResponse>;
  
  /**
   * CLAIMED -> PENDING: the cell cannot run it, another one may.
   */
  ReleaseTasks: grpc.handleUnaryCall<_gavel_v1_ReleaseTasksRequest__Output, _gavel_v1_VerdictsResponse>;
  
  /**
   * Keeps the place. NOT_FOUND: it is gone; register again (with a new epoch) and adopt what still runs.
   */
  Renew: grpc.handleUnaryCall<_gavel_v1_RenewRequest__Output, _gavel_v1_RenewResponse>;
  
  /**
   * CLAIMED -> RUNNING. The process may be started only when this try's verdict is ok.
   */
  StartTasks: grpc.handleUnaryCall<_gavel_v1_StartTasksRequest__Output, _gavel_v1_VerdictsResponse>;
  
}

export interface CellServiceDefinition extends grpc.ServiceDefinition {
  AdoptTasks: MethodDefinition<_gavel_v1_AdoptTasksRequest, _gavel_v1_VerdictsResponse, _gavel_v1_AdoptTasksRequest__Output, _gavel_v1_VerdictsResponse__Output>
  Calls: MethodDefinition<_gavel_v1_StreamedCall, _gavel_v1_StreamedAnswer, _gavel_v1_StreamedCall__Output, _gavel_v1_StreamedAnswer__Output>
  CompleteTasks: MethodDefinition<_gavel_v1_CompleteTasksRequest, _gavel_v1_VerdictsResponse, _gavel_v1_CompleteTasksRequest__Output, _gavel_v1_VerdictsResponse__Output>
  Control: MethodDefinition<_gavel_v1_ControlRequest, _gavel_v1_ControlMessage, _gavel_v1_ControlRequest__Output, _gavel_v1_ControlMessage__Output>
  FetchInput: MethodDefinition<_gavel_v1_FetchInputRequest, _gavel_v1_InputPiece, _gavel_v1_FetchInputRequest__Output, _gavel_v1_InputPiece__Output>
  FetchTasks: MethodDefinition<_gavel_v1_FetchTasksRequest, _gavel_v1_FetchTasksResponse, _gavel_v1_FetchTasksRequest__Output, _gavel_v1_FetchTasksResponse__Output>
  Leave: MethodDefinition<_gavel_v1_LeaveRequest, _gavel_v1_LeaveResponse, _gavel_v1_LeaveRequest__Output, _gavel_v1_LeaveResponse__Output>
  ListMyTasks: MethodDefinition<_gavel_v1_ListMyTasksRequest, _gavel_v1_ListMyTasksResponse, _gavel_v1_ListMyTasksRequest__Output, _gavel_v1_ListMyTasksResponse__Output>
  NoteEvents: MethodDefinition<_gavel_v1_NoteEventsRequest, _gavel_v1_NoteEventsResponse, _gavel_v1_NoteEventsRequest__Output, _gavel_v1_NoteEventsResponse__Output>
  PushData: MethodDefinition<_gavel_v1_PushDataRequest, _gavel_v1_PushDataResponse, _gavel_v1_PushDataRequest__Output, _gavel_v1_PushDataResponse__Output>
  PushLogs: MethodDefinition<_gavel_v1_PushLogsRequest, _gavel_v1_PushLogsResponse, _gavel_v1_PushLogsRequest__Output, _gavel_v1_PushLogsResponse__Output>
  Register: MethodDefinition<_gavel_v1_RegisterRequest, _gavel_v1_RegisterResponse, _gavel_v1_RegisterRequest__Output, _gavel_v1_RegisterResponse__Output>
  ReleaseTasks: MethodDefinition<_gavel_v1_ReleaseTasksRequest, _gavel_v1_VerdictsResponse, _gavel_v1_ReleaseTasksRequest__Output, _gavel_v1_VerdictsResponse__Output>
  Renew: MethodDefinition<_gavel_v1_RenewRequest, _gavel_v1_RenewResponse, _gavel_v1_RenewRequest__Output, _gavel_v1_RenewResponse__Output>
  StartTasks: MethodDefinition<_gavel_v1_StartTasksRequest, _gavel_v1_VerdictsResponse, _gavel_v1_StartTasksRequest__Output, _gavel_v1_VerdictsResponse__Output>
}
