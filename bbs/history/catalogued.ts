import { historyKey, PREFIX } from '../keys.ts';
import type { Entry } from '../store/store.ts';
import { numberInKey, numberOfKey } from './buckets.ts';
import type { Catalog } from './catalog.ts';
import { decodeSummary } from './summary.ts';

/** What an entry of the store tells the catalog; undefined when it is none of history. @throws Error when it cannot be read. */
export function catalogued({ key, value }: Entry): ((catalog: Catalog) => undefined) | undefined {
  if (key.startsWith(PREFIX.history)) {
    const number = numberOfKey(PREFIX.history, key);
    const guid = key.slice(historyKey(number, '').length);
    return (catalog) => {
      catalog.addRecent(number, guid);
    };
  }
  if (!key.startsWith(PREFIX.archiveSummary)) return undefined;
  const [number, summary] = [numberOfKey(PREFIX.archiveSummary, key), decodeSummary(value)];
  return (catalog) => {
    catalog.putBlock(number, summary);
  };
}

/** The entry of a key is gone. */
export function uncatalogued(key: string, catalog: Catalog): void {
  if (key.startsWith(PREFIX.history)) catalog.dropRecent(numberInKey(PREFIX.history, key));
  if (key.startsWith(PREFIX.archiveSummary)) catalog.dropBlock(numberInKey(PREFIX.archiveSummary, key));
}
