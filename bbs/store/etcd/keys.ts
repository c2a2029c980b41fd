import type { IKeyValue } from 'etcd3';
import { rangeLeft } from '../limits.ts';
import type { Entry, ListOptions } from '../store.ts';
import { numberOf, type WireKeyValue } from './wire.ts';

/** Keys as they are in etcd: ours behind the prefix of this installation. */
export class Keys {
  readonly prefix: string;
  readonly prefixBytes: number;

  constructor(prefix: string) {
    this.prefix = prefix;
    this.prefixBytes = Buffer.byteLength(prefix);
  }

  encode(key: string): Buffer {
    return Buffer.from(this.prefix + key);
  }

  decode(key: Buffer): string {
    return key.toString('utf8', this.prefixBytes);
  }

  /** What is left of a prefix, as etcd wants it; undefined when nothing can be in it. */
  range(
    prefix: string,
    options: Pick<ListOptions, 'after' | 'below' | 'reverse'> = {},
  ): { readonly key: Buffer; readonly range_end: Buffer } | undefined {
    const { start, end } = rangeLeft(prefix, options, (key) => this.encode(key));
    if (end !== undefined && Buffer.compare(start, end) >= 0) return undefined;
    // One zero byte means "no end" to etcd, and as a start it stands for the very first key.
    return { key: start.length === 0 ? Buffer.alloc(1) : start, range_end: end ?? Buffer.alloc(1) };
  }

  entry(kv: IKeyValue | WireKeyValue): Entry {
    return {
      key: this.decode(kv.key),
      value: kv.value,
      createRevision: numberOf(kv.create_revision),
      modRevision: numberOf(kv.mod_revision),
    };
  }
}
