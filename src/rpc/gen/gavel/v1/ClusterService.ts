// Original file: proto/gavel/v1/cluster_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ListCellsRequest as _gavel_v1_ListCellsRequest, ListCellsRequest__Output as _gavel_v1_ListCellsRequest__Output } from '../../gavel/v1/ListCellsRequest.ts';
import type { ListCellsResponse as _gavel_v1_ListCellsResponse, ListCellsResponse__Output as _gavel_v1_ListCellsResponse__Output } from '../../gavel/v1/ListCellsResponse.ts';

/**
 * For operators.
 */
export interface ClusterServiceClient extends grpc.Client {
  ListCells(argument: _gavel_v1_ListCellsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  ListCells(argument: _gavel_v1_ListCellsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  ListCells(argument: _gavel_v1_ListCellsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  ListCells(argument: _gavel_v1_ListCellsRequest, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  listCells(argument: _gavel_v1_ListCellsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  listCells(argument: _gavel_v1_ListCellsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  listCells(argument: _gavel_v1_ListCellsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  listCells(argument: _gavel_v1_ListCellsRequest, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * For operators.
 */
export interface ClusterServiceHandlers extends grpc.UntypedServiceImplementation {
  ListCells: grpc.handleUnaryCall<_gavel_v1_ListCellsRequest__Output, _gavel_v1_ListCellsResponse>;
  
}

export interface ClusterServiceDefinition extends grpc.ServiceDefinition {
  ListCells: MethodDefinition<_gavel_v1_ListCellsRequest, _gavel_v1_ListCellsResponse, _gavel_v1_ListCellsRequest__Output, _gavel_v1_ListCellsResponse__Output>
}
