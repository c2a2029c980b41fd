import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { TaskEvent__Output } from '../../src/rpc/gen/gavel/v1/TaskEvent.ts';
import { request } from '../support/bbs.ts';
import { code } from '../support/code.ts';
import { onEachBbs } from '../support/each-bbs.ts';
import { ScriptedCell } from '../support/scripted-cell.ts';

onEachBbs('what the BBS tells', (on) => {
  it('lists newest first in pages, filters, and answers nothing for an unknown domain', async () => {
    const guids: string[] = [];
    for (let i = 0; i < 25; i += 1)
      guids.push((await on.bbs.tasks.DesireTask(request({ domain: i % 5 === 0 ? 'five' : 'other' }))).task_guid);
    const seen: string[] = [];
    let token = '';
    do {
      const page = await on.bbs.tasks.ListTasks({ page_size: 10, page_token: token });
      expect(page.total).toBe('25');
      seen.push(...page.tasks.map((task) => task.task_guid));
      token = page.next_page_token;
    } while (token !== '');
    expect(seen).toEqual(guids.toReversed());
    expect((await on.bbs.tasks.ListTasks({ domain: 'five' })).tasks).toHaveLength(5);
    expect((await on.bbs.tasks.ListTasks({ domain: 'nobody' })).tasks).toHaveLength(0);
    const [masked] = (await on.bbs.tasks.ListTasks({ page_size: 1, field_mask: ['outcome'] })).tasks;
    expect(masked).toMatchObject({ task_guid: guids.at(-1), root_fs: '', state: 'PENDING' });
    expect(await code(on.bbs.tasks.ListTasks({ page_size: 1_001 }))).toBe('invalid_argument');
  });

  it('tells every change in order, and goes on behind a cursor', async () => {
    const events = on.bbs.tasks.WatchTasks({})[Symbol.asyncIterator]();
    await events.next();
    const made = await on.bbs.tasks.DesireTask(request());
    await on.bbs.tasks.CancelTask({ task_guid: made.task_guid });
    await on.bbs.tasks.ResolveTask({ task_guid: made.task_guid });
    await on.bbs.tasks.DeleteTask({ task_guid: made.task_guid });
    const kinds: string[] = [];
    const cursors: string[] = [];
    for (let i = 0; i < 4; i += 1) {
      const event = (await events.next()).value as TaskEvent__Output;
      kinds.push(event.changed?.after?.state ?? event.event ?? '');
      cursors.push(event.cursor);
    }
    expect(kinds).toEqual(['created', 'COMPLETED', 'RESOLVING', 'removed']);
    await events.return?.();
    const resumed = on.bbs.tasks.WatchTasks({ cursor: cursors[1] ?? '' })[Symbol.asyncIterator]();
    await resumed.next();
    expect(((await resumed.next()).value as TaskEvent__Output).changed?.after?.state).toBe('RESOLVING');
    await resumed.return?.();
  });

  it('tells what happened since a time, once, and says how far back it reaches', async () => {
    const before = await on.bbs.tasks.DesireTask(request());
    const since = before.created_at;
    const made = await on.bbs.tasks.DesireTask(request());
    await on.bbs.tasks.CancelTask({ task_guid: made.task_guid });
    const events = on.bbs.tasks.WatchTasks({ since, task_guid: made.task_guid })[Symbol.asyncIterator]();
    // No cursor yet: who is cut off here begins with the time again.
    expect((await events.next()).value).toMatchObject({ event: 'heartbeat', cursor: '' });
    const told: string[] = [];
    for (let i = 0; i < 2; i += 1) {
      const { event, changed } = (await events.next()).value as TaskEvent__Output;
      told.push(changed?.after?.state ?? event ?? '');
    }
    expect(told).toEqual(['created', 'COMPLETED']);
    await events.return?.();
    const tooFar = on.bbs.tasks.WatchTasks({ since: '1' })[Symbol.asyncIterator]();
    await expect(tooFar.next()).rejects.toMatchObject({
      code: 'compacted',
      message: expect.stringContaining('changes are known here since') as string,
    });
  });

  it('shows auctioneers what waits, without env or action', async () => {
    const before = await on.bbs.tasks.DesireTask(request({ env: [{ name: 'SECRET', value: 'x' }], stack: 's' }));
    const stream = on.bbs.placement.WatchPending({})[Symbol.asyncIterator]();
    const kinds: string[] = [];
    let pending: unknown;
    while (kinds.at(-1) !== 'synced') {
      for (const event of (await stream.next()).value.events) {
        kinds.push(event.event);
        if (event.event === 'pending') pending = event.pending;
      }
    }
    expect(kinds).toEqual(['reset', 'pending', 'synced']);
    expect(pending).toMatchObject({ task_guid: before.task_guid, stack: 's', memory_mb: 64 });
    expect(JSON.stringify(pending)).not.toContain('SECRET');
    const { verdicts } = await on.bbs.placement.RejectTasks({
      items: [
        {
          task_guid: before.task_guid,
          uid: before.uid,
          reason: 'found no compatible cell for required rootfs',
          never_fits: true,
        },
      ],
    });
    expect(verdicts[0]?.code).toBe('');
    expect((await stream.next()).value.events).toMatchObject([
      { event: 'gone', gone: { task_guid: before.task_guid } },
    ]);
    expect(await on.bbs.tasks.GetTask({ task_guid: before.task_guid })).toMatchObject({
      outcome: 'unplaced',
      failure_reason: 'found no compatible cell for required rootfs',
    });
    await stream.return?.();
  });

  it('says that a cell is away when its logs are asked for, and ends the stream of a task that never ran', async () => {
    const cell = await ScriptedCell.register(on.bbs, 'cell-1');
    const made = await on.bbs.tasks.DesireTask(request());
    await cell.claim(made);
    const read = async () => {
      for await (const _ of on.bbs.tasks.FollowLogs({ task_guid: made.task_guid, follow: true })) await sleep(0);
    };
    expect(await code(read())).toBe('unavailable');
    const never = await on.bbs.tasks.DesireTask(request());
    await on.bbs.tasks.CancelTask({ task_guid: never.task_guid });
    const entries = [];
    for await (const entry of on.bbs.tasks.FollowLogs({ task_guid: never.task_guid, follow: true }))
      entries.push(entry.entry);
    expect(entries).toEqual(['end']);
  });
});
