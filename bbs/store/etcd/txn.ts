import type { IKeyValue } from 'etcd3';
import { DomainError } from '../../../src/domain/errors.ts';
import { rangeBehind } from '../limits.ts';
import type { Commit, CommitResult, Entry, Guard, Write } from '../store.ts';
import {
  EQUAL,
  numberOf,
  TARGET,
  type WireCompare,
  type WireKeyValue,
  type WireOperation,
  type WireTxn,
  type WireTxnAnswer,
} from './wire.ts';

/** Keys as they are in etcd: ours behind the prefix of this installation. */
export class Keys {
  readonly #prefix: string;
  readonly prefixBytes: number;

  constructor(prefix: string) {
    this.#prefix = prefix;
    this.prefixBytes = Buffer.byteLength(prefix);
  }

  encode(key: string): Buffer {
    return Buffer.from(this.#prefix + key);
  }

  decode(key: Buffer): string {
    return key.toString('utf8', this.prefixBytes);
  }

  /** What is left of a prefix behind `after`, as etcd wants it; undefined when nothing can be in it. */
  range(
    prefix: string,
    after?: string,
    reverse = false,
  ): { readonly key: Buffer; readonly range_end: Buffer } | undefined {
    const mark = after === undefined ? undefined : this.encode(after);
    const { start, end } = rangeBehind(this.encode(prefix), mark, reverse);
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

function compare(keys: Keys, guard: Guard): WireCompare {
  const key = keys.encode(guard.key);
  return 'modRevision' in guard
    ? { key, result: EQUAL, target: TARGET.mod, mod_revision: guard.modRevision }
    : { key, result: EQUAL, target: TARGET.create, create_revision: guard.createRevision };
}

function operation(keys: Keys, write: Write): WireOperation {
  if ('delete' in write) return { request_delete_range: { key: keys.encode(write.delete) } };
  const put = { key: keys.encode(write.put), value: write.value };
  return { request_put: write.lease === undefined ? put : { ...put, lease: write.lease } };
}

function txn(keys: Keys, commit: Commit): WireTxn {
  return {
    compare: commit.guards.map((guard) => compare(keys, guard)),
    success: commit.writes.map((write) => operation(keys, write)),
  };
}

/** One commit as it is; several as one transaction of transactions, each with its own guards. */
export function groupTxn(keys: Keys, group: readonly Commit[]): WireTxn {
  const [only] = group;
  if (only !== undefined && group.length === 1) return txn(keys, only);
  return { success: group.map((commit) => ({ request_txn: txn(keys, commit) })) };
}

/** The verdict of each commit. All that were applied share the transaction's one revision. */
export function groupVerdicts(group: readonly Commit[], answer: WireTxnAnswer): CommitResult[] {
  const revision = numberOf(answer.header.revision);
  if (group.length === 1) return [{ committed: answer.succeeded, revision }];
  return group.map((_, at) => {
    const nested = answer.responses[at]?.response_txn;
    // An answer with a hole leaves the verdict unknown, which is what `unavailable` says.
    if (!nested) throw new DomainError('unavailable', 'the answer of the store is incomplete');
    return { committed: nested.succeeded, revision };
  });
}
