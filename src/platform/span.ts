/** What a span is to the rest of the program: the library that makes them is known in trace-export.ts only. */

type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  /** Who calls and who is called, in the words of OpenTelemetry. Default: work inside a process. */
  readonly kind?: 'client' | 'server' | undefined;
  readonly attributes?: SpanAttributes;
  /** What it belongs to; left out: the span at work here. Empty: it begins a trace. */
  readonly parent?: string | undefined;
  /** Another span that it has to do with. */
  readonly link?: string | undefined;
}

export interface OpenSpan {
  readonly traceparent: string;
  /** @param failure what the work threw; undefined = it did not. */
  end(failure?: unknown): void;
}

/** Where spans go. */
export interface Tracing {
  begin(name: string, options: SpanOptions): OpenSpan;
  /** Sends what is left. */
  stop(): Promise<void>;
}
