// Original file: proto/gavel/v1/placement_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ClaimTasksRequest as _gavel_v1_ClaimTasksRequest, ClaimTasksRequest__Output as _gavel_v1_ClaimTasksRequest__Output } from '../../gavel/v1/ClaimTasksRequest.ts';
import type { ClaimTasksResponse as _gavel_v1_ClaimTasksResponse, ClaimTasksResponse__Output as _gavel_v1_ClaimTasksResponse__Output } from '../../gavel/v1/ClaimTasksResponse.ts';
import type { LeadRequest as _gavel_v1_LeadRequest, LeadRequest__Output as _gavel_v1_LeadRequest__Output } from '../../gavel/v1/LeadRequest.ts';
import type { LeadResponse as _gavel_v1_LeadResponse, LeadResponse__Output as _gavel_v1_LeadResponse__Output } from '../../gavel/v1/LeadResponse.ts';
import type { PendingEvents as _gavel_v1_PendingEvents, PendingEvents__Output as _gavel_v1_PendingEvents__Output } from '../../gavel/v1/PendingEvents.ts';
import type { RejectTasksRequest as _gavel_v1_RejectTasksRequest, RejectTasksRequest__Output as _gavel_v1_RejectTasksRequest__Output } from '../../gavel/v1/RejectTasksRequest.ts';
import type { VerdictsResponse as _gavel_v1_VerdictsResponse, VerdictsResponse__Output as _gavel_v1_VerdictsResponse__Output } from '../../gavel/v1/VerdictsResponse.ts';
import type { WatchPendingRequest as _gavel_v1_WatchPendingRequest, WatchPendingRequest__Output as _gavel_v1_WatchPendingRequest__Output } from '../../gavel/v1/WatchPendingRequest.ts';

/**
 * For auctioneers. They see resources, stacks and tags, never env or action.
 */
