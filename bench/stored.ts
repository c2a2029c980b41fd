/**
 * A BBS with 100,000 live tasks beside one with none: lists, creates, memory, idle CPU, start-up, a thousand readers of events.
 *   npx tsc -p bench/tsconfig.json && node dist/bench-run/bench/stored.js
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:http2';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { encodeDefinition, encodeStatus } from '../bbs/codec.ts';
import { NUMBER_KEY, specKey, taskKey } from '../bbs/keys.ts';
import { openEtcdStore } from '../bbs/store/etcd.ts';
import type { Store, Write } from '../bbs/store/store.ts';
import type { TaskDefinition } from '../src/domain/task.ts';
import { newTask } from '../src/domain/task-machine.ts';
import { definitionFromWire } from '../src/rpc/codec.ts';
import { serviceDefinition } from '../src/rpc/descriptors.ts';
import type { TaskCreateRequest__Output } from '../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import {
  type BbsProcess,
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
import type { LeanChannel } from './lean-client.ts';

const TASKS = Number(process.env['TASKS'] ?? 100_000);
const ROUNDS = 5;
const READERS = 1_000;
const CONNECTIONS = 20;
/** Before each gRPC message: whether it is compressed, and its length. */
const HEAD_BYTES = 5;
const IDLE_MS = 5_000;
/** A process that has loaded and listed 100,000 tasks is compiled for that, and takes some thousand creates to be for these. */
const WARM_UP_ROUNDS = 4;
const PREFIX = { full: '/full/', empty: '/empty/' } as const;

const service = serviceDefinition('TaskService');
const method = (name: string) => {
  const found = service[name];
  if (found === undefined) throw new Error(`no method ${name}`);
  return found;
};

const etcd = await startBenchEtcd();
const start = (prefix: string) => startBbsProcess(etcd, { store: { kind: 'etcd', hosts: [...etcd.hosts], prefix } });

/** Written past the BBS, which would take minutes: the records are those it would write. */
async function fill(store: Store): Promise<void> {
  const { requestSerialize, requestDeserialize } = method('DesireTask');
  const define = (guid: string): TaskDefinition =>
    definitionFromWire(requestDeserialize(requestSerialize(taskRequest(guid))) as TaskCreateRequest__Output);
  const sample = define('sample');
  await store.commit({ guards: [], writes: [{ put: NUMBER_KEY, value: Buffer.from(String(TASKS + 1)) }] });
  const perCommit = 10;
  let number = 0;
  const writer = async (): Promise<void> => {
    while (number < TASKS) {
      const writes: Write[] = [];
      while (writes.length < 2 * perCommit && number < TASKS) {
        number += 1;
        const guid = randomUUID();
        const definition = { ...sample, task_guid: guid, request_key: `key-${guid}` };
        const uid = guid.replaceAll('-', '');
        const status = newTask(definition, { uid, number, created_by: 'bench', now: BigInt(Date.now()) * 1_000_000n });
        writes.push({ put: taskKey(guid), value: encodeStatus(status, uid.slice(0, 16)) });
        writes.push({ put: specKey(uid), value: Buffer.from(encodeDefinition(definition)) });
      }
      await store.commit({ guards: [], writes });
    }
  };
  await Promise.all(Array.from({ length: 100 }, writer));
}

/** Top-level fields of a ListTasksResponse, without decoding the tasks: the driver must not be what is measured. */
function readPage(bytes: Buffer): { tasks: number; next: string } {
  let at = 0;
  let tasks = 0;
  let next = '';
  const varint = (): number => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 0x7f) * shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const value = varint();
    if ((tag & 7) !== 2) continue;
    if (tag >> 3 === 1) tasks += 1;
    if (tag >> 3 === 2) next = bytes.toString('utf8', at, at + value);
    at += value;
  }
  return { tasks, next };
}

