import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { startAuctioneer } from '../../src/auctioneer/main.ts';
import type { Action } from '../../src/rpc/gen/gavel/v1/Action.ts';
import { startTestBbs, type TestBbs } from '../support/bbs.ts';
import { engineCall, engineGet, engineSocket, IMAGE, requireEngine } from '../support/engine.ts';
import { type FileServer, startFileServer, tarOf } from '../support/file-server.ts';
import { RoleProcess } from '../support/processes.ts';
import { freePort } from '../support/registry.ts';
import { cellName, startSystem, type TestSystem } from '../support/system.ts';
import { serial, sh, TaskRuns } from '../support/task-runs.ts';

/*
 * What Diego's acceptance suite inigo pins for its cell (design/diego-contract.md section 12), one by one and over gRPC alone.
 * docs/diego.md lists these and where the rest of section 12 is proved.
 */

const ALGORITHMS = ['md5', 'sha1', 'sha256'] as const;

describe('inigo: the cell', () => {
  let system: TestSystem;
  let tasks: TaskRuns;
  let server: FileServer;
  let archive: Buffer;
  beforeAll(async () => {
    await requireEngine();
    system = await startSystem({ cells: { inigo: {} } });
    tasks = new TaskRuns(system);
    server = await startFileServer();
    archive = await tarOf({ thing: 'fetched\n' });
    server.files.set('/archive', archive);
  }, 60_000);
  afterAll(async () => {
    await system.stop();
    await server.stop();
  });

  const checksum = (checksum_algorithm: string, of: Buffer) => ({
    checksum_algorithm,
    checksum_value: createHash(checksum_algorithm).update(of).digest('hex'),
  });
  const wrong = Buffer.from('something else');
  const download = (to: string, sum: object): Action => ({
    download: { artifact: 'thing', from: `${server.url}/archive`, to, user: 'root', ...sum },
  });

  it('memory: who takes more than its limit is "out of memory", and the steps behind it are not run', async () => {
    const action = serial(sh('tail /dev/zero', { log_source: 'HUNGRY' }), sh('echo after'));
    const task = await tasks.run(action, { memory_mb: 24 });
    expect(task).toMatchObject({
      outcome: 'failed',
      failure_code: 'oom',
      oom_killed: true,
      failure_reason: 'HUNGRY: Exited with status 137 (out of memory)',
    });
    expect(await tasks.lines(task.task_guid)).not.toContain('stdout LOG after');
  });

  it('open files: no more than nofile', async () => {
    const script = 'i=3; while [ $i -lt 64 ]; do eval "exec $i<&0"; i=$((i+1)); done; cat /etc/passwd';
    const task = await tasks.run(sh(script, { resource_limits: { nofile: 64 } }));
    expect(task.exit_code).toBe(1);
    expect((await tasks.lines(task.task_guid)).join('\n')).toMatch(/Too many open files/i);
    // So few that no process can begin is a refusal, and nobody waits for one.
    const none = await tasks.run(sh('true', { resource_limits: { nofile: 10 } }));
    expect(none).toMatchObject({ outcome: 'infra_failed', failure_code: 'start_refused' });
    expect(none.failure_reason).toContain('the limit of open files (nofile) is too low');
  });

  it('a timeout says how long it was', async () => {
    const task = await tasks.run({ timeout: { timeout_ms: 500, action: sh('sleep 300') } });
    expect(task.failure_reason).toBe('exceeded 500ms timeout');
  });

  it('download: a checksum that fits, by each algorithm', async () => {
    const steps = ALGORITHMS.map((name) => download(`/${name}`, checksum(name, archive)));
    const { task_guid } = await tasks.run(serial(...steps, sh('cat /md5/thing /sha1/thing /sha256/thing')));
    const said = (await tasks.lines(task_guid)).filter((line) => line === 'stdout LOG fetched');
    expect(said).toHaveLength(3);
  });

  it.each(ALGORITHMS)('download: a checksum that does not fit, by %s', async (name) => {
    const task = await tasks.run(download('/d', checksum(name, wrong)));
    expect(task).toMatchObject({ outcome: 'failed', failure_code: 'download_failed' });
    expect(task.failure_reason).toMatch(/^Downloading thing failed: Checksum failed: 'checksum mismatch'/);
  });

  it('cached dependencies: a checksum that fits, by each algorithm', async () => {
    const cached_dependencies = ALGORITHMS.map((name) => {
      return { from: `${server.url}/archive`, to: `/${name}`, ...checksum(name, archive) };
    });
    const { task_guid } = await tasks.run(sh('cat /md5/thing /sha1/thing /sha256/thing'), { cached_dependencies });
    const said = (await tasks.lines(task_guid)).filter((line) => line === 'stdout LOG fetched');
    expect(said).toHaveLength(3);
  });

  it.each(ALGORITHMS)('cached dependencies: a checksum that does not fit, by %s', async (name) => {
    const dependency = { from: `${server.url}/archive`, to: '/d', ...checksum(name, wrong) };
    const task = await tasks.run(sh('true'), { cached_dependencies: [dependency] });
    expect(task.failure_reason).toMatch(/^failed to download cached artifacts: Checksum failed/);
  });

  it('upload: what a step made is posted', async () => {
    const up: Action = { upload: { from: '/tmp/made', to: `${server.url}/up`, user: 'root' } };
    expect(await tasks.run(serial(sh('echo made > /tmp/made'), up))).toMatchObject({ failed: false });
    expect(server.uploads.map(({ path, body }) => `${path} ${body.toString()}`)).toEqual(['/up made\n']);
  });

  it('the network: nothing is reached without a rule, and with one what it names', async () => {
    const listener = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.end('reached');
    });
    await new Promise<void>((done) => listener.listen(0, '0.0.0.0', done));
    try {
      const hash = createHash('sha256').update(cellName('inigo')).digest('hex').slice(0, 8);
      const found = (await engineGet(`/networks/gavel-${hash}`)) as { IPAM: { Config: { Gateway: string }[] } };
      const gateway = found.IPAM.Config[0]?.Gateway ?? '';
      const { port } = listener.address() as AddressInfo;
      const get = sh(`nc -w 10 ${gateway} ${port} < /dev/null > /tmp/got`);
      const asked = { network: { mode: 'bridge' }, result_file: '/tmp/got' };
      expect(await tasks.run(get, asked)).toMatchObject({ failed: true, limits_in_force: { egress: 'denied' } });
      const egress_rules = [{ protocol: 'tcp', destinations: [gateway], ports: [port] }];
      expect(await tasks.run(get, { ...asked, egress_rules })).toMatchObject({ failed: false, result: 'reached' });
    } finally {
      listener.close();
    }
  });

  it('who waits longer than it may "was not started within time limit"', async () => {
    const all = await tasks.submit(sh('echo up; sleep 300'), { memory_mb: 1_024 });
    await tasks.up(all);
    const task = await tasks.run(sh('true'), { memory_mb: 1_024, placement_deadline: { seconds: 1 } });
    expect(task.failure_reason).toMatch(/^not started within time limit/);
    await system.tasks.KillTask({ task_guid: all });
  });
});

