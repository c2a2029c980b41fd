import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { runTask } from '../support/fake-bbs.ts';
import { ImaginedCell, until } from '../support/imagined-cell.ts';

const on = ImaginedCell.each({ missingImages: ['docker.io/library/nowhere:latest'] });

describe("a cell's place", () => {
  it('keeps the container and the outcome while the BBS is away', async () => {
    await on.start();
    const [claim] = on.bbs.place(runTask({ FAKE_RUN_MS: '100', FAKE_RESULT: 'kept' }, { result_file: '/r' }));
    await until(() => on.starts === 1);
    on.bbs.away = true;
    await vi.waitFor(async () => expect(await readdir(join(on.stateDir, 'outbox'))).toHaveLength(1), 20_000);
    await sleep(300);
    expect(await on.containers()).toBe(1);
    on.bbs.away = false;
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid)).toMatchObject({ outcome: 'succeeded', result: 'kept' });
    await vi.waitFor(async () => expect(await on.containers()).toBe(0), 20_000);
    await vi.waitFor(async () => expect(await readdir(join(on.stateDir, 'outbox'))).toEqual([]), 20_000);
  });

  it('uses whichever of its servers answers', async () => {
    await on.start({ bbs: ['127.0.0.1:1', on.bbs.address], auctioneer: ['127.0.0.1:1', on.bbs.address] });
    const [claim] = on.bbs.place(runTask());
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid).outcome).toBe('succeeded');
  });

  it('registers again and adopts when its place is lost', async () => {
    on.bbs.ttlMs = 600;
    await on.start();
    const [claim] = on.bbs.place(runTask({ FAKE_RUN_MS: '4000' }));
    await until(() => on.starts === 1);
    on.bbs.dropCell();
    await until(() => on.bbs.epoch === 2);
    await until(() => on.bbs.status(claim!.guid).epoch === 2);
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid).outcome).toBe('succeeded');
    expect(on.starts).toBe(1);
  });

  it('begins nothing when unsure, and stops its tasks before they may be called lost', async () => {
    on.bbs.ttlMs = 500;
    await on.start();
    const [claim] = on.bbs.place(runTask({ FAKE_RUN_MS: '60000' }));
    await until(() => on.starts === 1);
    const cut = performance.now();
    on.bbs.away = true;
    await until(() => on.bbs.summary()?.closed === true);
    expect(performance.now() - cut).toBeGreaterThan(200);
    expect(on.bbs.summary()?.closed_reason).toContain('lost contact');
    await until(() => on.runtime.calls.kill > 0);
    const stoppedAfter = performance.now() - cut;
    expect(stoppedAfter).toBeGreaterThan(500);
    on.bbs.away = false;
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'cell_fenced' });
    await until(() => on.bbs.summary()?.closed === false);
  });

  it('waits while another process has its name', async () => {
    on.bbs.occupy();
    const starting = on.start();
    await until(() => on.bbs.count('Register') >= 2);
    expect(on.bbs.joined).toBe(false);
    on.bbs.dropCell();
    await starting;
    expect(on.bbs.joined).toBe(true);
  });
});
