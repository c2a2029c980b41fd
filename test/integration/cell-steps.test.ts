import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { idleSpec } from '../../cells/executor/container-spec.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import type { ContainerRuntime } from '../../cells/executor/runtime.ts';
import { startCell } from '../../cells/main.ts';
import type { Action } from '../../src/domain/action.ts';
import type { TaskDefinition } from '../../src/domain/task.ts';
import type { Running } from '../../src/platform/group.ts';
import { FakeBbs, runTask } from '../support/fake-bbs.ts';
import { startFileServer, tarOf } from '../support/file-server.ts';

const log = pino({ level: process.env['CELL_TEST_LOG'] ?? 'silent' });
let bbs: FakeBbs;
let runtime: FakeRuntime;
let stateDir: string;
const cells: Running[] = [];

beforeEach(async () => {
  bbs = await FakeBbs.start();
  runtime = new FakeRuntime({ cellId: 'cell-1' });
  stateDir = await mkdtemp(join(tmpdir(), 'gavel-steps-'));
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

async function start(): Promise<Running> {
  const config = cellConfig.parse({
    cellId: 'cell-1',
    bbs: [bbs.address],
    auctioneer: [bbs.address],
    stateDir: stateDir,
    preloaded: { box: 'gavel/busybox:latest' },
    memoryMb: 1_000,
    diskMb: 1_000,
    containers: 100,
  });
  const cell = await startCell(config, { log, runtime: lasting(), confirmStartMs: 300 });
  cells.push(cell);
  await until(() => bbs.summary()?.closed === false);
  return cell;
}

async function until(holds: () => boolean): Promise<void> {
  await vi.waitUntil(holds, { timeout: 20_000, interval: 5 });
}

const completed = (guid: string) => bbs.status(guid).state === 'COMPLETED';
const gone = async () =>
  await vi.waitUntil(async () => (await runtime.listOwned()).length === 0, { timeout: 20_000, interval: 5 });

/** A run action whose fake process does what `env` says. */
function step(name: string, env: Readonly<Record<string, string>> = {}): Action {
  const entries = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  const { action } = runTask({}, { run: { path: name, env: entries } });
  return action;
}

function tree(actions: readonly Action[], over: Partial<TaskDefinition> = {}): TaskDefinition {
  return runTask({}, { action: { serial: { actions, log_source: '' } }, stop: { signal: '', grace: '0.2s' }, ...over });
}

const ran = () => runtime.execs.map(({ spec }) => spec.path);

describe('a task of several steps', () => {
  it('runs each of them once, in one container, and none before it counts as running', async () => {
    await start();
    let before: number | undefined;
    bbs.before.set('StartTasks', () => {
      before = runtime.execs.length;
    });
    const [claim] = bbs.place(
      tree([step('a', { FAKE_RESULT: 'x' }), step('b'), step('c', { FAKE_EXIT_CODE: '4' }), step('d')]),
    );
    await until(() => completed(claim!.guid));
    expect(before).toBe(0);
    expect(ran()).toEqual(['a', 'b', 'c']);
    expect(new Set(runtime.execs.map(({ container }) => container)).size).toBe(1);
    expect([...runtime.starts.values()]).toEqual([1]);
    expect(bbs.status(claim!.guid)).toMatchObject({
      outcome: 'failed',
      exit_code: 4,
      failure_reason: 'APP: Exited with status 4',
    });
    await gone();
  });

  it('starts nothing when the claim is over before its start', async () => {
    await start();
    bbs.before.set('StartTasks', () => bbs.apply(claim!.guid, { type: 'cancel', reason: '' }));
    const [claim] = bbs.place(tree([step('a')]));
    await until(() => completed(claim!.guid));
    await gone();
    expect(ran()).toEqual([]);
  });

  it('runs once when the answer to StartTasks is lost', async () => {
    await start();
    bbs.loseReply.set('StartTasks', 2);
    const [claim] = bbs.place(tree([step('a'), step('b')]));
    await until(() => completed(claim!.guid));
    expect(ran()).toEqual(['a', 'b']);
    expect(bbs.status(claim!.guid).outcome).toBe('succeeded');
  });

  it('fails when the cell was killed under it, and goes on with nothing', async () => {
    // What a process of the cell that was killed leaves: the record RUNNING, and a container that idles.
    bbs.epoch = 1;
    const task = tree([step('a'), step('b')]);
    const { guid, attempt } = bbs.claim(task);
    const start1 = { cell_id: 'cell-1', epoch: 1, attempt, nonce: 'n', image_digest: '', limits_in_force: {} };
    bbs.apply(guid, { type: 'start', ...start1 });
    const policy = { cellId: 'cell-1', allowPrivileged: false, defaultNetwork: 'none', instanceIp: '' } as const;
    const placement = { uid: bbs.status(guid).uid, attempt };
    const spec = idleSpec(task, placement, 'gavel/busybox:latest', { ...policy, hasCertificates: false });
    await runtime.start(await runtime.createIdle(spec));
    await start();
    await until(() => completed(guid));
    expect(bbs.status(guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'cell_restarted' });
    await gone();
    expect(ran()).toEqual([]);
    expect([...runtime.starts.values()]).toEqual([1]);
  });

  it('is ended in words when the cell is stopped', async () => {
    const cell = await start();
    const [claim] = bbs.place(tree([step('a', { FAKE_RUN_MS: '60000' }), step('b')]));
    await until(() => ran().length === 1);
    await cell.stop();
    expect(bbs.status(claim!.guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'cell_stopped' });
    expect(ran()).toEqual(['a']);
    expect(await runtime.listOwned()).toEqual([]);
  });

  it('is told to end, then killed, and leaves nothing', async () => {
    await start();
    const stubborn = step('a', { FAKE_RUN_MS: '60000', FAKE_IGNORE_TERM: '1' });
    const [claim] = bbs.place(tree([stubborn, step('b')]));
    await until(() => ran().length === 1);
    bbs.cancel(claim!);
    await gone();
    expect(ran()).toEqual(['a']);
    expect(bbs.status(claim!.guid).outcome).toBe('cancelled');
  });

  it('fails when its container is ended from outside', async () => {
    await start();
    const [claim] = bbs.place(tree([step('a', { FAKE_RUN_MS: '60000' }), step('b')]));
    await until(() => ran().length === 1);
    runtime.finish([...runtime.starts.keys()][0] ?? '', 137);
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'container_stopped' });
    await gone();
  });

  it('does not run a step again whose start was not answered', async () => {
    await start();
    const lost = step('a', { FAKE_EXEC_ERROR: 'unavailable' });
    const [claim] = bbs.place(tree([{ try: { action: lost, log_source: '' } }, step('b')]));
    await until(() => completed(claim!.guid));
    expect(bbs.status(claim!.guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'start_not_confirmed' });
    expect(runtime.calls.exec).toBe(1);
    await gone();
  });
});

