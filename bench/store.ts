/**
 * Guarded creates through the stores, by how many are in flight, beside etcd's plain puts with a request for each, by the same client.
 *   npx tsc -p bench/tsconfig.json && node dist/bench-run/bench/store.js
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Etcd3 } from 'etcd3';
import { openEmbeddedStore } from '../bbs/store/embedded.ts';
import type { Store } from '../bbs/store/store.ts';
import { openPeer, perSecond, type Row, report, row, startBenchEtcd } from './bbs-parts.ts';

const ROUNDS = 3;
const ROUND_MS = 1_500;
const VALUE = Buffer.alloc(500, 'x');

let made = 0;
async function create(store: Store): Promise<number> {
  made += 1;
  const key = `bench/${made}`;
  const { committed } = await store.commit({
    guards: [{ key, createRevision: 0 }],
    writes: [{ put: key, value: VALUE }],
  });
  if (!committed) throw new Error(`the create of ${key} was refused`);
  return 1;
}

const etcd = await startBenchEtcd();
const onEtcd = await openPeer(etcd);
const bare = new Etcd3({ hosts: [...etcd.hosts] });
const folder = await mkdtemp(join(tmpdir(), 'gavel-bench-'));
const embedded = await openEmbeddedStore({ path: folder });
const put = async (): Promise<number> => {
  made += 1;
  await bare.put(`bare/${made}`).value(VALUE);
  return 1;
};

const rows: Row[] = [];
for (const inFlight of [1, 32, 256, 1_000]) {
  const rates: Record<'etcd' | 'embedded' | 'bare', number[]> = { etcd: [], embedded: [], bare: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.etcd.push(await perSecond(inFlight, ROUND_MS, () => create(onEtcd)));
    rates.bare.push(await perSecond(inFlight, ROUND_MS, put));
    rates.embedded.push(await perSecond(inFlight, ROUND_MS, () => create(embedded)));
  }
  rows.push(
    row(`creates/s on etcd, ${inFlight} in flight (peer: bare puts)`, '/s', rates.etcd, rates.bare),
    row(`creates/s, embedded, ${inFlight} in flight (peer: on etcd)`, '/s', rates.embedded, rates.etcd),
  );
}
bare.close();
await onEtcd.close();
await embedded.close();
await rm(folder, { recursive: true, force: true });
await etcd.stop();
report('store', rows);
