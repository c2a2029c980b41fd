// Original file: proto/gavel/v1/history_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetHistoryRequest as _gavel_v1_GetHistoryRequest, GetHistoryRequest__Output as _gavel_v1_GetHistoryRequest__Output } from '../../gavel/v1/GetHistoryRequest.ts';
import type { HistoryRecord as _gavel_v1_HistoryRecord, HistoryRecord__Output as _gavel_v1_HistoryRecord__Output } from '../../gavel/v1/HistoryRecord.ts';
import type { ListHistoryRequest as _gavel_v1_ListHistoryRequest, ListHistoryRequest__Output as _gavel_v1_ListHistoryRequest__Output } from '../../gavel/v1/ListHistoryRequest.ts';
import type { ListHistoryResponse as _gavel_v1_ListHistoryResponse, ListHistoryResponse__Output as _gavel_v1_ListHistoryResponse__Output } from '../../gavel/v1/ListHistoryResponse.ts';
import type { PinTaskRequest as _gavel_v1_PinTaskRequest, PinTaskRequest__Output as _gavel_v1_PinTaskRequest__Output } from '../../gavel/v1/PinTaskRequest.ts';
import type { PinTaskResponse as _gavel_v1_PinTaskResponse, PinTaskResponse__Output as _gavel_v1_PinTaskResponse__Output } from '../../gavel/v1/PinTaskResponse.ts';
import type { PurgeHistoryRequest as _gavel_v1_PurgeHistoryRequest, PurgeHistoryRequest__Output as _gavel_v1_PurgeHistoryRequest__Output } from '../../gavel/v1/PurgeHistoryRequest.ts';
import type { PurgeHistoryResponse as _gavel_v1_PurgeHistoryResponse, PurgeHistoryResponse__Output as _gavel_v1_PurgeHistoryResponse__Output } from '../../gavel/v1/PurgeHistoryResponse.ts';

/**
 * Finished tasks after their resolution.
 */
export interface HistoryServiceClient extends grpc.Client {
  GetHistory(argument: _gavel_v1_GetHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_HistoryRecord__Output>): grpc.ClientUnaryCall;
  GetHistory(argument: _gavel_v1_GetHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_HistoryRecord__Output>): grpc.ClientUnaryCall;
  GetHistory(argument: _gavel_v1_GetHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_HistoryRecord__Output>): grpc.ClientUnaryCall;
  GetHistory(argument: _gavel_v1_GetHistoryRequest, callback: grpc.requestCallback<_gavel_v1_HistoryRecord__Output>): grpc.ClientUnaryCall;
  getHistory(argument: _gavel_v1_GetHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_HistoryRecord__Output>): grpc.ClientUnaryCall;
  getHistory(argument: _gavel_v1_GetHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_HistoryRecord__Output>): grpc.ClientUnaryCall;
  getHistory(argument: _gavel_v1_GetHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_HistoryRecord__Output>): grpc.ClientUnaryCall;
  getHistory(argument: _gavel_v1_GetHistoryRequest, callback: grpc.requestCallback<_gavel_v1_HistoryRecord__Output>): grpc.ClientUnaryCall;
  
