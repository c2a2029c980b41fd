import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bbsConfig } from '../../bbs/config.ts';
import { type RunningBbs, startBbs } from '../../bbs/main.ts';
import { cellConfig } from '../../cells/config.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import { startCell } from '../../cells/main.ts';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { startAuctioneer } from '../../src/auctioneer/main.ts';
import { readTls } from '../../src/platform/tls.ts';
import { Channel } from '../../src/rpc/client.ts';
import { request } from '../support/bbs.ts';
import { makeAuthority, type TestAuthority } from '../support/certificates.ts';
import { code } from '../support/code.ts';

const log = pino({ level: process.env['GAVEL_TEST_LOG'] ?? 'silent' });
const offer = (cell_id: string) => ({ cell_id, capacity: { memory_mb: 1, disk_mb: 1, containers: 1 } });

describe('TLS', () => {
  let authority: TestAuthority;
  let folder: string;
  const undo: (() => unknown)[] = [];
  beforeAll(() => {
    authority = makeAuthority();
  });
  afterAll(() => authority.remove());
  afterEach(async () => {
    for (const action of undo.splice(0).reverse()) await action();
  });

  async function bbsWith(tls: object): Promise<RunningBbs> {
    folder = mkdtempSync(join(tmpdir(), 'gavel-tls-'));
    const bbs = await startBbs(
      bbsConfig.parse({ listen: '127.0.0.1:0', store: { kind: 'embedded', path: folder }, tls }),
      { log },
    );
    undo.push(
      () => rmSync(folder, { recursive: true, force: true }),
      () => bbs.stop(),
    );
    return bbs;
  }

  function channelAs(address: string, holder?: { cert: string; key: string }, ca = authority.ca): Channel {
    const channel = new Channel({ addresses: [address], tls: readTls({ ca, ...holder }) });
    undo.push(() => channel.close());
    return channel;
  }

  it('gives each certificate its role, and a cell its own name only', async () => {
    const bbs = await bbsWith({ ca: authority.ca, ...authority.issue('server', 'gavel://bbs/one') });
    const client = channelAs(bbs.address, authority.issue('client', 'gavel://client/ada'));
    const made = await client.client('TaskService').DesireTask(request());
    expect(made.created_by).toBe('ada');
    expect(await code(client.client('CellService').Register({ offer: offer('cell-1'), incarnation: 'i' }))).toBe(
      'permission_denied',
    );
    expect(await code(client.client('PlacementService').ClaimTasks({ items: [] }))).toBe('permission_denied');

    const cell = channelAs(bbs.address, authority.issue('cell-1', 'gavel://cell/cell-1'));
    expect(await code(cell.client('CellService').Register({ offer: offer('cell-1'), incarnation: 'i' }))).toBe('ok');
    expect(await code(cell.client('CellService').Register({ offer: offer('cell-2'), incarnation: 'i' }))).toBe(
      'permission_denied',
    );
    expect(await code(cell.client('TaskService').GetTask({ task_guid: made.task_guid }))).toBe('permission_denied');

    const viewer = channelAs(bbs.address, authority.issue('viewer', 'gavel://viewer/eve'));
    expect(await code(viewer.client('TaskService').GetTask({ task_guid: made.task_guid }))).toBe('ok');
    expect(await code(viewer.client('TaskService').CancelTask({ task_guid: made.task_guid }))).toBe(
      'permission_denied',
    );
  });

  it('lets in nobody without a certificate of its authority', async () => {
    const bbs = await bbsWith({ ca: authority.ca, ...authority.issue('server', 'gavel://bbs/one') });
    expect(await code(channelAs(bbs.address).client('TaskService').ListTasks({}, { timeoutMs: 3_000 }))).toBe(
      'unavailable',
    );
    const stranger = makeAuthority();
    undo.push(() => stranger.remove());
    const forged = channelAs(bbs.address, stranger.issue('client', 'gavel://operator/mallory'));
    expect(await code(forged.client('TaskService').ListTasks({}, { timeoutMs: 3_000 }))).toBe('unavailable');
    const misled = channelAs(bbs.address, authority.issue('client', 'gavel://client/ada'), stranger.ca);
    expect(await code(misled.client('TaskService').ListTasks({}, { timeoutMs: 3_000 }))).toBe('unavailable');
  });

  it('takes callers without certificates for plain clients where it asks for none', async () => {
    const bbs = await bbsWith(authority.issue('server'));
    const channel = channelAs(bbs.address);
    expect(await code(channel.client('TaskService').ListTasks({}))).toBe('ok');
    expect(await code(channel.client('CellService').Register({ offer: offer('c'), incarnation: 'i' }))).toBe(
      'permission_denied',
    );
  });

  it('carries a whole task between roles that know each other by certificate', async () => {
    const bbs = await bbsWith({ ca: authority.ca, ...authority.issue('server', 'gavel://bbs/one') });
    const auctioneer = await startAuctioneer(
      auctioneerConfig.parse({
        listen: '127.0.0.1:0',
        bbs: [bbs.address],
        tls: { ca: authority.ca, ...authority.issue('auctioneer', 'gavel://auctioneer/one') },
      }),
      { log },
    );
    undo.push(() => auctioneer.stop());
    const state = mkdtempSync(join(tmpdir(), 'gavel-tls-cell-'));
    const cell = await startCell(
      cellConfig.parse({
        cellId: 'cell-1',
        bbs: [bbs.address],
        auctioneer: [auctioneer.address],
        preloaded: { busybox: 'busybox' },
        stateDir: state,
        memoryMb: 1_000,
        diskMb: 1_000,
        tls: { ca: authority.ca, ...authority.issue('cell-1', 'gavel://cell/cell-1') },
      }),
      { log, runtime: new FakeRuntime({ cellId: 'cell-1' }), killOnStop: true },
    );
    undo.push(
      () => rmSync(state, { recursive: true, force: true }),
      () => cell.stop(),
    );
    const tasks = channelAs(bbs.address, authority.issue('client', 'gavel://client/ada')).client('TaskService');
    const made = await tasks.DesireTask(request());
    await expect
      .poll(async () => (await tasks.GetTask({ task_guid: made.task_guid })).outcome, { timeout: 20_000 })
      .toBe('succeeded');
  });

  it('names a file that is missing', () => {
    expect(() => readTls({ ca: '/nowhere/ca.pem' })).toThrow(/tls\.ca: cannot read \/nowhere\/ca\.pem/);
    expect(() => readTls({ cert: '/x' })).toThrow(/cert and key/);
  });
});
