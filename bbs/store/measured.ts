import { CALL_BUCKETS, type Metrics } from '../../src/platform/metrics.ts';
import type { Store } from './store.ts';

/** The same store, its commits counted and timed. */
export function measured(store: Store, metrics: Metrics): Store {
  const commits = metrics.counter({
    name: 'gavel_store_commits_total',
    help: 'Commits to the store: committed, refused (a guard did not hold) or failed (no answer, or the store said no)',
    labels: ['result'],
  });
  const committed = commits.labels('committed');
  const refused = commits.labels('refused');
  const failed = commits.labels('failed');
  const duration = metrics.histogram(
    { name: 'gavel_store_commit_seconds', help: 'Time until a commit is durable or refused' },
    CALL_BUCKETS,
  );
  return {
    get: (key) => store.get(key),
    list: (prefix, options) => store.list(prefix, options),
    commit: async (commit) => {
      const begun = performance.now();
      try {
        const result = await store.commit(commit);
        (result.committed ? committed : refused).inc();
        return result;
      } catch (error) {
        failed.inc();
        throw error;
      } finally {
        duration.observe((performance.now() - begun) / 1_000);
      }
    },
    watch: (prefix, afterRevision, signal) => store.watch(prefix, afterRevision, signal),
    grantLease: (ttlMs) => store.grantLease(ttlMs),
    renewLease: (lease) => store.renewLease(lease),
    revokeLease: (lease) => store.revokeLease(lease),
    ping: (timeoutMs) => store.ping(timeoutMs),
    close: () => store.close(),
  };
}
