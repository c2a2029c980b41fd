import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { BbsConfigInput } from '../../bbs/config.ts';
import { PREFIX, taskKey } from '../../bbs/keys.ts';
import { reseal } from '../../bbs/sealing.ts';
import { encrypted } from '../../bbs/store/encrypted.ts';
import { openEtcdStore } from '../../bbs/store/etcd.ts';
import { everything } from '../../bbs/store/everything.ts';
import { readStoreKeys, sealedBy } from '../../bbs/store/seal.ts';
import type { Entry, Store } from '../../bbs/store/store.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';
import { ScriptedCell } from '../support/scripted-cell.ts';

const CANARY = 'canary5ea1';
const log = pino({ level: 'silent' });
const never = new AbortController().signal;

/* I12: who has etcd's bytes has no secret of a task. */

describe('a sealed store', () => {
  let etcd: TestEtcd;
  let folder: string;
  let prefix: string;
  let bare: Store;
  let run = 0;
  const running: TestBbs[] = [];

  beforeAll(async () => {
    etcd = await startEtcd();
    folder = mkdtempSync(join(tmpdir(), 'gavel-keys-'));
    for (const name of ['2026', '2027']) writeFileSync(join(folder, name), randomBytes(32).toString('base64'));
  });
  afterAll(async () => {
    await etcd.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  beforeEach(async () => {
    prefix = `/sealed-${++run}/`;
    bare = await openEtcdStore({ hosts: etcd.hosts, prefix, log });
  });
  afterEach(async () => {
    for (const bbs of running.splice(0)) await bbs.stop();
    await bare.close();
  });

  const keys = (...names: string[]) => names.map((name) => ({ name, file: join(folder, name) }));
  async function start(storeKeys: BbsConfigInput['storeKeys']): Promise<TestBbs> {
    const bbs = await startTestBbs({ store: { kind: 'etcd', hosts: [...etcd.hosts], prefix }, storeKeys });
    running.push(bbs);
    return bbs;
  }
  const stop = async (bbs: TestBbs) => {
    running.splice(running.indexOf(bbs), 1);
    await bbs.stop();
  };
  async function stored(): Promise<Entry[]> {
    const found: Entry[] = [];
    const { revision } = await bare.list('', { limit: 1 });
    for await (const entry of everything(bare, '', revision)) found.push(entry);
    return found;
  }
  const inTheClear = (entries: readonly Entry[]) =>
    entries.filter(({ value }) => sealedBy(value) === undefined).map(({ key }) => key);

  const secret = (task_guid: string) =>
    request({
      task_guid,
      env: [{ name: 'TOKEN', value: CANARY }],
      annotation: CANARY,
      image_password: CANARY,
      image_username: 'me',
      description: CANARY,
      request_key: task_guid,
      labels: { of: CANARY },
      completion_callback_url: `http://127.0.0.1:9/?token=${CANARY}`,
    });

  /** One that has ended and is history, one that ended and owes its callback, one that runs, one that waits. */
  async function fill(bbs: TestBbs): Promise<void> {
    const cell = await ScriptedCell.register(bbs, 'cell-1');
    const result = { result: Buffer.from(CANARY), result_bytes: CANARY.length };
    const done = await bbs.tasks.DesireTask({ ...secret('done'), completion_callback_url: '' });
    await cell.run(done, result);
    await bbs.tasks.ResolveTask({ task_guid: 'done' });
    await bbs.tasks.DeleteTask({ task_guid: 'done' });
    await cell.run(await bbs.tasks.DesireTask(secret('ended')), result);
    const runs = await bbs.tasks.DesireTask(secret('runs'));
    expect(await cell.start('runs', await cell.claim(runs))).toBe('');
    await bbs.tasks.DesireTask(secret('waits'));
  }

  async function readsAll(bbs: TestBbs): Promise<void> {
    const { tasks } = await bbs.tasks.ListTasks({});
    expect(tasks.map(({ task_guid, annotation }) => `${task_guid}: ${annotation}`).sort()).toEqual(
      ['ended', 'runs', 'waits'].map((guid) => `${guid}: ${CANARY}`),
    );
    const { task } = await bbs.history.GetHistory({ task_guid: 'done' });
    expect(task).toMatchObject({ annotation: CANARY, result: CANARY });
    // The first request of a key is known again.
    expect(await bbs.tasks.DesireTask(secret('waits'))).toMatchObject({ task_guid: 'waits', state: 'PENDING' });
  }

  it('holds no secret of any task in any value, and gives all of it to a BBS with its key', async () => {
    const bbs = await start(keys('2026'));
    await fill(bbs);
    const entries = await stored();
    expect(entries.filter(({ value }) => value.includes(CANARY)).map(({ key }) => key)).toEqual([]);
    const clear = inTheClear(entries);
    expect(clear.filter((key) => !key.startsWith(PREFIX.cell) && !key.startsWith(PREFIX.leader))).toEqual([]);
    expect(clear).toContain('cell/cell-1');
    await readsAll(bbs);
    await stop(bbs);
    await readsAll(await start(keys('2026')));
  });

  it('is not opened without its key, or with another one of its name', async () => {
    await stop(await start(keys('2026')));
    const needs = /storeKeys: what is in the store is sealed, and needs the key "2026"/;
    await expect(start([])).rejects.toThrow(needs);
    await expect(start(keys('2027'))).rejects.toThrow(needs);
    const other = [{ name: '2026', file: join(folder, '2027') }];
    await expect(start(other)).rejects.toThrow(/storeKeys "2026": another key than the store was sealed with/);
    await start(keys('2026'));
  });

  it('takes over what lay there in the clear, and changes its key while it is used', async () => {
    const first = await start([]);
    await fill(first);
    await stop(first);
    expect((await stored()).some(({ value }) => value.includes(CANARY))).toBe(true);

    let bbs = await start(keys('2026'));
    await readsAll(bbs);
    // The leader's first look; what lives is left until it moves.
    const history = (await stored()).find(({ key }) => key.startsWith(PREFIX.history))?.key ?? '';
    await expect
      .poll(async () => sealedBy((await bare.get(history))?.value ?? Buffer.alloc(0)), { timeout: 20_000 })
      .toBe('2026');
    expect(sealedBy((await bare.get(taskKey('waits')))?.value ?? Buffer.alloc(0))).toBe(undefined);
    await bbs.tasks.CancelTask({ task_guid: 'waits' });
    expect(sealedBy((await bare.get(taskKey('waits')))?.value ?? Buffer.alloc(0))).toBe('2026');
    await stop(bbs);

    bbs = await start(keys('2027', '2026'));
    const seal = readStoreKeys(keys('2027', '2026'));
    const count = async () => Object.fromEntries(await reseal({ store: bare, seal, log }, never));
    const { tasks } = await bbs.tasks.ListTasks({});
    expect(tasks.map(({ task_guid }) => task_guid).sort()).toEqual(['ended', 'runs', 'waits']);
    expect((await count())['2026']).toBeGreaterThan(0);
    await expect(start(keys('2027'))).rejects.toThrow(/needs the key "2026"/);

    // With the last task that lived under the old key, the last need for it goes.
    for (const { key, modRevision } of await stored()) {
      if (['spec/', 'task/', 'outbox/', 'request/'].some((passing) => key.startsWith(passing)))
        await bare.commit({ guards: [{ key, modRevision }], writes: [{ delete: key }] });
    }
    await stop(bbs);
    expect(await count()).toMatchObject({ 2026: 0 });
    bbs = await start(keys('2027'));
    expect((await bbs.history.GetHistory({ task_guid: 'done' })).task).toMatchObject({ annotation: CANARY });
  });

  it('breaks off what reads a value of a key that it was not told of, and does not call it absent', async () => {
    const [old, newer] = [keys('2026'), keys('2027', '2026')].map((names) =>
      encrypted(bare, readStoreKeys(names), log),
    );
    const { revision } = (await newer?.commit({
      guards: [],
      writes: [{ put: 'task/a', value: Buffer.from('a') }],
    })) ?? { revision: 0 };
    const told = { code: 'unavailable', message: expect.stringContaining('store key "2027"') };
    await expect(old?.get('task/a')).rejects.toMatchObject(told);
    await expect(old?.list('task/', { limit: 1 })).rejects.toMatchObject(told);
    const watch = old?.watch('', revision - 1, never)[Symbol.asyncIterator]();
    await expect(watch?.next()).rejects.toMatchObject(told);
    expect((await old?.list('task/', { limit: 1, keysOnly: true }))?.entries).toHaveLength(1);
  });
});
