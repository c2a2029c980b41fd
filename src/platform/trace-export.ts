import { ROOT_CONTEXT, type SpanContext, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { errorText, isDomainError } from '../domain/errors.ts';
import type { OpenSpan, SpanOptions, Tracing } from './span.ts';

const KINDS = { client: SpanKind.CLIENT, server: SpanKind.SERVER } as const;

/** Spans over OTLP/HTTP. Headers, sampler and limits are OpenTelemetry's own environment variables. Loaded only when spans are exported. */
export function otlpTracing(service: string, url: string): Tracing {
  const provider = new BasicTracerProvider({
    // The environment wins.
    resource: defaultResource()
      .merge(resourceFromAttributes({ 'service.name': service }))
      .merge(detectResources({ detectors: [envDetector] })),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url }))],
  });
  const tracer = provider.getTracer('gavel');
  return {
    begin: (name, options) => open(tracer.startSpan(name, ...spanStart(options))),
    stop: async () => await provider.shutdown(),
  };
}

function spanStart({ kind, attributes = {}, parent, link }: SpanOptions) {
  const linked = contextOf(link);
  const above = contextOf(parent);
  const options = {
    kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind],
    attributes,
    links: linked === undefined ? [] : [{ context: linked }],
  };
  return [options, above === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, above)] as const;
}

function open(span: ReturnType<ReturnType<BasicTracerProvider['getTracer']>['startSpan']>): OpenSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`,
    end: (failure) => {
      if (failure !== undefined) {
        const code = isDomainError(failure) ? failure.code : 'internal';
        span.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR, message: errorText(failure) });
      }
      span.end();
    },
  };
}

function contextOf(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceparent?.split('-') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16), isRemote: true };
}
