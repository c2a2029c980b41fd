/**
 * A BBS with 200,000 finished tasks (RECORDS=1000000: a million, which takes minutes to write) beside one with none: pages, single records, creates, start-up, memory, what they take of the store,
 * and how fast records are archived.
 *   npx tsc -p bench/tsconfig.json && node dist/bench-run/bench/history.js
 */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { encodeDefinition } from '../bbs/codec.ts';
import { Archive, DEFAULT_HISTORY } from '../bbs/history/archive.ts';
import { Block, lined } from '../bbs/history/block.ts';
import { BUCKET } from '../bbs/history/buckets.ts';
import { History, historyWrites } from '../bbs/history/history.ts';
import { encodeSummary, summaryOf } from '../bbs/history/summary.ts';
import { archiveKey, archiveSummaryKey, NUMBER_KEY } from '../bbs/keys.ts';
import { fullTask, LiveTask, Spec } from '../bbs/live-task.ts';
import type { HistoryRecord } from '../bbs/records.ts';
import { openEtcdStore } from '../bbs/store/etcd.ts';
import type { Store } from '../bbs/store/store.ts';
import { View } from '../bbs/view.ts';
import type { Task, TaskStatus } from '../src/domain/task.ts';
import { newTask } from '../src/domain/task-machine.ts';
import { systemClock } from '../src/platform/clock.ts';
import { taskToJson } from '../src/platform/task-json.ts';
import { definitionFromWire } from '../src/rpc/codec.ts';
import { serviceDefinition } from '../src/rpc/descriptors.ts';
import type { TaskCreateRequest__Output } from '../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import {
  type Clients,
  connect,
  median,
  perSecond,
  type Row,
  report,
  row,
  startBbsProcess,
  startBenchEtcd,
  taskRequest,
} from './bbs-parts.ts';

const RECORDS = Number(process.env['RECORDS'] ?? 200_000);
const ARCHIVED = 5_000;
const ROUNDS = 5;
const PREFIX = { full: '/full/', empty: '/empty/', archive: '/archive/' } as const;
const log = pino({ level: 'silent' });
const clock = systemClock();

const desire = serviceDefinition('TaskService')['DesireTask'];
if (desire === undefined) throw new Error('no method DesireTask');
const sample = definitionFromWire(
  desire.requestDeserialize(desire.requestSerialize(taskRequest('sample'))) as TaskCreateRequest__Output,
);

/** A task that ran, with all that is random in one. */
function finishedTask(number: number): Task {
  const task_guid = randomUUID();
  const now = clock.nowNanos();
  const definition = { ...sample, task_guid, request_key: `key-${task_guid}` };
  const born = newTask(definition, { uid: randomUUID().replaceAll('-', ''), number, created_by: 'bench', now });
  const status: TaskStatus = {
    ...born,
    state: 'RESOLVING',
    outcome: 'succeeded',
    claimed_at: now + BigInt(Math.floor(Math.random() * 1e7)),
    started_at: now + BigInt(Math.floor(Math.random() * 1e8)),
    first_completed_at: now + BigInt(Math.floor(Math.random() * 1e9)),
    cell_id: `cell-${number % 50}`,
    attempt: randomUUID().replaceAll('-', '').slice(0, 24),
    result: JSON.stringify({ answer: randomUUID() }),
  };
  return fullTask(new LiveTask(status, number * 6, new Spec(encodeDefinition(definition), definition)));
}

const guids: string[] = [];

/** Written as the archive writes them, past the BBS, which would take an hour. @returns bytes of the blocks. */
async function fill(store: Store): Promise<number> {
  await store.commit({ guards: [], writes: [{ put: NUMBER_KEY, value: Buffer.from(String(RECORDS + 1)) }] });
  let bucket = 0;
  let bytes = 0;
  const writer = async (): Promise<void> => {
    while (bucket * BUCKET <= RECORDS) {
      const id = bucket;
      bucket += 1;
      const records: HistoryRecord[] = [];
      for (let number = Math.max(1, id * BUCKET); number < Math.min((id + 1) * BUCKET, RECORDS + 1); number += 1) {
        const task = finishedTask(number);
        const { task_guid, uid, domain } = task;
        const resolved_at = clock.nowNanos().toString();
        records.push({
          number,
          task_guid,
          uid,
          domain,
          task_json: taskToJson(task),
          resolved_at,
          resolved_by: 'client',
        });
        if (number % 10_000 === 7) guids.push(task_guid);
      }
      const block = Block.empty.with(records.map(lined), new Map());
      const packed = await block.encode();
      const summary = encodeSummary(summaryOf(block, packed.length));
      const put = [
        { put: archiveKey(id), value: packed },
        { put: archiveSummaryKey(id), value: summary },
      ];
      await store.commit({ guards: [], writes: put });
      bytes += packed.length + summary.length;
    }
  };
  await Promise.all(Array.from({ length: 4 }, writer));
  return bytes;
}

const nothing = (values: readonly number[]) => values.map(() => Number.NaN);
const alone = (what: string, unit: string, values: readonly number[], note = ''): Row =>
  row(what, unit, values, nothing(values), note);