describe('what a task uses', () => {
  it('is measured, in its own process and in steps', async () => {
    await start();
    const [own, steps] = bbs.place(runTask(), tree([step('a')]));
    await until(() => completed(own!.guid) && completed(steps!.guid));
    for (const { guid } of [own!, steps!]) {
      expect(bbs.status(guid)).toMatchObject({
        outcome: 'succeeded',
        usage: { cpu_time: '0.001s', peak_memory_bytes: 2 ** 20, disk_bytes: 0 },
      });
    }
  });

  it('ends it when it is more disk than allowed, also when nobody looked in time', async () => {
    await start();
    const much = [{ name: 'FAKE_DISK', value: String(11 * 2 ** 20) }];
    const [own, steps, short] = bbs.place(
      runTask({ FAKE_RUN_MS: '60000' }, { env: [...much, { name: 'FAKE_RUN_MS', value: '60000' }] }),
      tree([step('a', { FAKE_RUN_MS: '60000', FAKE_IGNORE_TERM: '1' })], { env: much }),
      runTask({}, { env: much }),
    );
    for (const { guid } of [own!, steps!, short!]) {
      await until(() => completed(guid));
      expect(bbs.status(guid)).toMatchObject({
        outcome: 'failed',
        failure_code: 'disk_quota',
        failure_reason: 'disk quota exceeded',
      });
    }
    await gone();
  });
});

describe('cached dependencies', () => {
  it('send the claim back when another try may have more luck, and fail the task when none will', async () => {
    const server = await startFileServer();
    try {
      await start();
      server.files.set('/later', (_request, response) => void response.writeHead(503).end());
      server.files.set('/there', await tarOf({ f: 'x' }));
      const dependency = {
        name: '',
        to: '/d',
        cache_key: '',
        log_source: '',
        checksum_algorithm: '',
        checksum_value: '',
      };
      const place = (path: string) =>
        bbs.place(runTask({}, { cached_dependencies: [{ ...dependency, from: `${server.url}${path}` }] }))[0]!;
      const [there, none, later] = [place('/there'), place('/none'), place('/later')];
      await until(() => completed(there.guid) && completed(none.guid) && bbs.released.length > 0);
      expect(bbs.status(there.guid).outcome).toBe('succeeded');
      expect(bbs.status(none.guid)).toMatchObject({
        outcome: 'infra_failed',
        failure_code: 'download_failed',
        failure_reason: 'failed to download cached artifacts: Download failed: Status code 404',
      });
      expect(bbs.released).toMatchObject([{ guid: later.guid, code: 'dependency_unavailable' }]);
    } finally {
      await server.stop();
    }
  });
});
