import type { Logger } from 'pino';
import { DomainError } from '../../src/domain/errors.ts';
import { CALL_DEADLINE_MS, connect, connectWire, type EtcdAddress, type EtcdTls, Members } from './etcd/client.ts';
import { closedError, isAnswerTooLarge, isLeaseGone } from './etcd/errors.ts';
import { type CommitStats, GroupCommit } from './etcd/group-commit.ts';
import { Keys } from './etcd/keys.ts';
import { grantLease, Renewals } from './etcd/leases.ts';
import { etcdStatus } from './etcd/status.ts';
import { encodeGroup, groupVerdicts } from './etcd/txn.ts';
import { watchEtcd } from './etcd/watch.ts';
import { numberOf, SORT, type WireClient, type WireRange, type WireRangeAnswer } from './etcd/wire.ts';
import { checkCommit, checkList } from './limits.ts';
import type {
  ChangeBatch,
  Commit,
  CommitResult,
  Entry,
  LeaseId,
  ListOptions,
  Page,
  Store,
  StoreStatus,
} from './store.ts';

const OPEN_TIMEOUT_MS = 2_000;

export interface EtcdStoreOptions {
  /** Members, as `http://host:2379` or `https://...`. */
  readonly hosts: readonly string[];
  /** Put before every key, so that etcd can be looked at and backed up by installation. */
  readonly prefix?: string;
  readonly tls?: EtcdTls;
  readonly log: Logger;
}

/** The store on etcd 3.4 or later. @throws DomainError `unavailable` when no member answers; each is asked once. */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<EtcdStore> {
  if (options.hosts.length === 0) throw new DomainError('invalid_argument', 'the etcd store needs at least one host');
  const store = new EtcdStore(options);
  for (let left = options.hosts.length - 1; ; left--) {
    try {
      const { warnings, version } = await store.ping(OPEN_TIMEOUT_MS);
      options.log.info({ version, hosts: options.hosts }, 'store.opened');
      for (const warning of warnings) options.log.warn({ warning }, 'store.warned');
      return store;
    } catch (error) {
      if (left > 0) continue;
      await store.close();
      throw error;
    }
  }
}

export type { EtcdStore };

class EtcdStore implements Store {
  readonly #keys: Keys;
  readonly #address: EtcdAddress;
  readonly #log: Logger;
  /** Apart, because a fault on one of them drops its connection: a page too large must not cost a commit, nor a commit a lease. */
  readonly #kv: Members;
  readonly #txns: Members<WireClient>;
  readonly #lists: Members<WireClient>;
  readonly #leases: Members;
  readonly #renewals: Renewals;
  readonly #commits: GroupCommit;
  readonly #closing = new AbortController();

  constructor(options: EtcdStoreOptions) {
    this.#keys = new Keys(options.prefix ?? '/gavel/v1/');
    this.#address = { hosts: options.hosts, ...(options.tls === undefined ? {} : { tls: options.tls }) };
    this.#log = options.log;
    // Processes begin at different members; one process begins at the same one with everything.
    const at = Math.floor(Math.random() * options.hosts.length);
    this.#kv = new Members(this.#address, at, connect);
    this.#txns = new Members(this.#address, at, connectWire);
    this.#lists = new Members(this.#address, at, connectWire);
    this.#leases = new Members(this.#address, at, connect);
    this.#renewals = new Renewals(this.#leases);
    this.#commits = new GroupCommit(async (group) => {
      const request = encodeGroup(this.#keys.prefix, group);
      const answer = await this.#txns.call((client) => client.txn(request, CALL_DEADLINE_MS));
      return groupVerdicts(group, answer);
    });
  }

  get stats(): CommitStats {
    return this.#commits.stats;
  }

  async get(key: string): Promise<Entry | undefined> {
    const answer = await this.#kv.call((client) => client.kv.range({ key: this.#keys.encode(key) }));
    const [kv] = answer.kvs;
    return kv && this.#keys.entry(kv);
  }

  async list(prefix: string, options: ListOptions): Promise<Page> {
    checkList(options);
    // A range without room is asked for as a key that cannot be: the answer still brings the revision.
    const nowhere = { key: Buffer.alloc(1) };
    const request: WireRange = {
      ...(this.#keys.range(prefix, options) ?? nowhere),
      keys_only: options.keysOnly ?? false,
      ...(options.revision === undefined ? {} : { revision: options.revision }),
      // etcd sorts the whole range on its side for this; it has no other way to read backwards.
      ...(options.reverse === true ? { sort_order: SORT.descend, sort_target: SORT.byKey } : {}),
    };
    const answer = await this.#range(request, options.limit);
    return {
      entries: answer.kvs.map((kv) => this.#keys.entry(kv)),
      revision: options.revision ?? numberOf(answer.header.revision),
      more: answer.more,
    };
  }

  /** A page over the receive limit is asked for again, smaller; one entry always fits. */
  async #range(request: WireRange, limit: number): Promise<WireRangeAnswer> {
    try {
      return await this.#lists.call((client) => client.range({ ...request, limit }, CALL_DEADLINE_MS));
    } catch (error) {
      const tooLarge = error instanceof Error && isAnswerTooLarge(error.cause);
      if (!tooLarge || limit === 1) throw error;
      return this.#range(request, Math.ceil(limit / 8));
    }
  }

  async commit(commit: Commit): Promise<CommitResult> {
    const bytes = checkCommit(commit, this.#keys.prefixBytes);
    return this.#commits.add(commit, bytes);
  }

  watch(prefix: string, afterRevision: number, signal: AbortSignal): AsyncIterable<ChangeBatch> {
    if (this.#closing.signal.aborted) throw closedError();
    const either = AbortSignal.any([signal, this.#closing.signal]);
    const { log, address, keys } = { log: this.#log, address: this.#address, keys: this.#keys };
    return watchEtcd({ address, keys, prefix, afterRevision, signal: either, log });
  }

  grantLease(ttlMs: number): Promise<LeaseId> {
    return grantLease(this.#leases, ttlMs);
  }

  renewLease(lease: LeaseId): Promise<boolean> {
    return this.#renewals.renew(lease);
  }

  async revokeLease(lease: LeaseId): Promise<void> {
    try {
      await this.#leases.call((client) => client.leaseClient.leaseRevoke({ ID: lease }));
    } catch (error) {
      if (!(error instanceof Error && isLeaseGone(error.cause))) throw error;
    }
  }

  ping(timeoutMs: number): Promise<StoreStatus> {
    return etcdStatus(this.#kv, this.#keys, timeoutMs);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#commits.close();
    for (const members of [this.#kv, this.#txns, this.#lists, this.#leases]) members.close();
  }
}
