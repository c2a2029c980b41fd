import type { Logger } from 'pino';
import { type Seal, SealError } from './seal.ts';
import type { ChangeBatch, Entry, Store, Write } from './store.ts';

/**
 * The same store, its values sealed (reliability.md 5.4): who has etcd's files or a backup of them reads guids, but no environment, result or
 * password. What is written under a lease says which process is there, and is left in the clear.
 *
 * A value that was tampered with is handed on as it lies there: no record can be read from it, and it is left for people. One of a key that is
 * not here (this process was not told of the new key before another used it) breaks off what reads it, DomainError `unavailable`: going on
 * without it would be to say that there is no such task.
 */
export function encrypted(store: Store, seal: Seal, log: Logger): Store {
  const sealed = (write: Write): Write =>
    'put' in write && write.lease === undefined ? { ...write, value: seal.seal(write.put, write.value) } : write;
  const opened = (entry: Entry): Entry => {
    try {
      return { ...entry, value: seal.open(entry.key, entry.value) };
    } catch (error) {
      if (!(error instanceof SealError)) throw error;
      log.error({ key: entry.key, error: error.message }, 'record.sealed');
      return entry;
    }
  };
  async function* watch(batches: AsyncIterable<ChangeBatch>): AsyncGenerator<ChangeBatch> {
    for await (const { revision, changes } of batches) {
      yield {
        revision,
        changes: changes.map((change) =>
          change.entry === undefined ? change : { ...change, entry: opened(change.entry) },
        ),
      };
    }
  }
  return {
    get: async (key) => {
      const entry = await store.get(key);
      return entry === undefined ? undefined : opened(entry);
    },
    list: async (prefix, options) => {
      const page = await store.list(prefix, options);
      return options.keysOnly === true ? page : { ...page, entries: page.entries.map(opened) };
    },
    commit: ({ guards, writes }) => store.commit({ guards, writes: writes.map(sealed) }),
    watch: (prefix, afterRevision, signal) => watch(store.watch(prefix, afterRevision, signal)),
    grantLease: (ttlMs) => store.grantLease(ttlMs),
    renewLease: (lease) => store.renewLease(lease),
    revokeLease: (lease) => store.revokeLease(lease),
    ping: (timeoutMs) => store.ping(timeoutMs),
    close: () => store.close(),
  };
}
