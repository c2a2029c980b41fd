import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import type { BbsConfigInput } from '../bbs/config.ts';
import { openEtcdStore } from '../bbs/store/etcd.ts';
import type { Store } from '../bbs/store/store.ts';
import type { TaskCreateRequest } from '../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import type { Client } from '../src/rpc/types.ts';
import { startEtcd, type TestEtcd } from '../test/support/etcd.ts';
import { LeanChannel } from './lean-client.ts';

/* What the benchmarks of the BBS share: real etcd, BBS processes of their own, a driver's loops, and the report. */

export interface Usage {
  readonly cpuMs: number;
  readonly rssMb: number;
  readonly heapMb: number;
}

export interface BbsProcess {
  readonly address: string;
  readonly pid: number;
  readonly startMs: number;
  usage(settled?: boolean): Promise<Usage>;
  stop(): Promise<void>;
}

export interface Clients {
  readonly channel: LeanChannel;
  readonly tasks: Client<'TaskService'>;
  readonly cells: Client<'CellService'>;
  readonly placement: Client<'PlacementService'>;
}

/** As the image sets it: the Dockerfile says why. */
const YOUNG = ['--max-semi-space-size=32', '--no-parallel-scavenge'];

/** etcd as it comes (it syncs every commit to disk), in a folder of its own. */
export function startBenchEtcd(): Promise<TestEtcd> {
  return startEtcd({ args: ['--quota-backend-bytes=8589934592'] });
}

/** A BBS in a process of its own. `PROFILE=folder` writes a CPU profile of it when it stops. */
export async function startBbsProcess(etcd: TestEtcd, over: Partial<BbsConfigInput> = {}): Promise<BbsProcess> {
  const config: BbsConfigInput = {
    listen: '127.0.0.1:0',
    store: { kind: 'etcd', hosts: [...etcd.hosts] },
    // The scripted cells of a benchmark do not renew.
    cellLeaseMs: 3_600_000,
    ...over,
  };
  return startProcess('bbs-server', config);
}

/** One role in a process of its own: a program beside this file that speaks as bbs-server.ts does. */
export async function startProcess(program: string, config: object): Promise<BbsProcess> {
  const folder = process.env['PROFILE'];
  const child = fork(new URL(`${program}.js`, import.meta.url), [JSON.stringify(config)], {
    execArgv: ['--expose-gc', ...YOUNG, ...(folder === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${folder}`])],
  });
  const { address, startMs } = await answer<{ address: string; startMs: number }>(child);
  return {
    address,
    pid: child.pid ?? 0,
    startMs,
    usage: (settled = false) => {
      child.send(settled ? 'settled usage' : 'usage');
      return answer<Usage>(child);
    },
    stop: async () => {
      const gone = once(child, 'exit');
      child.send('stop');
      await gone;
    },
  };
}

async function answer<T>(child: ChildProcess): Promise<T> {
  const over = new AbortController();
  const { signal } = over;
  const gone = once(child, 'exit', { signal }).then(() => Promise.reject(new Error('the BBS process ended')));
  gone.catch(() => {});
  try {
    const [message] = (await Promise.race([once(child, 'message', { signal }), gone])) as [T];
    return message;
  } finally {
    over.abort();
  }
}

export function connect(address: string): Clients {
  const channel = new LeanChannel(address);
  return {
    channel,
    tasks: channel.client('TaskService'),
    cells: channel.client('CellService'),
    placement: channel.client('PlacementService'),
  };
}

/** The same store client as the BBS has, for the peer: what etcd does for this machine without a BBS before it. */
export function openPeer(etcd: TestEtcd): Promise<Store> {
  return openEtcdStore({ hosts: etcd.hosts, prefix: '/peer/', log: pino({ level: 'silent' }) });
}

/** CPU of another process so far, in ms (user and system; a clock tick is 10 ms). */
export function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** A request as an SDK sends it: a key for repeats, some env, an action, about 700 bytes when stored. */
export function taskRequest(guid: string, over: Partial<TaskCreateRequest> = {}): TaskCreateRequest {
  return {
    task_guid: guid,
    domain: 'bench',
    stack: 'lucid64',
    root_fs: 'preloaded:lucid64',
    memory_mb: 256,
    disk_mb: 512,
    env: [
      { name: 'BUILD', value: '4711' },
      { name: 'TARGET', value: 'release' },
    ],
    action: { run: { path: '/bin/sh', args: ['-c', 'make "$TARGET" && cp out/* /result'], user: 'vcap' } },
    result_file: '/result/summary.json',
    annotation: 'bench',
    request_key: `key-${guid}`,
    ...over,
  };
}

/** Runs `work` again and again, so many at a time, for so long. @returns how often it was done in a second. */
export async function perSecond(
  inFlight: number,
  ms: number,
  work: (worker: number) => Promise<number>,
): Promise<number> {
  const began = performance.now();
  let done = 0;
  const loop = async (worker: number): Promise<void> => {
    while (performance.now() - began < ms) {
      // Not `done += await ...`: that adds to what `done` was before the wait.
      const count = await work(worker);
      done += count;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, (_, worker) => loop(worker)));
  return done / ((performance.now() - began) / 1_000);
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

export interface Row {
  readonly what: string;
  readonly ours: number;
  /** What it is measured against in the same run; NaN when there is nothing. */
  readonly peer: number;
  /** Median of the ratios of the rounds. */
  readonly ratio: number;
  readonly unit: string;
  readonly runs: readonly number[];
  readonly note?: string;
}

/** One row out of rounds of ours and, right after each, the peer: the machine may slow down between rounds, hardly within one. */
export function row(what: string, unit: string, ours: readonly number[], peer: readonly number[], note = ''): Row {
  const ratios = ours.map((value, at) => value / (peer[at] ?? Number.NaN));
  return { what, ours: median(ours), peer: median(peer), ratio: median(ratios), unit, runs: ours, note };
}

/** The table for people, then one line of JSON for programs. */
export function report(name: string, rows: readonly Row[]): void {
  const width = Math.max(...rows.map((each) => each.what.length));
  for (const { what, ours, peer, ratio, unit, note } of rows) {
    const beside = Number.isNaN(peer) ? '' : `  peer ${format(peer)}, ratio ${ratio.toFixed(2)}`;
    console.log(
      `${what.padEnd(width)}  ${format(ours).padStart(9)} ${unit}${beside}${note === '' ? '' : `  (${note})`}`,
    );
  }
  const rounded = rows.map(({ note: _note, ...each }) => ({
    ...each,
    ours: Number(format(each.ours)),
    peer: Number.isNaN(each.peer) ? null : Number(format(each.peer)),
    ratio: Number.isNaN(each.ratio) ? null : Number(each.ratio.toFixed(3)),
    runs: each.runs.map((value) => Number(format(value))),
  }));
  console.log(JSON.stringify({ name, rows: rounded }));
}

function format(value: number): string {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : value.toFixed(2);
}
