import type * as grpc from '@grpc/grpc-js';
import type { EnumTypeDefinition, MessageTypeDefinition } from '@grpc/proto-loader';

import type { Action as _gavel_v1_Action, Action__Output as _gavel_v1_Action__Output } from './gavel/v1/Action.ts';
import type { AddedCell as _gavel_v1_AddedCell, AddedCell__Output as _gavel_v1_AddedCell__Output } from './gavel/v1/AddedCell.ts';
import type { AdoptTasksRequest as _gavel_v1_AdoptTasksRequest, AdoptTasksRequest__Output as _gavel_v1_AdoptTasksRequest__Output } from './gavel/v1/AdoptTasksRequest.ts';
import type { AnnotateTaskRequest as _gavel_v1_AnnotateTaskRequest, AnnotateTaskRequest__Output as _gavel_v1_AnnotateTaskRequest__Output } from './gavel/v1/AnnotateTaskRequest.ts';
import type { CachedDependency as _gavel_v1_CachedDependency, CachedDependency__Output as _gavel_v1_CachedDependency__Output } from './gavel/v1/CachedDependency.ts';
import type { CancelTaskRequest as _gavel_v1_CancelTaskRequest, CancelTaskRequest__Output as _gavel_v1_CancelTaskRequest__Output } from './gavel/v1/CancelTaskRequest.ts';
import type { CellGone as _gavel_v1_CellGone, CellGone__Output as _gavel_v1_CellGone__Output } from './gavel/v1/CellGone.ts';
import type { CellKnown as _gavel_v1_CellKnown, CellKnown__Output as _gavel_v1_CellKnown__Output } from './gavel/v1/CellKnown.ts';
import type { CellLog as _gavel_v1_CellLog, CellLog__Output as _gavel_v1_CellLog__Output } from './gavel/v1/CellLog.ts';
import type { CellLogLine as _gavel_v1_CellLogLine, CellLogLine__Output as _gavel_v1_CellLogLine__Output } from './gavel/v1/CellLogLine.ts';
import type { CellLogWanted as _gavel_v1_CellLogWanted, CellLogWanted__Output as _gavel_v1_CellLogWanted__Output } from './gavel/v1/CellLogWanted.ts';
import type { CellOffer as _gavel_v1_CellOffer, CellOffer__Output as _gavel_v1_CellOffer__Output } from './gavel/v1/CellOffer.ts';
import type { CellServiceClient as _gavel_v1_CellServiceClient, CellServiceDefinition as _gavel_v1_CellServiceDefinition } from './gavel/v1/CellService.ts';
import type { CellTask as _gavel_v1_CellTask, CellTask__Output as _gavel_v1_CellTask__Output } from './gavel/v1/CellTask.ts';
import type { CellVerdict as _gavel_v1_CellVerdict, CellVerdict__Output as _gavel_v1_CellVerdict__Output } from './gavel/v1/CellVerdict.ts';
import type { ClaimItem as _gavel_v1_ClaimItem, ClaimItem__Output as _gavel_v1_ClaimItem__Output } from './gavel/v1/ClaimItem.ts';
import type { ClaimTasksRequest as _gavel_v1_ClaimTasksRequest, ClaimTasksRequest__Output as _gavel_v1_ClaimTasksRequest__Output } from './gavel/v1/ClaimTasksRequest.ts';
import type { ClaimTasksResponse as _gavel_v1_ClaimTasksResponse, ClaimTasksResponse__Output as _gavel_v1_ClaimTasksResponse__Output } from './gavel/v1/ClaimTasksResponse.ts';
import type { ClaimVerdict as _gavel_v1_ClaimVerdict, ClaimVerdict__Output as _gavel_v1_ClaimVerdict__Output } from './gavel/v1/ClaimVerdict.ts';
import type { CodependentAction as _gavel_v1_CodependentAction, CodependentAction__Output as _gavel_v1_CodependentAction__Output } from './gavel/v1/CodependentAction.ts';
import type { CompleteItem as _gavel_v1_CompleteItem, CompleteItem__Output as _gavel_v1_CompleteItem__Output } from './gavel/v1/CompleteItem.ts';
import type { CompleteTasksRequest as _gavel_v1_CompleteTasksRequest, CompleteTasksRequest__Output as _gavel_v1_CompleteTasksRequest__Output } from './gavel/v1/CompleteTasksRequest.ts';
import type { ControlMessage as _gavel_v1_ControlMessage, ControlMessage__Output as _gavel_v1_ControlMessage__Output } from './gavel/v1/ControlMessage.ts';
import type { ControlRequest as _gavel_v1_ControlRequest, ControlRequest__Output as _gavel_v1_ControlRequest__Output } from './gavel/v1/ControlRequest.ts';
import type { DataWanted as _gavel_v1_DataWanted, DataWanted__Output as _gavel_v1_DataWanted__Output } from './gavel/v1/DataWanted.ts';
import type { DeleteTaskRequest as _gavel_v1_DeleteTaskRequest, DeleteTaskRequest__Output as _gavel_v1_DeleteTaskRequest__Output } from './gavel/v1/DeleteTaskRequest.ts';
import type { DeleteTaskResponse as _gavel_v1_DeleteTaskResponse, DeleteTaskResponse__Output as _gavel_v1_DeleteTaskResponse__Output } from './gavel/v1/DeleteTaskResponse.ts';
import type { DeleteTasksRequest as _gavel_v1_DeleteTasksRequest, DeleteTasksRequest__Output as _gavel_v1_DeleteTasksRequest__Output } from './gavel/v1/DeleteTasksRequest.ts';
import type { DesireTasksRequest as _gavel_v1_DesireTasksRequest, DesireTasksRequest__Output as _gavel_v1_DesireTasksRequest__Output } from './gavel/v1/DesireTasksRequest.ts';
import type { DesireTasksResponse as _gavel_v1_DesireTasksResponse, DesireTasksResponse__Output as _gavel_v1_DesireTasksResponse__Output } from './gavel/v1/DesireTasksResponse.ts';
import type { DesiredTask as _gavel_v1_DesiredTask, DesiredTask__Output as _gavel_v1_DesiredTask__Output } from './gavel/v1/DesiredTask.ts';
import type { DownloadAction as _gavel_v1_DownloadAction, DownloadAction__Output as _gavel_v1_DownloadAction__Output } from './gavel/v1/DownloadAction.ts';
import type { DownloadOutputsRequest as _gavel_v1_DownloadOutputsRequest, DownloadOutputsRequest__Output as _gavel_v1_DownloadOutputsRequest__Output } from './gavel/v1/DownloadOutputsRequest.ts';
import type { DrainState as _gavel_v1_DrainState, DrainState__Output as _gavel_v1_DrainState__Output } from './gavel/v1/DrainState.ts';
import type { EgressRule as _gavel_v1_EgressRule, EgressRule__Output as _gavel_v1_EgressRule__Output } from './gavel/v1/EgressRule.ts';
import type { EmitProgressAction as _gavel_v1_EmitProgressAction, EmitProgressAction__Output as _gavel_v1_EmitProgressAction__Output } from './gavel/v1/EmitProgressAction.ts';
import type { EnvironmentVariable as _gavel_v1_EnvironmentVariable, EnvironmentVariable__Output as _gavel_v1_EnvironmentVariable__Output } from './gavel/v1/EnvironmentVariable.ts';
import type { ExecChunk as _gavel_v1_ExecChunk, ExecChunk__Output as _gavel_v1_ExecChunk__Output } from './gavel/v1/ExecChunk.ts';
import type { ExecEnd as _gavel_v1_ExecEnd, ExecEnd__Output as _gavel_v1_ExecEnd__Output } from './gavel/v1/ExecEnd.ts';
import type { ExecTaskRequest as _gavel_v1_ExecTaskRequest, ExecTaskRequest__Output as _gavel_v1_ExecTaskRequest__Output } from './gavel/v1/ExecTaskRequest.ts';
import type { ExecWanted as _gavel_v1_ExecWanted, ExecWanted__Output as _gavel_v1_ExecWanted__Output } from './gavel/v1/ExecWanted.ts';
import type { ExplainPlacementRequest as _gavel_v1_ExplainPlacementRequest, ExplainPlacementRequest__Output as _gavel_v1_ExplainPlacementRequest__Output } from './gavel/v1/ExplainPlacementRequest.ts';
import type { ExplainPlacementResponse as _gavel_v1_ExplainPlacementResponse, ExplainPlacementResponse__Output as _gavel_v1_ExplainPlacementResponse__Output } from './gavel/v1/ExplainPlacementResponse.ts';
import type { FetchInputRequest as _gavel_v1_FetchInputRequest, FetchInputRequest__Output as _gavel_v1_FetchInputRequest__Output } from './gavel/v1/FetchInputRequest.ts';
import type { FetchTasksRequest as _gavel_v1_FetchTasksRequest, FetchTasksRequest__Output as _gavel_v1_FetchTasksRequest__Output } from './gavel/v1/FetchTasksRequest.ts';
import type { FetchTasksResponse as _gavel_v1_FetchTasksResponse, FetchTasksResponse__Output as _gavel_v1_FetchTasksResponse__Output } from './gavel/v1/FetchTasksResponse.ts';
import type { FetchedTask as _gavel_v1_FetchedTask, FetchedTask__Output as _gavel_v1_FetchedTask__Output } from './gavel/v1/FetchedTask.ts';
import type { FollowLogsRequest as _gavel_v1_FollowLogsRequest, FollowLogsRequest__Output as _gavel_v1_FollowLogsRequest__Output } from './gavel/v1/FollowLogsRequest.ts';
import type { GetTaskRequest as _gavel_v1_GetTaskRequest, GetTaskRequest__Output as _gavel_v1_GetTaskRequest__Output } from './gavel/v1/GetTaskRequest.ts';
import type { GetTimelineRequest as _gavel_v1_GetTimelineRequest, GetTimelineRequest__Output as _gavel_v1_GetTimelineRequest__Output } from './gavel/v1/GetTimelineRequest.ts';
import type { Heartbeat as _gavel_v1_Heartbeat, Heartbeat__Output as _gavel_v1_Heartbeat__Output } from './gavel/v1/Heartbeat.ts';
import type { HoldTasksRequest as _gavel_v1_HoldTasksRequest, HoldTasksRequest__Output as _gavel_v1_HoldTasksRequest__Output } from './gavel/v1/HoldTasksRequest.ts';
import type { HoldTasksResponse as _gavel_v1_HoldTasksResponse, HoldTasksResponse__Output as _gavel_v1_HoldTasksResponse__Output } from './gavel/v1/HoldTasksResponse.ts';
import type { IcmpInfo as _gavel_v1_IcmpInfo, IcmpInfo__Output as _gavel_v1_IcmpInfo__Output } from './gavel/v1/IcmpInfo.ts';
import type { InputPiece as _gavel_v1_InputPiece, InputPiece__Output as _gavel_v1_InputPiece__Output } from './gavel/v1/InputPiece.ts';
import type { KillTaskRequest as _gavel_v1_KillTaskRequest, KillTaskRequest__Output as _gavel_v1_KillTaskRequest__Output } from './gavel/v1/KillTaskRequest.ts';
import type { LeadRequest as _gavel_v1_LeadRequest, LeadRequest__Output as _gavel_v1_LeadRequest__Output } from './gavel/v1/LeadRequest.ts';
import type { LeadResponse as _gavel_v1_LeadResponse, LeadResponse__Output as _gavel_v1_LeadResponse__Output } from './gavel/v1/LeadResponse.ts';
import type { LeaveRequest as _gavel_v1_LeaveRequest, LeaveRequest__Output as _gavel_v1_LeaveRequest__Output } from './gavel/v1/LeaveRequest.ts';
import type { LeaveResponse as _gavel_v1_LeaveResponse, LeaveResponse__Output as _gavel_v1_LeaveResponse__Output } from './gavel/v1/LeaveResponse.ts';
import type { ListMyTasksRequest as _gavel_v1_ListMyTasksRequest, ListMyTasksRequest__Output as _gavel_v1_ListMyTasksRequest__Output } from './gavel/v1/ListMyTasksRequest.ts';
import type { ListMyTasksResponse as _gavel_v1_ListMyTasksResponse, ListMyTasksResponse__Output as _gavel_v1_ListMyTasksResponse__Output } from './gavel/v1/ListMyTasksResponse.ts';
import type { ListOutputsRequest as _gavel_v1_ListOutputsRequest, ListOutputsRequest__Output as _gavel_v1_ListOutputsRequest__Output } from './gavel/v1/ListOutputsRequest.ts';
import type { ListTasksRequest as _gavel_v1_ListTasksRequest, ListTasksRequest__Output as _gavel_v1_ListTasksRequest__Output } from './gavel/v1/ListTasksRequest.ts';
import type { ListTasksResponse as _gavel_v1_ListTasksResponse, ListTasksResponse__Output as _gavel_v1_ListTasksResponse__Output } from './gavel/v1/ListTasksResponse.ts';
import type { ListUsageRequest as _gavel_v1_ListUsageRequest, ListUsageRequest__Output as _gavel_v1_ListUsageRequest__Output } from './gavel/v1/ListUsageRequest.ts';
import type { ListUsageResponse as _gavel_v1_ListUsageResponse, ListUsageResponse__Output as _gavel_v1_ListUsageResponse__Output } from './gavel/v1/ListUsageResponse.ts';
import type { LogEnd as _gavel_v1_LogEnd, LogEnd__Output as _gavel_v1_LogEnd__Output } from './gavel/v1/LogEnd.ts';
import type { LogEntry as _gavel_v1_LogEntry, LogEntry__Output as _gavel_v1_LogEntry__Output } from './gavel/v1/LogEntry.ts';
import type { LogGap as _gavel_v1_LogGap, LogGap__Output as _gavel_v1_LogGap__Output } from './gavel/v1/LogGap.ts';
import type { LogLine as _gavel_v1_LogLine, LogLine__Output as _gavel_v1_LogLine__Output } from './gavel/v1/LogLine.ts';
import type { LogRateLimit as _gavel_v1_LogRateLimit, LogRateLimit__Output as _gavel_v1_LogRateLimit__Output } from './gavel/v1/LogRateLimit.ts';
import type { LogsWanted as _gavel_v1_LogsWanted, LogsWanted__Output as _gavel_v1_LogsWanted__Output } from './gavel/v1/LogsWanted.ts';
import type { MountedFile as _gavel_v1_MountedFile, MountedFile__Output as _gavel_v1_MountedFile__Output } from './gavel/v1/MountedFile.ts';
import type { Network as _gavel_v1_Network, Network__Output as _gavel_v1_Network__Output } from './gavel/v1/Network.ts';
import type { NoteEventsRequest as _gavel_v1_NoteEventsRequest, NoteEventsRequest__Output as _gavel_v1_NoteEventsRequest__Output } from './gavel/v1/NoteEventsRequest.ts';
import type { NoteEventsResponse as _gavel_v1_NoteEventsResponse, NoteEventsResponse__Output as _gavel_v1_NoteEventsResponse__Output } from './gavel/v1/NoteEventsResponse.ts';
import type { OutputChunk as _gavel_v1_OutputChunk, OutputChunk__Output as _gavel_v1_OutputChunk__Output } from './gavel/v1/OutputChunk.ts';
import type { OutputEnd as _gavel_v1_OutputEnd, OutputEnd__Output as _gavel_v1_OutputEnd__Output } from './gavel/v1/OutputEnd.ts';
import type { OutputFile as _gavel_v1_OutputFile, OutputFile__Output as _gavel_v1_OutputFile__Output } from './gavel/v1/OutputFile.ts';
import type { OutputStart as _gavel_v1_OutputStart, OutputStart__Output as _gavel_v1_OutputStart__Output } from './gavel/v1/OutputStart.ts';
import type { OutputsInfo as _gavel_v1_OutputsInfo, OutputsInfo__Output as _gavel_v1_OutputsInfo__Output } from './gavel/v1/OutputsInfo.ts';
import type { ParallelAction as _gavel_v1_ParallelAction, ParallelAction__Output as _gavel_v1_ParallelAction__Output } from './gavel/v1/ParallelAction.ts';
import type { PendingEvent as _gavel_v1_PendingEvent, PendingEvent__Output as _gavel_v1_PendingEvent__Output } from './gavel/v1/PendingEvent.ts';
import type { PendingEvents as _gavel_v1_PendingEvents, PendingEvents__Output as _gavel_v1_PendingEvents__Output } from './gavel/v1/PendingEvents.ts';
import type { PendingGone as _gavel_v1_PendingGone, PendingGone__Output as _gavel_v1_PendingGone__Output } from './gavel/v1/PendingGone.ts';
import type { PendingReset as _gavel_v1_PendingReset, PendingReset__Output as _gavel_v1_PendingReset__Output } from './gavel/v1/PendingReset.ts';
import type { PendingSynced as _gavel_v1_PendingSynced, PendingSynced__Output as _gavel_v1_PendingSynced__Output } from './gavel/v1/PendingSynced.ts';
import type { PendingTask as _gavel_v1_PendingTask, PendingTask__Output as _gavel_v1_PendingTask__Output } from './gavel/v1/PendingTask.ts';
import type { PlacedTasks as _gavel_v1_PlacedTasks, PlacedTasks__Output as _gavel_v1_PlacedTasks__Output } from './gavel/v1/PlacedTasks.ts';
import type { PlacementAmounts as _gavel_v1_PlacementAmounts, PlacementAmounts__Output as _gavel_v1_PlacementAmounts__Output } from './gavel/v1/PlacementAmounts.ts';
import type { PlacementScore as _gavel_v1_PlacementScore, PlacementScore__Output as _gavel_v1_PlacementScore__Output } from './gavel/v1/PlacementScore.ts';
import type { PlacementServiceClient as _gavel_v1_PlacementServiceClient, PlacementServiceDefinition as _gavel_v1_PlacementServiceDefinition } from './gavel/v1/PlacementService.ts';
import type { PlanPlacementRequest as _gavel_v1_PlanPlacementRequest, PlanPlacementRequest__Output as _gavel_v1_PlanPlacementRequest__Output } from './gavel/v1/PlanPlacementRequest.ts';
import type { PlanPlacementResponse as _gavel_v1_PlanPlacementResponse, PlanPlacementResponse__Output as _gavel_v1_PlanPlacementResponse__Output } from './gavel/v1/PlanPlacementResponse.ts';
import type { PlannedCell as _gavel_v1_PlannedCell, PlannedCell__Output as _gavel_v1_PlannedCell__Output } from './gavel/v1/PlannedCell.ts';
import type { PortRange as _gavel_v1_PortRange, PortRange__Output as _gavel_v1_PortRange__Output } from './gavel/v1/PortRange.ts';
import type { PushDataRequest as _gavel_v1_PushDataRequest, PushDataRequest__Output as _gavel_v1_PushDataRequest__Output } from './gavel/v1/PushDataRequest.ts';
import type { PushDataResponse as _gavel_v1_PushDataResponse, PushDataResponse__Output as _gavel_v1_PushDataResponse__Output } from './gavel/v1/PushDataResponse.ts';
import type { PushLogsRequest as _gavel_v1_PushLogsRequest, PushLogsRequest__Output as _gavel_v1_PushLogsRequest__Output } from './gavel/v1/PushLogsRequest.ts';
import type { PushLogsResponse as _gavel_v1_PushLogsResponse, PushLogsResponse__Output as _gavel_v1_PushLogsResponse__Output } from './gavel/v1/PushLogsResponse.ts';
import type { RegisterRequest as _gavel_v1_RegisterRequest, RegisterRequest__Output as _gavel_v1_RegisterRequest__Output } from './gavel/v1/RegisterRequest.ts';
import type { RegisterResponse as _gavel_v1_RegisterResponse, RegisterResponse__Output as _gavel_v1_RegisterResponse__Output } from './gavel/v1/RegisterResponse.ts';
import type { RejectItem as _gavel_v1_RejectItem, RejectItem__Output as _gavel_v1_RejectItem__Output } from './gavel/v1/RejectItem.ts';
import type { RejectTasksRequest as _gavel_v1_RejectTasksRequest, RejectTasksRequest__Output as _gavel_v1_RejectTasksRequest__Output } from './gavel/v1/RejectTasksRequest.ts';
import type { ReleaseItem as _gavel_v1_ReleaseItem, ReleaseItem__Output as _gavel_v1_ReleaseItem__Output } from './gavel/v1/ReleaseItem.ts';
import type { ReleaseTasksRequest as _gavel_v1_ReleaseTasksRequest, ReleaseTasksRequest__Output as _gavel_v1_ReleaseTasksRequest__Output } from './gavel/v1/ReleaseTasksRequest.ts';
import type { RenewRequest as _gavel_v1_RenewRequest, RenewRequest__Output as _gavel_v1_RenewRequest__Output } from './gavel/v1/RenewRequest.ts';
import type { RenewResponse as _gavel_v1_RenewResponse, RenewResponse__Output as _gavel_v1_RenewResponse__Output } from './gavel/v1/RenewResponse.ts';
import type { ResolveTaskRequest as _gavel_v1_ResolveTaskRequest, ResolveTaskRequest__Output as _gavel_v1_ResolveTaskRequest__Output } from './gavel/v1/ResolveTaskRequest.ts';
import type { ResolveTasksRequest as _gavel_v1_ResolveTasksRequest, ResolveTasksRequest__Output as _gavel_v1_ResolveTasksRequest__Output } from './gavel/v1/ResolveTasksRequest.ts';
import type { ResourceLimits as _gavel_v1_ResourceLimits, ResourceLimits__Output as _gavel_v1_ResourceLimits__Output } from './gavel/v1/ResourceLimits.ts';
import type { Resources as _gavel_v1_Resources, Resources__Output as _gavel_v1_Resources__Output } from './gavel/v1/Resources.ts';
import type { ResyncNeeded as _gavel_v1_ResyncNeeded, ResyncNeeded__Output as _gavel_v1_ResyncNeeded__Output } from './gavel/v1/ResyncNeeded.ts';
import type { RunAction as _gavel_v1_RunAction, RunAction__Output as _gavel_v1_RunAction__Output } from './gavel/v1/RunAction.ts';
import type { SerialAction as _gavel_v1_SerialAction, SerialAction__Output as _gavel_v1_SerialAction__Output } from './gavel/v1/SerialAction.ts';
import type { StartItem as _gavel_v1_StartItem, StartItem__Output as _gavel_v1_StartItem__Output } from './gavel/v1/StartItem.ts';
import type { StartTasksRequest as _gavel_v1_StartTasksRequest, StartTasksRequest__Output as _gavel_v1_StartTasksRequest__Output } from './gavel/v1/StartTasksRequest.ts';
import type { StopAttempt as _gavel_v1_StopAttempt, StopAttempt__Output as _gavel_v1_StopAttempt__Output } from './gavel/v1/StopAttempt.ts';
import type { StopPolicy as _gavel_v1_StopPolicy, StopPolicy__Output as _gavel_v1_StopPolicy__Output } from './gavel/v1/StopPolicy.ts';
import type { StreamedAnswer as _gavel_v1_StreamedAnswer, StreamedAnswer__Output as _gavel_v1_StreamedAnswer__Output } from './gavel/v1/StreamedAnswer.ts';
import type { StreamedCall as _gavel_v1_StreamedCall, StreamedCall__Output as _gavel_v1_StreamedCall__Output } from './gavel/v1/StreamedCall.ts';
import type { SuggestedChange as _gavel_v1_SuggestedChange, SuggestedChange__Output as _gavel_v1_SuggestedChange__Output } from './gavel/v1/SuggestedChange.ts';
import type { Task as _gavel_v1_Task, Task__Output as _gavel_v1_Task__Output } from './gavel/v1/Task.ts';
import type { TaskChanged as _gavel_v1_TaskChanged, TaskChanged__Output as _gavel_v1_TaskChanged__Output } from './gavel/v1/TaskChanged.ts';
import type { TaskClaim as _gavel_v1_TaskClaim, TaskClaim__Output as _gavel_v1_TaskClaim__Output } from './gavel/v1/TaskClaim.ts';
import type { TaskCreateRequest as _gavel_v1_TaskCreateRequest, TaskCreateRequest__Output as _gavel_v1_TaskCreateRequest__Output } from './gavel/v1/TaskCreateRequest.ts';
import type { TaskCreated as _gavel_v1_TaskCreated, TaskCreated__Output as _gavel_v1_TaskCreated__Output } from './gavel/v1/TaskCreated.ts';
import type { TaskEvent as _gavel_v1_TaskEvent, TaskEvent__Output as _gavel_v1_TaskEvent__Output } from './gavel/v1/TaskEvent.ts';
import type { TaskOutcome as _gavel_v1_TaskOutcome, TaskOutcome__Output as _gavel_v1_TaskOutcome__Output } from './gavel/v1/TaskOutcome.ts';
import type { TaskRemoved as _gavel_v1_TaskRemoved, TaskRemoved__Output as _gavel_v1_TaskRemoved__Output } from './gavel/v1/TaskRemoved.ts';
import type { TaskServiceClient as _gavel_v1_TaskServiceClient, TaskServiceDefinition as _gavel_v1_TaskServiceDefinition } from './gavel/v1/TaskService.ts';
import type { TaskUsage as _gavel_v1_TaskUsage, TaskUsage__Output as _gavel_v1_TaskUsage__Output } from './gavel/v1/TaskUsage.ts';
import type { Timeline as _gavel_v1_Timeline, Timeline__Output as _gavel_v1_Timeline__Output } from './gavel/v1/Timeline.ts';
import type { TimelineEvent as _gavel_v1_TimelineEvent, TimelineEvent__Output as _gavel_v1_TimelineEvent__Output } from './gavel/v1/TimelineEvent.ts';
import type { TimeoutAction as _gavel_v1_TimeoutAction, TimeoutAction__Output as _gavel_v1_TimeoutAction__Output } from './gavel/v1/TimeoutAction.ts';
import type { TryAction as _gavel_v1_TryAction, TryAction__Output as _gavel_v1_TryAction__Output } from './gavel/v1/TryAction.ts';
import type { UploadAction as _gavel_v1_UploadAction, UploadAction__Output as _gavel_v1_UploadAction__Output } from './gavel/v1/UploadAction.ts';
import type { Usage as _gavel_v1_Usage, Usage__Output as _gavel_v1_Usage__Output } from './gavel/v1/Usage.ts';
import type { UsageReport as _gavel_v1_UsageReport, UsageReport__Output as _gavel_v1_UsageReport__Output } from './gavel/v1/UsageReport.ts';
import type { UsageWanted as _gavel_v1_UsageWanted, UsageWanted__Output as _gavel_v1_UsageWanted__Output } from './gavel/v1/UsageWanted.ts';
import type { Verdict as _gavel_v1_Verdict, Verdict__Output as _gavel_v1_Verdict__Output } from './gavel/v1/Verdict.ts';
import type { VerdictsResponse as _gavel_v1_VerdictsResponse, VerdictsResponse__Output as _gavel_v1_VerdictsResponse__Output } from './gavel/v1/VerdictsResponse.ts';
import type { WatchPendingRequest as _gavel_v1_WatchPendingRequest, WatchPendingRequest__Output as _gavel_v1_WatchPendingRequest__Output } from './gavel/v1/WatchPendingRequest.ts';
import type { WatchTasksRequest as _gavel_v1_WatchTasksRequest, WatchTasksRequest__Output as _gavel_v1_WatchTasksRequest__Output } from './gavel/v1/WatchTasksRequest.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from './google/protobuf/Duration.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  gavel: {
    v1: {
      Action: MessageTypeDefinition<_gavel_v1_Action, _gavel_v1_Action__Output>
      AddedCell: MessageTypeDefinition<_gavel_v1_AddedCell, _gavel_v1_AddedCell__Output>
      AdoptTasksRequest: MessageTypeDefinition<_gavel_v1_AdoptTasksRequest, _gavel_v1_AdoptTasksRequest__Output>
      AnnotateTaskRequest: MessageTypeDefinition<_gavel_v1_AnnotateTaskRequest, _gavel_v1_AnnotateTaskRequest__Output>
      CachedDependency: MessageTypeDefinition<_gavel_v1_CachedDependency, _gavel_v1_CachedDependency__Output>
      CancelTaskRequest: MessageTypeDefinition<_gavel_v1_CancelTaskRequest, _gavel_v1_CancelTaskRequest__Output>
      CellGone: MessageTypeDefinition<_gavel_v1_CellGone, _gavel_v1_CellGone__Output>
      CellKnown: MessageTypeDefinition<_gavel_v1_CellKnown, _gavel_v1_CellKnown__Output>
      CellLog: MessageTypeDefinition<_gavel_v1_CellLog, _gavel_v1_CellLog__Output>
      CellLogLine: MessageTypeDefinition<_gavel_v1_CellLogLine, _gavel_v1_CellLogLine__Output>
      CellLogWanted: MessageTypeDefinition<_gavel_v1_CellLogWanted, _gavel_v1_CellLogWanted__Output>
      CellOffer: MessageTypeDefinition<_gavel_v1_CellOffer, _gavel_v1_CellOffer__Output>
      /**
       * For cells. Every call carries the cell's epoch and, where it is about a task, the attempt; a start also its nonce.
       * Calls come in batches: each item has its own verdict, in the order of the request.
       */
      CellService: SubtypeConstructor<typeof grpc.Client, _gavel_v1_CellServiceClient> & { service: _gavel_v1_CellServiceDefinition }
      CellTask: MessageTypeDefinition<_gavel_v1_CellTask, _gavel_v1_CellTask__Output>
      CellVerdict: MessageTypeDefinition<_gavel_v1_CellVerdict, _gavel_v1_CellVerdict__Output>
      ClaimItem: MessageTypeDefinition<_gavel_v1_ClaimItem, _gavel_v1_ClaimItem__Output>
      ClaimTasksRequest: MessageTypeDefinition<_gavel_v1_ClaimTasksRequest, _gavel_v1_ClaimTasksRequest__Output>
      ClaimTasksResponse: MessageTypeDefinition<_gavel_v1_ClaimTasksResponse, _gavel_v1_ClaimTasksResponse__Output>
      ClaimVerdict: MessageTypeDefinition<_gavel_v1_ClaimVerdict, _gavel_v1_ClaimVerdict__Output>
      CodependentAction: MessageTypeDefinition<_gavel_v1_CodependentAction, _gavel_v1_CodependentAction__Output>
      CompleteItem: MessageTypeDefinition<_gavel_v1_CompleteItem, _gavel_v1_CompleteItem__Output>
      CompleteTasksRequest: MessageTypeDefinition<_gavel_v1_CompleteTasksRequest, _gavel_v1_CompleteTasksRequest__Output>
      ControlMessage: MessageTypeDefinition<_gavel_v1_ControlMessage, _gavel_v1_ControlMessage__Output>
      ControlRequest: MessageTypeDefinition<_gavel_v1_ControlRequest, _gavel_v1_ControlRequest__Output>
      DataWanted: MessageTypeDefinition<_gavel_v1_DataWanted, _gavel_v1_DataWanted__Output>
      DeleteTaskRequest: MessageTypeDefinition<_gavel_v1_DeleteTaskRequest, _gavel_v1_DeleteTaskRequest__Output>
      DeleteTaskResponse: MessageTypeDefinition<_gavel_v1_DeleteTaskResponse, _gavel_v1_DeleteTaskResponse__Output>
      DeleteTasksRequest: MessageTypeDefinition<_gavel_v1_DeleteTasksRequest, _gavel_v1_DeleteTasksRequest__Output>
      DesireTasksRequest: MessageTypeDefinition<_gavel_v1_DesireTasksRequest, _gavel_v1_DesireTasksRequest__Output>
      DesireTasksResponse: MessageTypeDefinition<_gavel_v1_DesireTasksResponse, _gavel_v1_DesireTasksResponse__Output>
      DesiredTask: MessageTypeDefinition<_gavel_v1_DesiredTask, _gavel_v1_DesiredTask__Output>
      DownloadAction: MessageTypeDefinition<_gavel_v1_DownloadAction, _gavel_v1_DownloadAction__Output>
      DownloadOutputsRequest: MessageTypeDefinition<_gavel_v1_DownloadOutputsRequest, _gavel_v1_DownloadOutputsRequest__Output>
      DrainState: MessageTypeDefinition<_gavel_v1_DrainState, _gavel_v1_DrainState__Output>
      EgressRule: MessageTypeDefinition<_gavel_v1_EgressRule, _gavel_v1_EgressRule__Output>
      EmitProgressAction: MessageTypeDefinition<_gavel_v1_EmitProgressAction, _gavel_v1_EmitProgressAction__Output>
      EnvironmentVariable: MessageTypeDefinition<_gavel_v1_EnvironmentVariable, _gavel_v1_EnvironmentVariable__Output>
      ExecChunk: MessageTypeDefinition<_gavel_v1_ExecChunk, _gavel_v1_ExecChunk__Output>
      ExecEnd: MessageTypeDefinition<_gavel_v1_ExecEnd, _gavel_v1_ExecEnd__Output>
      ExecTaskRequest: MessageTypeDefinition<_gavel_v1_ExecTaskRequest, _gavel_v1_ExecTaskRequest__Output>
      ExecWanted: MessageTypeDefinition<_gavel_v1_ExecWanted, _gavel_v1_ExecWanted__Output>
      ExplainPlacementRequest: MessageTypeDefinition<_gavel_v1_ExplainPlacementRequest, _gavel_v1_ExplainPlacementRequest__Output>
      ExplainPlacementResponse: MessageTypeDefinition<_gavel_v1_ExplainPlacementResponse, _gavel_v1_ExplainPlacementResponse__Output>
      FetchInputRequest: MessageTypeDefinition<_gavel_v1_FetchInputRequest, _gavel_v1_FetchInputRequest__Output>
      FetchTasksRequest: MessageTypeDefinition<_gavel_v1_FetchTasksRequest, _gavel_v1_FetchTasksRequest__Output>
      FetchTasksResponse: MessageTypeDefinition<_gavel_v1_FetchTasksResponse, _gavel_v1_FetchTasksResponse__Output>
      FetchedTask: MessageTypeDefinition<_gavel_v1_FetchedTask, _gavel_v1_FetchedTask__Output>
      FollowLogsRequest: MessageTypeDefinition<_gavel_v1_FollowLogsRequest, _gavel_v1_FollowLogsRequest__Output>
      GetTaskRequest: MessageTypeDefinition<_gavel_v1_GetTaskRequest, _gavel_v1_GetTaskRequest__Output>
      GetTimelineRequest: MessageTypeDefinition<_gavel_v1_GetTimelineRequest, _gavel_v1_GetTimelineRequest__Output>
      Heartbeat: MessageTypeDefinition<_gavel_v1_Heartbeat, _gavel_v1_Heartbeat__Output>
      HoldTasksRequest: MessageTypeDefinition<_gavel_v1_HoldTasksRequest, _gavel_v1_HoldTasksRequest__Output>
      HoldTasksResponse: MessageTypeDefinition<_gavel_v1_HoldTasksResponse, _gavel_v1_HoldTasksResponse__Output>
      IcmpInfo: MessageTypeDefinition<_gavel_v1_IcmpInfo, _gavel_v1_IcmpInfo__Output>
      InputPiece: MessageTypeDefinition<_gavel_v1_InputPiece, _gavel_v1_InputPiece__Output>
      KillTaskRequest: MessageTypeDefinition<_gavel_v1_KillTaskRequest, _gavel_v1_KillTaskRequest__Output>
      LeadRequest: MessageTypeDefinition<_gavel_v1_LeadRequest, _gavel_v1_LeadRequest__Output>
      LeadResponse: MessageTypeDefinition<_gavel_v1_LeadResponse, _gavel_v1_LeadResponse__Output>
      LeaveRequest: MessageTypeDefinition<_gavel_v1_LeaveRequest, _gavel_v1_LeaveRequest__Output>
      LeaveResponse: MessageTypeDefinition<_gavel_v1_LeaveResponse, _gavel_v1_LeaveResponse__Output>
      ListMyTasksRequest: MessageTypeDefinition<_gavel_v1_ListMyTasksRequest, _gavel_v1_ListMyTasksRequest__Output>
      ListMyTasksResponse: MessageTypeDefinition<_gavel_v1_ListMyTasksResponse, _gavel_v1_ListMyTasksResponse__Output>
      ListOutputsRequest: MessageTypeDefinition<_gavel_v1_ListOutputsRequest, _gavel_v1_ListOutputsRequest__Output>
      ListTasksRequest: MessageTypeDefinition<_gavel_v1_ListTasksRequest, _gavel_v1_ListTasksRequest__Output>
      ListTasksResponse: MessageTypeDefinition<_gavel_v1_ListTasksResponse, _gavel_v1_ListTasksResponse__Output>
      ListUsageRequest: MessageTypeDefinition<_gavel_v1_ListUsageRequest, _gavel_v1_ListUsageRequest__Output>
      ListUsageResponse: MessageTypeDefinition<_gavel_v1_ListUsageResponse, _gavel_v1_ListUsageResponse__Output>
      LogEnd: MessageTypeDefinition<_gavel_v1_LogEnd, _gavel_v1_LogEnd__Output>
      LogEntry: MessageTypeDefinition<_gavel_v1_LogEntry, _gavel_v1_LogEntry__Output>
      LogGap: MessageTypeDefinition<_gavel_v1_LogGap, _gavel_v1_LogGap__Output>
      LogLine: MessageTypeDefinition<_gavel_v1_LogLine, _gavel_v1_LogLine__Output>
      LogRateLimit: MessageTypeDefinition<_gavel_v1_LogRateLimit, _gavel_v1_LogRateLimit__Output>
      LogsWanted: MessageTypeDefinition<_gavel_v1_LogsWanted, _gavel_v1_LogsWanted__Output>
      MountedFile: MessageTypeDefinition<_gavel_v1_MountedFile, _gavel_v1_MountedFile__Output>
      Network: MessageTypeDefinition<_gavel_v1_Network, _gavel_v1_Network__Output>
      NoteEventsRequest: MessageTypeDefinition<_gavel_v1_NoteEventsRequest, _gavel_v1_NoteEventsRequest__Output>
      NoteEventsResponse: MessageTypeDefinition<_gavel_v1_NoteEventsResponse, _gavel_v1_NoteEventsResponse__Output>
      OutputChunk: MessageTypeDefinition<_gavel_v1_OutputChunk, _gavel_v1_OutputChunk__Output>
      OutputEnd: MessageTypeDefinition<_gavel_v1_OutputEnd, _gavel_v1_OutputEnd__Output>
      OutputFile: MessageTypeDefinition<_gavel_v1_OutputFile, _gavel_v1_OutputFile__Output>
      OutputStart: MessageTypeDefinition<_gavel_v1_OutputStart, _gavel_v1_OutputStart__Output>
      OutputsInfo: MessageTypeDefinition<_gavel_v1_OutputsInfo, _gavel_v1_OutputsInfo__Output>
      ParallelAction: MessageTypeDefinition<_gavel_v1_ParallelAction, _gavel_v1_ParallelAction__Output>
      PendingEvent: MessageTypeDefinition<_gavel_v1_PendingEvent, _gavel_v1_PendingEvent__Output>
      PendingEvents: MessageTypeDefinition<_gavel_v1_PendingEvents, _gavel_v1_PendingEvents__Output>
      PendingGone: MessageTypeDefinition<_gavel_v1_PendingGone, _gavel_v1_PendingGone__Output>
      PendingReset: MessageTypeDefinition<_gavel_v1_PendingReset, _gavel_v1_PendingReset__Output>
      PendingSynced: MessageTypeDefinition<_gavel_v1_PendingSynced, _gavel_v1_PendingSynced__Output>
      PendingTask: MessageTypeDefinition<_gavel_v1_PendingTask, _gavel_v1_PendingTask__Output>
      PlacedTasks: MessageTypeDefinition<_gavel_v1_PlacedTasks, _gavel_v1_PlacedTasks__Output>
      PlacementAmounts: MessageTypeDefinition<_gavel_v1_PlacementAmounts, _gavel_v1_PlacementAmounts__Output>
      PlacementScore: MessageTypeDefinition<_gavel_v1_PlacementScore, _gavel_v1_PlacementScore__Output>
      /**
       * For auctioneers. They see resources, stacks and tags, never env or action.
       */
      PlacementService: SubtypeConstructor<typeof grpc.Client, _gavel_v1_PlacementServiceClient> & { service: _gavel_v1_PlacementServiceDefinition }
      PlanPlacementRequest: MessageTypeDefinition<_gavel_v1_PlanPlacementRequest, _gavel_v1_PlanPlacementRequest__Output>
      PlanPlacementResponse: MessageTypeDefinition<_gavel_v1_PlanPlacementResponse, _gavel_v1_PlanPlacementResponse__Output>
      PlannedCell: MessageTypeDefinition<_gavel_v1_PlannedCell, _gavel_v1_PlannedCell__Output>
      PortRange: MessageTypeDefinition<_gavel_v1_PortRange, _gavel_v1_PortRange__Output>
      PushDataRequest: MessageTypeDefinition<_gavel_v1_PushDataRequest, _gavel_v1_PushDataRequest__Output>
      PushDataResponse: MessageTypeDefinition<_gavel_v1_PushDataResponse, _gavel_v1_PushDataResponse__Output>
      PushLogsRequest: MessageTypeDefinition<_gavel_v1_PushLogsRequest, _gavel_v1_PushLogsRequest__Output>
      PushLogsResponse: MessageTypeDefinition<_gavel_v1_PushLogsResponse, _gavel_v1_PushLogsResponse__Output>
      RegisterRequest: MessageTypeDefinition<_gavel_v1_RegisterRequest, _gavel_v1_RegisterRequest__Output>
      RegisterResponse: MessageTypeDefinition<_gavel_v1_RegisterResponse, _gavel_v1_RegisterResponse__Output>
      RejectItem: MessageTypeDefinition<_gavel_v1_RejectItem, _gavel_v1_RejectItem__Output>
      RejectTasksRequest: MessageTypeDefinition<_gavel_v1_RejectTasksRequest, _gavel_v1_RejectTasksRequest__Output>
      ReleaseItem: MessageTypeDefinition<_gavel_v1_ReleaseItem, _gavel_v1_ReleaseItem__Output>
      ReleaseTasksRequest: MessageTypeDefinition<_gavel_v1_ReleaseTasksRequest, _gavel_v1_ReleaseTasksRequest__Output>
      RenewRequest: MessageTypeDefinition<_gavel_v1_RenewRequest, _gavel_v1_RenewRequest__Output>
      RenewResponse: MessageTypeDefinition<_gavel_v1_RenewResponse, _gavel_v1_RenewResponse__Output>
      ResolveTaskRequest: MessageTypeDefinition<_gavel_v1_ResolveTaskRequest, _gavel_v1_ResolveTaskRequest__Output>
      ResolveTasksRequest: MessageTypeDefinition<_gavel_v1_ResolveTasksRequest, _gavel_v1_ResolveTasksRequest__Output>
      ResourceLimits: MessageTypeDefinition<_gavel_v1_ResourceLimits, _gavel_v1_ResourceLimits__Output>
      Resources: MessageTypeDefinition<_gavel_v1_Resources, _gavel_v1_Resources__Output>
      ResyncNeeded: MessageTypeDefinition<_gavel_v1_ResyncNeeded, _gavel_v1_ResyncNeeded__Output>
      RunAction: MessageTypeDefinition<_gavel_v1_RunAction, _gavel_v1_RunAction__Output>
      SerialAction: MessageTypeDefinition<_gavel_v1_SerialAction, _gavel_v1_SerialAction__Output>
      StartItem: MessageTypeDefinition<_gavel_v1_StartItem, _gavel_v1_StartItem__Output>
      StartTasksRequest: MessageTypeDefinition<_gavel_v1_StartTasksRequest, _gavel_v1_StartTasksRequest__Output>
      StopAttempt: MessageTypeDefinition<_gavel_v1_StopAttempt, _gavel_v1_StopAttempt__Output>
      StopPolicy: MessageTypeDefinition<_gavel_v1_StopPolicy, _gavel_v1_StopPolicy__Output>
      StreamedAnswer: MessageTypeDefinition<_gavel_v1_StreamedAnswer, _gavel_v1_StreamedAnswer__Output>
      StreamedCall: MessageTypeDefinition<_gavel_v1_StreamedCall, _gavel_v1_StreamedCall__Output>
      SuggestedChange: MessageTypeDefinition<_gavel_v1_SuggestedChange, _gavel_v1_SuggestedChange__Output>
      Task: MessageTypeDefinition<_gavel_v1_Task, _gavel_v1_Task__Output>
      TaskChanged: MessageTypeDefinition<_gavel_v1_TaskChanged, _gavel_v1_TaskChanged__Output>
      TaskClaim: MessageTypeDefinition<_gavel_v1_TaskClaim, _gavel_v1_TaskClaim__Output>
      TaskCreateRequest: MessageTypeDefinition<_gavel_v1_TaskCreateRequest, _gavel_v1_TaskCreateRequest__Output>
      TaskCreated: MessageTypeDefinition<_gavel_v1_TaskCreated, _gavel_v1_TaskCreated__Output>
      TaskEvent: MessageTypeDefinition<_gavel_v1_TaskEvent, _gavel_v1_TaskEvent__Output>
      TaskOutcome: MessageTypeDefinition<_gavel_v1_TaskOutcome, _gavel_v1_TaskOutcome__Output>
      TaskRemoved: MessageTypeDefinition<_gavel_v1_TaskRemoved, _gavel_v1_TaskRemoved__Output>
      /**
       * For clients: submit, follow, end and clear away tasks.
       */
      TaskService: SubtypeConstructor<typeof grpc.Client, _gavel_v1_TaskServiceClient> & { service: _gavel_v1_TaskServiceDefinition }
      TaskState: EnumTypeDefinition
      TaskUsage: MessageTypeDefinition<_gavel_v1_TaskUsage, _gavel_v1_TaskUsage__Output>
      Timeline: MessageTypeDefinition<_gavel_v1_Timeline, _gavel_v1_Timeline__Output>
      TimelineEvent: MessageTypeDefinition<_gavel_v1_TimelineEvent, _gavel_v1_TimelineEvent__Output>
      TimeoutAction: MessageTypeDefinition<_gavel_v1_TimeoutAction, _gavel_v1_TimeoutAction__Output>
      TryAction: MessageTypeDefinition<_gavel_v1_TryAction, _gavel_v1_TryAction__Output>
      UploadAction: MessageTypeDefinition<_gavel_v1_UploadAction, _gavel_v1_UploadAction__Output>
      Usage: MessageTypeDefinition<_gavel_v1_Usage, _gavel_v1_Usage__Output>
      UsageReport: MessageTypeDefinition<_gavel_v1_UsageReport, _gavel_v1_UsageReport__Output>
      UsageWanted: MessageTypeDefinition<_gavel_v1_UsageWanted, _gavel_v1_UsageWanted__Output>
      Verdict: MessageTypeDefinition<_gavel_v1_Verdict, _gavel_v1_Verdict__Output>
      VerdictsResponse: MessageTypeDefinition<_gavel_v1_VerdictsResponse, _gavel_v1_VerdictsResponse__Output>
      WatchPendingRequest: MessageTypeDefinition<_gavel_v1_WatchPendingRequest, _gavel_v1_WatchPendingRequest__Output>
      WatchTasksRequest: MessageTypeDefinition<_gavel_v1_WatchTasksRequest, _gavel_v1_WatchTasksRequest__Output>
    }
  }
  google: {
    protobuf: {
      Duration: MessageTypeDefinition<_google_protobuf_Duration, _google_protobuf_Duration__Output>
    }
  }
}

