import { setTimeout as sleep } from 'node:timers/promises';
import { revisionOf } from './store/revision.ts';
import type { Store } from './store/store.ts';

/** How often the store is asked whether it still is where it was; and the pause before it is asked once more. */
const CHECK_MS = 3_000;
const AGAIN_MS = 300;

/**
 * Watches that the store does not go back. One that was put back to an older state (a restored snapshot, a lost disk) counts on
 * from there, and a watch for what comes after the newest revision seen would say nothing until it gets there again. So the store
 * is asked: what a linearizable read answers cannot be older than what was seen before it was sent.
 * @param seen the newest revision that is known. @param onBack is awaited before the next look.
 */
export async function lookForStepsBack(
  store: Store,
  seen: () => number,
  signal: AbortSignal,
  onBack: () => Promise<void>,
): Promise<void> {
  const pause = async (ms: number) => {
    await sleep(ms, undefined, { signal }).catch(() => {});
  };
  while (!signal.aborted) {
    await pause(CHECK_MS);
    if (!(await isOlder(store, seen()))) continue;
    // Once more: etcd before 3.4.42 may answer one read with an old state after its process was paused.
    await pause(AGAIN_MS);
    if (!signal.aborted && (await isOlder(store, seen()))) await onBack();
  }
}

async function isOlder(store: Store, seen: number): Promise<boolean> {
  try {
    return (await revisionOf(store)) < seen;
  } catch {
    // It does not answer: asked again at the next turn.
    return false;
  }
}
