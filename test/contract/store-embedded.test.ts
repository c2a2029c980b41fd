import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../bbs/store/embedded/database.ts';
import { openEmbeddedStore } from '../../bbs/store/embedded.ts';
import { collect, expectCode, onLmdb, put, seen, text } from '../support/stores.ts';

describe('the embedded store alone', () => {
  beforeAll(() => onLmdb.start());
  afterAll(() => onLmdb.stop());

  it('is refused to a second opener, with the path in the message', async () => {
    const place = await onLmdb.place();
    const store = await onLmdb.open(place);
    await expect(onLmdb.open(place)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(place),
    });
    await store.close();
    await (await onLmdb.open(place)).close();
  });

  it('takes over from a process that died, also where its pid lives again', async () => {
    const place = await onLmdb.place();
    await (await onLmdb.open(place)).close();
    const gone = spawn('true');
    await new Promise((resolve) => gone.once('exit', resolve));
    const lock = join(place, 'owner.lock');
    for (const owner of [`${gone.pid} another-boot:1`, `${process.pid} another-boot:1`, 'rubbish', '']) {
      await writeFile(lock, owner);
      const store = await onLmdb.open(place);
      expect(await readFile(lock, 'utf8')).toMatch(new RegExp(`^${process.pid} `));
      await store.close();
    }
  });

  it('forgets the oldest revisions first', async () => {
    const place = await onLmdb.place();
    const store = await openEmbeddedStore({ path: place, history: { revisions: 10 } });
    const revisions: number[] = [];
    for (let n = 0; n < 30; n++) revisions.push(await put(store, 'k', `${n}`));
    const { changes } = await collect(store, 'k', (revisions.at(-1) ?? 0) - 10, (all) => all.length >= 10);
    expect(changes.map(seen)).toEqual(Array.from({ length: 10 }, (_, n) => `k=${n + 20}`));
    await expectCode(
      collect(store, 'k', (revisions.at(-1) ?? 0) - 11, () => false),
      'compacted',
    );
    await store.close();
  });

  it('undoes the whole transaction when anything in it throws', async () => {
    const database = new Database(await onLmdb.place(), { revisions: 10, bytes: 1_000_000 });
    const failing = database.transact((tx) => {
      tx.apply([{ key: 'a', value: text('1') }]);
      tx.addLease('00000000000000aa', 1_000);
      throw new Error('in the middle');
    });
    await expect(failing).rejects.toThrow('in the middle');
    database.refresh();
    expect(database.get('a')).toBeUndefined();
    expect(database.leases()).toEqual([]);
    expect(database.meta.revision).toBe(0);
    await database.close();
  });

  it('tells a watch of a quiet prefix how far it is', async () => {
    const store = await onLmdb.open(await onLmdb.place());
    const writing = Promise.all(Array.from({ length: 2_500 }, (_, n) => put(store, `busy/${n}`, '')));
    const stop = new AbortController();
    for await (const batch of store.watch('quiet/', 0, stop.signal)) {
      expect(batch.changes).toEqual([]);
      if (batch.revision >= 2_000) break;
    }
    await writing;
    await store.close();
  });
});
