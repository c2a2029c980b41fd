import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { cellConfig } from '../../cells/config.ts';
import { startCell } from '../../cells/main.ts';
import type { TaskDefinition } from '../../src/domain/task.ts';
import type { Running } from '../../src/platform/group.ts';
import { engineCall, engineGet, engineSocket, IMAGE, requireEngine } from '../support/engine.ts';
import { FakeBbs, runTask } from '../support/fake-bbs.ts';
import { S3_LOGIN, S3_REGION, startS3 } from '../support/s3-server.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

/** What the settings of a cell do to the engine and to its tasks. */
describe('the settings of a cell', () => {
  const EGRESS_RULES = [{ protocol: 'tcp', destinations: ['198.51.100.7'], ports: [443], log: false }];
  const [OLD, KEPT] = [`gavel/old-${process.pid}:1`, `gavel/kept-${process.pid}:1`];
  let cellId: string;
  let bbs: FakeBbs;
  let stateDir: string;
  let cell: Running | undefined;

  beforeAll(requireEngine);
  beforeEach(async () => {
    cellId = `settings-${randomUUID()}`;
    bbs = await FakeBbs.start();
    bbs.cellId = cellId;
    stateDir = await mkdtemp(join(tmpdir(), 'gavel-cell-'));
  });
  afterEach(async () => {
    await cell?.stop();
    cell = undefined;
    await bbs.stop();
    await rm(stateDir, { recursive: true, force: true });
  });
  afterAll(async () => {
    for (const name of [OLD, KEPT]) await engineCall('DELETE', `/images/${name}`);
  });

  async function start(settings: Record<string, unknown>): Promise<void> {
    const config = cellConfig.parse({
      cellId,
      bbs: [bbs.address],
      auctioneer: [bbs.address],
      dockerHost: `unix://${engineSocket()}`,
      stateDir,
      preloaded: { box: IMAGE },
      memoryMb: 640,
      diskMb: 1_000,
      ...settings,
    });
    cell = await startCell(config, { log: pino({ level: 'silent' }), killOnStop: true });
    await vi.waitUntil(() => bbs.summary()?.closed === false, { timeout: 30_000 });
  }

  async function run(overrides: Partial<TaskDefinition>) {
    const task = runTask({}, { memory_mb: 64, run: { path: '/bin/true' }, ...overrides });
    bbs.place(task);
    await vi.waitUntil(() => bbs.status(task.task_guid).state === 'COMPLETED', { timeout: 30_000 });
    return bbs.status(task.task_guid);
  }

  it('egress as it is: rules are enforced where they can be, and the cell and each task say so', async () => {
    await start({});
    expect(bbs.summary()?.offer?.versions).toMatchObject({ egress: 'enforced' });
    expect(await run({ egress_rules: EGRESS_RULES })).toMatchObject({
      outcome: 'succeeded',
      limits_in_force: { network: 'bridge', egress: '1 rule' },
    });
    expect(await run({})).toMatchObject({ limits_in_force: { egress: 'denied' } });
  });

  it('egress open: a task with rules is refused, one without is told that nothing holds it', async () => {
    await start({ egress: 'open' });
    expect(bbs.summary()?.offer?.versions).toMatchObject({ egress: 'open' });
    expect(await run({ egress_rules: EGRESS_RULES })).toMatchObject({
      outcome: 'infra_failed',
      failure_code: 'not_allowed',
      failure_reason: expect.stringContaining('egress_rules'),
    });
    expect(await run({})).toMatchObject({
      outcome: 'succeeded',
      limits_in_force: { egress: 'not enforced: its setting egress is open' },
    });
  });

  it('images.keepMb: images that the cell pulled go, but for the preloaded', async () => {
    for (const name of [OLD, KEPT]) {
      const [repo = '', tag = ''] = name.split(':');
      await engineCall('POST', `/images/${IMAGE}/tag?repo=${repo}&tag=${tag}`);
    }
    // One of its own, lest it count as used where a container is made of the sample's.
    await engineCall('POST', `/commit?container=${await madeContainer()}&repo=${OLD.split(':')[0]}&tag=1`);
    const idOf = async (name: string) => ((await engineGet(`/images/${name}/json`)) as { Id?: string }).Id;
    const index = Object.fromEntries(
      await Promise.all([OLD, KEPT].map(async (name) => [name, { id: await idOf(name), usedAt: 1 }] as const)),
    );
    await writeFile(join(stateDir, 'images.json'), JSON.stringify(index));
    await start({ preloaded: { box: IMAGE, kept: KEPT }, images: { keepMb: 0 } });
    await vi.waitUntil(async () => (await idOf(OLD)) === undefined, { timeout: 20_000 });
    expect(await idOf(KEPT)).toBeDefined();
    expect(await idOf(IMAGE)).toBeDefined();
    expect(await run({ root_fs: 'preloaded:kept' })).toMatchObject({ outcome: 'succeeded' });
  });

  it('outputs.store: an S3 store that refuses the cell, or whose keys are not there, is told at the start', async () => {
    const s3 = await startS3('bucket');
    const outputs = (bucket: string) => ({ store: `s3://${bucket}`, s3: { endpoint: s3.endpoint, region: S3_REGION } });
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    try {
      await expect(start({ outputs: outputs('bucket') })).rejects.toThrow(/^outputs.store: .* needs AWS_ACCESS_KEY_ID/);
      vi.stubEnv('AWS_ACCESS_KEY_ID', S3_LOGIN.accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', S3_LOGIN.secretAccessKey);
      await expect(start({ outputs: outputs('other') })).rejects.toThrow(/^outputs.store: .* 404 NoSuchBucket/);
      await start({ outputs: outputs('bucket') });
    } finally {
      vi.unstubAllEnvs();
      await s3.stop();
    }
  });

  /** A container that is gone again when the test ends: nothing of it runs. */
  async function madeContainer(): Promise<string> {
    const body = { Image: IMAGE, Cmd: ['/bin/true'], Labels: { 'gavel.cell': cellId } };
    const answer = JSON.parse(await engineCall('POST', '/containers/create', { body })) as { Id: string };
    return answer.Id;
  }
});
