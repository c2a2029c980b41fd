import type { Store } from './store.ts';

/** How far the store has come, linearizably; no key is walked over for it, however many there are. */
export async function revisionOf(store: Pick<Store, 'list'>): Promise<number> {
  const { revision } = await store.list('', { limit: 1, keysOnly: true, below: '' });
  return revision;
}
