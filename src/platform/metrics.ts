import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** What a metric is, for the registry and for whoever reads it. Names follow Prometheus: base units, `_total` for counters. */
export interface MetricSpec {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** From a millisecond to an hour: tasks wait and run for any of these. */
export const LONG_BUCKETS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];
/** Calls and commits. */
export const CALL_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

/**
 * The metrics of one process. Roles that share a process (`gavel dev`) share this; a metric that is asked for twice is the same
 * one. prom-client is used here and nowhere else.
 */
export class Metrics {
  readonly #registry = new Registry();
  #scraped = false;

  get contentType(): string {
    return this.#registry.contentType;
  }

  counter(spec: MetricSpec): Counter {
    return this.#known(spec.name, () => new Counter(this.#config(spec)));
  }

  /** A value that is set, or read at the moment of a scrape when `read` is given. */
  gauge(spec: MetricSpec, read?: (gauge: Gauge) => void): Gauge {
    return this.#known(spec.name, () => {
      const made: Gauge = new Gauge({ ...this.#config(spec), ...(read && { collect: () => read(made) }) });
      return made;
    });
  }

  /** A counter that something else keeps and that is read at the moment of a scrape. */
  counted(spec: MetricSpec, read: () => number): void {
    const counter: Counter = this.#known(spec.name, () => {
      const collect = () => {
        counter.reset();
        counter.inc(read());
      };
      return new Counter({ ...this.#config(spec), collect });
    });
  }

  histogram(spec: MetricSpec, buckets: readonly number[]): Histogram {
    return this.#known(spec.name, () => new Histogram({ ...this.#config(spec), buckets: [...buckets] }));
  }

  /** The text that a scrape gets. The process's own metrics begin with the first one: who is never scraped pays nothing. */
  async text(): Promise<string> {
    if (!this.#scraped) {
      this.#scraped = true;
      collectDefaultMetrics({ register: this.#registry });
    }
    return await this.#registry.metrics();
  }

  /** The metric of that name; made at the first time. Each name has one kind, so the cast holds. */
  #known<T extends Counter | Gauge | Histogram>(name: string, make: () => T): T {
    return (this.#registry.getSingleMetric(name) as T | undefined) ?? make();
  }

  #config({ name, help, labels = [] }: MetricSpec) {
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }
}
