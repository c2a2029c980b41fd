import { isTracing, traced } from '../platform/trace.ts';
import type { ServiceName } from './descriptors.ts';

/** A call of these begins a trace. What the roles do for themselves (renewing, fetching) is told only inside one. */
const OF_PEOPLE: ReadonlySet<ServiceName> = new Set(['TaskService', 'HistoryService', 'ClusterService']);

/** A unary call as a span. A stream is none: it lasts as long as its reader likes. */
export function inTrace<T>(
  kind: 'client' | 'server',
  service: ServiceName,
  method: string,
  parent: string | undefined,
  call: () => Promise<T>,
): Promise<T> {
  if (parent === undefined && !(isTracing() && OF_PEOPLE.has(service))) return call();
  const attributes = { 'rpc.system': 'grpc', 'rpc.service': `gavel.v1.${service}`, 'rpc.method': method };
  return traced(`gavel.v1.${service}/${method}`, { kind, attributes, parent }, call);
}
