import { randomUUID } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import type { ContainerRuntime } from '../../cells/executor/runtime.ts';
import { startCell } from '../../cells/main.ts';
import type { Running } from '../../src/platform/group.ts';
import type { LogEntry__Output } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import { freePort } from '../support/etcd.ts';
import { FakeBbs, runTask } from '../support/fake-bbs.ts';

const log = pino({ level: process.env['CELL_TEST_LOG'] ?? 'silent' });
let bbs: FakeBbs;
let runtime: FakeRuntime;
let stateDir: string;
const cells: Running[] = [];

beforeEach(async () => {
  bbs = await FakeBbs.start();
  runtime = new FakeRuntime({ cellId: 'cell-1', missingImages: ['docker.io/library/nowhere:latest'] });
  stateDir = await mkdtemp(join(tmpdir(), 'gavel-cell-'));
});

afterEach(async () => {
  for (const cell of cells.splice(0)) await cell.stop();
  await bbs.stop();
  await rm(stateDir, { recursive: true, force: true });
});

/** The engine outlives the cell, so that a second cell process can find what the first one left. */
function lasting(): ContainerRuntime {
  return new Proxy(runtime, {
    get: (target, name) => {
      if (name === 'close') return async () => await Promise.resolve();
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function start(settings: Record<string, unknown> = {}, killOnStop = false): Promise<Running> {
  const config = cellConfig.parse({
    cellId: 'cell-1',
    bbs: [bbs.address],
    auctioneer: [bbs.address],
    stateDir: stateDir,
    preloaded: { box: 'gavel/busybox:latest' },
    memoryMb: 1_000,
    diskMb: 1_000,
    containers: 100,
    ...settings,
  });
  const cell = await startCell(config, { log, runtime: lasting(), killOnStop, confirmStartMs: 300 });
  cells.push(cell);
  await until(() => bbs.summary()?.closed === false);
  return cell;
}

async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 50_000, interval: 5 });
}

const completed = (guid: string) => bbs.status(guid).state === 'COMPLETED';
const totalStarts = () => [...runtime.starts.values()].reduce((a, b) => a + b, 0);
/** Of tasks: one that is kept ready for the next is nobody's. */
const containers = async () =>
  (await runtime.listOwned()).filter(({ name }) => !name.startsWith('gavel-prepared-')).length;
const freeMemory = () => Number(bbs.summary()?.free?.memory_mb);

async function logText(entries: AsyncIterable<LogEntry__Output>): Promise<string[]> {
  const lines: string[] = [];
  for await (const { line, gap, end } of entries) {
    if (line) lines.push(`${line.sequence} ${line.stream} ${line.source} ${line.text.toString()}`);
    if (gap) lines.push(`gap ${gap.reason}`);
    if (end) lines.push(`end ${end.stdout_bytes}/${end.stderr_bytes}${end.reason}`);
  }
  return lines;
}

describe('a cell', () => {
  it('runs a task from claim to freed capacity', async () => {
    await start();
    const [claim] = bbs.place(
      runTask(
        { FAKE_RESULT: 'forty-two', FAKE_STDOUT: 'hello\n', FAKE_RUN_MS: '20' },
        { result_file: '/out', cpu_weight: 50 },
      ),
    );
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid)).toMatchObject({
      outcome: 'succeeded',
      failed: false,
      exit_code: 0,
      result: 'forty-two',
      result_bytes: 9,
      image_digest: 'fake:gavel/busybox:latest',
      limits_in_force: { memory: '10 MB, no swap', cpu_shares: '512', disk: expect.stringContaining('measured') },
    });
    expect(bbs.status(claim!.guid).usage?.run_time).toMatch(/^0\.\d+s$/);
    await until(() => freeMemory() === 1_000);
    expect(await containers()).toBe(0);
    expect(totalStarts()).toBe(1);
    expect(Number(bbs.summary()?.work_sequence)).toBe(1);
    for (const folder of ['outbox', 'journal']) {
      await vi.waitFor(async () => expect(await readdir(join(stateDir, folder))).toEqual([]), 20_000);
    }
  });

  it('tells failures apart', async () => {
    await start();
    const endings: [ReturnType<typeof runTask>, object][] = [
      [
        runTask({ FAKE_EXIT_CODE: '3' }),
        { outcome: 'failed', failure_reason: 'APP: Exited with status 3', exit_code: 3 },
      ],
      [
        runTask({ FAKE_OOM: '1' }, { run: { log_source: 'JOB' } }),
        { failure_reason: 'JOB: Exited with status 137 (out of memory)', failure_code: 'oom', oom_killed: true },
      ],
      [
        runTask({}, { result_file: '/none' }),
        {
          outcome: 'failed',
          failure_reason: expect.stringMatching(/^failed to fetch result: /),
          failure_code: 'result_unavailable',
        },
      ],
      [
        runTask({}, { root_fs: 'docker:///nowhere' }),
        {
          outcome: 'infra_failed',
          failure_code: 'image_not_found',
          failure_reason: expect.stringContaining('nowhere'),
        },
      ],
      [
        runTask({}, { root_fs: 'preloaded:gone' }),
        { outcome: 'infra_failed', failure_code: 'image_not_found', failure_reason: expect.stringContaining('"gone"') },
      ],
      [runTask({}, { privileged: true }), { outcome: 'infra_failed', failure_code: 'not_allowed' }],
      [runTask({ FAKE_START_ERROR: 'invalid_argument' }), { outcome: 'infra_failed', failure_code: 'start_refused' }],
    ];
    bbs.place(...endings.map(([task]) => task));
    for (const [task, want] of endings) {
      await until(() => completed(task.task_guid));
      expect(bbs.status(task.task_guid)).toMatchObject(want);
    }
    await until(() => freeMemory() === 1_000);
    expect(await containers()).toBe(0);
  });

  it('starts once when the answer to StartTasks is lost', async () => {
    await start();
    bbs.loseReply.set('StartTasks', 2);
    const [claim] = bbs.place(runTask());
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid).outcome).toBe('succeeded');
    expect(bbs.count('StartTasks')).toBe(3);
    expect(totalStarts()).toBe(1);
  });

  it('goes on when the answer to the engine start is lost', async () => {
    await start();
    const [claim] = bbs.place(runTask({ FAKE_START_LOST: '1', FAKE_RUN_MS: '50' }));
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid).outcome).toBe('succeeded');
    expect(totalStarts()).toBe(1);
  });

  it('starts nothing under a stale attempt, and removes its container', async () => {
    await start();
    const claim = bbs.claim(runTask());
    // Between the container's creation and its start, somebody takes the claim back.
    bbs.before.set('StartTasks', () => {
      bbs.apply(claim.guid, { type: 'unclaim', attempt: claim.attempt, reason: 'test' });
    });
    bbs.send([claim]);
    await until(() => bbs.count('StartTasks') === 1);
    await vi.waitFor(async () => expect(await containers()).toBe(0), 20_000);
    await until(() => freeMemory() === 1_000);
    expect(runtime.calls.create).toBe(1);
    expect(runtime.calls.start).toBe(0);
    expect(bbs.status(claim.guid).state).toBe('PENDING');
    expect(bbs.released).toEqual([]);
  });

  it('fails a start that the engine never confirmed, and never sends a second', async () => {
    await start();
    const [claim] = bbs.place(runTask({ FAKE_START_ERROR: 'unavailable' }));
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid)).toMatchObject({
      outcome: 'infra_failed',
      failure_code: 'start_not_confirmed',
      failure_reason: 'start not confirmed',
    });
    expect(await containers()).toBe(0);
    expect(runtime.calls.start).toBe(1);
    expect(totalStarts()).toBe(0);
  });

  it('keeps the container and the outcome while the BBS is away', async () => {
    await start();
    const [claim] = bbs.place(runTask({ FAKE_RUN_MS: '100', FAKE_RESULT: 'kept' }, { result_file: '/r' }));
    await until(() => totalStarts() === 1);
    bbs.away = true;
    await vi.waitFor(async () => expect(await readdir(join(stateDir, 'outbox'))).toHaveLength(1), 20_000);
    await sleep(300);
    expect(await containers()).toBe(1);
    bbs.away = false;
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid)).toMatchObject({ outcome: 'succeeded', result: 'kept' });
    await vi.waitFor(async () => expect(await containers()).toBe(0), 20_000);
    await vi.waitFor(async () => expect(await readdir(join(stateDir, 'outbox'))).toEqual([]), 20_000);
  });

  it('ends a cancelled task politely, then not', async () => {
    await start();
    const [polite, deaf] = bbs.place(
      runTask({ FAKE_RUN_MS: '60000' }),
      runTask({ FAKE_RUN_MS: '60000', FAKE_IGNORE_TERM: '1' }),
    );
    await until(() => totalStarts() === 2);
    const kills = runtime.calls.kill;
    bbs.cancel(polite!, 5_000);
    bbs.cancel(deaf!, 200);
    await until(() => freeMemory() === 1_000);
    expect(runtime.calls.kill - kills).toBe(3);
    expect(await containers()).toBe(0);
    expect(bbs.status(deaf!.guid)).toMatchObject({ outcome: 'cancelled', failure_reason: 'task was cancelled' });
    expect(bbs.count('CompleteTasks')).toBe(0);
  });

  it('ends what was cancelled while no hint could reach it', async () => {
    await start();
    const [claim] = bbs.place(runTask({ FAKE_RUN_MS: '60000' }));
    await until(() => totalStarts() === 1);
    await sleep(1_100);
    bbs.apply(claim!.guid, { type: 'cancel', reason: '' });
    bbs.hangUp();
    await until(() => freeMemory() === 1_000);
    expect(await containers()).toBe(0);
  });

  it('ends a task at its max_run_time', async () => {
    await start();
    const [claim] = bbs.place(runTask({ FAKE_RUN_MS: '60000' }, { max_run_time: '0.5s' }));
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid)).toMatchObject({
      outcome: 'timed_out',
      failure_reason: 'exceeded 500ms timeout',
      exit_code: 143,
    });
  });

  it('gives back what does not fit', async () => {
    await start({ memoryMb: 100, diskMb: 15 });
    const [claim] = bbs.place(runTask({}, { memory_mb: 101, disk_mb: 20 }));
    await until(() => bbs.released.length === 1);
    expect(bbs.released[0]).toEqual({
      guid: claim!.guid,
      code: 'insufficient_resources',
      reason: 'insufficient resources: memory, disk',
    });
    expect(bbs.status(claim!.guid).state).toBe('PENDING');
    expect(runtime.calls.create).toBe(0);
    await until(() => bbs.summary()?.work_sequence === '1');
  });

  it('gives back what another cell may be able to create', async () => {
    await start();
    const [claim] = bbs.place(runTask({ FAKE_CREATE_ERROR: 'unavailable' }));
    await until(() => bbs.released.length === 1);
    expect(bbs.released[0]).toMatchObject({ guid: claim!.guid, code: 'container_unavailable' });
    await until(() => freeMemory() === 1_000);
  });

  it('runs 50 at once and never holds more than it has', async () => {
    await start({ memoryMb: 600, maxStarts: 8 });
    const tasks = Array.from({ length: 50 }, () => runTask({ FAKE_RUN_MS: '30' }));
    const claims = bbs.place(...tasks);
    await until(() => claims.every(({ guid }) => completed(guid)));
    await until(() => freeMemory() === 600);
    expect(totalStarts()).toBe(50);
    expect(Math.max(...runtime.starts.values())).toBe(1);
    const lowest = Math.min(...bbs.summaries.map(({ free }) => Number(free?.memory_mb)));
    expect(lowest).toBeGreaterThanOrEqual(100);
    // Together, not one by one.
    expect(bbs.count('FetchTasks')).toBeLessThan(10);
    expect(Math.max(...(bbs.batches.StartTasks ?? []))).toBeGreaterThan(1);
  });

  it('runs each task once, and all of them, over a bad line', async () => {
    // Long enough that bad luck with renewals alone does not fence the cell.
    bbs.ttlMs = 10_000;
    await start();
    bbs.chaos = 0.25;
    const claims = bbs.place(...Array.from({ length: 60 }, () => runTask({ FAKE_RUN_MS: '20' })));
    const open = () => claims.filter(({ guid }) => !completed(guid));
    // What was given back is placed again, as an auctioneer would.
    await until(() => {
      for (const { guid } of open()) {
        if (bbs.status(guid).state !== 'PENDING') continue;
        const attempt = randomUUID();
        bbs.apply(guid, { type: 'claim', cell_id: 'cell-1', epoch: bbs.epoch, attempt });
        bbs.send([{ guid, attempt }]);
      }
      return open().length === 0;
    });
    bbs.chaos = 0;
    expect(claims.map(({ guid }) => bbs.status(guid).outcome)).toEqual(claims.map(() => 'succeeded'));
    expect(totalStarts()).toBe(60);
    expect(Math.max(...runtime.starts.values())).toBe(1);
    await until(() => freeMemory() === 1_000);
    expect(await containers()).toBe(0);
  });

  it('delivers after a restart what it could not deliver before', async () => {
    const first = await start();
    const [claim] = bbs.place(runTask({ FAKE_RUN_MS: '50', FAKE_RESULT: 'late' }, { result_file: '/r' }));
    await until(() => totalStarts() === 1);
    bbs.away = true;
    await vi.waitFor(async () => expect(await readdir(join(stateDir, 'outbox'))).toHaveLength(1), 20_000);
    await first.stop();
    expect(await containers()).toBe(1);
    bbs.away = false;
    bbs.dropCell();
    bbs.summaries.length = 0;
    await start();
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid)).toMatchObject({ outcome: 'succeeded', result: 'late' });
    await until(() => freeMemory() === 1_000);
    expect(await containers()).toBe(0);
    expect(totalStarts()).toBe(1);
  });

  it('uses whichever of its servers answers', async () => {
    await start({ bbs: ['127.0.0.1:1', bbs.address], auctioneer: ['127.0.0.1:1', bbs.address] });
    const [claim] = bbs.place(runTask());
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid).outcome).toBe('succeeded');
  });

  it('adopts what runs when it is restarted', async () => {
    const first = await start();
    const [claim, finished] = bbs.place(
      runTask({ FAKE_RUN_MS: '4000', FAKE_STDOUT: 'before\n', FAKE_RESULT: 'adopted' }, { result_file: '/r' }),
      runTask({ FAKE_RUN_MS: '500', FAKE_EXIT_CODE: '7' }),
    );
    await until(() => totalStarts() === 2);
    await first.stop();
    expect(await containers()).toBe(2);
    expect(bbs.status(claim!.guid).state).toBe('RUNNING');
    await sleep(600);
    bbs.summaries.length = 0;
    await start();
    expect(freeMemory()).toBeLessThan(1_000);
    await until(() => completed(claim!.guid) && completed(finished!.guid));
    expect(bbs.status(claim!.guid)).toMatchObject({ outcome: 'succeeded', result: 'adopted', epoch: 2 });
    expect(bbs.status(finished!.guid)).toMatchObject({ outcome: 'failed', exit_code: 7 });
    expect(totalStarts()).toBe(2);
    const lines = await logText(bbs.followLogs(claim!));
    expect(lines[0]).toBe('1 stdout APP before');
    expect(lines[1]).toMatch(/^gap the cell was restarted/);
    await until(() => freeMemory() === 1_000);
    expect(await containers()).toBe(0);
  });

  it('removes containers that are no longer its business, and fails those that never started', async () => {
    const first = await start();
    const [over] = bbs.place(runTask({ FAKE_RUN_MS: '60000' }));
    await until(() => totalStarts() === 1);
    await first.stop();
    bbs.apply(over!.guid, { type: 'lose', attempt: over!.attempt, epoch: bbs.status(over!.guid).epoch });
    // As after a crash between StartTasks and the engine's start.
    const unstarted = bbs.claim(runTask());
    bbs.apply(unstarted.guid, {
      type: 'start',
      cell_id: 'cell-1',
      epoch: bbs.epoch,
      attempt: unstarted.attempt,
      nonce: 'forgotten',
      image_digest: '',
      limits_in_force: {},
    });
    await runtime.create({
      name: 'gavel-left-over',
      image: 'gavel/busybox:latest',
      labels: { 'gavel.guid': unstarted.guid, 'gavel.attempt': unstarted.attempt, 'gavel.uid': 'u' },
      path: '/bin/true',
      args: [],
      env: [],
      dir: undefined,
      user: undefined,
      privileged: false,
      limits: { memoryBytes: 0, diskBytes: 0, cpuShares: 0, pids: 0, nofile: 0 },
      network: 'none',
    });
    const gone = bbs.claim(runTask());
    bbs.apply(gone.guid, {
      type: 'start',
      cell_id: 'cell-1',
      epoch: bbs.epoch,
      attempt: gone.attempt,
      nonce: 'forgotten',
      image_digest: '',
      limits_in_force: {},
    });
    await start();
    await until(() => completed(unstarted.guid) && completed(gone.guid));
    expect(bbs.status(unstarted.guid)).toMatchObject({
      outcome: 'infra_failed',
      failure_code: 'start_not_confirmed',
      failure_reason: expect.stringMatching(/^start not confirmed/),
    });
    expect(bbs.status(gone.guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'container_missing' });
    await vi.waitFor(async () => expect(await containers()).toBe(0), 20_000);
    expect(totalStarts()).toBe(1);
  });

  it('ends what it finds when it is restarted and may not adopt', async () => {
    const first = await start();
    const [claim] = bbs.place(runTask({ FAKE_RUN_MS: '600000' }));
    await until(() => totalStarts() === 1 && bbs.status(claim!.guid).state === 'RUNNING');
    await first.stop();
    // Called lost behind the back of the list that the new process has read.
    bbs.before.set('AdoptTasks', () => {
      const { state, epoch } = bbs.status(claim!.guid);
      if (state === 'RUNNING') bbs.apply(claim!.guid, { type: 'lose', attempt: claim!.attempt, epoch });
    });
    await start();
    await vi.waitFor(async () => expect(await containers()).toBe(0), { timeout: 6_000 });
    expect(bbs.count('AdoptTasks')).toBeGreaterThan(0);
    expect(bbs.status(claim!.guid).outcome).toBe('lost');
    expect(totalStarts()).toBe(1);
  });

  it('registers again and adopts when its place is lost', async () => {
    bbs.ttlMs = 600;
    await start();
    const [claim] = bbs.place(runTask({ FAKE_RUN_MS: '4000' }));
    await until(() => totalStarts() === 1);
    bbs.dropCell();
    await until(() => bbs.epoch === 2);
    await until(() => bbs.status(claim!.guid).epoch === 2);
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid).outcome).toBe('succeeded');
    expect(totalStarts()).toBe(1);
  });

  it('begins nothing when unsure, and stops its tasks before they may be called lost', async () => {
    bbs.ttlMs = 500;
    await start();
    const [claim] = bbs.place(runTask({ FAKE_RUN_MS: '60000' }));
    await until(() => totalStarts() === 1);
    const cut = performance.now();
    bbs.away = true;
    await until(() => bbs.summary()?.closed === true);
    expect(performance.now() - cut).toBeGreaterThan(200);
    expect(bbs.summary()?.closed_reason).toContain('lost contact');
    await until(() => runtime.calls.kill > 0);
    const stoppedAfter = performance.now() - cut;
    expect(stoppedAfter).toBeGreaterThan(500);
    bbs.away = false;
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'cell_fenced' });
    await until(() => bbs.summary()?.closed === false);
  });

  it('waits while another process has its name', async () => {
    bbs.occupy();
    const starting = start();
    await until(() => bbs.count('Register') >= 2);
    expect(bbs.joined).toBe(false);
    bbs.dropCell();
    await starting;
    expect(bbs.joined).toBe(true);
  });

  it('keeps a second process out of its state folder, and lets the next one in', async () => {
    const cell = await start();
    const second = startCell(
      cellConfig.parse({ cellId: 'cell-2', bbs: [bbs.address], auctioneer: [bbs.address], stateDir }),
      { log, runtime: lasting() },
    );
    await expect(second).rejects.toMatchObject({
      message: expect.stringMatching(/^stateDir: .* is in use by process \d+/) as string,
    });
    await cell.stop();
    bbs.dropCell();
    await start();
  });

  it('counts with the lease that it had last while no BBS answers: its tasks end before they may be called lost', async () => {
    const first = await start();
    const task = runTask({ FAKE_RUN_MS: '60000' });
    bbs.place(task);
    await until(() => bbs.status(task.task_guid).state === 'RUNNING');
    const { address } = bbs;
    await first.stop();
    expect(await containers()).toBe(1);
    const lease = join(stateDir, 'lease');
    const [ttl, lostAfter, ...since] = (await readFile(lease, 'utf8')).split(' ');
    expect([ttl, lostAfter]).toEqual([String(bbs.ttlMs), String(3 * bbs.ttlMs)]);
    await writeFile(lease, ['500', '1500', ...since].join(' '));
    const away = `127.0.0.1:${await freePort()}`;
    const config = { cellId: 'cell-1', bbs: [away], auctioneer: [address], stateDir, memoryMb: 100, diskMb: 100 };
    const alone = await startCell(cellConfig.parse(config), { log, runtime: lasting() });
    cells.push(alone);
    // Within a second and a half; with what counts when nothing is known it would be fifteen.
    await until(() => runtime.calls.kill > 0);
  });

  it('pushes output during the run and after it, without a seam', async () => {
    await start();
    const [claim] = bbs.place(
      runTask({ FAKE_RUN_MS: '300', FAKE_STDOUT: 'one\ntwo\nrest', FAKE_STDERR: 'oops\n', FAKE_EXIT_CODE: '4' }),
    );
    await until(() => totalStarts() === 1);
    const live = await logText(bbs.followLogs(claim!));
    // Which of the two streams comes first is the kernel's choice; the numbers follow what came.
    expect(live.map((text) => text.replace(/^\d+ /, '')).toSorted()).toEqual([
      'end 12/5',
      'stderr APP oops',
      'stdout APP one',
      'stdout APP rest',
      'stdout APP two',
      'system APP Exit status 4',
    ]);
    expect(live.slice(-2)).toEqual(['5 system APP Exit status 4', 'end 12/5']);
    await until(() => completed(claim!.guid));
    expect(await logText(bbs.followLogs(claim!))).toEqual(live);
    expect(await logText(bbs.followLogs(claim!, { after: 4 }))).toEqual(live.slice(4));
    const errors = await logText(bbs.followLogs(claim!, { stream: 'stderr' }));
    expect(errors).toHaveLength(2);
    const unknown = await logText(bbs.followLogs({ guid: 'none', attempt: 'none' }));
    expect(unknown[0]).toContain('keeps no output');
  });

  it('leaves nothing behind when told so', async () => {
    const cell = await start({}, true);
    const [running, deaf] = bbs.place(
      runTask({ FAKE_RUN_MS: '60000' }),
      runTask({ FAKE_RUN_MS: '60000', FAKE_IGNORE_TERM: '1' }),
    );
    await until(() => totalStarts() === 2);
    await cell.stop();
    expect(await containers()).toBe(0);
    for (const { guid } of [running!, deaf!]) {
      expect(bbs.status(guid)).toMatchObject({ outcome: 'infra_failed', failure_reason: 'cell stopped' });
    }
  });

  it('leaves no container behind even when nobody hears of it', async () => {
    const cell = await start({}, true);
    const [claim] = bbs.place(runTask({ FAKE_RUN_MS: '60000' }));
    await until(() => totalStarts() === 1);
    bbs.away = true;
    await cell.stop();
    expect(await containers()).toBe(0);
    expect(await readdir(join(stateDir, 'outbox'))).toHaveLength(1);
    bbs.away = false;
    bbs.dropCell();
    bbs.summaries.length = 0;
    await start();
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid).failure_code).toBe('cell_stopped');
  });

  it('takes a claim that only the control stream or a list told it of', async () => {
    const first = await start();
    await first.stop();
    bbs.summaries.length = 0;
    const claim = bbs.claim(runTask());
    // Claimed under the epoch to come: known from the list at registration.
    bbs.apply(claim.guid, { type: 'unclaim', attempt: claim.attempt, reason: 'test' });
    bbs.apply(claim.guid, { type: 'claim', cell_id: 'cell-1', epoch: bbs.epoch + 1, attempt: 'by-list' });
    await start();
    await until(() => completed(claim.guid));
    expect(bbs.status(claim.guid).outcome).toBe('succeeded');
  });

  it('refuses to start where it cannot keep its records', async () => {
    const file = join(stateDir, 'file');
    await writeFile(file, '');
    await expect(start({ stateDir: join(file, 'state') })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/^stateDir: cannot write to .*file.state/),
    });
  });
});
