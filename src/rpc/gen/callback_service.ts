import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Callback as _gavel_v1_Callback, Callback__Output as _gavel_v1_Callback__Output } from './gavel/v1/Callback.ts';
import type { CallbackServiceClient as _gavel_v1_CallbackServiceClient, CallbackServiceDefinition as _gavel_v1_CallbackServiceDefinition } from './gavel/v1/CallbackService.ts';
import type { CallbackTry as _gavel_v1_CallbackTry, CallbackTry__Output as _gavel_v1_CallbackTry__Output } from './gavel/v1/CallbackTry.ts';
import type { GetCallbackRequest as _gavel_v1_GetCallbackRequest, GetCallbackRequest__Output as _gavel_v1_GetCallbackRequest__Output } from './gavel/v1/GetCallbackRequest.ts';
import type { ListCallbacksRequest as _gavel_v1_ListCallbacksRequest, ListCallbacksRequest__Output as _gavel_v1_ListCallbacksRequest__Output } from './gavel/v1/ListCallbacksRequest.ts';
import type { ListCallbacksResponse as _gavel_v1_ListCallbacksResponse, ListCallbacksResponse__Output as _gavel_v1_ListCallbacksResponse__Output } from './gavel/v1/ListCallbacksResponse.ts';
import type { ResendCallbackRequest as _gavel_v1_ResendCallbackRequest, ResendCallbackRequest__Output as _gavel_v1_ResendCallbackRequest__Output } from './gavel/v1/ResendCallbackRequest.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  gavel: {
    v1: {
      Callback: MessageTypeDefinition<_gavel_v1_Callback, _gavel_v1_Callback__Output>
      /**
       * Completion callbacks for operators: what is owed, what was given up, and sending one again.
       */
      CallbackService: SubtypeConstructor<typeof grpc.Client, _gavel_v1_CallbackServiceClient> & { service: _gavel_v1_CallbackServiceDefinition }
      CallbackTry: MessageTypeDefinition<_gavel_v1_CallbackTry, _gavel_v1_CallbackTry__Output>
      GetCallbackRequest: MessageTypeDefinition<_gavel_v1_GetCallbackRequest, _gavel_v1_GetCallbackRequest__Output>
      ListCallbacksRequest: MessageTypeDefinition<_gavel_v1_ListCallbacksRequest, _gavel_v1_ListCallbacksRequest__Output>
      ListCallbacksResponse: MessageTypeDefinition<_gavel_v1_ListCallbacksResponse, _gavel_v1_ListCallbacksResponse__Output>
      ResendCallbackRequest: MessageTypeDefinition<_gavel_v1_ResendCallbackRequest, _gavel_v1_ResendCallbackRequest__Output>
    }
  }
}

