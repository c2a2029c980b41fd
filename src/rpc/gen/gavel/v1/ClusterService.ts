// Original file: proto/gavel/v1/cluster_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Cell as _gavel_v1_Cell, Cell__Output as _gavel_v1_Cell__Output } from '../../gavel/v1/Cell.ts';
import type { CellLog as _gavel_v1_CellLog, CellLog__Output as _gavel_v1_CellLog__Output } from '../../gavel/v1/CellLog.ts';
import type { Domain as _gavel_v1_Domain, Domain__Output as _gavel_v1_Domain__Output } from '../../gavel/v1/Domain.ts';
import type { DrainCellRequest as _gavel_v1_DrainCellRequest, DrainCellRequest__Output as _gavel_v1_DrainCellRequest__Output } from '../../gavel/v1/DrainCellRequest.ts';
import type { FollowCellLogRequest as _gavel_v1_FollowCellLogRequest, FollowCellLogRequest__Output as _gavel_v1_FollowCellLogRequest__Output } from '../../gavel/v1/FollowCellLogRequest.ts';
import type { GetDomainRequest as _gavel_v1_GetDomainRequest, GetDomainRequest__Output as _gavel_v1_GetDomainRequest__Output } from '../../gavel/v1/GetDomainRequest.ts';
import type { ListCellsRequest as _gavel_v1_ListCellsRequest, ListCellsRequest__Output as _gavel_v1_ListCellsRequest__Output } from '../../gavel/v1/ListCellsRequest.ts';
import type { ListCellsResponse as _gavel_v1_ListCellsResponse, ListCellsResponse__Output as _gavel_v1_ListCellsResponse__Output } from '../../gavel/v1/ListCellsResponse.ts';
import type { ListDomainsRequest as _gavel_v1_ListDomainsRequest, ListDomainsRequest__Output as _gavel_v1_ListDomainsRequest__Output } from '../../gavel/v1/ListDomainsRequest.ts';
import type { ListDomainsResponse as _gavel_v1_ListDomainsResponse, ListDomainsResponse__Output as _gavel_v1_ListDomainsResponse__Output } from '../../gavel/v1/ListDomainsResponse.ts';
import type { SetDomainRequest as _gavel_v1_SetDomainRequest, SetDomainRequest__Output as _gavel_v1_SetDomainRequest__Output } from '../../gavel/v1/SetDomainRequest.ts';
import type { UndrainCellRequest as _gavel_v1_UndrainCellRequest, UndrainCellRequest__Output as _gavel_v1_UndrainCellRequest__Output } from '../../gavel/v1/UndrainCellRequest.ts';
import type { WhoAmIRequest as _gavel_v1_WhoAmIRequest, WhoAmIRequest__Output as _gavel_v1_WhoAmIRequest__Output } from '../../gavel/v1/WhoAmIRequest.ts';
import type { WhoAmIResponse as _gavel_v1_WhoAmIResponse, WhoAmIResponse__Output as _gavel_v1_WhoAmIResponse__Output } from '../../gavel/v1/WhoAmIResponse.ts';

/**
 * For operators.
 */