export interface PlacementServiceClient extends grpc.Client {
  /**
   * PENDING -> CLAIMED, each with its own verdict.
   */
  ClaimTasks(argument: _gavel_v1_ClaimTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ClaimTasksResponse__Output>): grpc.ClientUnaryCall;
  ClaimTasks(argument: _gavel_v1_ClaimTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ClaimTasksResponse__Output>): grpc.ClientUnaryCall;
  ClaimTasks(argument: _gavel_v1_ClaimTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ClaimTasksResponse__Output>): grpc.ClientUnaryCall;
  ClaimTasks(argument: _gavel_v1_ClaimTasksRequest, callback: grpc.requestCallback<_gavel_v1_ClaimTasksResponse__Output>): grpc.ClientUnaryCall;
  /**
   * PENDING -> CLAIMED, each with its own verdict.
   */
  claimTasks(argument: _gavel_v1_ClaimTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ClaimTasksResponse__Output>): grpc.ClientUnaryCall;
  claimTasks(argument: _gavel_v1_ClaimTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ClaimTasksResponse__Output>): grpc.ClientUnaryCall;
  claimTasks(argument: _gavel_v1_ClaimTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ClaimTasksResponse__Output>): grpc.ClientUnaryCall;
  claimTasks(argument: _gavel_v1_ClaimTasksRequest, callback: grpc.requestCallback<_gavel_v1_ClaimTasksResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * One auctioneer places, the others stand by: who asks while there is none leads, for as long as it goes on asking. For liveness
   * only; a claim is decided by its own compares, whoever makes it.
   */
  Lead(argument: _gavel_v1_LeadRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_LeadResponse__Output>): grpc.ClientUnaryCall;
  Lead(argument: _gavel_v1_LeadRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_LeadResponse__Output>): grpc.ClientUnaryCall;
  Lead(argument: _gavel_v1_LeadRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_LeadResponse__Output>): grpc.ClientUnaryCall;
  Lead(argument: _gavel_v1_LeadRequest, callback: grpc.requestCallback<_gavel_v1_LeadResponse__Output>): grpc.ClientUnaryCall;
  /**
   * One auctioneer places, the others stand by: who asks while there is none leads, for as long as it goes on asking. For liveness
   * only; a claim is decided by its own compares, whoever makes it.
   */
  lead(argument: _gavel_v1_LeadRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_LeadResponse__Output>): grpc.ClientUnaryCall;
  lead(argument: _gavel_v1_LeadRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_LeadResponse__Output>): grpc.ClientUnaryCall;
  lead(argument: _gavel_v1_LeadRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_LeadResponse__Output>): grpc.ClientUnaryCall;
  lead(argument: _gavel_v1_LeadRequest, callback: grpc.requestCallback<_gavel_v1_LeadResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * PENDING -> COMPLETED (unplaced) when it can never fit; or only notes why it waits.
   */
  RejectTasks(argument: _gavel_v1_RejectTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  RejectTasks(argument: _gavel_v1_RejectTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  RejectTasks(argument: _gavel_v1_RejectTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  RejectTasks(argument: _gavel_v1_RejectTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * PENDING -> COMPLETED (unplaced) when it can never fit; or only notes why it waits.
   */
  rejectTasks(argument: _gavel_v1_RejectTasksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  rejectTasks(argument: _gavel_v1_RejectTasksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  rejectTasks(argument: _gavel_v1_RejectTasksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  rejectTasks(argument: _gavel_v1_RejectTasksRequest, callback: grpc.requestCallback<_gavel_v1_VerdictsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What waits for a cell: first all of it, then changes. Goes on behind a cursor when it can, else begins with `reset`.
   */
  WatchPending(argument: _gavel_v1_WatchPendingRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_PendingEvents__Output>;
  WatchPending(argument: _gavel_v1_WatchPendingRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_PendingEvents__Output>;
  /**
   * What waits for a cell: first all of it, then changes. Goes on behind a cursor when it can, else begins with `reset`.
   */
  watchPending(argument: _gavel_v1_WatchPendingRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_PendingEvents__Output>;
  watchPending(argument: _gavel_v1_WatchPendingRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_PendingEvents__Output>;
  
}

/**
 * For auctioneers. They see resources, stacks and tags, never env or action.
 */
export interface PlacementServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * PENDING -> CLAIMED, each with its own verdict.
   */
  ClaimTasks: grpc.handleUnaryCall<_gavel_v1_ClaimTasksRequest__Output, _gavel_v1_ClaimTasksResponse>;
  
  /**
   * One auctioneer places, the others stand by: who asks while there is none leads, for as long as it goes on asking. For liveness
   * only; a claim is decided by its own compares, whoever makes it.
   */
  Lead: grpc.handleUnaryCall<_gavel_v1_LeadRequest__Output, _gavel_v1_LeadResponse>;
  
  /**
   * PENDING -> COMPLETED (unplaced) when it can never fit; or only notes why it waits.
   */
  RejectTasks: grpc.handleUnaryCall<_gavel_v1_RejectTasksRequest__Output, _gavel_v1_VerdictsResponse>;
  
  /**
   * What waits for a cell: first all of it, then changes. Goes on behind a cursor when it can, else begins with `reset`.
   */
  WatchPending: grpc.handleServerStreamingCall<_gavel_v1_WatchPendingRequest__Output, _gavel_v1_PendingEvents>;
  
}

export interface PlacementServiceDefinition extends grpc.ServiceDefinition {
  ClaimTasks: MethodDefinition<_gavel_v1_ClaimTasksRequest, _gavel_v1_ClaimTasksResponse, _gavel_v1_ClaimTasksRequest__Output, _gavel_v1_ClaimTasksResponse__Output>
  Lead: MethodDefinition<_gavel_v1_LeadRequest, _gavel_v1_LeadResponse, _gavel_v1_LeadRequest__Output, _gavel_v1_LeadResponse__Output>
  RejectTasks: MethodDefinition<_gavel_v1_RejectTasksRequest, _gavel_v1_VerdictsResponse, _gavel_v1_RejectTasksRequest__Output, _gavel_v1_VerdictsResponse__Output>
  WatchPending: MethodDefinition<_gavel_v1_WatchPendingRequest, _gavel_v1_PendingEvents, _gavel_v1_WatchPendingRequest__Output, _gavel_v1_PendingEvents__Output>
}
