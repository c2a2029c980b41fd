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
    commit: (commit) => {
      const begun = performance.now();
      const answer = store.commit(commit);
      const counted = (result: { readonly inc: () => void }) => {
        result.inc();
        duration.observe((performance.now() - begun) / 1_000);
      };
      // Beside the caller, who need not wait for it.
      answer.then(
        (result) => counted(result.committed ? committed : refused),
        () => counted(failed),
      );
      return answer;
    },
    watch: (prefix, afterRevision, signal) => store.watch(prefix, afterRevision, signal),
    grantLease: (ttlMs) => store.grantLease(ttlMs),
    renewLease: (lease) => store.renewLease(lease),
    revokeLease: (lease) => store.revokeLease(lease),
    ping: (timeoutMs) => store.ping(timeoutMs),
    close: () => store.close(),
  };
}
