// Original file: proto/gavel/v1/callback_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Callback as _gavel_v1_Callback, Callback__Output as _gavel_v1_Callback__Output } from '../../gavel/v1/Callback.ts';
import type { GetCallbackRequest as _gavel_v1_GetCallbackRequest, GetCallbackRequest__Output as _gavel_v1_GetCallbackRequest__Output } from '../../gavel/v1/GetCallbackRequest.ts';
import type { ListCallbacksRequest as _gavel_v1_ListCallbacksRequest, ListCallbacksRequest__Output as _gavel_v1_ListCallbacksRequest__Output } from '../../gavel/v1/ListCallbacksRequest.ts';
import type { ListCallbacksResponse as _gavel_v1_ListCallbacksResponse, ListCallbacksResponse__Output as _gavel_v1_ListCallbacksResponse__Output } from '../../gavel/v1/ListCallbacksResponse.ts';
import type { ResendCallbackRequest as _gavel_v1_ResendCallbackRequest, ResendCallbackRequest__Output as _gavel_v1_ResendCallbackRequest__Output } from '../../gavel/v1/ResendCallbackRequest.ts';

/**
 * Completion callbacks for operators: what is owed, what was given up, and sending one again.
 */
export interface CallbackServiceClient extends grpc.Client {
  /**
   * The callback of one task, delivered ones too. FAILED_PRECONDITION while the task has not ended, and when it has no callback.
   */
  GetCallback(argument: _gavel_v1_GetCallbackRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  GetCallback(argument: _gavel_v1_GetCallbackRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  GetCallback(argument: _gavel_v1_GetCallbackRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  GetCallback(argument: _gavel_v1_GetCallbackRequest, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  /**
   * The callback of one task, delivered ones too. FAILED_PRECONDITION while the task has not ended, and when it has no callback.
   */
  getCallback(argument: _gavel_v1_GetCallbackRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  getCallback(argument: _gavel_v1_GetCallbackRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  getCallback(argument: _gavel_v1_GetCallbackRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  getCallback(argument: _gavel_v1_GetCallbackRequest, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  
  /**
   * Callbacks that are owed or were given up, oldest task first.
   */
  ListCallbacks(argument: _gavel_v1_ListCallbacksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCallbacksResponse__Output>): grpc.ClientUnaryCall;
  ListCallbacks(argument: _gavel_v1_ListCallbacksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListCallbacksResponse__Output>): grpc.ClientUnaryCall;
  ListCallbacks(argument: _gavel_v1_ListCallbacksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCallbacksResponse__Output>): grpc.ClientUnaryCall;
  ListCallbacks(argument: _gavel_v1_ListCallbacksRequest, callback: grpc.requestCallback<_gavel_v1_ListCallbacksResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Callbacks that are owed or were given up, oldest task first.
   */
  listCallbacks(argument: _gavel_v1_ListCallbacksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCallbacksResponse__Output>): grpc.ClientUnaryCall;
  listCallbacks(argument: _gavel_v1_ListCallbacksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListCallbacksResponse__Output>): grpc.ClientUnaryCall;
  listCallbacks(argument: _gavel_v1_ListCallbacksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCallbacksResponse__Output>): grpc.ClientUnaryCall;
  listCallbacks(argument: _gavel_v1_ListCallbacksRequest, callback: grpc.requestCallback<_gavel_v1_ListCallbacksResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Sends it at once, also when it was delivered before, and by the whole schedule from there on. The webhook-id is that of the task, as on
   * every try before. FAILED_PRECONDITION as above.
   */
  ResendCallback(argument: _gavel_v1_ResendCallbackRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  ResendCallback(argument: _gavel_v1_ResendCallbackRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  ResendCallback(argument: _gavel_v1_ResendCallbackRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  ResendCallback(argument: _gavel_v1_ResendCallbackRequest, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  /**
   * Sends it at once, also when it was delivered before, and by the whole schedule from there on. The webhook-id is that of the task, as on
   * every try before. FAILED_PRECONDITION as above.
   */
  resendCallback(argument: _gavel_v1_ResendCallbackRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  resendCallback(argument: _gavel_v1_ResendCallbackRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  resendCallback(argument: _gavel_v1_ResendCallbackRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  resendCallback(argument: _gavel_v1_ResendCallbackRequest, callback: grpc.requestCallback<_gavel_v1_Callback__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Completion callbacks for operators: what is owed, what was given up, and sending one again.
 */
export interface CallbackServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * The callback of one task, delivered ones too. FAILED_PRECONDITION while the task has not ended, and when it has no callback.
   */
  GetCallback: grpc.handleUnaryCall<_gavel_v1_GetCallbackRequest__Output, _gavel_v1_Callback>;
  
  /**
   * Callbacks that are owed or were given up, oldest task first.
   */
  ListCallbacks: grpc.handleUnaryCall<_gavel_v1_ListCallbacksRequest__Output, _gavel_v1_ListCallbacksResponse>;
  
  /**
   * Sends it at once, also when it was delivered before, and by the whole schedule from there on. The webhook-id is that of the task, as on
   * every try before. FAILED_PRECONDITION as above.
   */
  ResendCallback: grpc.handleUnaryCall<_gavel_v1_ResendCallbackRequest__Output, _gavel_v1_Callback>;
  
}

export interface CallbackServiceDefinition extends grpc.ServiceDefinition {
  GetCallback: MethodDefinition<_gavel_v1_GetCallbackRequest, _gavel_v1_Callback, _gavel_v1_GetCallbackRequest__Output, _gavel_v1_Callback__Output>
  ListCallbacks: MethodDefinition<_gavel_v1_ListCallbacksRequest, _gavel_v1_ListCallbacksResponse, _gavel_v1_ListCallbacksRequest__Output, _gavel_v1_ListCallbacksResponse__Output>
  ResendCallback: MethodDefinition<_gavel_v1_ResendCallbackRequest, _gavel_v1_Callback, _gavel_v1_ResendCallbackRequest__Output, _gavel_v1_Callback__Output>
}
