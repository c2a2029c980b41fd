// Original file: proto/gavel/v1/alert_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AlertRule as _gavel_v1_AlertRule, AlertRule__Output as _gavel_v1_AlertRule__Output } from '../../gavel/v1/AlertRule.ts';
import type { DeleteAlertRequest as _gavel_v1_DeleteAlertRequest, DeleteAlertRequest__Output as _gavel_v1_DeleteAlertRequest__Output } from '../../gavel/v1/DeleteAlertRequest.ts';
import type { DeleteAlertResponse as _gavel_v1_DeleteAlertResponse, DeleteAlertResponse__Output as _gavel_v1_DeleteAlertResponse__Output } from '../../gavel/v1/DeleteAlertResponse.ts';
import type { ListAlertsRequest as _gavel_v1_ListAlertsRequest, ListAlertsRequest__Output as _gavel_v1_ListAlertsRequest__Output } from '../../gavel/v1/ListAlertsRequest.ts';
import type { ListAlertsResponse as _gavel_v1_ListAlertsResponse, ListAlertsResponse__Output as _gavel_v1_ListAlertsResponse__Output } from '../../gavel/v1/ListAlertsResponse.ts';
import type { TestAlertRequest as _gavel_v1_TestAlertRequest, TestAlertRequest__Output as _gavel_v1_TestAlertRequest__Output } from '../../gavel/v1/TestAlertRequest.ts';
import type { TestCallbackResponse as _gavel_v1_TestCallbackResponse, TestCallbackResponse__Output as _gavel_v1_TestCallbackResponse__Output } from '../../gavel/v1/TestCallbackResponse.ts';

/**
 * Rules of what operators want to be told of, by a signed POST as a callback's. The leading BBS weighs them on what it sees happen: what happens while
 * no BBS leads may go untold, and what waits on may be told again after a change of leader.
 */
