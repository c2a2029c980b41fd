/**
 * The whole control plane on one machine: a BBS, an auctioneer and etcd (with fsync), each a process, and 10, 100 and 1,000 scripted cells
 * that run nothing. Every task goes through its whole life: created, claimed, started, completed, resolved, deleted; its submitter asks for each
 * step of each task by a call of its own, but where "in batches" is said.
 *   npx tsc -p bench/tsconfig.json && node dist/bench-run/bench/cluster.js      (TASKS=100000 ROUNDS=3 CELLS=10,1000)
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Batcher } from '../cells/rep/batcher.ts';
import type { Verdict__Output } from '../src/rpc/gen/gavel/v1/Verdict.ts';
import {
  type BbsProcess,
  type Clients,
  connect,
  cpuMsOf,
  openPeer,
  perSecond,
  type Row,
  report,
  row,
  startBbsProcess,
  startBenchEtcd,
  startProcess,
  taskRequest,
} from './bbs-parts.ts';
import { type Sight, startCells, stopCells } from './cluster-cells.ts';
import { bareLife, published, quantile, spent, useText } from './cluster-parts.ts';

/** At most so many in one go, and no more than begin in WHOLE_MS unless TASKS is given: all benchmarks together have a quarter of an hour. */
const TASKS = Number(process.env['TASKS'] ?? 100_000);
const WHOLE_MS = process.env['TASKS'] === undefined ? 10_000 : Number.POSITIVE_INFINITY;
const ROUNDS = Number(process.env['ROUNDS'] ?? 2);
const SCALES = (process.env['CELLS'] ?? '10,1000').split(',').map(Number);
const MANY_IN_FLIGHT = 1_000;
const WHOLE = `tasks/s, ${MANY_IN_FLIGHT} in flight`;
const BATCHES = `${WHOLE}, asked for in batches`;
const IDLE_TASKS = 60;
const IDLE_PAUSE_MS = 15;
const ROUND_MS = 2_000;
const BURST = 1_000;
/** The leader packs every 10 s. */
const ARCHIVED_MS = 11_000;
const WARM_UP = 3_000;
/** The whole bench waits no longer than this for one task. */
const LIFE_MS = 60_000;
const REPEATS = 6;

interface Life {
  readonly submitted: number;
  reached?: number;
  started?: number;
  readonly completed: () => void;
}

const lives = new Map<string, Life>();
let twice = 0;
let repeated = 0;
let latencies: { readonly reached: number; readonly started: number }[] = [];

const sight: Sight = {
  reached: (guid) => {
    const life = lives.get(guid);
    if (life !== undefined) life.reached ??= performance.now();
  },
  started: (guid) => {
    const life = lives.get(guid);
    if (life?.started !== undefined) twice += 1;
    if (life !== undefined) life.started = performance.now();
  },
  completed: (guid) => lives.get(guid)?.completed(),
};

/** Asks for each task by calls of its own, or for what is there to ask together, as the SDK's `runMany` and cells do. */
interface Submitter {
  desire(task_guid: string): Promise<unknown>;
  resolve(task_guid: string): Promise<unknown>;
  remove(task_guid: string): Promise<unknown>;
}

function oneByOne({ tasks }: Clients): Submitter {
  return {
    desire: (task_guid) => again(() => tasks.DesireTask(taskRequest(task_guid))),
    resolve: (task_guid) => again(() => tasks.ResolveTask({ task_guid })),
    remove: (task_guid) => again(() => tasks.DeleteTask({ task_guid })),
  };
}

function together({ tasks }: Clients): Submitter {
  const step = (ask: (guids: string[]) => Promise<readonly (Verdict__Output | null)[]>) => {
    const batches = new Batcher((guids: readonly string[]) => again(() => ask([...guids])));
    return async (guid: string) => {
      const { code = '', message = '' } = (await batches.call(guid)) ?? {};
      if (code !== '') throw new Error(`refused: ${code} ${message}`);
    };
  };
  return {
    desire: step(async (guids) => {
      const { results } = await tasks.DesireTasks({ tasks: guids.map((guid) => taskRequest(guid)) });
      return results.map(({ refusal }) => refusal);
    }),
    resolve: step(async (task_guids) => (await tasks.ResolveTasks({ task_guids })).verdicts),
    remove: step(async (task_guids) => (await tasks.DeleteTasks({ task_guids })).verdicts),
  };
}

