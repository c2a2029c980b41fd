import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { History } from '../../bbs/history/history.ts';
import { INPUT_MOST_BYTES, Inputs } from '../../bbs/inputs.ts';
import { PREFIX } from '../../bbs/keys.ts';
import { Numbers } from '../../bbs/numbers.ts';
import { Requests } from '../../bbs/requests.ts';
import { openEmbeddedStore } from '../../bbs/store/embedded.ts';
import { openEtcdStore } from '../../bbs/store/etcd.ts';
import type { Store } from '../../bbs/store/store.ts';
import { Tasks } from '../../bbs/tasks.ts';
import { View } from '../../bbs/view.ts';
import { DomainError } from '../../src/domain/errors.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { parseTaskSpec } from '../../src/platform/task-spec.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';

const log = pino({ level: 'silent' });

describe.each(['embedded', 'etcd'] as const)('the input of a task on the %s store', (kind) => {
  let etcd: TestEtcd | undefined;
  let folder: string;
  let store: Store;
  let view: View;
  let tasks: Tasks;
  let inputs: Inputs;
  let run = 0;

  beforeAll(async () => {
    if (kind === 'etcd') etcd = await startEtcd();
  });
  afterAll(() => etcd?.stop());
  beforeEach(async () => {
    run += 1;
    folder = mkdtempSync(join(tmpdir(), 'gavel-inputs-'));
    store =
      etcd === undefined
        ? await openEmbeddedStore({ path: folder })
        : await openEtcdStore({ hosts: etcd.hosts, prefix: `/inputs-${run}/`, log });
    view = new View(store, log);
    await view.open();
    const clock = systemClock();
    const history = new History(store, view);
    tasks = new Tasks({
      store,
      view,
      clock,
      history,
      numbers: new Numbers(store),
      requests: new Requests(store, clock),
    });
    inputs = new Inputs({ store, view, tasks });
  });
  afterEach(async () => {
    await view.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function held(guid: string) {
    const spec = {
      task_guid: guid,
      domain: 'd',
      root_fs: 'preloaded:x',
      action: { run: { path: '/x' } },
      input_dir: '/in',
    };
    await tasks.create(parseTaskSpec(spec), { name: 'me', domains: undefined, requestId: 'r' });
    const live = await tasks.find(guid);
    if (live === undefined) throw new Error('it is not there');
    return live;
  }
  async function* upload(data: Buffer, sha256: string | undefined = sum(data)) {
    for (let from = 0; from < data.length; from += 200_000) yield { data: data.subarray(from, from + 200_000) };
    if (sha256 !== '') yield { sha256 };
  }
  const sum = (data: Buffer) => createHash('sha256').update(data).digest('hex');
  const keys = async () =>
    (await store.list(PREFIX.input, { limit: 1_000, keysOnly: true })).entries.map(({ key }) => key);

  it('comes out as it went in, and goes when the task is over', async () => {
    const data = randomBytes(1_300_000);
    const released = await inputs.accept(await held('whole'), upload(data));
    expect(released.status).toMatchObject({ state: 'PENDING', waiting_for: 'the next auction' });
    const parts: Buffer[] = [];
    let told = '';
    for await (const { data: part, sha256 } of inputs.read(released)) {
      if (part !== undefined) parts.push(part as Buffer);
      told = sha256 ?? told;
    }
    expect(Buffer.concat(parts).equals(data)).toBe(true);
    expect(told).toBe(sum(data));
    expect(await inputs.sweepOnce()).toBe(0);
    await tasks.transition('whole', { type: 'cancel', reason: '' });
    expect(await inputs.sweepOnce()).toBe(4);
    expect(await keys()).toEqual([]);
  });

  it('is refused while the store has no room for it, and the task waits on', async () => {
    let left = 600_000;
    const take = (bytes: number) => {
      left -= bytes;
      if (left < 0) throw new DomainError('overloaded', 'the store is full');
    };
    const tight = new Inputs({ store, view, tasks, room: { take } });
    const live = await held('tight');
    const data = randomBytes(1_300_000);
    await expect(tight.accept(live, upload(data))).rejects.toMatchObject({ code: 'overloaded' });
    expect((await tasks.find('tight'))?.status.awaiting_input).toBe(true);
    left = data.length;
    await tight.accept(live, upload(data));
    expect((await tasks.find('tight'))?.status.awaiting_input).not.toBe(true);
  });

  it('releases nothing when it breaks off, is spoilt or too large, and may be uploaded again', async () => {
    const live = await held('again');
    const data = randomBytes(600_000);
    await expect(inputs.accept(live, upload(data, ''))).rejects.toMatchObject({ code: 'cancelled' });
    await expect(inputs.accept(live, upload(data, 'f00'))).rejects.toMatchObject({ code: 'invalid_argument' });
    const large = Buffer.alloc(INPUT_MOST_BYTES + 1);
    await expect(inputs.accept(live, upload(large))).rejects.toMatchObject({ code: 'too_large' });
    expect((await tasks.find('again'))?.status.awaiting_input).toBe(true);
    await inputs.accept(live, upload(data));
    // Of the earlier ones nothing is left: two pieces, and which upload counts.
    expect(await keys()).toHaveLength(3);
    const again = tasks.find('again').then(async (now) => await inputs.accept(now ?? live, upload(data)));
    await expect(again).rejects.toMatchObject({ code: 'invalid_transition' });
  });
});
