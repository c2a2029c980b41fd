import type { View } from '../view.ts';
import type { Bucket } from './catalog.ts';
import { hashOf } from './summary.ts';

/** How long records are kept: by the policy, or as was set for their domain. */
export class Keeping {
  readonly #keepMs: number;
  readonly #byDomain = new Map<string, number>();
  /** Of those domains; two of one hash are kept as long as the longer of them. */
  readonly #byHash = new Map<number, number>();

  constructor({ domainRecords }: Pick<View, 'domainRecords'>, keepMs: number) {
    this.#keepMs = keepMs;
    for (const [domain, { retention_ms }] of domainRecords) {
      if (retention_ms === undefined) continue;
      this.#byDomain.set(domain, retention_ms);
      const hash = hashOf(domain);
      this.#byHash.set(hash, Math.max(retention_ms, this.#byHash.get(hash) ?? 0));
    }
  }

  ofDomain(domain: string): number {
    return this.#byDomain.get(domain) ?? this.#keepMs;
  }

  get shortestMs(): number {
    return Math.min(this.#keepMs, ...this.#byDomain.values());
  }

  /** How many of a bucket's domains have nothing in it that is to be kept: its newest record is too old for each of them. */
  dueIn({ recent, summary }: Bucket, nowMs: number): { readonly due: number; readonly of: number } {
    // What is not in a block has no time that is known here; it is in one soon.
    if (recent.size > 0 || summary === undefined) return { due: 0, of: 1 };
    const age = nowMs - summary.newestMs;
    const due = summary.domainHashes.filter((hash) => age > (this.#byHash.get(hash) ?? this.#keepMs)).length;
    return { due, of: summary.domainHashes.length };
  }
}
