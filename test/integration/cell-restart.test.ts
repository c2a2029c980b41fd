import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { startCell } from '../../cells/main.ts';
import { freePort } from '../support/etcd.ts';
import { runTask } from '../support/fake-bbs.ts';
import { ImaginedCell, lasting, until } from '../support/imagined-cell.ts';
import { logText } from '../support/log-text.ts';

const log = pino({ level: process.env['GAVEL_TEST_LOG'] ?? 'silent' });
const on = ImaginedCell.each({ missingImages: ['docker.io/library/nowhere:latest'] });

describe('a cell that is started again', () => {
  it('delivers after a restart what it could not deliver before', async () => {
    const first = await on.start();
    const [claim] = on.bbs.place(runTask({ FAKE_RUN_MS: '50', FAKE_RESULT: 'late' }, { result_file: '/r' }));
    await until(() => on.starts === 1);
    on.bbs.away = true;
    await vi.waitFor(async () => expect(await readdir(join(on.stateDir, 'outbox'))).toHaveLength(1), 20_000);
    await first.stop();
    expect(await on.containers()).toBe(1);
    on.bbs.away = false;
    on.bbs.dropCell();
    on.bbs.summaries.length = 0;
    await on.start();
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid)).toMatchObject({ outcome: 'succeeded', result: 'late' });
    await until(() => on.freeMemory === 1_000);
    expect(await on.containers()).toBe(0);
    expect(on.starts).toBe(1);
  });

  it('adopts what runs when it is restarted', async () => {
    const first = await on.start();
    const [claim, finished] = on.bbs.place(
      runTask({ FAKE_RUN_MS: '4000', FAKE_STDOUT: 'before\n', FAKE_RESULT: 'adopted' }, { result_file: '/r' }),
      runTask({ FAKE_RUN_MS: '500', FAKE_EXIT_CODE: '7' }),
    );
    await until(() => on.starts === 2);
    await first.stop();
    expect(await on.containers()).toBe(2);
    expect(on.bbs.status(claim!.guid).state).toBe('RUNNING');
    await sleep(600);
    on.bbs.summaries.length = 0;
    await on.start();
    expect(on.freeMemory).toBeLessThan(1_000);
    await until(() => on.completed(claim!.guid) && on.completed(finished!.guid));
    expect(on.bbs.status(claim!.guid)).toMatchObject({ outcome: 'succeeded', result: 'adopted', epoch: 2 });
    expect(on.bbs.status(finished!.guid)).toMatchObject({ outcome: 'failed', exit_code: 7 });
    expect(on.starts).toBe(2);
    const lines = await logText(on.bbs.followLogs(claim!));
    expect(lines[0]).toBe('1 stdout APP before');
    expect(lines[1]).toMatch(/^gap the cell was restarted/);
    await until(() => on.freeMemory === 1_000);
    expect(await on.containers()).toBe(0);
  });

  it('removes containers that are no longer its business, and fails those that never started', async () => {
    const first = await on.start();
    const [over] = on.bbs.place(runTask({ FAKE_RUN_MS: '60000' }));
    await until(() => on.starts === 1);
    await first.stop();
    on.bbs.apply(over!.guid, { type: 'lose', attempt: over!.attempt, epoch: on.bbs.status(over!.guid).epoch });
    // As after a crash between StartTasks and the engine's start.
    const unstarted = on.bbs.claim(runTask());
    on.bbs.apply(unstarted.guid, {
      type: 'start',
      cell_id: 'cell-1',
      epoch: on.bbs.epoch,
      attempt: unstarted.attempt,
      nonce: 'forgotten',
      image_digest: '',
      limits_in_force: {},
    });
    await on.runtime.create({
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
    const gone = on.bbs.claim(runTask());
    on.bbs.apply(gone.guid, {
      type: 'start',
      cell_id: 'cell-1',
      epoch: on.bbs.epoch,
      attempt: gone.attempt,
      nonce: 'forgotten',
      image_digest: '',
      limits_in_force: {},
    });
    await on.start();
    await until(() => on.completed(unstarted.guid) && on.completed(gone.guid));
    expect(on.bbs.status(unstarted.guid)).toMatchObject({
      outcome: 'infra_failed',
      failure_code: 'start_not_confirmed',
      failure_reason: expect.stringMatching(/^start not confirmed/),
    });
    expect(on.bbs.status(gone.guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'container_missing' });
    await vi.waitFor(async () => expect(await on.containers()).toBe(0), 20_000);
    expect(on.starts).toBe(1);
  });

  it('ends what it finds when it is restarted and may not adopt', async () => {
    const first = await on.start();
    const [claim] = on.bbs.place(runTask({ FAKE_RUN_MS: '600000' }));
    await until(() => on.starts === 1 && on.bbs.status(claim!.guid).state === 'RUNNING');
    await first.stop();
    // Called lost behind the back of the list that the new process has read.
    on.bbs.before.set('AdoptTasks', () => {
      const { state, epoch } = on.bbs.status(claim!.guid);
      if (state === 'RUNNING') on.bbs.apply(claim!.guid, { type: 'lose', attempt: claim!.attempt, epoch });
    });
    await on.start();
    await vi.waitFor(async () => expect(await on.containers()).toBe(0), { timeout: 6_000 });
    expect(on.bbs.count('AdoptTasks')).toBeGreaterThan(0);
    expect(on.bbs.status(claim!.guid).outcome).toBe('lost');
    expect(on.starts).toBe(1);
  });

  it('keeps a second process out of its state folder, and lets the next one in', async () => {
    const cell = await on.start();
    const second = startCell(
      cellConfig.parse({
        cellId: 'cell-2',
        bbs: [on.bbs.address],
        auctioneer: [on.bbs.address],
        stateDir: on.stateDir,
      }),
      { log, runtime: lasting(on.runtime) },
    );
    await expect(second).rejects.toMatchObject({
      message: expect.stringMatching(/^stateDir: .* is in use by process \d+/) as string,
    });
    await cell.stop();
    on.bbs.dropCell();
    await on.start();
  });

  it('counts with the lease that it had last while no BBS answers: its tasks end before they may be called lost', async () => {
    const first = await on.start();
    const task = runTask({ FAKE_RUN_MS: '60000' });
    on.bbs.place(task);
    await until(() => on.bbs.status(task.task_guid).state === 'RUNNING');
    const { address } = on.bbs;
    await first.stop();
    expect(await on.containers()).toBe(1);
    const lease = join(on.stateDir, 'lease');
    const [ttl, lostAfter, ...since] = (await readFile(lease, 'utf8')).split(' ');
    expect([ttl, lostAfter]).toEqual([String(on.bbs.ttlMs), String(3 * on.bbs.ttlMs)]);
    await writeFile(lease, ['500', '1500', ...since].join(' '));
    const away = `127.0.0.1:${await freePort()}`;
    const config = {
      cellId: 'cell-1',
      bbs: [away],
      auctioneer: [address],
      stateDir: on.stateDir,
      memoryMb: 100,
      diskMb: 100,
    };
    const alone = await startCell(cellConfig.parse(config), { log, runtime: lasting(on.runtime) });
    try {
      // Within a second and a half; with what counts when nothing is known it would be fifteen.
      await until(() => on.runtime.calls.kill > 0);
    } finally {
      await alone.stop();
    }
  });

  it('refuses to start where it cannot keep its records', async () => {
    const file = join(on.stateDir, 'file');
    await writeFile(file, '');
    await expect(on.start({ stateDir: join(file, 'state') })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/^stateDir: cannot write to .*file.state/),
    });
  });
});