  ListHistory(argument: _gavel_v1_ListHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  ListHistory(argument: _gavel_v1_ListHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  ListHistory(argument: _gavel_v1_ListHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  ListHistory(argument: _gavel_v1_ListHistoryRequest, callback: grpc.requestCallback<_gavel_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  listHistory(argument: _gavel_v1_ListHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  listHistory(argument: _gavel_v1_ListHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  listHistory(argument: _gavel_v1_ListHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  listHistory(argument: _gavel_v1_ListHistoryRequest, callback: grpc.requestCallback<_gavel_v1_ListHistoryResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * A pinned task's record is kept whatever the limits of history say, until it is unpinned; live tasks too. Safe to repeat.
   */
  PinTask(argument: _gavel_v1_PinTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PinTaskResponse__Output>): grpc.ClientUnaryCall;
  PinTask(argument: _gavel_v1_PinTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_PinTaskResponse__Output>): grpc.ClientUnaryCall;
  PinTask(argument: _gavel_v1_PinTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PinTaskResponse__Output>): grpc.ClientUnaryCall;
  PinTask(argument: _gavel_v1_PinTaskRequest, callback: grpc.requestCallback<_gavel_v1_PinTaskResponse__Output>): grpc.ClientUnaryCall;
  /**
   * A pinned task's record is kept whatever the limits of history say, until it is unpinned; live tasks too. Safe to repeat.
   */
  pinTask(argument: _gavel_v1_PinTaskRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PinTaskResponse__Output>): grpc.ClientUnaryCall;
  pinTask(argument: _gavel_v1_PinTaskRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_PinTaskResponse__Output>): grpc.ClientUnaryCall;
  pinTask(argument: _gavel_v1_PinTaskRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PinTaskResponse__Output>): grpc.ClientUnaryCall;
  pinTask(argument: _gavel_v1_PinTaskRequest, callback: grpc.requestCallback<_gavel_v1_PinTaskResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Drops the records of tasks that were resolved before a time, but pinned ones. May be repeated when it broke.
   */
  PurgeHistory(argument: _gavel_v1_PurgeHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PurgeHistoryResponse__Output>): grpc.ClientUnaryCall;
  PurgeHistory(argument: _gavel_v1_PurgeHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_PurgeHistoryResponse__Output>): grpc.ClientUnaryCall;
  PurgeHistory(argument: _gavel_v1_PurgeHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PurgeHistoryResponse__Output>): grpc.ClientUnaryCall;
  PurgeHistory(argument: _gavel_v1_PurgeHistoryRequest, callback: grpc.requestCallback<_gavel_v1_PurgeHistoryResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Drops the records of tasks that were resolved before a time, but pinned ones. May be repeated when it broke.
   */
  purgeHistory(argument: _gavel_v1_PurgeHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PurgeHistoryResponse__Output>): grpc.ClientUnaryCall;
  purgeHistory(argument: _gavel_v1_PurgeHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_PurgeHistoryResponse__Output>): grpc.ClientUnaryCall;
  purgeHistory(argument: _gavel_v1_PurgeHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_PurgeHistoryResponse__Output>): grpc.ClientUnaryCall;
  purgeHistory(argument: _gavel_v1_PurgeHistoryRequest, callback: grpc.requestCallback<_gavel_v1_PurgeHistoryResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Finished tasks after their resolution.
 */
export interface HistoryServiceHandlers extends grpc.UntypedServiceImplementation {
  GetHistory: grpc.handleUnaryCall<_gavel_v1_GetHistoryRequest__Output, _gavel_v1_HistoryRecord>;
  
  ListHistory: grpc.handleUnaryCall<_gavel_v1_ListHistoryRequest__Output, _gavel_v1_ListHistoryResponse>;
  
  /**
   * A pinned task's record is kept whatever the limits of history say, until it is unpinned; live tasks too. Safe to repeat.
   */
  PinTask: grpc.handleUnaryCall<_gavel_v1_PinTaskRequest__Output, _gavel_v1_PinTaskResponse>;
  
  /**
   * Drops the records of tasks that were resolved before a time, but pinned ones. May be repeated when it broke.
   */
  PurgeHistory: grpc.handleUnaryCall<_gavel_v1_PurgeHistoryRequest__Output, _gavel_v1_PurgeHistoryResponse>;
  
}

export interface HistoryServiceDefinition extends grpc.ServiceDefinition {
  GetHistory: MethodDefinition<_gavel_v1_GetHistoryRequest, _gavel_v1_HistoryRecord, _gavel_v1_GetHistoryRequest__Output, _gavel_v1_HistoryRecord__Output>
  ListHistory: MethodDefinition<_gavel_v1_ListHistoryRequest, _gavel_v1_ListHistoryResponse, _gavel_v1_ListHistoryRequest__Output, _gavel_v1_ListHistoryResponse__Output>
  PinTask: MethodDefinition<_gavel_v1_PinTaskRequest, _gavel_v1_PinTaskResponse, _gavel_v1_PinTaskRequest__Output, _gavel_v1_PinTaskResponse__Output>
  PurgeHistory: MethodDefinition<_gavel_v1_PurgeHistoryRequest, _gavel_v1_PurgeHistoryResponse, _gavel_v1_PurgeHistoryRequest__Output, _gavel_v1_PurgeHistoryResponse__Output>
}