export interface AlertServiceClient extends grpc.Client {
  DeleteAlert(argument: _gavel_v1_DeleteAlertRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DeleteAlertResponse__Output>): grpc.ClientUnaryCall;
  DeleteAlert(argument: _gavel_v1_DeleteAlertRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_DeleteAlertResponse__Output>): grpc.ClientUnaryCall;
  DeleteAlert(argument: _gavel_v1_DeleteAlertRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DeleteAlertResponse__Output>): grpc.ClientUnaryCall;
  DeleteAlert(argument: _gavel_v1_DeleteAlertRequest, callback: grpc.requestCallback<_gavel_v1_DeleteAlertResponse__Output>): grpc.ClientUnaryCall;
  deleteAlert(argument: _gavel_v1_DeleteAlertRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DeleteAlertResponse__Output>): grpc.ClientUnaryCall;
  deleteAlert(argument: _gavel_v1_DeleteAlertRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_DeleteAlertResponse__Output>): grpc.ClientUnaryCall;
  deleteAlert(argument: _gavel_v1_DeleteAlertRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_DeleteAlertResponse__Output>): grpc.ClientUnaryCall;
  deleteAlert(argument: _gavel_v1_DeleteAlertRequest, callback: grpc.requestCallback<_gavel_v1_DeleteAlertResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * By name.
   */
  ListAlerts(argument: _gavel_v1_ListAlertsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListAlertsResponse__Output>): grpc.ClientUnaryCall;
  ListAlerts(argument: _gavel_v1_ListAlertsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListAlertsResponse__Output>): grpc.ClientUnaryCall;
  ListAlerts(argument: _gavel_v1_ListAlertsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListAlertsResponse__Output>): grpc.ClientUnaryCall;
  ListAlerts(argument: _gavel_v1_ListAlertsRequest, callback: grpc.requestCallback<_gavel_v1_ListAlertsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * By name.
   */
  listAlerts(argument: _gavel_v1_ListAlertsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListAlertsResponse__Output>): grpc.ClientUnaryCall;
  listAlerts(argument: _gavel_v1_ListAlertsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_ListAlertsResponse__Output>): grpc.ClientUnaryCall;
  listAlerts(argument: _gavel_v1_ListAlertsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_ListAlertsResponse__Output>): grpc.ClientUnaryCall;
  listAlerts(argument: _gavel_v1_ListAlertsRequest, callback: grpc.requestCallback<_gavel_v1_ListAlertsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Makes a rule, or puts it in place of the one of its name. In force within 5 s. INVALID_ARGUMENT with every fault.
   */
  PutAlert(argument: _gavel_v1_AlertRule, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_AlertRule__Output>): grpc.ClientUnaryCall;
  PutAlert(argument: _gavel_v1_AlertRule, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_AlertRule__Output>): grpc.ClientUnaryCall;
  PutAlert(argument: _gavel_v1_AlertRule, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_AlertRule__Output>): grpc.ClientUnaryCall;
  PutAlert(argument: _gavel_v1_AlertRule, callback: grpc.requestCallback<_gavel_v1_AlertRule__Output>): grpc.ClientUnaryCall;
  /**
   * Makes a rule, or puts it in place of the one of its name. In force within 5 s. INVALID_ARGUMENT with every fault.
   */
  putAlert(argument: _gavel_v1_AlertRule, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_AlertRule__Output>): grpc.ClientUnaryCall;
  putAlert(argument: _gavel_v1_AlertRule, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_AlertRule__Output>): grpc.ClientUnaryCall;
  putAlert(argument: _gavel_v1_AlertRule, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_AlertRule__Output>): grpc.ClientUnaryCall;
  putAlert(argument: _gavel_v1_AlertRule, callback: grpc.requestCallback<_gavel_v1_AlertRule__Output>): grpc.ClientUnaryCall;
  
  /**
   * Posts a sample to the rule's URL at once. NOT_FOUND.
   */
  TestAlert(argument: _gavel_v1_TestAlertRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  TestAlert(argument: _gavel_v1_TestAlertRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  TestAlert(argument: _gavel_v1_TestAlertRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  TestAlert(argument: _gavel_v1_TestAlertRequest, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Posts a sample to the rule's URL at once. NOT_FOUND.
   */
  testAlert(argument: _gavel_v1_TestAlertRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  testAlert(argument: _gavel_v1_TestAlertRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  testAlert(argument: _gavel_v1_TestAlertRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  testAlert(argument: _gavel_v1_TestAlertRequest, callback: grpc.requestCallback<_gavel_v1_TestCallbackResponse__Output>): grpc.ClientUnaryCall;
  
}

/**
 * Rules of what operators want to be told of, by a signed POST as a callback's. The leading BBS weighs them on what it sees happen: what happens while
 * no BBS leads may go untold, and what waits on may be told again after a change of leader.
 */
export interface AlertServiceHandlers extends grpc.UntypedServiceImplementation {
  DeleteAlert: grpc.handleUnaryCall<_gavel_v1_DeleteAlertRequest__Output, _gavel_v1_DeleteAlertResponse>;
  
  /**
   * By name.
   */
  ListAlerts: grpc.handleUnaryCall<_gavel_v1_ListAlertsRequest__Output, _gavel_v1_ListAlertsResponse>;
  
  /**
   * Makes a rule, or puts it in place of the one of its name. In force within 5 s. INVALID_ARGUMENT with every fault.
   */
  PutAlert: grpc.handleUnaryCall<_gavel_v1_AlertRule__Output, _gavel_v1_AlertRule>;
  
  /**
   * Posts a sample to the rule's URL at once. NOT_FOUND.
   */
  TestAlert: grpc.handleUnaryCall<_gavel_v1_TestAlertRequest__Output, _gavel_v1_TestCallbackResponse>;
  
}

export interface AlertServiceDefinition extends grpc.ServiceDefinition {
  DeleteAlert: MethodDefinition<_gavel_v1_DeleteAlertRequest, _gavel_v1_DeleteAlertResponse, _gavel_v1_DeleteAlertRequest__Output, _gavel_v1_DeleteAlertResponse__Output>
  ListAlerts: MethodDefinition<_gavel_v1_ListAlertsRequest, _gavel_v1_ListAlertsResponse, _gavel_v1_ListAlertsRequest__Output, _gavel_v1_ListAlertsResponse__Output>
  PutAlert: MethodDefinition<_gavel_v1_AlertRule, _gavel_v1_AlertRule, _gavel_v1_AlertRule__Output, _gavel_v1_AlertRule__Output>
  TestAlert: MethodDefinition<_gavel_v1_TestAlertRequest, _gavel_v1_TestCallbackResponse, _gavel_v1_TestAlertRequest__Output, _gavel_v1_TestCallbackResponse__Output>
}
