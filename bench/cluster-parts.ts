import { randomUUID } from 'node:crypto';
import type { Commit, Store } from '../bbs/store/store.ts';

/* What bench/cluster.ts counts with: what each role uses, the bare peer, and the figures of others to set beside. */

/** CPU of each role so far, in ms. */
export interface Spent {
  readonly at: number;
  readonly ms: ReadonlyMap<string, number>;
}

export async function spent(roles: Readonly<Record<string, () => Promise<number>>>): Promise<Spent> {
  const ms = new Map<string, number>();
  for (const [name, read] of Object.entries(roles)) ms.set(name, await read());
  return { at: performance.now(), ms };
}

/** What each role used in between, of a core and for each task: on a machine that others use too, the latter says more. */
export function useText(before: Spent, after: Spent, tasks: number): string {
  const wall = after.at - before.at;
  const parts = [...after.ms].map(([name, now]) => {
    const ms = now - (before.ms.get(name) ?? 0);
    const each = tasks > 0 ? ` ${Math.round((ms * 1_000) / tasks)} µs` : '';
    return `${name}${each} ${Math.round((100 * ms) / wall)} %`;
  });
  return `CPU ${tasks > 0 ? 'each and ' : ''}of a core: ${parts.join(', ')}`;
}

export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

const STATUS = Buffer.alloc(780, 's');
const puts = { task: STATUS, spec: Buffer.alloc(900, 'd'), request: Buffer.alloc(170, 'r') };
const HISTORY = Buffer.alloc(2_200, 'h');

/** The keys and about the bytes of one task's life as bare transactions, by the BBS's own store client with its group commit. */
export async function bareLife(store: Store): Promise<number> {
  const id = randomUUID();
  const commit = async (each: Commit) => {
    if (!(await store.commit(each)).committed) throw new Error('a bare transaction was refused');
  };
  await commit({
    guards: ['task', 'request'].map((kind) => ({ key: `${kind}/${id}`, modRevision: 0 })),
    writes: Object.entries(puts).map(([kind, value]) => ({ put: `${kind}/${id}`, value })),
  });
  for (let step = 0; step < 4; step += 1) await commit({ guards: [], writes: [{ put: `task/${id}`, value: STATUS }] });
  const gone = ['task', 'spec', 'outbox'].map((kind) => ({ delete: `${kind}/${id}` }));
  const ends = [{ put: `history/${id}`, value: HISTORY }];
  await commit({ guards: [], writes: [...gone, ...ends] });
  return 1;
}

/** Diego's control plane with scripted cells, in plain text, as ../shared/design/auction-workload.md has it (1,000 cells: mutual TLS). */
const DIEGO: Readonly<Record<number, Readonly<Record<string, string>>>> = {
  10: { one: '83/s', many: '303/s', burst: '341/s', idle: '7.5 to 12 ms' },
  100: { one: '36/s', many: '288/s', burst: '357/s', idle: '21 ms' },
  1000: { one: '7/s', many: '94/s', burst: '137/s', idle: '126 ms' },
};

export function published(kind: string, cells: number): string {
  const figure = DIEGO[cells]?.[kind];
  return figure === undefined ? '' : `Diego ${figure}: published, other run`;
}
