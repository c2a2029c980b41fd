// Original file: proto/gavel/v1/callback_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Callback as _gavel_v1_Callback, Callback__Output as _gavel_v1_Callback__Output } from '../../gavel/v1/Callback.ts';
import type { GetCallbackRequest as _gavel_v1_GetCallbackRequest, GetCallbackRequest__Output as _gavel_v1_GetCallbackRequest__Output } from '../../gavel/v1/GetCallbackRequest.ts';
import type { ListCallbackSecretsRequest as _gavel_v1_ListCallbackSecretsRequest, ListCallbackSecretsRequest__Output as _gavel_v1_ListCallbackSecretsRequest__Output } from '../../gavel/v1/ListCallbackSecretsRequest.ts';
import type { ListCallbackSecretsResponse as _gavel_v1_ListCallbackSecretsResponse, ListCallbackSecretsResponse__Output as _gavel_v1_ListCallbackSecretsResponse__Output } from '../../gavel/v1/ListCallbackSecretsResponse.ts';
import type { ListCallbacksRequest as _gavel_v1_ListCallbacksRequest, ListCallbacksRequest__Output as _gavel_v1_ListCallbacksRequest__Output } from '../../gavel/v1/ListCallbacksRequest.ts';
import type { ListCallbacksResponse as _gavel_v1_ListCallbacksResponse, ListCallbacksResponse__Output as _gavel_v1_ListCallbacksResponse__Output } from '../../gavel/v1/ListCallbacksResponse.ts';
import type { ResendCallbackRequest as _gavel_v1_ResendCallbackRequest, ResendCallbackRequest__Output as _gavel_v1_ResendCallbackRequest__Output } from '../../gavel/v1/ResendCallbackRequest.ts';
import type { RotateCallbackSecretRequest as _gavel_v1_RotateCallbackSecretRequest, RotateCallbackSecretRequest__Output as _gavel_v1_RotateCallbackSecretRequest__Output } from '../../gavel/v1/RotateCallbackSecretRequest.ts';
import type { RotateCallbackSecretResponse as _gavel_v1_RotateCallbackSecretResponse, RotateCallbackSecretResponse__Output as _gavel_v1_RotateCallbackSecretResponse__Output } from '../../gavel/v1/RotateCallbackSecretResponse.ts';
import type { TestCallbackRequest as _gavel_v1_TestCallbackRequest, TestCallbackRequest__Output as _gavel_v1_TestCallbackRequest__Output } from '../../gavel/v1/TestCallbackRequest.ts';
import type { TestCallbackResponse as _gavel_v1_TestCallbackResponse, TestCallbackResponse__Output as _gavel_v1_TestCallbackResponse__Output } from '../../gavel/v1/TestCallbackResponse.ts';

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
   * The secrets that sign now, the newest first, never themselves.
   */
  ListCallbackSecrets(argument: _gavel_v1_ListCallbackSecretsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCallbackSecretsResponse__Output>): grpc.ClientUnaryCall;
  ListCallbackSecrets(argument: _gavel_v1_ListCallbackSecretsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListCallbackSecretsResponse__Output>): grpc.ClientUnaryCall;
  ListCallbackSecrets(argument: _gavel_v1_ListCallbackSecretsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCallbackSecretsResponse__Output>): grpc.ClientUnaryCall;
  ListCallbackSecrets(argument: _gavel_v1_ListCallbackSecretsRequest, callback: grpc.requestCallback<_gavel_v1_ListCallbackSecretsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The secrets that sign now, the newest first, never themselves.
   */
  listCallbackSecrets(argument: _gavel_v1_ListCallbackSecretsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCallbackSecretsResponse__Output>): grpc.ClientUnaryCall;
  listCallbackSecrets(argument: _gavel_v1_ListCallbackSecretsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListCallbackSecretsResponse__Output>): grpc.ClientUnaryCall;
  listCallbackSecrets(argument: _gavel_v1_ListCallbackSecretsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCallbackSecretsResponse__Output>): grpc.ClientUnaryCall;
  listCallbackSecrets(argument: _gavel_v1_ListCallbackSecretsRequest, callback: grpc.requestCallback<_gavel_v1_ListCallbackSecretsResponse__Output>): grpc.ClientUnaryCall;
  
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
  
  /**
   * Makes a new secret, which signs callbacks from now on; those before it go on signing for a while, so that each callback has several
   * signatures. An exchange is in force at every BBS within 5 s.
   */
  RotateCallbackSecret(argument: _gavel_v1_RotateCallbackSecretRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RotateCallbackSecretResponse__Output>): grpc.ClientUnaryCall;
  RotateCallbackSecret(argument: _gavel_v1_RotateCallbackSecretRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_RotateCallbackSecretResponse__Output>): grpc.ClientUnaryCall;
  RotateCallbackSecret(argument: _gavel_v1_RotateCallbackSecretRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RotateCallbackSecretResponse__Output>): grpc.ClientUnaryCall;
  RotateCallbackSecret(argument: _gavel_v1_RotateCallbackSecretRequest, callback: grpc.requestCallback<_gavel_v1_RotateCallbackSecretResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Makes a new secret, which signs callbacks from now on; those before it go on signing for a while, so that each callback has several
   * signatures. An exchange is in force at every BBS within 5 s.
   */
  rotateCallbackSecret(argument: _gavel_v1_RotateCallbackSecretRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RotateCallbackSecretResponse__Output>): grpc.ClientUnaryCall;
  rotateCallbackSecret(argument: _gavel_v1_RotateCallbackSecretRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_RotateCallbackSecretResponse__Output>): grpc.ClientUnaryCall;
  rotateCallbackSecret(argument: _gavel_v1_RotateCallbackSecretRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_RotateCallbackSecretResponse__Output>): grpc.ClientUnaryCall;
  rotateCallbackSecret(argument: _gavel_v1_RotateCallbackSecretRequest, callback: grpc.requestCallback<_gavel_v1_RotateCallbackSecretResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Posts a sample of a finished task, signed, from the server and under the same guards as a callback. Once; nothing is kept of it.
   */
  TestCallback(argument: _gavel_v1_TestCallbackRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  TestCallback(argument: _gavel_v1_TestCallbackRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  TestCallback(argument: _gavel_v1_TestCallbackRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  TestCallback(argument: _gavel_v1_TestCallbackRequest, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Posts a sample of a finished task, signed, from the server and under the same guards as a callback. Once; nothing is kept of it.
   */
  testCallback(argument: _gavel_v1_TestCallbackRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  testCallback(argument: _gavel_v1_TestCallbackRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  testCallback(argument: _gavel_v1_TestCallbackRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  testCallback(argument: _gavel_v1_TestCallbackRequest, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  
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
   * The secrets that sign now, the newest first, never themselves.
   */
  ListCallbackSecrets: grpc.handleUnaryCall<_gavel_v1_ListCallbackSecretsRequest__Output, _gavel_v1_ListCallbackSecretsResponse>;
  
  /**
   * Callbacks that are owed or were given up, oldest task first.
   */
  ListCallbacks: grpc.handleUnaryCall<_gavel_v1_ListCallbacksRequest__Output, _gavel_v1_ListCallbacksResponse>;
  
  /**
   * Sends it at once, also when it was delivered before, and by the whole schedule from there on. The webhook-id is that of the task, as on
   * every try before. FAILED_PRECONDITION as above.
   */
  ResendCallback: grpc.handleUnaryCall<_gavel_v1_ResendCallbackRequest__Output, _gavel_v1_Callback>;
  
  /**
   * Makes a new secret, which signs callbacks from now on; those before it go on signing for a while, so that each callback has several
   * signatures. An exchange is in force at every BBS within 5 s.
   */
  RotateCallbackSecret: grpc.handleUnaryCall<_gavel_v1_RotateCallbackSecretRequest__Output, _gavel_v1_RotateCallbackSecretResponse>;
  
  /**
   * Posts a sample of a finished task, signed, from the server and under the same guards as a callback. Once; nothing is kept of it.
   */
  TestCallback: grpc.handleUnaryCall<_gavel_v1_TestCallbackRequest__Output, _gavel_v1_TestCallbackResponse>;
  
}

export interface CallbackServiceDefinition extends grpc.ServiceDefinition {
  GetCallback: MethodDefinition<_gavel_v1_GetCallbackRequest, _gavel_v1_Callback, _gavel_v1_GetCallbackRequest__Output, _gavel_v1_Callback__Output>
  ListCallbackSecrets: MethodDefinition<_gavel_v1_ListCallbackSecretsRequest, _gavel_v1_ListCallbackSecretsResponse, _gavel_v1_ListCallbackSecretsRequest__Output, _gavel_v1_ListCallbackSecretsResponse__Output>
  ListCallbacks: MethodDefinition<_gavel_v1_ListCallbacksRequest, _gavel_v1_ListCallbacksResponse, _gavel_v1_ListCallbacksRequest__Output, _gavel_v1_ListCallbacksResponse__Output>
  ResendCallback: MethodDefinition<_gavel_v1_ResendCallbackRequest, _gavel_v1_Callback, _gavel_v1_ResendCallbackRequest__Output, _gavel_v1_Callback__Output>
  RotateCallbackSecret: MethodDefinition<_gavel_v1_RotateCallbackSecretRequest, _gavel_v1_RotateCallbackSecretResponse, _gavel_v1_RotateCallbackSecretRequest__Output, _gavel_v1_RotateCallbackSecretResponse__Output>
  TestCallback: MethodDefinition<_gavel_v1_TestCallbackRequest, _gavel_v1_TestCallbackResponse, _gavel_v1_TestCallbackRequest__Output, _gavel_v1_TestCallbackResponse__Output>
}
