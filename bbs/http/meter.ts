import type { MiddlewareHandler } from 'hono';
import { routePath } from 'hono/route';
import { CALL_BUCKETS, type Metrics } from '../../src/platform/metrics.ts';

/** Counts requests by route (never by path: guids are without number) and times them to the begin of their answer. */
export function httpMeter(metrics: Metrics): MiddlewareHandler {
  const requests = metrics.counter({
    name: 'gavel_http_requests_total',
    help: 'HTTP requests, by status',
    labels: ['method', 'route', 'code'],
  });
  const seconds = metrics.histogram(
    {
      name: 'gavel_http_request_duration_seconds',
      help: 'Time until an HTTP answer begins',
      labels: ['method', 'route'],
    },
    CALL_BUCKETS,
  );
  return async (ask, next) => {
    const begun = performance.now();
    await next();
    const route = routePath(ask, -1);
    const { method } = ask.req;
    // Whatever else is sent as a method would be a label of its own.
    const known = ['GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PUT', 'PATCH'].includes(method) ? method : 'other';
    requests.labels(known, route, String(ask.res.status)).inc();
    seconds.labels(known, route).observe((performance.now() - begun) / 1_000);
  };
}
