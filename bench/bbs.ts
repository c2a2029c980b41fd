/**
 * Whole lives of tasks through one BBS on etcd, the driver in a process of its own, beside bare etcd transactions of the same keys.
 *   npx tsc -p bench/tsconfig.json && node dist/bench-run/bench/bbs.js
 */
import { randomUUID } from 'node:crypto';
import type { Store } from '../bbs/store/store.ts';
import {
  type BbsProcess,
  type Clients,
  connect,
  cpuMsOf,
  median,
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
import { LeanChannel } from './lean-client.ts';

const ROUNDS = Number(process.env['ROUNDS'] ?? 5);
const ROUND_MS = 2_000;
/** As many callers as a cluster has at work; with fewer, all of them wait for one another (docs/performance.md), which a row of its own tells. */
const UNARY_IN_FLIGHT = 256;
const FEW_IN_FLIGHT = 64;
const BATCH = 100;
const LANES = 4;
const ALL = ['creates', 'unary', 'batched', 'two'];
const only = process.env['ONLY']?.split(',') ?? ALL;

interface Cell {
  readonly id: string;
  readonly epoch: string;
}

async function register({ cells }: Clients, id: string): Promise<Cell> {
  const offer = { cell_id: id, preloaded_rootfs: ['lucid64'], stacks: ['lucid64'], rootfs_schemes: ['preloaded'] };
  const capacity = { memory_mb: 1_000_000, disk_mb: 1_000_000, containers: 100_000 };
  return { id, epoch: (await cells.Register({ offer: { ...offer, capacity }, incarnation: id })).epoch };
}

/** Every step a unary call of its own. */
async function unaryLife({ tasks, placement, cells }: Clients, cell: Cell): Promise<number> {
  const { task_guid, uid } = await tasks.DesireTask(taskRequest(randomUUID()));
  const { id: cell_id, epoch } = cell;
  const claimed = await placement.ClaimTasks({ items: [{ task_guid, uid, cell_id, epoch }] });
  const claim = { task_guid, attempt: claimed.verdicts[0]?.attempt ?? '' };
  const started = await cells.StartTasks({ cell_id, epoch, items: [startItem(claim)] });
  const completed = await cells.CompleteTasks({ cell_id, epoch, items: [{ claim, outcome }] });
  for (const verdict of [claimed.verdicts[0]?.verdict, started.verdicts[0], completed.verdicts[0]]) {
    if (verdict?.code !== '') throw new Error(`a step was refused: ${verdict?.message}`);
  }
  const { state } = await tasks.ResolveTask({ task_guid });
  if (state !== 'RESOLVING') throw new Error(`resolved to ${state}`);
  await tasks.DeleteTask({ task_guid });
  return 1;
}

const outcome = { outcome: 'succeeded', exit_code: 0, result: Buffer.from('{"ok":true}'), result_bytes: 11 };
const startItem = (claim: { task_guid: string; attempt: string }) => ({
  claim,
  nonce: randomUUID(),
  image_digest: 'sha256:3f57d9401f8d42f986df300f0c69192fc41da28ccc8d797829467780db3dd741',
  limits_in_force: { memory: '256 MB', disk: '512 MB' },
});

/** Every step for a hundred tasks in one call, as auctioneer, cells and clients with many tasks send them. */
async function batchedLives({ tasks, placement, cells }: Clients, { id: cell_id, epoch }: Cell): Promise<number> {
  const requests = Array.from({ length: BATCH }, () => taskRequest(randomUUID()));
  const { results } = await tasks.DesireTasks({ tasks: requests });
  const made = results.map(({ task, refusal }) => {
    if (task === null) throw new Error(`a submit was refused: ${refusal?.message}`);
    return task;
  });
  const claimed = await placement.ClaimTasks({
    items: made.map(({ task_guid, uid }) => ({ task_guid, uid, cell_id, epoch })),
  });
  const claims = made.map(({ task_guid }, at) => ({ task_guid, attempt: claimed.verdicts[at]?.attempt ?? '' }));
  const started = await cells.StartTasks({ cell_id, epoch, items: claims.map(startItem) });
  const completed = await cells.CompleteTasks({ cell_id, epoch, items: claims.map((claim) => ({ claim, outcome })) });
  const refused = [...claimed.verdicts.map((each) => each.verdict), ...started.verdicts, ...completed.verdicts].find(
    (verdict) => verdict?.code !== '',
  );
  if (refused !== undefined) throw new Error(`a step was refused: ${refused?.message}`);
  const task_guids = made.map(({ task_guid }) => task_guid);
  const ends = [await tasks.ResolveTasks({ task_guids }), await tasks.DeleteTasks({ task_guids })];
  const kept = ends.flatMap((end) => end.verdicts).find((verdict) => verdict.code !== '');
  if (kept !== undefined) throw new Error(`a task could not be cleared away: ${kept.message}`);
  return BATCH;
}

const MESSAGE = Buffer.alloc(300, 'm');

async function bareCall(channel: LeanChannel): Promise<number> {
  await channel.call('/bench.Echo/Call', MESSAGE);
  return 1;
}

/** The same keys and about the same bytes in the same order, as bare transactions by the same store client with its group commit. */
async function bareLife(store: Store): Promise<number> {
  const id = randomUUID();
  await bareCreate(store, id);
  const put = { put: `task/${id}`, value: STATUS };
  for (let step = 0; step < 4; step += 1) await bare(store, [], [put]);
  const ends = [{ put: `history/${id}`, value: HISTORY }];
  const gone = ['task', 'spec', 'outbox'].map((kind) => ({ delete: `${kind}/${id}` }));
  await bare(store, [], [...gone, ...ends]);
  return 1;
}

async function bareCreate(store: Store, id: string = randomUUID()): Promise<number> {
  const puts = { task: STATUS, spec: SPEC, request: REQUEST };
  await bare(
    store,
    ['task', 'request'].map((kind) => ({ key: `${kind}/${id}`, modRevision: 0 })),
    Object.entries(puts).map(([kind, value]) => ({ put: `${kind}/${id}`, value })),
  );
  return 1;
}

async function bare(store: Store, ...[guards, writes]: [Guards, Writes]): Promise<void> {
  const { committed } = await store.commit({ guards, writes });
  if (!committed) throw new Error('a bare transaction was refused');
}
type Guards = Parameters<Store['commit']>[0]['guards'];
type Writes = Parameters<Store['commit']>[0]['writes'];

const STATUS = Buffer.alloc(780, 's');
const SPEC = Buffer.alloc(900, 'd');
const REQUEST = Buffer.alloc(170, 'r');
const HISTORY = Buffer.alloc(2_200, 'h');

interface Measured {
  readonly rates: number[];
  /** CPU in µs for one, of the BBS, of etcd and of this driver. */
  readonly bbsUs: number[];
  readonly etcdUs: number[];
  readonly driverUs: number[];
}

const measured = (): Measured => ({ rates: [], bbsUs: [], etcdUs: [], driverUs: [] });

const etcd = await startBenchEtcd();
const etcdPid = etcd.members[0]?.pid ?? 0;
const peer = await openPeer(etcd);
let bbs: BbsProcess | undefined;

/** Runs one measurement and notes what it cost the servers. */
async function note(into: Measured, servers: readonly BbsProcess[], run: () => Promise<number>): Promise<void> {
  const cpu = async () =>
    (await Promise.all(servers.map((each) => each.usage()))).reduce((sum, each) => sum + each.cpuMs, 0);
  const before = { bbs: await cpu(), etcd: cpuMsOf(etcdPid), driver: cpuMsOf(process.pid), at: performance.now() };
  const rate = await run();
  const done = (rate * (performance.now() - before.at)) / 1_000;
  into.rates.push(rate);
  into.bbsUs.push((((await cpu()) - before.bbs) * 1_000) / done);
  into.etcdUs.push(((cpuMsOf(etcdPid) - before.etcd) * 1_000) / done);
  into.driverUs.push(((cpuMsOf(process.pid) - before.driver) * 1_000) / done);
}

function costs({ bbsUs, etcdUs, driverUs }: Measured): string {
  const [bbs, etcd, driver] = [bbsUs, etcdUs, driverUs].map((each) => Math.round(median(each)));
  return `CPU each: BBS ${bbs} µs, etcd ${etcd} µs, driver ${driver} µs`;
}

async function lifecycles(): Promise<Row[]> {
  bbs = await startBbsProcess(etcd);
  const clients = connect(bbs.address);
  const one = [bbs];
  const cell = await register(clients, 'cell-1');
  const rows: Row[] = [];
  const unary = (inFlight = UNARY_IN_FLIGHT) => perSecond(inFlight, ROUND_MS, () => unaryLife(clients, cell));
  const few = () => unary(FEW_IN_FLIGHT);
  const batched = () => perSecond(LANES, ROUND_MS, () => batchedLives(clients, cell));
  await unary();
  await batched();
  const [ours, ourFew, ourBatches] = [measured(), measured(), measured()];
  const [bares, bareFew, bareBatches, calls] = [measured(), measured(), measured(), measured()];
  const echo = await startProcess('echo-server', {});
  const echoes = new LeanChannel(echo.address);
  for (let round = 0; round < ROUNDS; round += 1) {
    if (only.includes('unary')) {
      await note(ours, one, () => unary());
      await note(bares, [], () => perSecond(UNARY_IN_FLIGHT, ROUND_MS, () => bareLife(peer)));
      await note(ourFew, one, few);
      await note(bareFew, [], () => perSecond(FEW_IN_FLIGHT, ROUND_MS, () => bareLife(peer)));
      await note(calls, [echo], () => perSecond(UNARY_IN_FLIGHT, ROUND_MS / 4, () => bareCall(echoes)));
    }
    if (only.includes('batched')) {
      await note(ourBatches, one, batched);
      await note(bareBatches, [], () => perSecond(LANES * BATCH, ROUND_MS, () => bareLife(peer)));
    }
  }
  const { total } = await clients.tasks.ListTasks({ page_size: 1 });
  if (total !== '0') throw new Error(`${total} tasks are left of those that were deleted`);
  echoes.close();
  await echo.stop();
  if (only.includes('unary')) {
    rows.push(row('lifecycles/s on etcd, unary', '/s', ours.rates, bares.rates, costs(ours)));
    rows.push(row(`lifecycles/s, unary, ${FEW_IN_FLIGHT} in flight`, '/s', ourFew.rates, bareFew.rates, costs(ourFew)));
    // How fast this machine is just now: on one that others use too, a life costs so many bare calls rather than so many µs.
    rows.push(row('CPU of the BBS for a unary life (peer: a bare gRPC call)', 'µs', ours.bbsUs, calls.bbsUs));
  }
  if (only.includes('batched'))
    rows.push(row('lifecycles/s on etcd, batched', '/s', ourBatches.rates, bareBatches.rates, costs(ourBatches)));
  if (only.includes('creates')) rows.push(...(await creates(clients, one)));
  clients.channel.close();
  await bbs.stop();
  return rows;
}

async function creates(clients: Clients, one: readonly BbsProcess[]): Promise<Row[]> {
  const rows: Row[] = [];
  const seen = new Set<string>();
  for (const inFlight of [1, 8, 32, 128]) {
    const [ours, bares] = [measured(), measured()];
    for (let round = 0; round < ROUNDS; round += 1) {
      await note(ours, one, () =>
        perSecond(inFlight, ROUND_MS / 2, async () => {
          seen.add((await clients.tasks.DesireTask(taskRequest(randomUUID()))).uid);
          return 1;
        }),
      );
      await note(bares, [], () => perSecond(inFlight, ROUND_MS / 2, () => bareCreate(peer)));
    }
    rows.push(row(`creates/s, ${inFlight} in flight`, '/s', ours.rates, bares.rates, costs(ours)));
  }
  const { total } = await clients.tasks.ListTasks({ page_size: 1 });
  if (Number(total) !== seen.size) throw new Error(`${total} tasks are there of ${seen.size} that were created`);
  return rows;
}

/** Unary lives through one BBS, and shared between two on the same two cores. */
async function two(): Promise<Row[]> {
  const servers = await Promise.all([startBbsProcess(etcd), startBbsProcess(etcd)]);
  const clients = servers.map((each) => connect(each.address));
  const [first, second] = clients;
  if (first === undefined || second === undefined) throw new Error('no clients');
  const cell = await register(first, 'cell-2');
  const through = (chosen: readonly Clients[]) =>
    perSecond(UNARY_IN_FLIGHT, ROUND_MS, (worker) => unaryLife(chosen[worker % chosen.length] ?? first, cell));
  await through(clients);
  const [both, alone] = [measured(), measured()];
  for (let round = 0; round < ROUNDS; round += 1) {
    await note(both, servers, () => through(clients));
    await note(alone, servers, () => through([first]));
  }
  for (const each of clients) each.channel.close();
  await Promise.all(servers.map((each) => each.stop()));
  return [row('lifecycles/s, two BBS (peer: one of them)', '/s', both.rates, alone.rates, costs(both))];
}

const rows = [...(await lifecycles()), ...(only.includes('two') ? await two() : [])];
await peer.close();
await etcd.stop();
report('bbs', rows);
