import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import type { ContainerRuntime } from '../../cells/executor/runtime.ts';
import { startCell } from '../../cells/main.ts';
import { DomainError } from '../../src/domain/errors.ts';
import type { Running } from '../../src/platform/group.ts';
import type { PushDataRequest__Output } from '../../src/rpc/gen/gavel/v1/PushDataRequest.ts';
import { FakeBbs, type FakeClaim, runTask } from '../support/fake-bbs.ts';

const log = pino({ level: process.env['CELL_TEST_LOG'] ?? 'silent' });
let bbs: FakeBbs;
let runtime: FakeRuntime;
let stateDir: string;
/** While set, nobody gets a tar. */
let held: Promise<void> | undefined;
const cells: Running[] = [];

beforeEach(async () => {
  bbs = await FakeBbs.start();
  runtime = new FakeRuntime({ cellId: 'cell-1' });
  stateDir = await mkdtemp(join(tmpdir(), 'gavel-cell-'));
  held = undefined;
});

afterEach(async () => {
  for (const cell of cells.splice(0)) await cell.stop();
  await bbs.stop();
  await rm(stateDir, { recursive: true, force: true });
});

/** The engine outlives the cell, and its tars can be held back. */
function lasting(): ContainerRuntime {
  return new Proxy(runtime, {
    get: (target, name) => {
      if (name === 'close') return async () => await Promise.resolve();
      if (name === 'readTar') {
        return async (...args: Parameters<ContainerRuntime['readTar']>) => {
          const { signal } = args[2];
          const given = new Promise<void>((resolve) =>
            signal.addEventListener('abort', () => resolve(), { once: true }),
          );
          await Promise.race([held, given]);
          if (signal.aborted) throw new DomainError('cancelled', 'given up');
          return await target.readTar(...args);
        };
      }
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}

async function start(settings: Record<string, unknown> = {}, killOnStop = true): Promise<Running> {
  const config = cellConfig.parse({
    cellId: 'cell-1',
    bbs: [bbs.address],
    auctioneer: [bbs.address],
    stateDir: stateDir,
    preloaded: { box: 'gavel/busybox:latest' },
    memoryMb: 1_000,
    diskMb: 1_000,
    ...settings,
  });
  const cell = await startCell(config, { log, runtime: lasting(), killOnStop, confirmStartMs: 300 });
  cells.push(cell);
  await until(() => bbs.summary()?.closed === false);
  return cell;
}

async function until(holds: () => boolean, ms = 20_000): Promise<void> {
  await vi.waitUntil(holds, { timeout: ms, interval: 5 });
}

const completed = ({ guid }: FakeClaim) => bbs.status(guid).state === 'COMPLETED';

function place(env: Record<string, string>, outputs: readonly string[] = []): FakeClaim {
  const [claim] = bbs.place(runTask(env, { outputs }));
  if (claim === undefined) throw new Error('nothing was placed');
  return claim;
}

async function answers(queue: AsyncIterable<PushDataRequest__Output>): Promise<PushDataRequest__Output[]> {
  const all: PushDataRequest__Output[] = [];
  for await (const message of queue) all.push(message);
  return all;
}

const kinds = ({ attempt }: FakeClaim) => bbs.events.get(attempt)?.map(({ kind }) => kind);

describe('a cell and what runs leave behind', () => {
  it('tells of the end only when the archive is sealed', async () => {
    await start();
    let free = () => {};
    held = new Promise((resolve) => {
      free = resolve;
    });
    const claim = place({ FAKE_RESULT: 'forty-two', FAKE_STDOUT: 'hi\n' }, ['/r']);
    await until(() => runtime.calls.waitForExit > 0);
    await sleep(300);
    expect(completed(claim)).toBe(false);
    const [early] = await answers(bbs.askData(claim, { outputs: {}, outputs_asked: true }));
    expect(early?.refused).toMatchObject({ code: 'unavailable' });
    free();
    await until(() => completed(claim));
    const [told] = await answers(bbs.askData(claim, { outputs: {}, outputs_asked: true }));
    expect(told?.outputs?.files.map(({ path, size }) => [path, size])).toEqual([
      ['stdout.txt', '3'],
      ['stderr.txt', '0'],
      ['r', '9'],
    ]);
    const parts = await answers(bbs.askData(claim, { download: { names: ['r'], offset: 6 }, outputs_asked: true }));
    expect(parts.map(({ chunk }) => chunk?.chunk)).toEqual(['start', 'data', 'end']);
    expect(parts[1]?.chunk?.data?.toString()).toBe('two');
    expect(kinds(claim)).toEqual([
      'received',
      'image_ready',
      'container_created',
      'started',
      'action_started',
      'action_ended',
      'outputs_archived',
    ]);
  });

  it('does not wait for ever', async () => {
    await start({ outputs: { maxSeconds: 1 } });
    held = new Promise(() => {});
    const claim = place({ FAKE_RESULT: 'x' }, ['/r']);
    await until(() => completed(claim));
    const [told] = await answers(bbs.askData(claim, { outputs: {}, outputs_asked: true }));
    expect(told?.outputs?.notes).toEqual(['collecting took longer than 1 s; what had not come by then was left out']);
  });

  it('archives anew after a restart in the middle, and still tells the whole story', async () => {
    const first = await start({}, false);
    held = new Promise(() => {});
    const claim = place({ FAKE_RESULT: 'x' }, ['/r']);
    await until(() => runtime.calls.waitForExit > 0);
    await sleep(200);
    await first.stop();
    expect(completed(claim)).toBe(false);
    held = undefined;
    await start();
    await until(() => completed(claim));
    const [told] = await answers(bbs.askData(claim, { outputs: {}, outputs_asked: true }));
    expect(told?.outputs?.files.map(({ path }) => path)).toContain('r');
    expect(kinds(claim)).toEqual(expect.arrayContaining(['received', 'started', 'resumed', 'outputs_archived']));
    expect((await readdir(join(stateDir, 'outputs'))).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('tells of a cancelled task what it saw, and keeps what it had done', async () => {
    await start();
    const claim = place({ FAKE_RUN_MS: '60000', FAKE_RESULT: 'half', FAKE_STDOUT: 'up\n' }, ['/r']);
    await until(() => bbs.status(claim.guid).state === 'RUNNING' && runtime.calls.waitForExit > 0);
    bbs.cancel(claim, 0);
    await until(() => kinds(claim) !== undefined);
    expect(kinds(claim)).toEqual(expect.arrayContaining(['stopping', 'action_ended', 'outputs_archived', 'removed']));
    const [told] = await answers(bbs.askData(claim, { outputs: {}, outputs_asked: true }));
    expect(told?.outputs?.files.map(({ path }) => path)).toContain('r');
  });

  it('sends what it saw with a claim it gives back', async () => {
    await start();
    const claim = place({ FAKE_CREATE_ERROR: 'unavailable' });
    await until(() => bbs.released.length > 0);
    expect(kinds(claim)).toEqual(['received', 'image_ready', 'container_failed', 'gave_back']);
    expect(bbs.events.get(claim.attempt)?.at(-1)).toMatchObject({ cause: 'container_unavailable', component: 'rep' });
  });

  it('answers for what it does not have, in words', async () => {
    await start();
    const stranger = { guid: 'nobody', attempt: 'none' };
    for (const wanted of [{ timeline: {} }, { outputs: {} }, { download: {} }]) {
      const [message] = await answers(bbs.askData(stranger, wanted));
      expect(message?.refused).toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('cell-1 keeps no'),
      });
    }
    const claim = place({ FAKE_STDOUT: 'hi\n' });
    await until(() => completed(claim));
    // While the run is being cleared away the files might still come.
    await vi.waitFor(async () => {
      const [late] = await answers(bbs.askData(claim, { outputs: {}, outputs_asked: true }));
      expect(late?.outputs?.notes).toEqual(['the files that the task asked for are not kept here']);
    }, 20_000);
    const [beyond] = await answers(bbs.askData(claim, { download: { names: ['stdout.txt'], offset: 4 } }));
    expect(beyond?.refused).toMatchObject({ code: 'invalid_argument' });
    const [live] = await answers(bbs.askData(claim, { timeline: {} }));
    expect(live?.timeline?.events.map(({ kind }) => kind)).toContain('started');
  });
});
