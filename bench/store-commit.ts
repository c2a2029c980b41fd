import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { pino } from 'pino';
import { openEmbeddedStore } from '../bbs/store/embedded.ts';
import { openEtcdStore } from '../bbs/store/etcd.ts';
import type { Store } from '../bbs/store/store.ts';
import { startEtcd } from '../test/support/etcd.ts';

/**
 * Guarded creates per second, by how many are in flight. On a shared machine only orders of magnitude mean anything.
 * Run with `node` after a compile (`tsc --noEmit false --outDir ...`).
 */
const SECONDS = 3;

async function measure(name: string, store: Store): Promise<void> {
  for (const inFlight of [1, 16, 128, 1_000]) {
    const until = performance.now() + SECONDS * 1_000;
    let done = 0;
    const waits: number[] = [];
    const worker = async (id: number): Promise<void> => {
      for (let n = 0; performance.now() < until; n++) {
        const key = `bench/${inFlight}/${id}/${n}`;
        const began = performance.now();
        await store.commit({
          guards: [{ key, createRevision: 0 }],
          writes: [{ put: key, value: Buffer.alloc(500, 'x') }],
        });
        waits.push(performance.now() - began);
        done += 1;
      }
    };
    await Promise.all(Array.from({ length: inFlight }, (_, id) => worker(id)));
    waits.sort((a, b) => a - b);
    const at = (share: number): string => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(1);
    console.log(
      `${name}, ${inFlight} in flight: ${Math.round(done / SECONDS)}/s, median ${at(0.5)} ms, p99 ${at(0.99)} ms`,
    );
  }
}

const etcd = await startEtcd();
const onEtcd = await openEtcdStore({ hosts: etcd.hosts, log: pino({ level: 'silent' }) });
await measure('etcd', onEtcd);
console.log('etcd', onEtcd.stats);
await onEtcd.close();
await etcd.stop();

const folder = await mkdtemp(`${tmpdir()}/gavel-bench-`);
const embedded = await openEmbeddedStore({ path: folder });
await measure('embedded', embedded);
await embedded.close();
await rm(folder, { recursive: true, force: true });
