import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bbsConfig } from '../../bbs/config.ts';
import { startBbs } from '../../bbs/main.ts';
import { openEmbeddedStore } from '../../bbs/store/embedded.ts';
import { cellConfig } from '../../cells/config.ts';
import { startCell } from '../../cells/main.ts';
import { auctioneerConfig } from '../../src/auctioneer/config.ts';
import { startAuctioneer } from '../../src/auctioneer/main.ts';
import { errorText } from '../../src/domain/errors.ts';
import { Channel } from '../../src/rpc/client.ts';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import { engineSocket, IMAGE, requireEngine } from '../support/engine.ts';
import { type FileServer, startFileServer } from '../support/file-server.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { rest } from '../support/rest.ts';
import { cellName } from '../support/system.ts';

/*
 * K34, I12: a canary in every field of a definition that may hold a secret, in tasks that end in every way there is; then every word
 * that was said about them is searched for it.
 */

const CANARY = 'canary0f41';
const secret = (where: string) => `${CANARY}-${where}`;

describe('the secrets of a definition', () => {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-secrets-'));
  const storePath = join(folder, 'store');
  const stateDir = join(folder, 'cell');
  /** All that the three roles log, down to the last detail. */
  let logged = '';
  const log = pino({ level: 'trace' }, { write: (line: string) => void (logged += line) });
  const stops: (() => Promise<unknown>)[] = [];
  let channel: Channel;
  let files: FileServer;
  let receiver: Receiver;
  let http = '';
  let metrics: (string | undefined)[] = [];

  beforeAll(async () => {
    await requireEngine();
    files = await startFileServer();
    receiver = await startReceiver();
    const store = { kind: 'embedded' as const, path: storePath };
    const callbacks = { scheduleMs: [50, 50, 50], timeoutMs: 1_000, deny: [] };
    const bbs = await startBbs(
      bbsConfig.parse({ listen: '127.0.0.1:0', store, callbacks, http: { listen: '127.0.0.1:0' } }),
      { log },
    );
    stops.push(() => bbs.stop());
    const auctioneer = await startAuctioneer(
      auctioneerConfig.parse({ listen: '127.0.0.1:0', bbs: [bbs.address], metricsListen: '127.0.0.1:0' }),
      { log },
    );
    stops.push(() => auctioneer.stop());
    const config = cellConfig.parse({
      cellId: cellName('secrets'),
      bbs: [bbs.address],
      auctioneer: [auctioneer.address],
      dockerHost: `unix://${engineSocket()}`,
      preloaded: { busybox: IMAGE },
      stateDir,
      network: 'none',
      memoryMb: 1_024,
      diskMb: 1_024,
      metricsListen: '127.0.0.1:0',
    });
    const cell = await startCell(config, { log, killOnStop: true });
    stops.push(() => cell.stop());
    http = `http://${bbs.httpAddress}`;
    metrics = [http, `http://${auctioneer.metricsAddress}`, `http://${cell.metricsAddress}`];
    channel = new Channel({ addresses: [bbs.address] });
  });
  afterAll(async () => {
    channel.close();
    for (const stop of stops.splice(0).reverse()) await stop();
    await files.stop();
    await receiver.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const run = (script: string, more: object = {}) => ({
    run: { path: '/bin/sh', args: ['-c', `: ${secret('args')}; ${script}`], ...more },
  });
  const spec = (task_guid: string, over: Partial<TaskCreateRequest>): TaskCreateRequest => ({
    task_guid,
    domain: 'secrets',
    root_fs: 'preloaded:busybox',
    memory_mb: 32,
    env: [{ name: 'TOKEN', value: secret('env') }],
    request_key: `${task_guid}-key`,
    completion_callback_url: `${receiver.url}?token=${secret('callback')}`,
    ...over,
  });

  it('are in no log, reason, trail, event of a cell, error or metric, and not on the disk of the cell', async () => {
    const tasks = channel.client('TaskService');
    const url = (path: string) =>
      `${files.url.replace('//', `//me:${secret('userinfo')}@`)}${path}?sig=${secret('query')}`;
    files.files.set(`/broken?sig=${secret('query')}`, Buffer.from('no archive'));
    const fails = (from: string) => ({
      serial: { actions: [{ download: { artifact: 'it', from, to: '/tmp', user: 'root' } }, run('true')] },
    });
    const upload = (to: string) => ({
      serial: { actions: [run('echo x > /tmp/x'), { upload: { artifact: 'it', from: '/tmp/x', to, user: 'root' } }] },
    });
    const password = { image_username: 'me', image_password: secret('password') };
    const ended = {
      well: spec('well', { action: run('echo $TOKEN') }),
      badly: spec('badly', { action: run('exit 3', { env: [{ name: 'INNER', value: secret('inner') }] }) }),
      files: spec('files', {
        action: run('cat /tmp/f', { volume_mounted_files: [{ path: '/tmp/f', content: secret('file') }] }),
      }),
      missing: spec('missing', { action: fails(url('/missing')) }),
      broken: spec('broken', { action: fails(url('/broken')) }),
      refused: spec('refused', {
        action: fails(`http://me:${secret('userinfo')}@127.0.0.1:1/?sig=${secret('query')}`),
      }),
      nowhere: spec('nowhere', { action: upload(`http://127.0.0.1:1/${secret('path')}`) }),
      unpulled: spec('unpulled', {
        root_fs: 'docker://127.0.0.1:1/x',
        action: run('true'),
        ...password,
        placement_deadline: { seconds: 2 },
      }),
      unstarted: spec('unstarted', { action: { run: { path: '/none', args: [secret('args')] } } }),
      late: spec('late', { action: { timeout: { action: run('sleep 60'), timeout_ms: 1_000 } } }),
      unplaced: spec('unplaced', { action: run('true'), placement_tags: ['none'] }),
    };
    // The first try of the first callback is not taken.
    receiver.script.push(500);
    const heard: string[] = [];
    const watching = new AbortController();
    const placement = (async () => {
      const events = channel.client('PlacementService').WatchPending({}, { signal: watching.signal });
      for await (const event of events) heard.push(JSON.stringify(event));
    })().catch(() => undefined);
    for (const one of Object.values(ended)) await tasks.DesireTask(one);
    await tasks.DesireTask(spec('stopped', { action: run('sleep 60') }));
    await expect
      .poll(async () => (await tasks.GetTask({ task_guid: 'stopped' })).state, { timeout: 30_000 })
      .toBe('RUNNING');
    await tasks.CancelTask({ task_guid: 'stopped', reason: 'enough' });

    // What people are told of them, but for the definition, which is theirs.
    const said: string[] = [];
    const record = async (guid: string) =>
      (await channel.client('HistoryService').GetHistory({ task_guid: guid })).task;
    for (const guid of [...Object.keys(ended), 'stopped']) {
      await expect.poll(async () => await record(guid).catch(() => undefined), { timeout: 60_000 }).toBeDefined();
      const task = await record(guid);
      const { failure_reason, failure_code, rejection_reason, waiting_for, limits_in_force, image_password } =
        task ?? {};
      said.push(
        JSON.stringify({
          failure_reason,
          failure_code,
          rejection_reason,
          waiting_for,
          limits_in_force,
          image_password,
        }),
      );
      said.push(JSON.stringify(await tasks.GetTimeline({ task_guid: guid })));
      said.push(JSON.stringify(await tasks.ListOutputs({ task_guid: guid }).catch(errorText)));
    }
    watching.abort();
    await placement;
    // Requests that are refused: what was wrong is told without what was given.
    const wrong = [
      spec('bad', { action: fails(`http://${secret('host')}:x/`) }),
      spec('bad', { action: upload(`http//${secret('path')}`) }),
      spec('bad', { action: run('true'), env: [{ name: '', value: secret('env') }] }),
      spec('bad', { action: run('true'), image_password: secret('password') }),
    ];
    for (const one of wrong) {
      const refusal = await tasks.DesireTask(one).then(() => '', errorText);
      expect(refusal).toMatch(/invalid/);
      said.push(refusal);
    }
    for (const body of [
      `{"image_password": ${secret('json')}}`,
      { env: { TOKEN: [secret('env')] } },
      { env: 7, args: secret('args') },
    ])
      said.push((await rest(http, 'POST', '/v1/tasks', body)).text);
    for (const base of metrics) said.push(await (await fetch(`${base}/metrics`)).text());

    await channel.client('ClusterService').ListCells({});
    const found = (text: string) =>
      text.split('\n').flatMap((line) => new RegExp(`.{0,160}${CANARY}.{0,40}`).exec(line)?.[0] ?? []);
    expect(logged).toContain('attempt.started');
    expect(found(logged)).toEqual([]);
    expect(said.flatMap(found)).toEqual([]);
    expect(heard.flatMap(found)).toEqual([]);
    // The output is the task's own: it may say there what it likes.
    expect(secretsOnDisk(stateDir).filter((path) => !path.startsWith('logs/'))).toEqual([]);

    for (const stop of stops.splice(0).reverse()) await stop();
    expect(found(logged)).toEqual([]);
    const store = await openEmbeddedStore({ path: storePath });
    const { entries } = await store.list('', { limit: 1_000 });
    await store.close();
    // The password is needed once, to pull; nobody is told of it again, and the record does not keep it.
    const kept = entries.filter(({ value }) => value.includes(secret('password'))).map(({ key }) => key);
    expect(kept).toEqual([]);
    const kinds = new Set(entries.filter(({ value }) => value.includes(CANARY)).map(({ key }) => key.split('/')[0]));
    expect([...kinds].filter((kind) => kind !== 'history' && kind !== 'archive')).toEqual([]);
  }, 120_000);
});

/** Files below a folder that hold the canary, in whatever form they are. */
function secretsOnDisk(folder: string): string[] {
  const all = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const path = (entry: (typeof all)[number]) => join(entry.parentPath, entry.name);
  return all
    .filter((entry) => readFileSync(path(entry)).includes(CANARY))
    .map((entry) => path(entry).slice(folder.length + 1));
}
