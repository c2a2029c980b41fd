// Original file: proto/gavel/v1/history_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { GetHistoryRequest as _gavel_v1_GetHistoryRequest, GetHistoryRequest__Output as _gavel_v1_GetHistoryRequest__Output } from '../../gavel/v1/GetHistoryRequest.ts';
import type { HistoryRecord as _gavel_v1_HistoryRecord, HistoryRecord__Output as _gavel_v1_HistoryRecord__Output } from '../../gavel/v1/HistoryRecord.ts';
import type { ListHistoryRequest as _gavel_v1_ListHistoryRequest, ListHistoryRequest__Output as _gavel_v1_ListHistoryRequest__Output } from '../../gavel/v1/ListHistoryRequest.ts';
import type { ListHistoryResponse as _gavel_v1_ListHistoryResponse, ListHistoryResponse__Output as _gavel_v1_ListHistoryResponse__Output } from '../../gavel/v1/ListHistoryResponse.ts';

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
  
}

/**
 * Finished tasks after their resolution.
 */
export interface HistoryServiceHandlers extends grpc.UntypedServiceImplementation {
  GetHistory: grpc.handleUnaryCall<_gavel_v1_GetHistoryRequest__Output, _gavel_v1_HistoryRecord>;
  
  ListHistory: grpc.handleUnaryCall<_gavel_v1_ListHistoryRequest__Output, _gavel_v1_ListHistoryResponse>;
  
}

export interface HistoryServiceDefinition extends grpc.ServiceDefinition {
  GetHistory: MethodDefinition<_gavel_v1_GetHistoryRequest, _gavel_v1_HistoryRecord, _gavel_v1_GetHistoryRequest__Output, _gavel_v1_HistoryRecord__Output>
  ListHistory: MethodDefinition<_gavel_v1_ListHistoryRequest, _gavel_v1_ListHistoryResponse, _gavel_v1_ListHistoryRequest__Output, _gavel_v1_ListHistoryResponse__Output>
}
