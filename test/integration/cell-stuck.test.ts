import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import { startCell } from '../../cells/main.ts';
import { DomainError } from '../../src/domain/errors.ts';
import type { Running } from '../../src/platform/group.ts';
import { FakeBbs, runTask } from '../support/fake-bbs.ts';

/* Containers that will not go: the task has its outcome, and its room stays taken until they have. */

const ROOM_MB = 1_000;

let bbs: FakeBbs;
let runtime: FakeRuntime;
let stateDir: string;
let cell: Running;

beforeEach(async () => {
  bbs = await FakeBbs.start();
  runtime = new FakeRuntime({ cellId: 'cell-1' });
  stateDir = await mkdtemp(join(tmpdir(), 'gavel-cell-'));
  const [memoryMb, diskMb] = [ROOM_MB, 1_000];
  const preloaded = { box: 'gavel/busybox:latest' };
  const at = { bbs: [bbs.address], auctioneer: [bbs.address], stateDir, preloaded };
  const config = cellConfig.parse({ cellId: 'cell-1', ...at, memoryMb, diskMb, preparedContainers: 0 });
  cell = await startCell(config, { log: pino({ level: 'silent' }), runtime, killOnStop: true });
  await until(() => bbs.summary()?.closed === false);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await cell.stop();
  await bbs.stop();
  await rm(stateDir, { recursive: true, force: true });
});

const until = async (holds: () => boolean) => await vi.waitUntil(holds, { timeout: 30_000, interval: 5 });
const free = () => Number(bbs.summary()?.free?.memory_mb);
const is = (guid: string, state: string) => bbs.status(guid).state === state;

describe('a container that will not go', () => {
  it('K13: its removal fails again and again: the outcome is told, the room is free when it is gone, and not before', async () => {
    let failures = 0;
    let blocked = true;
    const real = runtime.remove.bind(runtime);
    vi.spyOn(runtime, 'remove').mockImplementation(async (id) => {
      if (!blocked) return await real(id);
      failures += 1;
      throw new DomainError('unavailable', 'removal of container is already in progress');
    });
    const [claim] = bbs.place(runTask({ FAKE_EXIT_CODE: '3' }, { memory_mb: 600 }));
    const guid = claim?.guid ?? '';
    await until(() => is(guid, 'COMPLETED') && failures >= 3);
    expect(bbs.status(guid)).toMatchObject({ outcome: 'failed', exit_code: 3 });
    expect(free()).toBe(ROOM_MB - 600);
    // What needs that room is given back, what does not runs.
    const [large, small] = bbs.place(runTask({}, { memory_mb: 600 }), runTask({}, { memory_mb: 300 }));
    await until(() => bbs.released.some((one) => one.guid === large?.guid));
    await until(() => is(small?.guid ?? '', 'COMPLETED'));
    blocked = false;
    await until(() => free() === ROOM_MB);
  });

  it('K14: it does not die of SIGKILL: whoever cancelled has the outcome, and its room stays taken', async () => {
    const [claim] = bbs.place(runTask({ FAKE_RUN_MS: '600000', FAKE_IGNORE_TERM: '1' }, { memory_mb: 600 }));
    const guid = claim?.guid ?? '';
    await until(() => is(guid, 'RUNNING'));
    let kills = 0;
    const kill = vi.spyOn(runtime, 'kill').mockImplementation(async () => {
      kills += 1;
      await Promise.resolve();
    });
    const remove = vi.spyOn(runtime, 'remove').mockRejectedValue(new DomainError('unavailable', 'it does not die'));
    if (claim !== undefined) bbs.cancel(claim, 0);
    await until(() => kills >= 1);
    await sleep(500);
    expect(is(guid, 'COMPLETED')).toBe(true);
    expect(free()).toBe(ROOM_MB - 600);
    const [other] = bbs.place(runTask({}, { memory_mb: 300 }));
    await until(() => is(other?.guid ?? '', 'COMPLETED'));
    kill.mockRestore();
    remove.mockRestore();
    await until(() => free() === ROOM_MB);
  });
});
