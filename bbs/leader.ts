import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText } from '../src/domain/errors.ts';
import type { Running } from '../src/platform/group.ts';
import { LEADER_KEY } from './keys.ts';
import type { LeaseId, Store } from './store/store.ts';

const TTL_MS = 5_000;
const RENEW_MS = 1_500;

/**
 * Runs `duties` while this process holds the leader's key. Leadership is for liveness only: two leaders at once for a moment do
 * no harm, since every write of a duty compares what it was decided on.
 */
export function whileLeader(store: Store, log: Logger, duties: (signal: AbortSignal) => Promise<void>): Running {
  const stopping = new AbortController();
  const loop = campaign(store, log, duties, stopping.signal);
  return {
    stop: async () => {
      stopping.abort();
      await loop;
    },
  };
}

async function campaign(
  store: Store,
  log: Logger,
  duties: (signal: AbortSignal) => Promise<void>,
  stopping: AbortSignal,
): Promise<void> {
  while (!stopping.aborted) {
    try {
      const lease = await take(store);
      if (lease !== undefined) await lead(store, log, lease, duties, stopping);
    } catch (error) {
      log.warn({ error: errorText(error) }, 'leader.campaign-failed');
    }
    await sleep(RENEW_MS * (0.7 + Math.random() * 0.6), undefined, { signal: stopping }).catch(() => {});
  }
}

async function take(store: Store): Promise<LeaseId | undefined> {
  // Looked at first, so that a standby process does not make a lease each time it asks.
  if ((await store.get(LEADER_KEY)) !== undefined) return undefined;
  const lease = await store.grantLease(TTL_MS);
  const { committed } = await store.commit({
    guards: [{ key: LEADER_KEY, modRevision: 0 }],
    writes: [{ put: LEADER_KEY, value: Buffer.from(randomUUID()), lease }],
  });
  if (committed) return lease;
  await store.revokeLease(lease);
  return undefined;
}

async function lead(
  store: Store,
  log: Logger,
  lease: LeaseId,
  duties: (signal: AbortSignal) => Promise<void>,
  stopping: AbortSignal,
): Promise<void> {
  const term = new AbortController();
  const end = () => term.abort();
  stopping.addEventListener('abort', end, { once: true });
  if (stopping.aborted) end();
  log.info({}, 'leader.elected');
  const work = duties(term.signal).catch((error: unknown) => log.error({ err: error }, 'leader.duties-failed'));
  let renewedAt = performance.now();
  while (!term.signal.aborted) {
    await sleep(RENEW_MS, undefined, { signal: term.signal }).catch(() => {});
    if (term.signal.aborted) break;
    const askedAt = performance.now();
    const kept = await store.renewLease(lease).catch(() => undefined);
    // Counted from the sending of the last answered renewal (F5); no answer at all is not yet the end.
    if (kept === true) renewedAt = askedAt;
    if (kept === false || performance.now() - renewedAt > TTL_MS) term.abort();
  }
  stopping.removeEventListener('abort', end);
  await work;
  log.info({}, 'leader.resigned');
  await store.revokeLease(lease).catch(() => {});
}
