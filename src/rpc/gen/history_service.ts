import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Action as _gavel_v1_Action, Action__Output as _gavel_v1_Action__Output } from './gavel/v1/Action.ts';
import type { CachedDependency as _gavel_v1_CachedDependency, CachedDependency__Output as _gavel_v1_CachedDependency__Output } from './gavel/v1/CachedDependency.ts';
import type { CodependentAction as _gavel_v1_CodependentAction, CodependentAction__Output as _gavel_v1_CodependentAction__Output } from './gavel/v1/CodependentAction.ts';
import type { Delivery as _gavel_v1_Delivery, Delivery__Output as _gavel_v1_Delivery__Output } from './gavel/v1/Delivery.ts';
import type { DownloadAction as _gavel_v1_DownloadAction, DownloadAction__Output as _gavel_v1_DownloadAction__Output } from './gavel/v1/DownloadAction.ts';
import type { EgressRule as _gavel_v1_EgressRule, EgressRule__Output as _gavel_v1_EgressRule__Output } from './gavel/v1/EgressRule.ts';
import type { EmitProgressAction as _gavel_v1_EmitProgressAction, EmitProgressAction__Output as _gavel_v1_EmitProgressAction__Output } from './gavel/v1/EmitProgressAction.ts';
import type { EnvironmentVariable as _gavel_v1_EnvironmentVariable, EnvironmentVariable__Output as _gavel_v1_EnvironmentVariable__Output } from './gavel/v1/EnvironmentVariable.ts';
import type { GetHistoryRequest as _gavel_v1_GetHistoryRequest, GetHistoryRequest__Output as _gavel_v1_GetHistoryRequest__Output } from './gavel/v1/GetHistoryRequest.ts';
import type { HistoryRecord as _gavel_v1_HistoryRecord, HistoryRecord__Output as _gavel_v1_HistoryRecord__Output } from './gavel/v1/HistoryRecord.ts';
import type { HistoryServiceClient as _gavel_v1_HistoryServiceClient, HistoryServiceDefinition as _gavel_v1_HistoryServiceDefinition } from './gavel/v1/HistoryService.ts';
import type { IcmpInfo as _gavel_v1_IcmpInfo, IcmpInfo__Output as _gavel_v1_IcmpInfo__Output } from './gavel/v1/IcmpInfo.ts';
import type { ListHistoryRequest as _gavel_v1_ListHistoryRequest, ListHistoryRequest__Output as _gavel_v1_ListHistoryRequest__Output } from './gavel/v1/ListHistoryRequest.ts';
import type { ListHistoryResponse as _gavel_v1_ListHistoryResponse, ListHistoryResponse__Output as _gavel_v1_ListHistoryResponse__Output } from './gavel/v1/ListHistoryResponse.ts';
import type { LogRateLimit as _gavel_v1_LogRateLimit, LogRateLimit__Output as _gavel_v1_LogRateLimit__Output } from './gavel/v1/LogRateLimit.ts';
import type { MountedFile as _gavel_v1_MountedFile, MountedFile__Output as _gavel_v1_MountedFile__Output } from './gavel/v1/MountedFile.ts';
import type { Network as _gavel_v1_Network, Network__Output as _gavel_v1_Network__Output } from './gavel/v1/Network.ts';
import type { ParallelAction as _gavel_v1_ParallelAction, ParallelAction__Output as _gavel_v1_ParallelAction__Output } from './gavel/v1/ParallelAction.ts';
import type { PinTaskRequest as _gavel_v1_PinTaskRequest, PinTaskRequest__Output as _gavel_v1_PinTaskRequest__Output } from './gavel/v1/PinTaskRequest.ts';
import type { PinTaskResponse as _gavel_v1_PinTaskResponse, PinTaskResponse__Output as _gavel_v1_PinTaskResponse__Output } from './gavel/v1/PinTaskResponse.ts';
import type { PortRange as _gavel_v1_PortRange, PortRange__Output as _gavel_v1_PortRange__Output } from './gavel/v1/PortRange.ts';
import type { PurgeHistoryRequest as _gavel_v1_PurgeHistoryRequest, PurgeHistoryRequest__Output as _gavel_v1_PurgeHistoryRequest__Output } from './gavel/v1/PurgeHistoryRequest.ts';
import type { PurgeHistoryResponse as _gavel_v1_PurgeHistoryResponse, PurgeHistoryResponse__Output as _gavel_v1_PurgeHistoryResponse__Output } from './gavel/v1/PurgeHistoryResponse.ts';
import type { ResourceLimits as _gavel_v1_ResourceLimits, ResourceLimits__Output as _gavel_v1_ResourceLimits__Output } from './gavel/v1/ResourceLimits.ts';
import type { RunAction as _gavel_v1_RunAction, RunAction__Output as _gavel_v1_RunAction__Output } from './gavel/v1/RunAction.ts';
import type { SerialAction as _gavel_v1_SerialAction, SerialAction__Output as _gavel_v1_SerialAction__Output } from './gavel/v1/SerialAction.ts';
import type { StopPolicy as _gavel_v1_StopPolicy, StopPolicy__Output as _gavel_v1_StopPolicy__Output } from './gavel/v1/StopPolicy.ts';
import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from './gavel/v1/Task.ts';
import type { TaskCreateRequest as _gavel_v1_TaskCreateRequest, TaskCreateRequest__Output as _gavel_v1_TaskCreateRequest__Output } from './gavel/v1/TaskCreateRequest.ts';
import type { TimeoutAction as _gavel_v1_TimeoutAction, TimeoutAction__Output as _gavel_v1_TimeoutAction__Output } from './gavel/v1/TimeoutAction.ts';
import type { TryAction as _gavel_v1_TryAction, TryAction__Output as _gavel_v1_TryAction__Output } from './gavel/v1/TryAction.ts';
import type { UploadAction as _gavel_v1_UploadAction, UploadAction__Output as _gavel_v1_UploadAction__Output } from './gavel/v1/UploadAction.ts';
import type { Usage as _gavel_v1_Usage, Usage__Output as _gavel_v1_Usage__Output } from './gavel/v1/Usage.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  gavel: {
    v1: {
      Action: MessageTypeDefinition<_gavel_v1_Action, _gavel_v1_Action__Output>
      CachedDependency: MessageTypeDefinition<_gavel_v1_CachedDependency, _gavel_v1_CachedDependency__Output>
      CodependentAction: MessageTypeDefinition<_gavel_v1_CodependentAction, _gavel_v1_CodependentAction__Output>
      Delivery: MessageTypeDefinition<_gavel_v1_Delivery, _gavel_v1_Delivery__Output>
      DownloadAction: MessageTypeDefinition<_gavel_v1_DownloadAction, _gavel_v1_DownloadAction__Output>
      EgressRule: MessageTypeDefinition<_gavel_v1_EgressRule, _gavel_v1_EgressRule__Output>
      EmitProgressAction: MessageTypeDefinition<_gavel_v1_EmitProgressAction, _gavel_v1_EmitProgressAction__Output>
      EnvironmentVariable: MessageTypeDefinition<_gavel_v1_EnvironmentVariable, _gavel_v1_EnvironmentVariable__Output>
      GetHistoryRequest: MessageTypeDefinition<_gavel_v1_GetHistoryRequest, _gavel_v1_GetHistoryRequest__Output>
      HistoryRecord: MessageTypeDefinition<_gavel_v1_HistoryRecord, _gavel_v1_HistoryRecord__Output>
      /**
       * Finished tasks after their resolution.
       */
      HistoryService: SubtypeConstructor<typeof grpc.Client, _gavel_v1_HistoryServiceClient> & { service: _gavel_v1_HistoryServiceDefinition }
      IcmpInfo: MessageTypeDefinition<_gavel_v1_IcmpInfo, _gavel_v1_IcmpInfo__Output>
      ListHistoryRequest: MessageTypeDefinition<_gavel_v1_ListHistoryRequest, _gavel_v1_ListHistoryRequest__Output>
      ListHistoryResponse: MessageTypeDefinition<_gavel_v1_ListHistoryResponse, _gavel_v1_ListHistoryResponse__Output>
      LogRateLimit: MessageTypeDefinition<_gavel_v1_LogRateLimit, _gavel_v1_LogRateLimit__Output>
      MountedFile: MessageTypeDefinition<_gavel_v1_MountedFile, _gavel_v1_MountedFile__Output>
      Network: MessageTypeDefinition<_gavel_v1_Network, _gavel_v1_Network__Output>
      ParallelAction: MessageTypeDefinition<_gavel_v1_ParallelAction, _gavel_v1_ParallelAction__Output>
      PinTaskRequest: MessageTypeDefinition<_gavel_v1_PinTaskRequest, _gavel_v1_PinTaskRequest__Output>
      PinTaskResponse: MessageTypeDefinition<_gavel_v1_PinTaskResponse, _gavel_v1_PinTaskResponse__Output>
      PortRange: MessageTypeDefinition<_gavel_v1_PortRange, _gavel_v1_PortRange__Output>
      PurgeHistoryRequest: MessageTypeDefinition<_gavel_v1_PurgeHistoryRequest, _gavel_v1_PurgeHistoryRequest__Output>
      PurgeHistoryResponse: MessageTypeDefinition<_gavel_v1_PurgeHistoryResponse, _gavel_v1_PurgeHistoryResponse__Output>
      ResourceLimits: MessageTypeDefinition<_gavel_v1_ResourceLimits, _gavel_v1_ResourceLimits__Output>
      RunAction: MessageTypeDefinition<_gavel_v1_RunAction, _gavel_v1_RunAction__Output>
      SerialAction: MessageTypeDefinition<_gavel_v1_SerialAction, _gavel_v1_SerialAction__Output>
      StopPolicy: MessageTypeDefinition<_gavel_v1_StopPolicy, _gavel_v1_StopPolicy__Output>
      Task: MessageTypeDefinition<_gavel_v1_Task, _gavel_v1_Task__Output>
      TaskCreateRequest: MessageTypeDefinition<_gavel_v1_TaskCreateRequest, _gavel_v1_TaskCreateRequest__Output>
      TaskState: EnumTypeDefinition
      TimeoutAction: MessageTypeDefinition<_gavel_v1_TimeoutAction, _gavel_v1_TimeoutAction__Output>
      TryAction: MessageTypeDefinition<_gavel_v1_TryAction, _gavel_v1_TryAction__Output>
      UploadAction: MessageTypeDefinition<_gavel_v1_UploadAction, _gavel_v1_UploadAction__Output>
      Usage: MessageTypeDefinition<_gavel_v1_Usage, _gavel_v1_Usage__Output>
    }
  }
  google: {
    protobuf: {
      Duration: MessageTypeDefinition<_google_protobuf_Duration, _google_protobuf_Duration__Output>
    }
  }
}

