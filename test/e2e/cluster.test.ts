import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { startCell } from '../../cells/main.ts';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { type RunningAuctioneer, startAuctioneer } from '../../src/auctioneer/main.ts';
import type { Running } from '../../src/platform/group.ts';
import { Channel } from '../../src/rpc/client.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { engineGet, engineSocket, IMAGE, requireEngine } from '../support/engine.ts';
import { startEtcd, type TestEtcd } from '../support/etcd.ts';

const MEMORY_MB = 1_024;
// Names of their own on an engine that others may use too.
const CELLS = [`cell-a-${process.pid}`, `cell-b-${process.pid}`];
const log = pino({ level: process.env['GAVEL_TEST_LOG'] ?? 'silent' });
const shell = (script: string, over: object = {}) =>
  request({ action: { run: { path: '/bin/sh', args: ['-c', script] } }, ...over });

describe('a cluster: etcd, two BBS, two auctioneers, two cells', () => {
  let etcd: TestEtcd;
  const bbs: TestBbs[] = [];
  const auctioneers: RunningAuctioneer[] = [];
  const cells: Running[] = [];
  let channel: Channel;
  const folder = mkdtempSync(join(tmpdir(), 'gavel-cluster-'));

  beforeAll(async () => {
    await requireEngine();
    etcd = await startEtcd();
    for (let i = 0; i < 2; i += 1) bbs.push(await startTestBbs({ store: { kind: 'etcd', hosts: [...etcd.hosts] } }));
    const addresses = bbs.map((one) => one.bbs.address);
    for (let i = 0; i < 2; i += 1) {
      auctioneers.push(
        await startAuctioneer(auctioneerConfig.parse({ listen: '127.0.0.1:0', bbs: addresses }), { log }),
      );
    }
    for (const cellId of CELLS) {
      const config = cellConfig.parse({
        cellId,
        bbs: addresses,
        auctioneer: auctioneers.map((one) => one.address),
        dockerHost: `unix://${engineSocket()}`,
        preloaded: { busybox: IMAGE },
        stateDir: join(folder, cellId),
        memoryMb: MEMORY_MB,
        diskMb: 10_240,
        network: 'none',
      });
      cells.push(await startCell(config, { log: log.child({ cell: cellId }), killOnStop: true }));
    }
    channel = new Channel({ addresses });
  });

  afterAll(async () => {
    channel.close();
    for (const one of [...cells, ...auctioneers]) await one.stop();
    for (const one of bbs) await one.stop();
    await etcd.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('runs fifty tasks at once and never reserves more memory than a cell has', { timeout: 120_000 }, async () => {
    const [first, second] = bbs as [TestBbs, TestBbs];
    const made = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        (i % 2 === 0 ? first : second).tasks.DesireTask(shell('sleep 0.3', { memory_mb: 200 })),
      ),
    );
    const most = new Map<string, number>();
    const open = new Set(made.map((task) => task.task_guid));
    const seen = new Set<string>();
    const until = Date.now() + 100_000;
    while (open.size > 0 && Date.now() < until) {
      const { cells: now } = await first.cluster.ListCells({});
      for (const cell of now) {
        const id = cell.offer?.cell_id ?? '';
        most.set(id, Math.max(most.get(id) ?? 0, Number(cell.reserved?.memory_mb)));
      }
      for (const guid of open) {
        const task = await first.tasks.GetTask({ task_guid: guid, include_history: true });
        if (task.outcome === '') continue;
        expect(task).toMatchObject({ outcome: 'succeeded' });
        seen.add(task.cell_id);
        open.delete(guid);
      }
      await sleep(50);
    }
    expect(open.size).toBe(0);
    expect([...seen].sort()).toEqual(CELLS);
    for (const [, reserved] of most) expect(reserved).toBeLessThanOrEqual(MEMORY_MB);
    // Five of 200 MB fit into 1,024 MB: the limit was really reached.
    expect(Math.max(...most.values())).toBe(1_000);
  });

  it('shows the limits asked for in docker inspect', async () => {
    const asked = shell('sleep 30', {
      memory_mb: 96,
      cpu_weight: 50,
      max_pids: 33,
    });
    const made = await bbs[0]?.tasks.DesireTask(asked);
    const guid = made?.task_guid ?? '';
    await expect
      .poll(async () => (await bbs[0]?.tasks.GetTask({ task_guid: guid }))?.state, { timeout: 20_000 })
      .toBe('RUNNING');
    const { attempt } = (await bbs[0]?.tasks.GetTask({ task_guid: guid })) ?? {};
    // By its name: a container that was prepared before its task was known has no other sign of it.
    const inspected = (await engineGet(`/containers/gavel-${made?.uid}-${attempt}/json`)) as {
      HostConfig: Record<string, unknown>;
    };
    expect(inspected.HostConfig).toMatchObject({
      Memory: 96 * 2 ** 20,
      MemorySwap: 96 * 2 ** 20,
      CpuShares: 512,
      PidsLimit: 33,
      Privileged: false,
      NetworkMode: 'none',
    });
    await bbs[1]?.tasks.KillTask({ task_guid: guid });
  });

  it('lets a client go from one BBS to the other in the middle of a task', async () => {
    const tasks = channel.client('TaskService');
    const made = await tasks.DesireTask(shell('echo one; sleep 3; echo two'), { retry: true });
    await expect
      .poll(async () => (await tasks.GetTask({ task_guid: made.task_guid }, { retry: true })).state, {
        timeout: 20_000,
      })
      .toBe('RUNNING');
    // The one the client talks to goes away; the cells and the auctioneer talk to it as well.
    await bbs[0]?.bbs.stop();
    await expect
      .poll(
        async () =>
          (await tasks.GetTask({ task_guid: made.task_guid, include_history: true }, { retry: true })).outcome,
        { timeout: 30_000 },
      )
      .toBe('succeeded');
    const lines: string[] = [];
    for await (const entry of tasks.FollowLogs({ task_guid: made.task_guid, follow: true })) {
      if (entry.line) lines.push(entry.line.text.toString());
    }
    expect(lines).toEqual(expect.arrayContaining(['one', 'two']));
    const again = await tasks.DesireTask(shell('true'), { retry: true });
    await expect
      .poll(
        async () =>
          (await tasks.GetTask({ task_guid: again.task_guid, include_history: true }, { retry: true })).outcome,
        { timeout: 30_000 },
      )
      .toBe('succeeded');
  });
});
