import { randomUUID } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { runTask } from '../support/fake-bbs.ts';
import { ImaginedCell, until } from '../support/imagined-cell.ts';

const on = ImaginedCell.each({ missingImages: ['docker.io/library/nowhere:latest'] });

describe('a cell starts a task once', () => {
  it('starts once when the answer to StartTasks is lost', async () => {
    await on.start();
    on.bbs.loseReply.set('StartTasks', 2);
    const [claim] = on.bbs.place(runTask());
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid).outcome).toBe('succeeded');
    expect(on.bbs.count('StartTasks')).toBe(3);
    expect(on.starts).toBe(1);
  });

  it('goes on when the answer to the engine start is lost', async () => {
    await on.start();
    const [claim] = on.bbs.place(runTask({ FAKE_START_LOST: '1', FAKE_RUN_MS: '50' }));
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid).outcome).toBe('succeeded');
    expect(on.starts).toBe(1);
  });

  it('starts nothing under a stale attempt, and removes its container', async () => {
    await on.start();
    const claim = on.bbs.claim(runTask());
    // Between the container's creation and its start, somebody takes the claim back.
    on.bbs.before.set('StartTasks', () => {
      on.bbs.apply(claim.guid, { type: 'unclaim', attempt: claim.attempt, reason: 'test' });
    });
    on.bbs.hint(claim);
    await until(() => on.bbs.count('StartTasks') === 1);
    await vi.waitFor(async () => expect(await on.containers()).toBe(0), 20_000);
    await until(() => on.freeMemory === 1_000);
    expect(on.runtime.calls.create).toBe(1);
    expect(on.runtime.calls.start).toBe(0);
    expect(on.bbs.status(claim.guid).state).toBe('PENDING');
    expect(on.bbs.released).toEqual([]);
  });

  it('fails a start that the engine never confirmed, and never sends a second', async () => {
    await on.start();
    const [claim] = on.bbs.place(runTask({ FAKE_START_ERROR: 'unavailable' }));
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid)).toMatchObject({
      outcome: 'infra_failed',
      failure_code: 'start_not_confirmed',
      failure_reason: 'start not confirmed',
    });
    expect(await on.containers()).toBe(0);
    expect(on.runtime.calls.start).toBe(1);
    expect(on.starts).toBe(0);
  });

  it('runs each task once, and all of them, over a bad line', async () => {
    // Long enough that bad luck with renewals alone does not fence the cell.
    on.bbs.ttlMs = 10_000;
    await on.start();
    on.bbs.chaos = 0.25;
    const claims = on.bbs.place(...Array.from({ length: 60 }, () => runTask({ FAKE_RUN_MS: '20' })));
    const open = () => claims.filter(({ guid }) => !on.completed(guid));
    // What was given back is placed again, as an auctioneer would.
    await until(() => {
      for (const { guid } of open()) {
        if (on.bbs.status(guid).state !== 'PENDING') continue;
        const attempt = randomUUID();
        on.bbs.apply(guid, { type: 'claim', cell_id: 'cell-1', epoch: on.bbs.epoch, attempt });
        on.bbs.hint({ guid, attempt });
      }
      return open().length === 0;
    });
    on.bbs.chaos = 0;
    expect(claims.map(({ guid }) => on.bbs.status(guid).outcome)).toEqual(claims.map(() => 'succeeded'));
    expect(on.starts).toBe(60);
    expect(Math.max(...on.runtime.starts.values())).toBe(1);
    await until(() => on.freeMemory === 1_000);
    expect(await on.containers()).toBe(0);
  });

  it('takes a claim that only the control stream or a list told it of', async () => {
    const first = await on.start();
    await first.stop();
    on.bbs.summaries.length = 0;
    const claim = on.bbs.claim(runTask());
    // Claimed under the epoch to come: known from the list at registration.
    on.bbs.apply(claim.guid, { type: 'unclaim', attempt: claim.attempt, reason: 'test' });
    on.bbs.apply(claim.guid, { type: 'claim', cell_id: 'cell-1', epoch: on.bbs.epoch + 1, attempt: 'by-list' });
    await on.start();
    await until(() => on.completed(claim.guid));
    expect(on.bbs.status(claim.guid).outcome).toBe('succeeded');
  });
});