describe('inigo: when parts are away', () => {
  const quiet = pino({ level: 'silent' });
  let folder: string;
  let bbs: TestBbs;
  let tasks: TaskRuns;
  beforeAll(async () => {
    await requireEngine();
    folder = mkdtempSync(join(tmpdir(), 'gavel-inigo-'));
    bbs = await startTestBbs({ cellLeaseMs: 6_000, tasks: { lostGraceMs: 500 } });
    tasks = new TaskRuns(bbs);
  }, 60_000);
  afterAll(async () => {
    await bbs.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('a task waits for an auctioneer, runs when there is one, and fails when its cell is killed under it', async () => {
    const listen = `127.0.0.1:${await freePort()}`;
    const settings = {
      cellId: cellName('killed'),
      bbs: [bbs.bbs.address],
      auctioneer: [listen],
      dockerHost: `unix://${engineSocket()}`,
      preloaded: { busybox: IMAGE },
      stateDir: join(folder, 'cell'),
      network: 'none',
      preparedContainers: 0,
    };
    const cell = new RoleProcess(folder, 'cell', 'cell', settings, /cell\.registered/);
    await cell.start();
    const guid = await tasks.submit(sh('echo up; sleep 300'));
    const auctioneer = await startAuctioneer(auctioneerConfig.parse({ listen, bbs: [bbs.bbs.address] }), {
      log: quiet,
    });
    try {
      await tasks.up(guid);
      await cell.kill();
      const task = await tasks.finished(guid);
      expect(task).toMatchObject({ outcome: 'lost', failure_reason: 'cell disappeared before completion' });
      await engineCall('DELETE', `/containers/gavel-${task.uid}-${task.attempt}?force=1&v=1`);
    } finally {
      await cell.stop();
      await auctioneer.stop();
    }
  });
});