async function live(submitter: Submitter): Promise<number> {
  const task_guid = randomUUID();
  let late: NodeJS.Timeout | undefined;
  const completed = new Promise<void>((resolve, reject) => {
    lives.set(task_guid, { submitted: performance.now(), completed: resolve });
    late = setTimeout(() => reject(new Error(`task ${task_guid} did not complete in ${LIFE_MS} ms`)), LIFE_MS);
  });
  await Promise.all([submitter.desire(task_guid), completed]);
  clearTimeout(late);
  const { submitted, reached = Number.NaN, started = Number.NaN } = lives.get(task_guid) ?? { submitted: Number.NaN };
  lives.delete(task_guid);
  latencies.push({ reached: reached - submitted, started: started - submitted });
  await submitter.resolve(task_guid);
  await submitter.remove(task_guid);
  return 1;
}

/** A store that is late refuses (status 14), and every one of these calls may be repeated; so does the SDK. */
async function again<T>(call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (tries > 0 && /DeleteTask: 5 /.test(String(error))) return undefined as T;
      if (tries === REPEATS || !/: 14 /.test(String(error))) throw error;
      repeated += 1;
      await sleep(200 * Math.random() * 2 ** tries);
    }
  }
}

/** @returns tasks/s of so many together, or of those that begin within `ms`, from the first request to the last answer. */
async function burst(
  submitter: Submitter,
  count: number,
  inFlight: number,
  ms = Number.POSITIVE_INFINITY,
): Promise<number> {
  const began = performance.now();
  let lived = 0;
  let left = count;
  await Promise.all(
    Array.from({ length: Math.min(count, inFlight) }, async () => {
      for (; left > 0 && performance.now() - began < ms; lived += 1) {
        left -= 1;
        await live(submitter);
      }
    }),
  );
  return lived / ((performance.now() - began) / 1_000);
}

interface Figures {
  readonly [kind: string]: number[];
}
const figures = (): Figures => ({
  reached: [],
  p99: [],
  started: [],
  one: [],
  many: [],
  burst: [],
  whole: [],
  batches: [],
  bare: [],
});

async function measure(scale: number, into: Figures, used: Map<string, string>): Promise<void> {
  const note = async (kind: string, run: () => Promise<number>) => {
    const before = await spent(roles());
    const value = await run();
    into[kind]?.push(value);
    const after = await spent(roles());
    const text = useText(before, after, (value * (after.at - before.at)) / 1_000);
    used.set(`${scale} ${kind}`, text);
    console.error(`  ${scale} cells, ${kind}: ${value.toFixed(0)}/s; ${text}`);
  };
  latencies = [];
  await sleep(300);
  for (let i = 0; i < IDLE_TASKS; i += 1) {
    await live(unary);
    await sleep(IDLE_PAUSE_MS);
  }
  const reached = latencies.map((each) => each.reached);
  into['reached']?.push(quantile(reached, 0.5));
  into['p99']?.push(quantile(reached, 0.99));
  console.error(`  ${scale} cells, idle: ${quantile(reached, 0.5).toFixed(1)} ms`);
  into['started']?.push(
    quantile(
      latencies.map((each) => each.started),
      0.5,
    ),
  );
  await note('one', () => perSecond(1, ROUND_MS, () => live(unary)));
  await note('many', () => perSecond(32, ROUND_MS, () => live(unary)));
  await note('burst', () => burst(unary, BURST, BURST));
  await note('bare', () => perSecond(MANY_IN_FLIGHT, ROUND_MS, () => bareLife(peer)));
  if (scale !== SCALES[0] && scale !== SCALES.at(-1)) return;
  await note('whole', () => burst(unary, TASKS, MANY_IN_FLIGHT, WHOLE_MS));
  await note('batches', () => burst(batches, TASKS, MANY_IN_FLIGHT, WHOLE_MS));
}