async function listAll(clients: Clients, pageSize: number, most = Number.POSITIVE_INFINITY): Promise<number> {
  const { path, requestSerialize } = method('ListTasks');
  let seen = 0;
  let token = '';
  do {
    const bytes = await clients.channel.call(path, requestSerialize({ page_size: pageSize, page_token: token }));
    const page = readPage(bytes);
    seen += page.tasks;
    token = page.next;
  } while (token !== '' && seen < most);
  return seen;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

async function repeat(times: number, work: () => Promise<number>): Promise<number[]> {
  const results: number[] = [];
  for (let run = 0; run < times; run += 1) results.push(await work());
  return results;
}

const nothing = (values: readonly number[]) => values.map(() => Number.NaN);
const alone = (what: string, unit: string, values: readonly number[], note = ''): Row =>
  row(what, unit, values, nothing(values), note);

async function lists(clients: Clients): Promise<Row[]> {
  const all = async () => {
    let seen = 0;
    const ms = await timed(async () => {
      seen = await listAll(clients, 1_000);
    });
    if (seen < TASKS) throw new Error(`the list told ${seen} of ${TASKS} tasks`);
    return seen / (ms / 1_000);
  };
  const cold = await all();
  const first = await repeat(21, () => timed(() => listAll(clients, 100, 1)));
  return [
    alone('first page of 100', 'ms', first),
    alone('whole list, first time', 'tasks/s', [cold], 'encodes every task once'),
    alone('whole list, again', 'tasks/s', await repeat(ROUNDS, all)),
  ];
}

async function creates(full: Clients, empty: Clients): Promise<Row> {
  const rate = (clients: Clients) => () =>
    perSecond(32, 1_500, async () => {
      await clients.tasks.DesireTask(taskRequest(randomUUID()));
      return 1;
    });
  const rates = { full: [] as number[], empty: [] as number[] };
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    // Each is the first one in turn: what one leaves to do is done in the time of the next.
    for (const which of round % 2 === 0 ? (['full', 'empty'] as const) : (['empty', 'full'] as const)) {
      const value = await rate(which === 'full' ? full : empty)();
      if (round >= 0) rates[which].push(value);
    }
  }
  return row('creates/s, 32 in flight (peer: an empty BBS)', '/s', rates.full, rates.empty);
}

async function readers(clients: Clients, address: string): Promise<Row[]> {
  const channels = Array.from({ length: CONNECTIONS }, () => connect(address).channel);
  const { path, requestSerialize } = method('WatchTasks');
  const seen = Array.from({ length: READERS }, () => 0);
  let wanted = 1;
  let behind = READERS;
  let allThere = () => {};
  const there = () => new Promise<void>((resolve) => (allThere = resolve));
  const told = (reader: number) => (messages: number) => {
    if ((seen[reader] ?? 0) < wanted && messages >= wanted) behind -= 1;
    seen[reader] = messages;
    if (behind === 0) allThere();
  };
  const begun = there();
  const ends = seen.map((_, reader) => watch(channels[reader % CONNECTIONS], path, requestSerialize({}), told(reader)));
  await begun;
  const latencies = await repeat(ROUNDS * 4, async () => {
    wanted += 1;
    behind = READERS;
    const all = there();
    return await timed(async () => {
      await clients.tasks.DesireTask(taskRequest(randomUUID()));
      await all;
    });
  });
  for (const end of ends) end();
  for (const channel of channels) channel.close();
  return [alone(`an event at ${READERS} readers, from the call on`, 'ms', latencies, 'the last reader has it')];
}

/** A stream of answers, of which only the messages are counted. @returns what ends it. */
function watch(channel: LeanChannel | undefined, path: string, message: Buffer, told: (messages: number) => void) {
  const stream = channel?.open(path);
  const frame = Buffer.alloc(HEAD_BYTES + message.length);
  frame.writeUInt32BE(message.length, 1);
  message.copy(frame, HEAD_BYTES);
  let rest: Buffer = Buffer.alloc(0);
  let messages = 0;
  stream?.on('error', () => {});
  stream?.on('data', (part: Buffer) => {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part]);
    while (rest.length >= HEAD_BYTES && rest.length >= HEAD_BYTES + rest.readUInt32BE(1)) {
      rest = rest.subarray(HEAD_BYTES + rest.readUInt32BE(1));
      messages += 1;
    }
    told(messages);
  });
  stream?.end(frame);
  return () => stream?.close(constants.NGHTTP2_CANCEL);
}

async function idle(bbs: BbsProcess): Promise<Row> {
  const before = await bbs.usage();
  await sleep(IDLE_MS);
  const after = await bbs.usage();
  return alone('idle CPU', '% of a core', [((after.cpuMs - before.cpuMs) / IDLE_MS) * 100]);
}

const store = await openEtcdStore({ hosts: etcd.hosts, prefix: PREFIX.full, log: pino({ level: 'silent' }) });
await fill(store);
await store.close();
const full = await start(PREFIX.full);
const empty = await start(PREFIX.empty);
const clients = { full: connect(full.address), empty: connect(empty.address) };
const { total } = await clients.full.tasks.ListTasks({ page_size: 1 });
if (Number(total) !== TASKS) throw new Error(`${total} tasks are there of ${TASKS}`);
const memory = async (what: string) => {
  const { rssMb, heapMb } = await full.usage(true);
  return alone(what, 'MB RSS', [rssMb], `${Math.round(heapMb)} MB in use`);
};

const rows = [alone('start-up', 'ms', [full.startMs]), await memory('memory after start-up')];
rows.push(await idle(full), ...(await lists(clients.full)), await memory('memory after whole lists'));
rows.push(
  await creates(clients.full, clients.empty),
  ...(await readers(clients.full, full.address)),
  await memory('memory at the end'),
);
for (const each of Object.values(clients)) each.channel.close();
await Promise.all([full.stop(), empty.stop()]);
await etcd.stop();
console.log(`${TASKS} live tasks; medians of ${median([ROUNDS])} rounds where there are rounds`);
report('stored', rows);
