import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import { LogRing, startCell } from '../../cells/main.ts';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { startAuctioneer } from '../../src/auctioneer/main.ts';
import { TaskClient } from '../../src/client/index.ts';
import type { Running } from '../../src/platform/group.ts';
import { startTestBbs, type TestBbs } from '../support/bbs.ts';
import { CliWorld } from '../support/cli-world.ts';

/** A cell's own log, over the real wire; containers are imagined. */
const CANARY = 'canary-5f1e';
let folder: string;
let bbs: TestBbs;
let auctioneer: Running & { readonly address: string };
let cell: Running;
let client: TaskClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gavel-cell-logs-'));
  bbs = await startTestBbs({ http: { listen: '127.0.0.1:0' } });
  const silent = pino({ level: 'silent' });
  auctioneer = await startAuctioneer(auctioneerConfig.parse({ listen: '127.0.0.1:0', bbs: [bbs.bbs.address] }), {
    log: silent,
  });
  const ring = new LogRing();
  const timestamp = pino.stdTimeFunctions.isoTime;
  const formatters = { level: (level: string) => ({ level }) };
  const log = pino({ level: 'debug', timestamp, formatters }, { write: ring.take });
  const config = cellConfig.parse({
    cellId: 'a',
    bbs: [bbs.bbs.address],
    auctioneer: [auctioneer.address],
    stateDir: join(folder, 'a'),
    preloaded: { box: 'x' },
    memoryMb: 1_000,
    diskMb: 1_000,
  });
  cell = await startCell(config, { log, ring, runtime: new FakeRuntime({ cellId: 'a' }) });
  client = new TaskClient({ endpoint: bbs.bbs.address });
  await vi.waitFor(async () => expect(await client.cells.list()).toHaveLength(1), { timeout: 20_000 });
});

afterAll(async () => {
  client.close();
  await cell.stop();
  await auctioneer.stop();
  await bbs.stop();
  await rm(folder, { recursive: true, force: true });
});

async function gavel(...args: string[]) {
  const world = new CliWorld({ env: { GAVEL_SERVER: bbs.bbs.address } });
  return { exit: await world.run(...args), out: world.out.text, err: world.err.text };
}

describe("a cell's own log", () => {
  it('can be read, and followed while a task runs there; no secret of the task is in it', async () => {
    const { out, exit } = await gavel('cells', 'logs', 'a');
    expect(exit).toBe(0);
    expect(out).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC {2}info {3}cell\.started {2}/m);
    expect((await gavel('cells', 'logs', 'a', '-n', '2', '-o', 'jsonl')).out.trim().split('\n')).toHaveLength(2);

    const leaving = new AbortController();
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { text } of client.cells.log('a', { follow: true, tail: 1, signal: leaving.signal }))
        seen.push(text);
    })().catch(() => undefined);
    await expect.poll(() => seen.length).toBe(1);
    const env = [
      { name: 'FAKE_RUN_MS', value: '10' },
      { name: 'TOKEN', value: CANARY },
    ];
    const action = { run: { path: '/work', args: [], env } };
    const spec = {
      domain: 'd',
      root_fs: 'preloaded:box',
      memory_mb: 10,
      env,
      image_password: CANARY,
      image_username: 'u',
      action,
    };
    const task = await client.tasks.runAndWait(spec, { allowFailure: true });
    await expect.poll(() => seen.some((text) => text.includes(task.task_guid))).toBe(true);
    leaving.abort();
    await reading;
    const all = await gavel('cells', 'logs', 'a', '-n', '10000', '-o', 'jsonl');
    expect(all.out).toContain(task.task_guid);
    expect(all.out).not.toContain(CANARY);
  });

  it('is there over REST, and refused for a cell that nobody knows', async () => {
    const answer = await fetch(`http://${bbs.bbs.httpAddress}/v1/cells/a/log?tail=2`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    const lines = (await answer.text()).trim().split('\n');
    expect(lines.map((line) => typeof (JSON.parse(line) as { msg: unknown }).msg)).toEqual(['string', 'string']);
    expect(await gavel('cells', 'logs', 'nobody')).toMatchObject({ exit: 3, out: '' });
  });
});

describe('the ring', () => {
  it('keeps the newest lines within its bounds, and a reader goes on behind what it has', async () => {
    const ring = new LogRing();
    for (let at = 0; at < 20_000; at += 1) ring.take(`{"at":${at}}\n`);
    const read = async (tail: number) => {
      const lines: string[] = [];
      for await (const batch of ring.read(tail, false, 1_000, new AbortController().signal))
        lines.push(...batch.map(({ text }) => text));
      return lines;
    };
    expect((await read(3)).at(0)).toBe('{"at":19997}');
    const all = await read(1_000_000);
    expect(all.length).toBeGreaterThanOrEqual(5_000);
    expect(all.length).toBeLessThan(5_600);
    expect(all.at(-1)).toBe('{"at":19999}');
    for (let at = 0; at < 1_000; at += 1) ring.take('x'.repeat(100_000));
    expect((await read(1_000_000)).join('').length).toBeLessThan(2.4 * 2 ** 20);
  });
});
