import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { TaskDefinition } from '../../src/domain/task.ts';
import { engineCall, engineGet, engineSocket, IMAGE, requireEngine } from '../support/engine.ts';
import { FakeBbs, runTask } from '../support/fake-bbs.ts';

const DIST = new URL('../../dist/cells/', import.meta.url);

/** Starts a cell with the settings it was given, and ends with the test that started it. */
const PROGRAM = `
import { pino } from 'pino';
import { cellConfig } from '${new URL('config.js', DIST).href}';
import { startCell } from '${new URL('main.js', DIST).href}';
const cell = await startCell(cellConfig.parse(JSON.parse(process.argv[1])), { log: pino({ level: 'silent' }), killOnStop: true });
process.stdin.resume().on('end', () => void cell.stop().finally(() => process.exit()));
`;

/** A cell as a process of its own, killed and paused where it hurts most, on a real engine. */
describe('a cell process', () => {
  const cells: ChildProcess[] = [];
  let bbs: FakeBbs;
  let stateDir: string;
  let cellId: string;

  beforeEach(async () => {
    if (!existsSync(DIST)) throw new Error('dist/ is missing. Run: make build');
    await requireEngine();
    cellId = `crash-${randomUUID()}`;
    bbs = await FakeBbs.start();
    bbs.cellId = cellId;
    stateDir = await mkdtemp(join(tmpdir(), 'gavel-crash-'));
  });

  afterEach(async () => {
    for (const cell of cells.splice(0)) {
      if (cell.exitCode !== null || cell.signalCode !== null) continue;
      const gone = new Promise((done) => cell.once('exit', done));
      cell.stdin?.end();
      await gone;
    }
    await bbs.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  function spawnCell(): ChildProcess {
    bbs.summaries.length = 0;
    const config = {
      cellId: cellId,
      bbs: [bbs.address],
      auctioneer: [bbs.address],
      dockerHost: `unix://${engineSocket()}`,
      stateDir: stateDir,
      preloaded: { box: IMAGE },
      network: 'none',
      memoryMb: 640,
      diskMb: 1_000,
    };
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const args = ['--input-type=module', '-e', PROGRAM, JSON.stringify(config)];
    const cell = spawn(process.execPath, args, { cwd, stdio: ['pipe', 'inherit', 'inherit'] });
    cells.push(cell);
    return cell;
  }

  async function launch(): Promise<ChildProcess> {
    const cell = spawnCell();
    await until(() => bbs.summary()?.closed === false);
    return cell;
  }

  /** As after the end of its lease. */
  async function relaunch(): Promise<void> {
    bbs.dropCell();
    await launch();
  }

  const until = async (holds: () => boolean) => await vi.waitUntil(holds, { timeout: 30_000, interval: 10 });
  const died = async (cell: ChildProcess) => await until(() => cell.signalCode !== null);
  const script = (text: string) =>
    runTask({}, { memory_mb: 64, result_file: '/tmp/result', run: { path: '/bin/sh', args: ['-c', text] } });
  const owned = async () => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`gavel.cell=${cellId}`] }));
    return (await engineGet(`/containers/json?all=1&filters=${filters}`)) as { Id: string; State: string }[];
  };
  /** A task that goes on until it is told: nothing here depends on how fast a cell begins. */
  const waits = (first: string, then: string) =>
    script(`${first}; trap '${then}; exit 0' USR1; while :; do sleep 0.1; done`);
  /** It runs, and not only its start is recorded. */
  const up = async (task: TaskDefinition) => {
    await until(() => bbs.status(task.task_guid).state === 'RUNNING');
    await vi.waitFor(async () => expect(await owned()).toMatchObject([{ State: 'running' }]), { timeout: 20_000 });
    await sleep(1_000);
  };
  const tell = async () => {
    for (const { Id } of await owned()) await engineCall('POST', `/containers/${Id}/kill?signal=USR1`);
  };
  const nothingLeft = async () => await vi.waitFor(async () => expect(await owned()).toEqual([]), { timeout: 20_000 });

  it('that dies between StartTasks and the start never starts the task', async () => {
    const cell = await launch();
    const task = script('echo run >> /tmp/result');
    // The commit happens; nobody is left to read the answer.
    bbs.before.set('StartTasks', () => cell.kill('SIGKILL'));
    bbs.place(task);
    await died(cell);
    await until(() => bbs.status(task.task_guid).state === 'RUNNING');
    expect(await owned()).toHaveLength(1);
    await relaunch();
    await until(() => bbs.status(task.task_guid).state === 'COMPLETED');
    expect(bbs.status(task.task_guid)).toMatchObject({
      outcome: 'infra_failed',
      failure_code: 'start_not_confirmed',
      result: '',
    });
    await nothingLeft();
  });

  it('that dies while a task runs adopts it, and the task notices nothing', async () => {
    const cell = await launch();
    const task = waits('echo run >> /tmp/result', ':');
    bbs.place(task);
    await up(task);
    const began = performance.now();
    cell.kill('SIGKILL');
    await died(cell);
    await relaunch();
    expect(bbs.status(task.task_guid).state).toBe('RUNNING');
    expect(bbs.summary()?.free?.memory_mb).toBe('576');
    const ran = performance.now() - began;
    await tell();
    await until(() => bbs.status(task.task_guid).state === 'COMPLETED');
    const { outcome, result, usage } = bbs.status(task.task_guid);
    expect({ outcome, result }).toEqual({ outcome: 'succeeded', result: 'run\n' });
    // From its start, not from where the second process found it.
    expect(Number(usage?.run_time?.slice(0, -1)) * 1_000).toBeGreaterThan(ran);
    await nothingLeft();
  });

  it('that is back at once has its place at once, and adopts: it knows that the process before it is gone', async () => {
    // Longer than this test waits for anything.
    bbs.ttlMs = 120_000;
    const cell = await launch();
    const task = waits('echo run >> /tmp/result', ':');
    bbs.place(task);
    await up(task);
    const { epoch } = bbs.status(task.task_guid);
    cell.kill('SIGKILL');
    await died(cell);
    await launch();
    await until(() => bbs.status(task.task_guid).epoch === epoch + 1);
    expect(bbs.status(task.task_guid).state).toBe('RUNNING');
    await tell();
    await until(() => bbs.status(task.task_guid).state === 'COMPLETED');
    expect(bbs.status(task.task_guid)).toMatchObject({ outcome: 'succeeded', result: 'run\n' });
    await nothingLeft();
  });

  it('that is back hears what a task writes, also while its place is not free yet', async () => {
    bbs.ttlMs = 10_000;
    const cell = await launch();
    const task = waits('echo before', 'echo after; sleep 1');
    const [claim] = bbs.place(task);
    await up(task);
    cell.kill('SIGKILL');
    await died(cell);
    bbs.away = true;
    const asked = bbs.count('Register');
    spawnCell();
    // It has been refused a few times, and was listening before that.
    await until(() => bbs.count('Register') >= asked + 4);
    await tell();
    await sleep(2_000);
    bbs.dropCell();
    bbs.away = false;
    await until(() => bbs.status(task.task_guid).state === 'COMPLETED');
    const lines: string[] = [];
    for await (const { line } of bbs.followLogs(claim!))
      if (line?.stream === 'stdout') lines.push(line.text.toString());
    expect(lines).toEqual(['before', 'after']);
    await nothingLeft();
  });

  it('that dies while it reports a task does not lose its outcome', async () => {
    const cell = await launch();
    const task = script('echo run >> /tmp/result');
    bbs.before.set('CompleteTasks', () => {
      cell.kill('SIGKILL');
      throw new Error('never came');
    });
    bbs.place(task);
    await died(cell);
    expect(bbs.status(task.task_guid).state).toBe('RUNNING');
    expect(await owned()).toHaveLength(1);
    await relaunch();
    await until(() => bbs.status(task.task_guid).state === 'COMPLETED');
    expect(bbs.status(task.task_guid)).toMatchObject({ outcome: 'succeeded', result: 'run\n' });
    await nothingLeft();
  });

  it('that was paused past its lease first stops what is no longer its own', async () => {
    bbs.ttlMs = 3_000;
    const cell = await launch();
    const task = script('sleep 60');
    const [claim] = bbs.place(task);
    await up(task);
    cell.kill('SIGSTOP');
    await sleep(5_000);
    bbs.apply(task.task_guid, { type: 'lose', attempt: claim?.attempt ?? '', epoch: bbs.status(task.task_guid).epoch });
    bbs.dropCell();
    expect(await owned()).toHaveLength(1);
    cell.kill('SIGCONT');
    await vi.waitFor(async () => expect(await owned()).toEqual([]), { timeout: 20_000 });
    expect(bbs.status(task.task_guid).outcome).toBe('lost');
  });
});
