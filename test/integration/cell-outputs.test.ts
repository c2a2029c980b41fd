import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { ContainerRuntime } from '../../cells/executor/runtime.ts';
import { DomainError } from '../../src/domain/errors.ts';
import type { PushDataRequest__Output } from '../../src/rpc/gen/gavel/v1/PushDataRequest.ts';
import { type FakeClaim, runTask } from '../support/fake-bbs.ts';
import { ImaginedCell, until } from '../support/imagined-cell.ts';

/** While set, nobody gets a tar. */
let held: Promise<void> | undefined;
const on = ImaginedCell.each();
beforeEach(() => {
  held = undefined;
});

const readTar: ContainerRuntime['readTar'] = async (...args) => {
  const { signal } = args[2];
  const given = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
  await Promise.race([held, given]);
  if (signal.aborted) throw new DomainError('cancelled', 'given up');
  return await on.runtime.readTar(...args);
};

const start = async (settings: Record<string, unknown> = {}, killOnStop = true) =>
  await on.start(settings, { killOnStop, engine: { readTar } });
const completed = ({ guid }: FakeClaim) => on.completed(guid);

function place(env: Record<string, string>, outputs: readonly string[] = []): FakeClaim {
  const [claim] = on.bbs.place(runTask(env, { outputs }));
  if (claim === undefined) throw new Error('nothing was placed');
  return claim;
}

async function answers(queue: AsyncIterable<PushDataRequest__Output>): Promise<PushDataRequest__Output[]> {
  const all: PushDataRequest__Output[] = [];
  for await (const message of queue) all.push(message);
  return all;
}

const kinds = ({ attempt }: FakeClaim) => on.bbs.events.get(attempt)?.map(({ kind }) => kind);

describe('a cell and what runs leave behind', () => {
  it('tells of the end only when the archive is sealed', async () => {
    await start();
    let free = () => {};
    held = new Promise((resolve) => {
      free = resolve;
    });
    const claim = place({ FAKE_RESULT: 'forty-two', FAKE_STDOUT: 'hi\n' }, ['/r']);
    await until(() => on.runtime.calls.waitForExit > 0);
    await sleep(300);
    expect(completed(claim)).toBe(false);
    const [early] = await answers(on.bbs.askData(claim, { outputs: {}, outputs_asked: true }));
    expect(early?.refused).toMatchObject({ code: 'unavailable' });
    free();
    await until(() => completed(claim));
    const [told] = await answers(on.bbs.askData(claim, { outputs: {}, outputs_asked: true }));
    expect(told?.outputs?.files.map(({ path, size }) => [path, size])).toEqual([
      ['stdout.txt', '3'],
      ['stderr.txt', '0'],
      ['r', '9'],
    ]);
    const parts = await answers(on.bbs.askData(claim, { download: { names: ['r'], offset: 6 }, outputs_asked: true }));
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
    const [told] = await answers(on.bbs.askData(claim, { outputs: {}, outputs_asked: true }));
    expect(told?.outputs?.notes).toEqual(['collecting took longer than 1 s; what had not come by then was left out']);
  });

  it('archives anew after a restart in the middle, and still tells the whole story', async () => {
    const first = await start({}, false);
    held = new Promise(() => {});
    const claim = place({ FAKE_RESULT: 'x' }, ['/r']);
    await until(() => on.runtime.calls.waitForExit > 0);
    await sleep(200);
    await first.stop();
    expect(completed(claim)).toBe(false);
    held = undefined;
    await start();
    await until(() => completed(claim));
    const [told] = await answers(on.bbs.askData(claim, { outputs: {}, outputs_asked: true }));
    expect(told?.outputs?.files.map(({ path }) => path)).toContain('r');
    expect(kinds(claim)).toEqual(expect.arrayContaining(['received', 'started', 'resumed', 'outputs_archived']));
    expect((await readdir(join(on.stateDir, 'outputs'))).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('tells of a cancelled task what it saw, and keeps what it had done', async () => {
    await start();
    const claim = place({ FAKE_RUN_MS: '60000', FAKE_RESULT: 'half', FAKE_STDOUT: 'up\n' }, ['/r']);
    await until(() => on.bbs.status(claim.guid).state === 'RUNNING' && on.runtime.calls.waitForExit > 0);
    on.bbs.cancel(claim, 0);
    await until(() => kinds(claim) !== undefined);
    expect(kinds(claim)).toEqual(expect.arrayContaining(['stopping', 'action_ended', 'outputs_archived', 'removed']));
    const [told] = await answers(on.bbs.askData(claim, { outputs: {}, outputs_asked: true }));
    expect(told?.outputs?.files.map(({ path }) => path)).toContain('r');
  });

  it('sends what it saw with a claim it gives back', async () => {
    await start();
    const claim = place({ FAKE_CREATE_ERROR: 'unavailable' });
    await until(() => on.bbs.released.length > 0);
    expect(kinds(claim)).toEqual(['received', 'image_ready', 'container_failed', 'gave_back']);
    expect(on.bbs.events.get(claim.attempt)?.at(-1)).toMatchObject({
      cause: 'container_unavailable',
      component: 'rep',
    });
  });

  it('answers for what it does not have, in words', async () => {
    await start();
    const stranger = { guid: 'nobody', attempt: 'none' };
    for (const wanted of [{ timeline: {} }, { outputs: {} }, { download: {} }]) {
      const [message] = await answers(on.bbs.askData(stranger, wanted));
      expect(message?.refused).toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('cell-1 keeps no'),
      });
    }
    const claim = place({ FAKE_STDOUT: 'hi\n' });
    await until(() => completed(claim));
    // While the run is being cleared away the files might still come.
    await vi.waitFor(async () => {
      const [late] = await answers(on.bbs.askData(claim, { outputs: {}, outputs_asked: true }));
      expect(late?.outputs?.notes).toEqual(['the files that the task asked for are not kept here']);
    }, 20_000);
    const [beyond] = await answers(on.bbs.askData(claim, { download: { names: ['stdout.txt'], offset: 4 } }));
    expect(beyond?.refused).toMatchObject({ code: 'invalid_argument' });
    const [live] = await answers(on.bbs.askData(claim, { timeline: {} }));
    expect(live?.timeline?.events.map(({ kind }) => kind)).toContain('started');
  });
});