const etcd = await startBenchEtcd();
const etcdPid = etcd.members[0]?.pid ?? 0;
const peer = await openPeer(etcd);
const bbs = await startBbsProcess(etcd, { cellLeaseMs: 10_000 });
const auctioneer: BbsProcess = await startProcess('cluster-auctioneer', { listen: '127.0.0.1:0', bbs: [bbs.address] });
const roles = () => ({
  BBS: async () => (await bbs.usage()).cpuMs,
  auctioneer: async () => (await auctioneer.usage()).cpuMs,
  etcd: async () => cpuMsOf(etcdPid),
  driver: async () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000;
  },
});
const clients = connect(bbs.address);
const [unary, batches] = [oneByOne(clients), together(clients)];
const all = new Map(SCALES.map((scale) => [scale, figures()]));
const used = new Map<string, string>();
const memory = new Map<number, string>();
const idleUse = new Map<number, string>();

async function rounds(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    // etcd's part of a task grows with what it has kept before: no scale is always the last one.
    for (const scale of round % 2 === 0 ? SCALES : SCALES.toReversed()) {
      const cells = await startCells(scale, { bbs: bbs.address, auctioneer: auctioneer.address }, sight);
      // The first thousands of tasks are what the engine's compilers work on.
      if (round === 0 && scale === SCALES[0]) await burst(unary, WARM_UP, 64);
      if (round === ROUNDS - 1) {
        // Before the tasks: after them the leader still packs their records, which is a part of their cost and none of being idle.
        await sleep(ARCHIVED_MS);
        const before = await spent(roles());
        await sleep(2_000);
        idleUse.set(scale, useText(before, await spent(roles()), 0));
      }
      await measure(scale, all.get(scale) ?? figures(), used);
      const [one, other] = [await bbs.usage(true), await auctioneer.usage(true)];
      memory.set(scale, `BBS ${Math.round(one.rssMb)} MB, auctioneer ${Math.round(other.rssMb)} MB`);
      const failure = cells.find((cell) => cell.failure !== undefined)?.failure;
      if (failure !== undefined) throw failure;
      await stopCells(cells);
    }
  }
  const { total } = await clients.tasks.ListTasks({ page_size: 1 });
  if (total !== '0' || twice > 0) throw new Error(`${total} tasks are left, ${twice} were started twice`);
}

try {
  await rounds();
} finally {
  // A fault must not leave servers behind.
  clients.channel.close();
  await auctioneer.stop();
  await bbs.stop();
  await peer.close();
  await etcd.stop();
}

const rows: Row[] = [];
const [least, most] = [SCALES[0] ?? 0, SCALES.at(-1) ?? 0];
for (const [scale, figure] of all) {
  const of = (kind: string) => figure[kind] ?? [];
  const at = `${scale} cells`;
  const add = (what: string, unit: string, kind: string, diego: string) => {
    const peers = unit === '/s' ? of('bare') : [];
    const use = used.get(`${scale} ${kind}`) ?? '';
    rows.push(row(`${what}, ${at}`, unit, of(kind), peers, [use, diego].filter((text) => text !== '').join('; ')));
  };
  add('idle submit at its cell, p50', 'ms', 'reached', published('idle', scale));
  add('idle submit at its cell, p99', 'ms', 'p99', '');
  add('idle submit to started, p50', 'ms', 'started', '');
  add('tasks/s, 1 client', '/s', 'one', published('one', scale));
  add('tasks/s, 32 clients', '/s', 'many', published('many', scale));
  add(`tasks/s, burst of ${BURST}`, '/s', 'burst', published('burst', scale));
  if (of('whole').length > 0) {
    add(WHOLE, '/s', 'whole', '');
    add(BATCHES, '/s', 'batches', '');
  }
  console.log(`${at}: ${memory.get(scale)}; nothing to do: ${idleUse.get(scale)}`);
}
const compare = (what: string, unit: string, kind: string) => {
  rows.push(row(what, unit, all.get(most)?.[kind] ?? [], all.get(least)?.[kind] ?? [], `peer: with ${least} cells`));
};
if (most !== least) {
  compare(`idle submit at its cell with ${most} cells`, 'ms', 'reached');
  compare(`${WHOLE}, with ${most} cells`, '/s', 'whole');
  compare(`${BATCHES}, with ${most} cells`, '/s', 'batches');
}
console.log(
  `medians of ${ROUNDS} rounds; peer: bare etcd transactions of the same keys; ${repeated} calls were repeated`,
);
report('cluster', rows);
