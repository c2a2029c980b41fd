import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { AlertFired as _gavel_v1_AlertFired, AlertFired__Output as _gavel_v1_AlertFired__Output } from './gavel/v1/AlertFired.ts';
import type { AlertRule as _gavel_v1_AlertRule, AlertRule__Output as _gavel_v1_AlertRule__Output } from './gavel/v1/AlertRule.ts';
import type { AlertServiceClient as _gavel_v1_AlertServiceClient, AlertServiceDefinition as _gavel_v1_AlertServiceDefinition } from './gavel/v1/AlertService.ts';
import type { Callback as _gavel_v1_Callback, Callback__Output as _gavel_v1_Callback__Output } from './gavel/v1/Callback.ts';
import type { CallbackSecret as _gavel_v1_CallbackSecret, CallbackSecret__Output as _gavel_v1_CallbackSecret__Output } from './gavel/v1/CallbackSecret.ts';
import type { CallbackServiceClient as _gavel_v1_CallbackServiceClient, CallbackServiceDefinition as _gavel_v1_CallbackServiceDefinition } from './gavel/v1/CallbackService.ts';
import type { CallbackTry as _gavel_v1_CallbackTry, CallbackTry__Output as _gavel_v1_CallbackTry__Output } from './gavel/v1/CallbackTry.ts';
import type { DeleteAlertRequest as _gavel_v1_DeleteAlertRequest, DeleteAlertRequest__Output as _gavel_v1_DeleteAlertRequest__Output } from './gavel/v1/DeleteAlertRequest.ts';
import type { DeleteAlertResponse as _gavel_v1_DeleteAlertResponse, DeleteAlertResponse__Output as _gavel_v1_DeleteAlertResponse__Output } from './gavel/v1/DeleteAlertResponse.ts';
import type { GetCallbackRequest as _gavel_v1_GetCallbackRequest, GetCallbackRequest__Output as _gavel_v1_GetCallbackRequest__Output } from './gavel/v1/GetCallbackRequest.ts';
import type { ListAlertsRequest as _gavel_v1_ListAlertsRequest, ListAlertsRequest__Output as _gavel_v1_ListAlertsRequest__Output } from './gavel/v1/ListAlertsRequest.ts';
import type { ListAlertsResponse as _gavel_v1_ListAlertsResponse, ListAlertsResponse__Output as _gavel_v1_ListAlertsResponse__Output } from './gavel/v1/ListAlertsResponse.ts';
import type { ListCallbackSecretsRequest as _gavel_v1_ListCallbackSecretsRequest, ListCallbackSecretsRequest__Output as _gavel_v1_ListCallbackSecretsRequest__Output } from './gavel/v1/ListCallbackSecretsRequest.ts';
import type { ListCallbackSecretsResponse as _gavel_v1_ListCallbackSecretsResponse, ListCallbackSecretsResponse__Output as _gavel_v1_ListCallbackSecretsResponse__Output } from './gavel/v1/ListCallbackSecretsResponse.ts';
import type { ListCallbacksRequest as _gavel_v1_ListCallbacksRequest, ListCallbacksRequest__Output as _gavel_v1_ListCallbacksRequest__Output } from './gavel/v1/ListCallbacksRequest.ts';
import type { ListCallbacksResponse as _gavel_v1_ListCallbacksResponse, ListCallbacksResponse__Output as _gavel_v1_ListCallbacksResponse__Output } from './gavel/v1/ListCallbacksResponse.ts';
import type { ResendCallbackRequest as _gavel_v1_ResendCallbackRequest, ResendCallbackRequest__Output as _gavel_v1_ResendCallbackRequest__Output } from './gavel/v1/ResendCallbackRequest.ts';
import type { RotateCallbackSecretRequest as _gavel_v1_RotateCallbackSecretRequest, RotateCallbackSecretRequest__Output as _gavel_v1_RotateCallbackSecretRequest__Output } from './gavel/v1/RotateCallbackSecretRequest.ts';
import type { RotateCallbackSecretResponse as _gavel_v1_RotateCallbackSecretResponse, RotateCallbackSecretResponse__Output as _gavel_v1_RotateCallbackSecretResponse__Output } from './gavel/v1/RotateCallbackSecretResponse.ts';
import type { TestAlertRequest as _gavel_v1_TestAlertRequest, TestAlertRequest__Output as _gavel_v1_TestAlertRequest__Output } from './gavel/v1/TestAlertRequest.ts';
import type { TestCallbackRequest as _gavel_v1_TestCallbackRequest, TestCallbackRequest__Output as _gavel_v1_TestCallbackRequest__Output } from './gavel/v1/TestCallbackRequest.ts';
import type { TestCallbackResponse as _gavel_v1_TestCallbackResponse, TestCallbackResponse__Output as _gavel_v1_TestCallbackResponse__Output } from './gavel/v1/TestCallbackResponse.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  gavel: {
    v1: {
      AlertFired: MessageTypeDefinition<_gavel_v1_AlertFired, _gavel_v1_AlertFired__Output>
      AlertRule: MessageTypeDefinition<_gavel_v1_AlertRule, _gavel_v1_AlertRule__Output>
      /**
       * Rules of what operators want to be told of, by a signed POST as a callback's. The leading BBS weighs them on what it sees happen: what happens while
       * no BBS leads may go untold, and what waits on may be told again after a change of leader.
       */
      AlertService: SubtypeConstructor<typeof grpc.Client, _gavel_v1_AlertServiceClient> & { service: _gavel_v1_AlertServiceDefinition }
      Callback: MessageTypeDefinition<_gavel_v1_Callback, _gavel_v1_Callback__Output>
      CallbackSecret: MessageTypeDefinition<_gavel_v1_CallbackSecret, _gavel_v1_CallbackSecret__Output>
      /**
       * Completion callbacks for operators: what is owed, what was given up, and sending one again.
       */
      CallbackService: SubtypeConstructor<typeof grpc.Client, _gavel_v1_CallbackServiceClient> & { service: _gavel_v1_CallbackServiceDefinition }
      CallbackTry: MessageTypeDefinition<_gavel_v1_CallbackTry, _gavel_v1_CallbackTry__Output>
      DeleteAlertRequest: MessageTypeDefinition<_gavel_v1_DeleteAlertRequest, _gavel_v1_DeleteAlertRequest__Output>
      DeleteAlertResponse: MessageTypeDefinition<_gavel_v1_DeleteAlertResponse, _gavel_v1_DeleteAlertResponse__Output>
      GetCallbackRequest: MessageTypeDefinition<_gavel_v1_GetCallbackRequest, _gavel_v1_GetCallbackRequest__Output>
      ListAlertsRequest: MessageTypeDefinition<_gavel_v1_ListAlertsRequest, _gavel_v1_ListAlertsRequest__Output>
      ListAlertsResponse: MessageTypeDefinition<_gavel_v1_ListAlertsResponse, _gavel_v1_ListAlertsResponse__Output>
      ListCallbackSecretsRequest: MessageTypeDefinition<_gavel_v1_ListCallbackSecretsRequest, _gavel_v1_ListCallbackSecretsRequest__Output>
      ListCallbackSecretsResponse: MessageTypeDefinition<_gavel_v1_ListCallbackSecretsResponse, _gavel_v1_ListCallbackSecretsResponse__Output>
      ListCallbacksRequest: MessageTypeDefinition<_gavel_v1_ListCallbacksRequest, _gavel_v1_ListCallbacksRequest__Output>
      ListCallbacksResponse: MessageTypeDefinition<_gavel_v1_ListCallbacksResponse, _gavel_v1_ListCallbacksResponse__Output>
      ResendCallbackRequest: MessageTypeDefinition<_gavel_v1_ResendCallbackRequest, _gavel_v1_ResendCallbackRequest__Output>
      RotateCallbackSecretRequest: MessageTypeDefinition<_gavel_v1_RotateCallbackSecretRequest, _gavel_v1_RotateCallbackSecretRequest__Output>
      RotateCallbackSecretResponse: MessageTypeDefinition<_gavel_v1_RotateCallbackSecretResponse, _gavel_v1_RotateCallbackSecretResponse__Output>
      TestAlertRequest: MessageTypeDefinition<_gavel_v1_TestAlertRequest, _gavel_v1_TestAlertRequest__Output>
      TestCallbackRequest: MessageTypeDefinition<_gavel_v1_TestCallbackRequest, _gavel_v1_TestCallbackRequest__Output>
      TestCallbackResponse: MessageTypeDefinition<_gavel_v1_TestCallbackResponse, _gavel_v1_TestCallbackResponse__Output>
    }
  }
  google: {
    protobuf: {
      Duration: MessageTypeDefinition<_google_protobuf_Duration, _google_protobuf_Duration__Output>
    }
  }
}

