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

/** As in cell-crash.test.ts. */
const PROGRAM = `
import { pino } from 'pino';
import { cellConfig } from '${new URL('config.js', DIST).href}';
import { startCell } from '${new URL('main.js', DIST).href}';
const cell = await startCell(cellConfig.parse(JSON.parse(process.argv[1])), { log: pino({ level: 'silent' }) });
process.stdin.resume().on('end', () => void cell.stop().finally(() => process.exit()));
`;

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
}

/** A cell as a process of its own that keeps one container ready. */
describe('a cell with a prepared container', () => {
  const cells: ChildProcess[] = [];
  let bbs: FakeBbs;
  let stateDir: string;
  let cellId: string;
  let cell: ChildProcess;

  beforeEach(async () => {
    if (!existsSync(DIST)) throw new Error('dist/ is missing. Run: make build');
    await requireEngine();
    cellId = `prepared-${randomUUID()}`;
    bbs = await FakeBbs.start();
    bbs.cellId = cellId;
    stateDir = await mkdtemp(join(tmpdir(), 'gavel-prepared-'));
    cell = await launch();
  });

  afterEach(async () => {
    for (const one of cells) await stop(one);
    for (const { Id } of await owned()) await engineCall('DELETE', `/containers/${Id}?force=1&v=1`);
    await bbs.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  async function launch(): Promise<ChildProcess> {
    bbs.summaries.length = 0;
    const config = {
      cellId,
      bbs: [bbs.address],
      auctioneer: [bbs.address],
      dockerHost: `unix://${engineSocket()}`,
      stateDir,
      preloaded: { box: IMAGE },
      network: 'none',
      memoryMb: 640,
      diskMb: 1_000,
      preparedContainers: 1,
    };
    const cwd = fileURLToPath(new URL('../..', import.meta.url));
    const args = ['--input-type=module', '-e', PROGRAM, JSON.stringify(config)];
    const started = spawn(process.execPath, args, { cwd, stdio: ['pipe', 'inherit', 'inherit'] });
    cells.push(started);
    await until(() => bbs.summary()?.closed === false);
    return started;
  }

  async function stop(one: ChildProcess): Promise<void> {
    if (one.exitCode !== null || one.signalCode !== null) return;
    const gone = new Promise((done) => one.once('exit', done));
    one.stdin?.end();
    await gone;
  }

  const until = async (holds: () => boolean) => await vi.waitUntil(holds, { timeout: 30_000, interval: 10 });
  const script = (text: string, overrides: Partial<TaskDefinition> = {}) =>
    runTask(
      {},
      { memory_mb: 64, result_file: '/tmp/result', ...overrides, run: { path: '/bin/sh', args: ['-c', text] } },
    );
  const list = async (filters: object): Promise<readonly Listed[]> =>
    (await engineGet(`/containers/json?all=1&filters=${encodeURIComponent(JSON.stringify(filters))}`)) as Listed[];
  const owned = async () => await list({ label: [`gavel.cell=${cellId}`] });
  const only = async (containers: readonly (string | undefined)[]) =>
    await vi.waitFor(async () => expect((await owned()).map(({ Id }) => Id)).toEqual(containers), { timeout: 20_000 });
  const ended = async (task: TaskDefinition) => {
    await until(() => bbs.status(task.task_guid).state === 'COMPLETED');
    return bbs.status(task.task_guid);
  };
  const running = async (task: TaskDefinition) => await until(() => bbs.status(task.task_guid).state === 'RUNNING');
  /** The one container that waits, other than that; the cell knows of it as soon as its task is taken from it. */
  const waiting = async (other = ''): Promise<string> => {
    const filters = { label: [`gavel.cell=${cellId}`], name: ['gavel-prepared-'], status: ['running'] };
    const id = await vi.waitUntil(async () => (await list(filters)).find(({ Id }) => Id !== other)?.Id, {
      timeout: 20_000,
      interval: 20,
    });
    await vi.waitFor(async () => expect(await top(id)).toHaveLength(2), 20_000);
    return id;
  };
  const top = async (id: string): Promise<unknown[]> =>
    ((await engineGet(`/containers/${id}/top`)) as { Processes: unknown[] }).Processes;
  /** Makes the kind of task popular, until a container waits for one. */
  const popular = async (): Promise<string> => {
    for (let use = 0; use < 2; use += 1) {
      const task = script('true');
      bbs.place(task);
      await ended(task);
    }
    return await waiting();
  };

  it('gives it to the next task of its kind, and destroys it with that', async () => {
    const first = await popular();
    const task = script('cat /sys/fs/cgroup/memory/memory.limit_in_bytes > /tmp/result; sleep 1', { memory_mb: 32 });
    // A run time that counted from the container's start would be longer than all that follows.
    await sleep(1_000);
    const placed = performance.now();
    const [claim] = bbs.place(task);
    await running(task);
    const name = (await list({ id: [first] }))[0]?.Names[0];
    expect(name).toMatch(new RegExp(`^/gavel-.+-${claim?.attempt}$`));
    const { outcome, result, usage } = await ended(task);
    expect({ outcome, result }).toEqual({ outcome: 'succeeded', result: `${32 * 2 ** 20}\n` });
    // That of the process, and not of the container, which is older.
    expect(Number(usage?.run_time?.slice(0, -1)) * 1_000).toBeLessThan(performance.now() - placed);
    const second = await waiting(first);
    await only([second]);

    // Out of memory, as in any other container; and whoever is in need of what it cannot have gets one of its own.
    const oom = script('dd if=/dev/zero of=/dev/null bs=200M count=1');
    bbs.place(oom);
    expect(await ended(oom)).toMatchObject({ outcome: 'failed', failure_code: 'oom', oom_killed: true });
    const third = await waiting(second);
    const files = script('cat /etc/cf-service-bindings/a > /tmp/result', {
      volume_mounted_files: [{ path: 'a', content: 'mounted' }],
    });
    bbs.place(files);
    expect(await ended(files)).toMatchObject({ outcome: 'succeeded', result: 'mounted' });
    await only([third]);

    // One that is killed by somebody is replaced; one that waits goes with the cell.
    await engineCall('DELETE', `/containers/${third}?force=1`);
    await only([await waiting(third)]);
    await stop(cell);
    expect(await owned()).toEqual([]);
  });

  it('that dies while a task runs in it adopts it, and removes what waited', async () => {
    const taken = await popular();
    const task = script('echo run >> /tmp/result; sleep 3');
    bbs.place(task);
    await running(task);
    await waiting(taken);
    cell.kill('SIGKILL');
    await until(() => cell.signalCode !== null);
    bbs.dropCell();
    await launch();
    await only([taken]);
    const { outcome, result, usage } = await ended(task);
    expect({ outcome, result }).toEqual({ outcome: 'succeeded', result: 'run\n' });
    expect(Number(usage?.run_time?.slice(0, -1))).toBeGreaterThan(2.9);
    await only([]);
  });

  it('that dies between StartTasks and the start never starts the task', async () => {
    await popular();
    const task = script('echo run >> /tmp/result');
    bbs.before.set('StartTasks', () => cell.kill('SIGKILL'));
    bbs.place(task);
    await until(() => cell.signalCode !== null);
    await running(task);
    bbs.before.delete('StartTasks');
    await sleep(100);
    bbs.dropCell();
    await launch();
    expect(await ended(task)).toMatchObject({
      outcome: 'infra_failed',
      failure_code: 'start_not_confirmed',
      result: '',
    });
    await only([]);
  });

  it('that is stopped while a task runs in it leaves it running for the next', async () => {
    const taken = await popular();
    const task = script('echo run >> /tmp/result; sleep 3; exit 3');
    bbs.place(task);
    await running(task);
    await stop(cell);
    expect((await owned()).map(({ Id }) => Id)).toEqual([taken]);
    bbs.dropCell();
    await launch();
    expect(await ended(task)).toMatchObject({ outcome: 'failed', exit_code: 3 });
    await only([]);
  });
});
