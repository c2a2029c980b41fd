import { DomainError, ERRORS } from '../domain/errors.ts';
import { CALL_BUCKETS, type Metrics } from '../platform/metrics.ts';
import type { ServiceName } from './descriptors.ts';

/** Begun with a call; what it answers is called at the call's end, with what it failed with (undefined = it did not). */
type Meter = () => (failure: unknown) => void;

/** Counts the calls of one method and times them. A stream is counted when it ends and not timed: it lasts as long as its reader likes. */
export function callMeter(
  metrics: Metrics | undefined,
  service: ServiceName,
  method: string,
  streaming: boolean,
): Meter | undefined {
  if (metrics === undefined) return undefined;
  const requests = metrics.counter({
    name: 'gavel_rpc_requests_total',
    help: 'gRPC calls that ended, by status code',
    labels: ['service', 'method', 'code'],
  });
  const seconds = metrics.histogram(
    { name: 'gavel_rpc_duration_seconds', help: 'Duration of unary gRPC calls', labels: ['service', 'method'] },
    CALL_BUCKETS,
  );
  const streams = metrics.gauge({
    name: 'gavel_rpc_streams',
    help: 'gRPC streams that are open',
    labels: ['service', 'method'],
  });
  const open = streaming ? streams.labels(service, method) : undefined;
  const duration = seconds.labels(service, method);
  const succeeded = requests.labels(service, method, 'OK');
  return () => {
    const begun = performance.now();
    open?.inc();
    return (failure) => {
      if (failure === undefined) succeeded.inc();
      else requests.labels(service, method, statusName(failure)).inc();
      if (open === undefined) duration.observe((performance.now() - begun) / 1_000);
      else open.dec();
    };
  };
}

function statusName(failure: unknown): string {
  return failure instanceof DomainError ? ERRORS[failure.code].grpc : 'INTERNAL';
}