export interface ClusterServiceClient extends grpc.Client {
  /**
   * From this commit on the cell gets no new work. Claims that have not started go back at once; what runs may end by itself until
   * the deadline, then the cell ends it (infra_failed, cell_drained). Lasts over every restart, until UndrainCell. Asked again
   * with a deadline it counts anew from then; without one nothing changes. NOT_FOUND when no such cell is known.
   */
  DrainCell(argument: _gavel_v1_DrainCellRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  DrainCell(argument: _gavel_v1_DrainCellRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  DrainCell(argument: _gavel_v1_DrainCellRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  DrainCell(argument: _gavel_v1_DrainCellRequest, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  /**
   * From this commit on the cell gets no new work. Claims that have not started go back at once; what runs may end by itself until
   * the deadline, then the cell ends it (infra_failed, cell_drained). Lasts over every restart, until UndrainCell. Asked again
   * with a deadline it counts anew from then; without one nothing changes. NOT_FOUND when no such cell is known.
   */
  drainCell(argument: _gavel_v1_DrainCellRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  drainCell(argument: _gavel_v1_DrainCellRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  drainCell(argument: _gavel_v1_DrainCellRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  drainCell(argument: _gavel_v1_DrainCellRequest, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  
  /**
   * The newest lines of the cell's own log, then those that come. The cell keeps 5,000 of them in memory, of its present process. Empty messages
   * say that nothing happens. NOT_FOUND when no such cell is known, UNAVAILABLE while it is not connected.
   */
  FollowCellLog(argument: _gavel_v1_FollowCellLogRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_CellLog__Output>;
  FollowCellLog(argument: _gavel_v1_FollowCellLogRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_CellLog__Output>;
  /**
   * The newest lines of the cell's own log, then those that come. The cell keeps 5,000 of them in memory, of its present process. Empty messages
   * say that nothing happens. NOT_FOUND when no such cell is known, UNAVAILABLE while it is not connected.
   */
  followCellLog(argument: _gavel_v1_FollowCellLogRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_CellLog__Output>;
  followCellLog(argument: _gavel_v1_FollowCellLogRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_gavel_v1_CellLog__Output>;
  
  /**
   * NOT_FOUND for one that would not be listed.
   */
  GetDomain(argument: _gavel_v1_GetDomainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  GetDomain(argument: _gavel_v1_GetDomainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  GetDomain(argument: _gavel_v1_GetDomainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  GetDomain(argument: _gavel_v1_GetDomainRequest, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  /**
   * NOT_FOUND for one that would not be listed.
   */
  getDomain(argument: _gavel_v1_GetDomainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  getDomain(argument: _gavel_v1_GetDomainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  getDomain(argument: _gavel_v1_GetDomainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  getDomain(argument: _gavel_v1_GetDomainRequest, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  
  /**
   * Registered cells, and those that are away and still hold tasks or are to be drained.
   */
  ListCells(argument: _gavel_v1_ListCellsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  ListCells(argument: _gavel_v1_ListCellsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  ListCells(argument: _gavel_v1_ListCellsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  ListCells(argument: _gavel_v1_ListCellsRequest, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Registered cells, and those that are away and still hold tasks or are to be drained.
   */
  listCells(argument: _gavel_v1_ListCellsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  listCells(argument: _gavel_v1_ListCellsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  listCells(argument: _gavel_v1_ListCellsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  listCells(argument: _gavel_v1_ListCellsRequest, callback: grpc.requestCallback<_gavel_v1_ListCellsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Domains that have live tasks, or that something was set for; of the caller's, where it is limited to some.
   */
  ListDomains(argument: _gavel_v1_ListDomainsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListDomainsResponse__Output>): grpc.ClientUnaryCall;
  ListDomains(argument: _gavel_v1_ListDomainsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListDomainsResponse__Output>): grpc.ClientUnaryCall;
  ListDomains(argument: _gavel_v1_ListDomainsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListDomainsResponse__Output>): grpc.ClientUnaryCall;
  ListDomains(argument: _gavel_v1_ListDomainsRequest, callback: grpc.requestCallback<_gavel_v1_ListDomainsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Domains that have live tasks, or that something was set for; of the caller's, where it is limited to some.
   */
  listDomains(argument: _gavel_v1_ListDomainsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListDomainsResponse__Output>): grpc.ClientUnaryCall;
  listDomains(argument: _gavel_v1_ListDomainsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListDomainsResponse__Output>): grpc.ClientUnaryCall;
  listDomains(argument: _gavel_v1_ListDomainsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListDomainsResponse__Output>): grpc.ClientUnaryCall;
  listDomains(argument: _gavel_v1_ListDomainsRequest, callback: grpc.requestCallback<_gavel_v1_ListDomainsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What is unset stays as it is. In force at every BBS as soon as it has heard of it.
   */
  SetDomain(argument: _gavel_v1_SetDomainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  SetDomain(argument: _gavel_v1_SetDomainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  SetDomain(argument: _gavel_v1_SetDomainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  SetDomain(argument: _gavel_v1_SetDomainRequest, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  /**
   * What is unset stays as it is. In force at every BBS as soon as it has heard of it.
   */
  setDomain(argument: _gavel_v1_SetDomainRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  setDomain(argument: _gavel_v1_SetDomainRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  setDomain(argument: _gavel_v1_SetDomainRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  setDomain(argument: _gavel_v1_SetDomainRequest, callback: grpc.requestCallback<_gavel_v1_Domain__Output>): grpc.ClientUnaryCall;
  
  /**
   * The cell takes work again. No error when it was not draining.
   */
  UndrainCell(argument: _gavel_v1_UndrainCellRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  UndrainCell(argument: _gavel_v1_UndrainCellRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  UndrainCell(argument: _gavel_v1_UndrainCellRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  UndrainCell(argument: _gavel_v1_UndrainCellRequest, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  /**
   * The cell takes work again. No error when it was not draining.
   */
  undrainCell(argument: _gavel_v1_UndrainCellRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  undrainCell(argument: _gavel_v1_UndrainCellRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  undrainCell(argument: _gavel_v1_UndrainCellRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  undrainCell(argument: _gavel_v1_UndrainCellRequest, callback: grpc.requestCallback<_gavel_v1_Cell__Output>): grpc.ClientUnaryCall;
  
  /**
   * Who the caller is to the server. For everybody.
   */
  WhoAmI(argument: _gavel_v1_WhoAmIRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  WhoAmI(argument: _gavel_v1_WhoAmIRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  WhoAmI(argument: _gavel_v1_WhoAmIRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  WhoAmI(argument: _gavel_v1_WhoAmIRequest, callback: grpc.requestCallback<_gavel_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Who the caller is to the server. For everybody.
   */
  whoAmI(argument: _gavel_v1_WhoAmIRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  whoAmI(argument: _gavel_v1_WhoAmIRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  whoAmI(argument: _gavel_v1_WhoAmIRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  whoAmI(argument: _gavel_v1_WhoAmIRequest, callback: grpc.requestCallback<_gavel_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * For operators.
 */
export interface ClusterServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * From this commit on the cell gets no new work. Claims that have not started go back at once; what runs may end by itself until
   * the deadline, then the cell ends it (infra_failed, cell_drained). Lasts over every restart, until UndrainCell. Asked again
   * with a deadline it counts anew from then; without one nothing changes. NOT_FOUND when no such cell is known.
   */
  DrainCell: grpc.handleUnaryCall<_gavel_v1_DrainCellRequest__Output, _gavel_v1_Cell>;
  
  /**
   * The newest lines of the cell's own log, then those that come. The cell keeps 5,000 of them in memory, of its present process. Empty messages
   * say that nothing happens. NOT_FOUND when no such cell is known, UNAVAILABLE while it is not connected.
   */
  FollowCellLog: grpc.handleServerStreamingCall<_gavel_v1_FollowCellLogRequest__Output, _gavel_v1_CellLog>;
  
  /**
   * NOT_FOUND for one that would not be listed.
   */
  GetDomain: grpc.handleUnaryCall<_gavel_v1_GetDomainRequest__Output, _gavel_v1_Domain>;
  
  /**
   * Registered cells, and those that are away and still hold tasks or are to be drained.
   */
  ListCells: grpc.handleUnaryCall<_gavel_v1_ListCellsRequest__Output, _gavel_v1_ListCellsResponse>;
  
  /**
   * Domains that have live tasks, or that something was set for; of the caller's, where it is limited to some.
   */
  ListDomains: grpc.handleUnaryCall<_gavel_v1_ListDomainsRequest__Output, _gavel_v1_ListDomainsResponse>;
  
  /**
   * What is unset stays as it is. In force at every BBS as soon as it has heard of it.
   */
  SetDomain: grpc.handleUnaryCall<_gavel_v1_SetDomainRequest__Output, _gavel_v1_Domain>;
  
  /**
   * The cell takes work again. No error when it was not draining.
   */
  UndrainCell: grpc.handleUnaryCall<_gavel_v1_UndrainCellRequest__Output, _gavel_v1_Cell>;
  
  /**
   * Who the caller is to the server. For everybody.
   */
  WhoAmI: grpc.handleUnaryCall<_gavel_v1_WhoAmIRequest__Output, _gavel_v1_WhoAmIResponse>;
  
}

export interface ClusterServiceDefinition extends grpc.ServiceDefinition {
  DrainCell: MethodDefinition<_gavel_v1_DrainCellRequest, _gavel_v1_Cell, _gavel_v1_DrainCellRequest__Output, _gavel_v1_Cell__Output>
  FollowCellLog: MethodDefinition<_gavel_v1_FollowCellLogRequest, _gavel_v1_CellLog, _gavel_v1_FollowCellLogRequest__Output, _gavel_v1_CellLog__Output>
  GetDomain: MethodDefinition<_gavel_v1_GetDomainRequest, _gavel_v1_Domain, _gavel_v1_GetDomainRequest__Output, _gavel_v1_Domain__Output>
  ListCells: MethodDefinition<_gavel_v1_ListCellsRequest, _gavel_v1_ListCellsResponse, _gavel_v1_ListCellsRequest__Output, _gavel_v1_ListCellsResponse__Output>
  ListDomains: MethodDefinition<_gavel_v1_ListDomainsRequest, _gavel_v1_ListDomainsResponse, _gavel_v1_ListDomainsRequest__Output, _gavel_v1_ListDomainsResponse__Output>
  SetDomain: MethodDefinition<_gavel_v1_SetDomainRequest, _gavel_v1_Domain, _gavel_v1_SetDomainRequest__Output, _gavel_v1_Domain__Output>
  UndrainCell: MethodDefinition<_gavel_v1_UndrainCellRequest, _gavel_v1_Cell, _gavel_v1_UndrainCellRequest__Output, _gavel_v1_Cell__Output>
  WhoAmI: MethodDefinition<_gavel_v1_WhoAmIRequest, _gavel_v1_WhoAmIResponse, _gavel_v1_WhoAmIRequest__Output, _gavel_v1_WhoAmIResponse__Output>
}
