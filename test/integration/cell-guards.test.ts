import { appendFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { runTask } from '../support/fake-bbs.ts';
import { ImaginedCell, until } from '../support/imagined-cell.ts';
import { sh } from '../support/own-engine.ts';

/* What a cell must not do at moments that come about only when the engine or the line is slow: each of them is held here. */

const on = ImaginedCell.each();
/** Creates and starts go one at a time, so that one that is held holds all. */
const start = async () => await on.start({ maxStarts: 1, preparedContainers: 0 }, { killOnStop: true });

/** Stands for a call of the engine that takes as long as the test wants. */
function held(method: 'create' | 'remove', from: number): { reached: () => boolean; release: () => void } {
  let release = (): void => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let calls = 0;
  const real = on.runtime[method].bind(on.runtime) as (argument: never) => Promise<never>;
  vi.spyOn(on.runtime, method).mockImplementation(async (argument: unknown) => {
    calls += 1;
    if (calls >= from) await released;
    return await real(argument as never);
  });
  return { reached: () => calls >= from, release };
}

/** A task whose start is granted and waits at the gate, behind the container of another one that is being created. */
async function granted(): Promise<{ readonly guid: string; readonly release: () => void }> {
  const second = held('create', 2);
  const claims = on.bbs.place(runTask({ FAKE_RUN_MS: '60000' }), runTask());
  const running = () => claims.find(({ guid }) => on.bbs.status(guid).state === 'RUNNING');
  await until(() => second.reached() && running() !== undefined);
  return { guid: running()?.guid ?? '', release: second.release };
}

describe('a cell', () => {
  it('does not start what was granted under an epoch that is over', async () => {
    on.bbs.ttlMs = 600;
    await start();
    const { guid, release } = await granted();
    on.bbs.dropCell();
    await until(() => on.bbs.epoch === 2 && on.bbs.summary()?.closed === false);
    release();
    await until(() => on.bbs.status(guid).state === 'COMPLETED');
    expect(on.bbs.status(guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'start_not_confirmed' });
    expect(on.starts).toBe(0);
  });

  it('does not start what was granted while it is unsure of its place', async () => {
    on.bbs.ttlMs = 500;
    await start();
    const { guid, release } = await granted();
    on.bbs.away = true;
    await until(() => on.bbs.summary()?.closed === true);
    release();
    // Fenced at last: what never began is cleared away.
    await until(() => on.runtime.calls.remove >= 2);
    expect(on.starts).toBe(0);
    on.bbs.away = false;
    await until(() => on.bbs.status(guid).state === 'COMPLETED');
    expect(on.starts).toBe(0);
  });

  it('holds the room of a task until its container is gone', async () => {
    await start();
    const removal = held('remove', 1);
    const [first] = on.bbs.place(runTask({}, { memory_mb: 1_000 }));
    await until(() => removal.reached() && on.bbs.status(first?.guid ?? '').state === 'COMPLETED');
    const [second] = on.bbs.place(runTask({}, { memory_mb: 1_000 }));
    await until(() => on.bbs.released.some(({ guid }) => guid === second?.guid));
    expect(on.bbs.released[0]).toMatchObject({ code: 'insufficient_resources' });
    removal.release();
    await until(() => Number(on.bbs.summary()?.free?.memory_mb) === 1_000);
  });

  it('removes what carries its label and belongs to no attempt', async () => {
    await on.runtime.create({
      name: 'gavel-stray',
      image: 'gavel/busybox:latest',
      labels: { 'gavel.cell': 'cell-1' },
      path: '/bin/true',
      args: [],
      env: [],
      dir: undefined,
      user: undefined,
      privileged: false,
      limits: { memoryBytes: 0, diskBytes: 0, cpuShares: 0, pids: 0, nofile: 0 },
      network: 'none',
    });
    expect(await on.runtime.listOwned()).toHaveLength(1);
    await start();
    await vi.waitFor(async () => expect(await on.runtime.listOwned()).toEqual([]), 20_000);
  });

  it('C15 C16: whose disk is full begins nothing, tells what ends all the same, and is well again when there is room', async () => {
    sh(`mount -t tmpfs -o size=64m gavel-test '${on.stateDir}'`);
    try {
      await start();
      const [running] = on.bbs.place(
        runTask({ FAKE_RUN_MS: '3000', FAKE_STDOUT: 'a line', FAKE_RESULT: 'kept' }, { result_file: '/r' }),
      );
      await until(() => on.bbs.status(running!.guid).state === 'RUNNING');
      const filler = join(on.stateDir, 'filler');
      expect(() => {
        for (;;) appendFileSync(filler, 'x'.repeat(65_536));
      }).toThrow('ENOSPC');
      const [early] = on.bbs.place(runTask());
      await until(() => on.bbs.status(early!.guid).state === 'PENDING');
      expect(on.bbs.status(early!.guid).rejection_reason).toMatch(/ENOSPC|no space/);
      await until(() => on.bbs.status(running!.guid).state === 'COMPLETED');
      expect(on.bbs.status(running!.guid)).toMatchObject({ outcome: 'succeeded', result: 'kept' });
      await rm(filler);
      const [after] = on.bbs.place(runTask());
      await until(() => on.bbs.status(after!.guid).state === 'COMPLETED');
      expect(on.bbs.status(after!.guid).outcome).toBe('succeeded');
      expect(on.starts).toBe(2);
    } finally {
      await on.stop();
      sh(`umount -l '${on.stateDir}'`);
    }
  });
});
