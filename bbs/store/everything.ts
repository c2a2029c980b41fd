import type { Entry, Page, Store } from './store.ts';

const PAGE = 1_000;

/** All records under a prefix as of one revision; the next page is on its way while one is read. */
export async function* everything(
  store: Store,
  prefix: string,
  revision: number,
  keysOnly = false,
): AsyncGenerator<Entry> {
  const ask = (after?: string) =>
    store.list(prefix, { limit: PAGE, revision, keysOnly, ...(after === undefined ? {} : { after }) });
  for (let asked: Promise<Page> | undefined = ask(); asked !== undefined; ) {
    const { entries, more }: Page = await asked;
    const after: string | undefined = entries.at(-1)?.key;
    asked = more && after !== undefined ? ask(after) : undefined;
    // Awaited above in its turn; a fault that comes before that is not unheard.
    asked?.catch(() => {});
    yield* entries;
  }
}
