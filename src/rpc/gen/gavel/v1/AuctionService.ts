// Original file: proto/gavel/v1/auction_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CellSummary as _gavel_v1_CellSummary, CellSummary__Output as _gavel_v1_CellSummary__Output } from '../../gavel/v1/CellSummary.ts';
import type { Joined as _gavel_v1_Joined, Joined__Output as _gavel_v1_Joined__Output } from '../../gavel/v1/Joined.ts';

/**
 * Served by the auctioneer, called by cells: summaries go up as they change. What is placed on a cell it hears from the BBS.
 */
export interface AuctionServiceClient extends grpc.Client {
  Join(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gavel_v1_CellSummary, _gavel_v1_Joined__Output>;
  Join(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gavel_v1_CellSummary, _gavel_v1_Joined__Output>;
  join(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_gavel_v1_CellSummary, _gavel_v1_Joined__Output>;
  join(options?: grpc.CallOptions): grpc.ClientDuplexStream<_gavel_v1_CellSummary, _gavel_v1_Joined__Output>;
  
}

/**
 * Served by the auctioneer, called by cells: summaries go up as they change. What is placed on a cell it hears from the BBS.
 */
export interface AuctionServiceHandlers extends grpc.UntypedServiceImplementation {
  Join: grpc.handleBidiStreamingCall<_gavel_v1_CellSummary__Output, _gavel_v1_Joined>;
  
}

export interface AuctionServiceDefinition extends grpc.ServiceDefinition {
  Join: MethodDefinition<_gavel_v1_CellSummary, _gavel_v1_Joined, _gavel_v1_CellSummary__Output, _gavel_v1_Joined__Output>
}