async function times(count: number, work: () => Promise<unknown>): Promise<number[]> {
  const ms: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const began = performance.now();
    await work();
    ms.push(performance.now() - began);
  }
  return ms;
}

async function reads(clients: Clients): Promise<Row[]> {
  const history = clients.channel.client('HistoryService');
  const anywhere = () => Math.ceil(Math.random() * RECORDS);
  const page = async (page_size: number, before?: number) => {
    const page_token = before === undefined ? '' : String(before);
    const { records } = await history.ListHistory({ page_size, page_token });
    if (records.length !== page_size) throw new Error(`a page has ${records.length} of ${page_size} records`);
    const numbers = records.map(({ task }) => Number(task?.number));
    if (numbers.some((number, at) => number >= (numbers[at - 1] ?? Number.POSITIVE_INFINITY)))
      throw new Error('a page is not newest first');
  };
  const one = async (task_guid: string) => {
    const { task } = await history.GetHistory({ task_guid });
    if (task?.task_guid !== task_guid && task?.number !== task_guid) throw new Error('another record was answered');
  };
  const guid = () => guids[Math.floor(Math.random() * guids.length)] ?? '';
  await times(20, () => page(30));
  return [
    alone('first page of 30', 'ms', await times(21, () => page(30))),
    alone('page of 30 anywhere', 'ms', await times(21, () => page(30, Math.max(31, anywhere())))),
    alone('page of 500 anywhere', 'ms', await times(11, () => page(500, Math.max(501, anywhere())))),
    alone('one by number', 'ms', await times(51, () => one(String(anywhere())))),
    alone('one by guid', 'ms', await times(51, () => one(guid()))),
  ];
}

async function creates(full: Clients, empty: Clients): Promise<Row> {
  const rate = (clients: Clients) => () =>
    perSecond(32, 1_500, async () => {
      await clients.tasks.DesireTask(taskRequest(randomUUID()));
      return 1;
    });
  const rates = { full: [] as number[], empty: [] as number[] };
  await rate(full)();
  await rate(empty)();
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.full.push(await rate(full)());
    rates.empty.push(await rate(empty)());
  }
  return row('creates/s, 32 in flight (peer: an empty BBS)', '/s', rates.full, rates.empty);
}

/** From records of their own to blocks, in this process: what the leading BBS does in the background. */
async function archive(store: Store): Promise<Row> {
  const view = new View(store, log);
  await view.open();
  const writes = Array.from({ length: ARCHIVED }, (_, at) =>
    historyWrites(finishedTask(at + 1), clock.nowNanos(), 'client', undefined, undefined),
  );
  const commits = await Promise.all(writes.map(async (each) => await store.commit({ guards: [], writes: each })));
  await view.reached(Math.max(...commits.map(({ revision }) => revision)));
  const filling = new Archive({ store, view, clock, log, policy: DEFAULT_HISTORY });
  const cpu = process.cpuUsage();
  const began = performance.now();
  const moved = await filling.fill(new AbortController().signal, { recentMost: 0, settledMs: 0 });
  const seconds = (performance.now() - began) / 1_000;
  const { user, system } = process.cpuUsage(cpu);
  if (moved !== ARCHIVED) throw new Error(`${moved} of ${ARCHIVED} records were archived`);
  const { records } = await new History(store, view).list(1_000, '', undefined);
  if (records.length === 0) throw new Error('what was archived is not listed');
  await view.close();
  return alone('archived', 'records/s', [moved / seconds], `${Math.round((user + system) / moved)} µs of CPU for each`);
}

const etcd = await startBenchEtcd();
const store = await openEtcdStore({ hosts: etcd.hosts, prefix: PREFIX.full, log });
const began = performance.now();
const bytes = await fill(store);
console.log(`${RECORDS} records written in ${Math.round((performance.now() - began) / 1_000)} s`);
await store.close();
const start = (prefix: string) => startBbsProcess(etcd, { store: { kind: 'etcd', hosts: [...etcd.hosts], prefix } });
const empty = await start(PREFIX.empty);
const full = await start(PREFIX.full);
const clients = { full: connect(full.address), empty: connect(empty.address) };
const memory = { full: await full.usage(true), empty: await empty.usage(true) };
const own = await openEtcdStore({ hosts: etcd.hosts, prefix: PREFIX.archive, log });
const rows = [
  row('start-up (peer: an empty BBS)', 'ms', [full.startMs], [empty.startMs]),
  row('memory (peer: an empty BBS)', 'MB RSS', [memory.full.rssMb], [memory.empty.rssMb]),
  alone('in the store', 'bytes/record', [bytes / RECORDS]),
  ...(await reads(clients.full)),
  await creates(clients.full, clients.empty),
  await archive(own),
];
for (const each of Object.values(clients)) each.channel.close();
await own.close();
await Promise.all([full.stop(), empty.stop()]);
await etcd.stop();
console.log(`${RECORDS} finished tasks; medians of ${median([ROUNDS])} rounds where there are rounds`);
report('history', rows);
