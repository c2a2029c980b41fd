import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { runTask } from '../support/fake-bbs.ts';
import { ImaginedCell, until } from '../support/imagined-cell.ts';
import { logText } from '../support/log-text.ts';

const on = ImaginedCell.each({ missingImages: ['docker.io/library/nowhere:latest'] });

describe('a task on its cell', () => {
  it('runs a task from claim to freed capacity', async () => {
    await on.start();
    const [claim] = on.bbs.place(
      runTask(
        { FAKE_RESULT: 'forty-two', FAKE_STDOUT: 'hello\n', FAKE_RUN_MS: '20' },
        { result_file: '/out', cpu_weight: 50 },
      ),
    );
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid)).toMatchObject({
      outcome: 'succeeded',
      failed: false,
      exit_code: 0,
      result: 'forty-two',
      result_bytes: 9,
      image_digest: 'fake:gavel/busybox:latest',
      limits_in_force: { memory: '10 MB, no swap', cpu_shares: '512', disk: expect.stringContaining('measured') },
    });
    expect(on.bbs.status(claim!.guid).usage?.run_time).toMatch(/^0\.\d+s$/);
    await until(() => on.freeMemory === 1_000);
    expect(await on.containers()).toBe(0);
    expect(on.starts).toBe(1);
    expect(on.bbs.accounted).toBe(true);
    // Its definition came with the claim.
    expect(on.bbs.count('FetchTasks')).toBe(0);
    for (const folder of ['outbox', 'journal']) {
      await vi.waitFor(async () => expect(await readdir(join(on.stateDir, folder))).toEqual([]), 20_000);
    }
  });

  it('fetches what it is only told to hold', async () => {
    await on.start();
    const claim = on.bbs.claim(runTask());
    on.bbs.hint(claim);
    await until(() => on.completed(claim.guid));
    expect(on.bbs.status(claim.guid).outcome).toBe('succeeded');
    expect(on.bbs.count('FetchTasks')).toBe(1);
    await until(() => on.bbs.accounted);
  });

  it('tells failures apart', async () => {
    await on.start();
    const endings: [ReturnType<typeof runTask>, object][] = [
      [
        runTask({ FAKE_EXIT_CODE: '3' }),
        { outcome: 'failed', failure_reason: 'APP: Exited with status 3', exit_code: 3 },
      ],
      [
        runTask({ FAKE_OOM: '1' }, { run: { log_source: 'JOB' } }),
        { failure_reason: 'JOB: Exited with status 137 (out of memory)', failure_code: 'oom', oom_killed: true },
      ],
      // The engine may hear of it only after the exit.
      [runTask({ FAKE_OOM: 'late' }), { failure_code: 'oom', oom_killed: true, exit_code: 137 }],
      [runTask({ FAKE_EXIT_CODE: '137' }), { failure_reason: 'APP: Exited with status 137', oom_killed: false }],
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
    on.bbs.place(...endings.map(([task]) => task));
    for (const [task, want] of endings) {
      await until(() => on.completed(task.task_guid));
      expect(on.bbs.status(task.task_guid)).toMatchObject(want);
    }
    await until(() => on.freeMemory === 1_000);
    expect(await on.containers()).toBe(0);
  });

  it('ends a cancelled task politely, then not', async () => {
    await on.start();
    const [polite, deaf] = on.bbs.place(
      runTask({ FAKE_RUN_MS: '60000' }),
      runTask({ FAKE_RUN_MS: '60000', FAKE_IGNORE_TERM: '1' }),
    );
    await until(() => on.starts === 2);
    const kills = on.runtime.calls.kill;
    on.bbs.cancel(polite!, 5_000);
    on.bbs.cancel(deaf!, 200);
    await until(() => on.freeMemory === 1_000);
    expect(on.runtime.calls.kill - kills).toBe(3);
    expect(await on.containers()).toBe(0);
    expect(on.bbs.status(deaf!.guid)).toMatchObject({ outcome: 'cancelled', failure_reason: 'task was cancelled' });
    expect(on.bbs.count('CompleteTasks')).toBe(0);
  });

  it('ends what was cancelled while no hint could reach it', async () => {
    await on.start();
    const [claim] = on.bbs.place(runTask({ FAKE_RUN_MS: '60000' }));
    await until(() => on.starts === 1);
    await sleep(1_100);
    on.bbs.apply(claim!.guid, { type: 'cancel', reason: '' });
    on.bbs.hangUp();
    await until(() => on.freeMemory === 1_000);
    expect(await on.containers()).toBe(0);
  });

  it('ends a task at its max_run_time', async () => {
    await on.start();
    const [claim] = on.bbs.place(runTask({ FAKE_RUN_MS: '60000' }, { max_run_time: '0.5s' }));
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid)).toMatchObject({
      outcome: 'timed_out',
      failure_reason: 'exceeded 500ms timeout',
      exit_code: 143,
    });
  });

  it('gives back what does not fit', async () => {
    await on.start({ memoryMb: 100, diskMb: 15 });
    const [claim] = on.bbs.place(runTask({}, { memory_mb: 101, disk_mb: 20 }));
    await until(() => on.bbs.released.length === 1);
    expect(on.bbs.released[0]).toEqual({
      guid: claim!.guid,
      code: 'insufficient_resources',
      reason: 'insufficient resources: memory, disk',
    });
    expect(on.bbs.status(claim!.guid).state).toBe('PENDING');
    expect(on.runtime.calls.create).toBe(0);
    await until(() => on.bbs.accounted);
  });

  it('gives back what another cell may be able to create', async () => {
    await on.start();
    const [claim] = on.bbs.place(runTask({ FAKE_CREATE_ERROR: 'unavailable' }));
    await until(() => on.bbs.released.length === 1);
    expect(on.bbs.released[0]).toMatchObject({ guid: claim!.guid, code: 'container_unavailable' });
    await until(() => on.freeMemory === 1_000);
  });

  it('runs 50 at once and never holds more than it has', async () => {
    await on.start({ memoryMb: 600, maxStarts: 8 });
    const tasks = Array.from({ length: 50 }, () => runTask({ FAKE_RUN_MS: '30' }));
    const claims = on.bbs.place(...tasks);
    await until(() => claims.every(({ guid }) => on.completed(guid)));
    await until(() => on.freeMemory === 600);
    expect(on.starts).toBe(50);
    expect(Math.max(...on.runtime.starts.values())).toBe(1);
    const lowest = Math.min(...on.bbs.summaries.map(({ free }) => Number(free?.memory_mb)));
    expect(lowest).toBeGreaterThanOrEqual(100);
    // Together, not one by one.
    expect(on.bbs.count('FetchTasks')).toBeLessThan(10);
    expect(Math.max(...(on.bbs.batches.StartTasks ?? []))).toBeGreaterThan(1);
  });

  it('pushes output during the run and after it, without a seam', async () => {
    await on.start();
    const [claim] = on.bbs.place(
      runTask({ FAKE_RUN_MS: '300', FAKE_STDOUT: 'one\ntwo\nrest', FAKE_STDERR: 'oops\n', FAKE_EXIT_CODE: '4' }),
    );
    await until(() => on.starts === 1);
    const live = await logText(on.bbs.followLogs(claim!));
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
    await until(() => on.completed(claim!.guid));
    expect(await logText(on.bbs.followLogs(claim!))).toEqual(live);
    expect(await logText(on.bbs.followLogs(claim!, { after: 4 }))).toEqual(live.slice(4));
    const errors = await logText(on.bbs.followLogs(claim!, { stream: 'stderr' }));
    expect(errors).toHaveLength(2);
    const unknown = await logText(on.bbs.followLogs({ guid: 'none', attempt: 'none' }));
    expect(unknown[0]).toContain('keeps no output');
  });

  it('leaves nothing behind when told so', async () => {
    const cell = await on.start({}, { killOnStop: true });
    const [running, deaf] = on.bbs.place(
      runTask({ FAKE_RUN_MS: '60000' }),
      runTask({ FAKE_RUN_MS: '60000', FAKE_IGNORE_TERM: '1' }),
    );
    await until(() => on.starts === 2);
    await cell.stop();
    expect(await on.containers()).toBe(0);
    for (const { guid } of [running!, deaf!]) {
      expect(on.bbs.status(guid)).toMatchObject({ outcome: 'infra_failed', failure_reason: 'cell stopped' });
    }
  });

  it('leaves no container behind even when nobody hears of it', async () => {
    const cell = await on.start({}, { killOnStop: true });
    const [claim] = on.bbs.place(runTask({ FAKE_RUN_MS: '60000' }));
    await until(() => on.starts === 1);
    on.bbs.away = true;
    await cell.stop();
    expect(await on.containers()).toBe(0);
    expect(await readdir(join(on.stateDir, 'outbox'))).toHaveLength(1);
    on.bbs.away = false;
    on.bbs.dropCell();
    on.bbs.summaries.length = 0;
    await on.start();
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid).failure_code).toBe('cell_stopped');
  });
});
