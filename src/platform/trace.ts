import { AsyncLocalStorage } from 'node:async_hooks';
import type { Running } from './group.ts';
import type { SpanOptions, Tracing } from './span.ts';

/*
 * Spans, where an endpoint for them is set; else nothing is loaded and nothing kept. Between processes and into a task's record a
 * span goes by its W3C `traceparent`, which is passed on also by a process that exports none itself.
 */

export const TRACEPARENT_KEY = 'traceparent';

type Env = Readonly<Record<string, string | undefined>>;

let tracing: Tracing | undefined;
const current = new AsyncLocalStorage<string>();

/**
 * Exports spans from now on, if `OTEL_EXPORTER_OTLP_ENDPOINT` or `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` says where to.
 * @param service the name under which this process is shown, unless `OTEL_SERVICE_NAME` says another.
 */
export async function startTracing(service: string, env: Env = process.env): Promise<Running> {
  const base = env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? '';
  const common = base === '' ? '' : `${base.replace(/\/$/, '')}/v1/traces`;
  const url = env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'] || common;
  if (url === '' || env['OTEL_SDK_DISABLED'] === 'true') return { stop: async () => {} };
  const { otlpTracing } = await import('./trace-export.ts');
  const mine = otlpTracing(service, url);
  tracing = mine;
  return {
    stop: async () => {
      if (tracing === mine) tracing = undefined;
      await mine.stop();
    },
  };
}

export function isTracing(): boolean {
  return tracing !== undefined;
}

/** Of the span at work here, or of the caller when this process exports none. */
export function traceparent(): string | undefined {
  return current.getStore();
}

/** A `traceparent` that came from outside; undefined unless it is a whole one. */
export function parseTraceparent(given: unknown): string | undefined {
  return typeof given === 'string' && /^00-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/.test(given)
    ? given
    : undefined;
}

/** Does the work inside a span. */
export async function traced<T>(name: string, options: SpanOptions, work: () => Promise<T>): Promise<T> {
  if (tracing === undefined) return options.parent ? await current.run(options.parent, work) : await work();
  const span = tracing.begin(name, { ...options, parent: options.parent ?? current.getStore() });
  try {
    const done = await current.run(span.traceparent, work);
    span.end();
    return done;
  } catch (error) {
    span.end(error);
    throw error;
  }
}
