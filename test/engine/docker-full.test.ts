import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type CellOnEngine, cellOnEngine, untilOnEngine } from '../support/cell-on-engine.ts';
import { IMAGE } from '../support/engine.ts';
import { type FakeBbs, runTask } from '../support/fake-bbs.ts';
import { OwnEngine, sh } from '../support/own-engine.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 60_000 });

const ODD = 'gavel-test/odd:1';
/** An engine whose disk is 96 MiB and 20,000 files, all of it; and what it has left when all is done (K12, K23, I19). */
describe('an engine with a small disk', () => {
  let engine: OwnEngine;
  let data: string;
  let bbs: FakeBbs;
  let stateDir: string;
  let cell: CellOnEngine;
  beforeAll(async () => {
    engine = await OwnEngine.make({ storageDriver: 'overlay2' });
    data = join(engine.folder, 'data');
    mkdirSync(data);
    sh(`mount -t tmpfs -o size=96m,nr_inodes=20000 gavel-test ${data}`);
    await engine.start();
  });
  afterAll(async () => {
    await engine.stop();
  });
  beforeEach(async () => {
    cell = await cellOnEngine(engine, {
      preloaded: { box: IMAGE, odd: ODD },
      network: 'bridge',
      egress: 'open',
    });
    ({ bbs, stateDir } = cell);
  });
  afterEach(async () => {
    await cell.stop();
  });

  const until = untilOnEngine;
  // What it has on a disk in memory counts as its own.
  const shell = (script: string, memory_mb = 100) =>
    runTask({}, { memory_mb, run: { path: '/bin/sh', args: ['-c', script] } });
  const idle = async () => await until(() => Number(bbs.summary()?.free?.memory_mb) === 1_000);
  const end = async (script: string) => {
    const task = shell(script, 600);
    bbs.place(task);
    await until(() => bbs.status(task.task_guid).state === 'COMPLETED');
    const { outcome, exit_code } = bbs.status(task.task_guid);
    return { outcome, exit_code };
  };
  const WELL = { outcome: 'succeeded', exit_code: 0 };

  it.each([
    ['K12: the bytes', 'dd if=/dev/zero of=/bomb bs=1M count=500 2>/dev/null || exit 28'],
    ['K23: the files', 'i=0; mkdir /bomb; while true > /bomb/$i; do i=$((i+1)); done 2>/dev/null; exit 28'],
  ])('%s are used up by a task: that is its own failure, and with it gone the next one runs', async (_name, script) => {
    expect(await end(script)).toEqual({ outcome: 'failed', exit_code: 28 });
    await idle();
    expect(await end('echo x > /file; exit 0')).toEqual(WELL);
  });

  it('K12: full by others at the creation: the task is given back or fails with the reason, and all is well when there is room', async () => {
    await idle();
    sh(`dd if=/dev/zero of=${data}/others bs=1M count=200 2>/dev/null || true`);
    const task = shell('exit 0');
    bbs.place(task);
    const { task_guid: guid } = task;
    await until(() => bbs.status(guid).state === 'COMPLETED' || bbs.released.some((one) => one.guid === guid));
    const { outcome, failure_reason } = bbs.status(guid);
    const reason = bbs.released.find((one) => one.guid === guid)?.reason ?? failure_reason;
    if (outcome !== '') expect(outcome).toBe('infra_failed');
    expect(reason).toMatch(/no space left/);
    sh(`rm ${data}/others`);
    await idle();
    await until(() => bbs.summary()?.closed === false);
    expect(await end('exit 0')).toEqual(WELL);
  });

  /** What of the machine is in use by this engine and this process. */
  const inUse = () => ({
    mounts: readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .filter((line) => line.includes(engine.folder)).length,
    links: sh('ip -o link show type veth').split('\n').length,
    containers: readdirSync(join(data, 'containers')).length,
    volumes: readdirSync(join(data, 'volumes')).filter((name) => !name.endsWith('.db') && name !== 'backingFsBlockDev')
      .length,
    layers: readdirSync(join(data, 'overlay2')).length,
    shims: engine.shims().length,
    records: ['journal', 'outbox'].flatMap((name) => readdirSync(join(stateDir, name))).length,
    transfers: existsSync(join(stateDir, 'transfers')) ? readdirSync(join(stateDir, 'transfers')).length : 0,
  });
  const files = () => readdirSync('/proc/self/fd').length;

  it('K33: an image with volumes, a health check and a command that is not there: what it asks for is not done, and nothing of it stays', async () => {
    const docker = `docker -H unix://${engine.socketPath}`;
    const changes = [
      'VOLUME /data /more',
      'HEALTHCHECK CMD exit 1',
      'ENTRYPOINT ["/not/there"]',
      'LABEL restart=always',
    ];
    const options = changes.map((change) => `-c '${change}'`).join(' ');
    sh(`${docker} create --name odd ${IMAGE} && ${docker} commit ${options} odd ${ODD} && ${docker} rm odd`);
    const before = inUse().volumes;
    const script = 'echo x > /data/file && sleep 2 && exit 9';
    const task = { ...shell(script), root_fs: 'preloaded:odd' };
    bbs.place(task);
    await until(() => bbs.status(task.task_guid).state === 'COMPLETED');
    expect(bbs.status(task.task_guid)).toMatchObject({ outcome: 'failed', exit_code: 9 });
    await idle();
    await vi.waitFor(() => expect(inUse().volumes).toBe(before), 30_000);
    sh(`${docker} rmi ${ODD}`);
  });

  it('I19: forty tasks that end in every way leave nothing on the machine', async () => {
    const round = async (count: number): Promise<void> => {
      const tasks = Array.from({ length: count }, (_, at) =>
        shell(['exit 0', 'exit 3', 'kill -9 $$', 'sleep 60'][at % 4] ?? ''),
      );
      const claims = bbs.place(...tasks);
      await until(() => tasks.every(({ task_guid: guid }) => bbs.status(guid).state !== 'CLAIMED'));
      for (const [at, claim] of claims.entries()) if (at % 4 === 3) bbs.cancel(claim, 0);
      await until(() => tasks.every(({ task_guid: guid }) => bbs.status(guid).state === 'COMPLETED'));
      await idle();
    };
    // What is made once and kept is there after the first.
    await round(4);
    await sleep(500);
    const [before, open] = [inUse(), files()];
    for (let rounds = 0; rounds < 5; rounds += 1) await round(8);
    // Others on this machine make links, too.
    await vi.waitFor(() => expect({ ...inUse(), links: 0 }).toEqual({ ...before, links: 0 }), 30_000);
    // Connections to the engine are kept for a while, more of them after eight at once than after four; one for every other task would show.
    await vi.waitFor(() => expect(files()).toBeLessThan(open + 20), 30_000);
  });
});
