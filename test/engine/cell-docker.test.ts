import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { startCell } from '../../cells/main.ts';
import type { TaskDefinition } from '../../src/domain/task.ts';
import type { Running } from '../../src/platform/group.ts';
import { engineGet, engineSocket, IMAGE, requireEngine } from '../support/engine.ts';
import { FakeBbs, runTask } from '../support/fake-bbs.ts';

/** The whole cell on a real engine. */
describe('a cell on a container engine', () => {
  // Not the name that other tests' cells have: it owns what carries its label.
  const cellId = `cell-${randomUUID()}`;
  let bbs: FakeBbs;
  let stateDir: string;
  let cell: Running;

  beforeAll(async () => {
    await requireEngine();
    bbs = await FakeBbs.start();
    bbs.cellId = cellId;
    stateDir = await mkdtemp(join(tmpdir(), 'gavel-cell-'));
    const config = cellConfig.parse({
      cellId: cellId,
      bbs: [bbs.address],
      auctioneer: [bbs.address],
      dockerHost: `unix://${engineSocket()}`,
      stateDir: stateDir,
      preloaded: { box: IMAGE },
      network: 'none',
      preparedContainers: 0,
      memoryMb: 640,
      diskMb: 1_000,
    });
    cell = await startCell(config, { log: pino({ level: 'silent' }), killOnStop: true });
    await until(() => bbs.summary()?.closed === false);
  });

  afterAll(async () => {
    await cell.stop();
    await bbs.stop();
    await rm(stateDir, { recursive: true, force: true });
  });

  const until = async (holds: () => boolean, ms = 30_000) => await vi.waitUntil(holds, { timeout: ms, interval: 10 });
  const script = (text: string, overrides: Partial<TaskDefinition> = {}) =>
    runTask({}, { memory_mb: 64, ...overrides, run: { path: '/bin/sh', args: ['-c', text] } });
  const ended = async (guid: string) => {
    await until(() => bbs.status(guid).state === 'COMPLETED');
    return bbs.status(guid);
  };
  const owned = async () => {
    const filters = encodeURIComponent(JSON.stringify({ label: [`gavel.cell=${cellId}`] }));
    return (await engineGet(`/containers/json?all=1&filters=${filters}`)) as { Id: string }[];
  };

  it('runs a command under its limits and brings back its result and output', async () => {
    const task = script('echo "$GREETING from $GAVEL_CELL_ID"; echo oops >&2; printf 42 > /tmp/result; sleep 1', {
      env: [{ name: 'GREETING', value: 'hello' }],
      cpu_weight: 57,
      max_pids: 50,
      result_file: '/tmp/result',
    });
    const [claim] = bbs.place(task);
    await until(() => bbs.status(task.task_guid).state === 'RUNNING');
    const [container] = await owned();
    const inspected = (await engineGet(`/containers/${container?.Id}/json`)) as { Name: string; HostConfig: object };
    expect(inspected.Name).toBe(`/gavel-${bbs.status(task.task_guid).uid}-${claim?.attempt}`);
    expect(inspected.HostConfig).toMatchObject({ Memory: 64 * 2 ** 20, CpuShares: 583, PidsLimit: 50 });
    const status = await ended(task.task_guid);
    expect(status).toMatchObject({ outcome: 'succeeded', result: '42', exit_code: 0 });
    expect(status.limits_in_force).toMatchObject({ memory: '64 MB, no swap', cpu_shares: '583', pids: '50' });
    expect(Number(status.usage?.run_time?.slice(0, -1))).toBeGreaterThan(0.9);
    const lines: string[] = [];
    for await (const { line } of bbs.followLogs(claim ?? { guid: '', attempt: '' })) {
      if (line) lines.push(`${line.stream} ${line.text.toString()}`);
    }
    expect(lines.toSorted()).toEqual(['stderr oops', `stdout hello from ${cellId}`, 'system Exit status 0']);
    await until(() => bbs.accounted && bbs.summary()?.free?.memory_mb === '640');
    expect(await owned()).toEqual([]);
  });

  it('tells what went wrong', async () => {
    const cases: [TaskDefinition, object][] = [
      [script('exit 9'), { outcome: 'failed', failure_reason: 'APP: Exited with status 9', exit_code: 9 }],
      [
        script('tail /dev/zero', { memory_mb: 16 }),
        { failure_reason: 'APP: Exited with status 137 (out of memory)', failure_code: 'oom', oom_killed: true },
      ],
      [
        runTask({}, { run: { path: '/no/such/command' } }),
        { failure_code: 'command_not_found', failure_reason: expect.stringContaining('/no/such/command') },
      ],
      [
        runTask({}, { run: { user: 'nobody-here' } }),
        { outcome: 'infra_failed', failure_reason: expect.stringContaining('nobody-here') },
      ],
      [
        script('mkfifo /tmp/f', { result_file: '/tmp/f' }),
        { failure_code: 'result_unavailable', failure_reason: expect.stringMatching(/^failed to fetch result: /) },
      ],
      [
        script('sleep 60', { max_run_time: '0.5s' }),
        { outcome: 'timed_out', failure_reason: 'exceeded 500ms timeout' },
      ],
    ];
    bbs.place(...cases.map(([task]) => task));
    for (const [task, want] of cases) expect(await ended(task.task_guid)).toMatchObject(want);
  });

  it('ends a cancelled process at once', async () => {
    const task = script('sleep 60');
    const [claim] = bbs.place(task);
    await until(() => bbs.status(task.task_guid).state === 'RUNNING');
    await vi.waitFor(async () => expect(await owned()).toHaveLength(1), 20_000);
    bbs.cancel(claim ?? { guid: '', attempt: '' });
    await vi.waitFor(async () => expect(await owned()).toEqual([]), 20_000);
  });
});
