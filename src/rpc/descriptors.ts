import { fileURLToPath } from 'node:url';
import type * as grpc from '@grpc/grpc-js';
import { loadSync, type Options, type PackageDefinition } from '@grpc/proto-loader';
import type { AlertServiceDefinition, AlertServiceHandlers } from './gen/gavel/v1/AlertService.ts';
import type { AuctionServiceDefinition, AuctionServiceHandlers } from './gen/gavel/v1/AuctionService.ts';
import type { CallbackServiceDefinition, CallbackServiceHandlers } from './gen/gavel/v1/CallbackService.ts';
import type { CellServiceDefinition, CellServiceHandlers } from './gen/gavel/v1/CellService.ts';
import type { ClusterServiceDefinition, ClusterServiceHandlers } from './gen/gavel/v1/ClusterService.ts';
import type { HistoryServiceDefinition, HistoryServiceHandlers } from './gen/gavel/v1/HistoryService.ts';
import type { PlacementServiceDefinition, PlacementServiceHandlers } from './gen/gavel/v1/PlacementService.ts';
import type { TaskServiceDefinition, TaskServiceHandlers } from './gen/gavel/v1/TaskService.ts';

/** Every service of the contract with its generated types. */
export interface Services {
  TaskService: { definition: TaskServiceDefinition; handlers: TaskServiceHandlers };
  HistoryService: { definition: HistoryServiceDefinition; handlers: HistoryServiceHandlers };
  CallbackService: { definition: CallbackServiceDefinition; handlers: CallbackServiceHandlers };
  CellService: { definition: CellServiceDefinition; handlers: CellServiceHandlers };
  PlacementService: { definition: PlacementServiceDefinition; handlers: PlacementServiceHandlers };
  ClusterService: { definition: ClusterServiceDefinition; handlers: ClusterServiceHandlers };
  AlertService: { definition: AlertServiceDefinition; handlers: AlertServiceHandlers };
  AuctionService: { definition: AuctionServiceDefinition; handlers: AuctionServiceHandlers };
}

export type ServiceName = keyof Services;

type Named<T> = { [K in keyof T as string extends K ? never : K]: T[K] };

/** The method names of a service, without the index signature the generated types carry. */
export type MethodName<S extends ServiceName> = Extract<keyof Named<Services[S]['handlers']>, string>;

/** Must equal the options of `make gen`, or the generated types lie. */
const LOAD_OPTIONS: Options = {
  keepCase: true,
  longs: String,
  enums: String,
  defaults: true,
  oneofs: true,
  includeDirs: [fileURLToPath(new URL('../../proto', import.meta.url))],
};

const FILES = ['task', 'history', 'callback', 'cell', 'placement', 'cluster', 'alert', 'auction']
  .map((n) => `gavel/v1/${n}_service.proto`)
  .concat('google/rpc/status.proto');

/** The loaded contract; reflection serves it too. */
export const packageDefinition: PackageDefinition = loadSync(FILES, LOAD_OPTIONS);

export function serviceDefinition(name: ServiceName): grpc.ServiceDefinition {
  const definition = packageDefinition[`gavel.v1.${name}`];
  // A service of the Services table that the protos lack is a build fault, seen by the first test that loads this file.
  if (definition === undefined || 'format' in definition) throw new Error(`proto has no service ${name}`);
  return definition;
}
