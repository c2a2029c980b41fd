import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { OutputChunk__Output } from '../../src/rpc/gen/gavel/v1/OutputChunk.ts';
import type { OutputsInfo__Output } from '../../src/rpc/gen/gavel/v1/OutputsInfo.ts';
import type { Task__Output } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import { request } from '../support/bbs.ts';
import { requireEngine } from '../support/engine.ts';
import { validator } from '../support/openapi.ts';
import { S3_LOGIN, S3_REGION, startS3 } from '../support/s3-server.ts';
import { cellName, startSystem, type TestSystem } from '../support/system.ts';

const MIB = 2 ** 20;

const shell = (script: string, over: Partial<TaskCreateRequest> = {}): TaskCreateRequest =>
  request({ stack: 'lucid64', action: { run: { path: '/bin/sh', args: ['-c', script] } }, memory_mb: 128, ...over });

const TREE = `
  mkdir -p /data/out/deep/er /data/out/void /data/single
  echo hello > /data/out/a.txt
  dd if=/dev/urandom of=/data/out/deep/er/big.bin bs=1M count=20 2>/dev/null
  printf x > /data/single/file
  chmod 750 /data/out/a.txt
  ln -s a.txt /data/out/link
  ln -s /data/out /data/alias
  ln /data/out/a.txt /data/out/twin
  mkfifo /data/out/pipe
  sha256sum /data/out/deep/er/big.bin | cut -d' ' -f1
  echo oops >&2
`;

describe('outputs', () => {
  let system: TestSystem;
  beforeAll(async () => {
    await requireEngine();
    system = await startSystem({
      bbs: { http: { listen: '127.0.0.1:0' } },
      cells: { 'cell-1': { outputs: { maxMb: 64 } } },
    });
  });
  afterAll(() => system.stop());

  async function run(asked: TaskCreateRequest, from = system): Promise<Task__Output> {
    const { task_guid } = await from.tasks.DesireTask(asked);
    let task: Task__Output | undefined;
    await expect
      .poll(
        async () => {
          task = await from.tasks.GetTask({ task_guid, include_history: true });
          return task.state;
        },
        { timeout: 60_000, interval: 50 },
      )
      .toMatch(/COMPLETED|RESOLVING/);
    return task as Task__Output;
  }

  const list = async (task_guid: string, from = system): Promise<OutputsInfo__Output> =>
    await from.tasks.ListOutputs({ task_guid }, { retry: true });

  /** Every file of a download, and what its end tells of it. */
  async function download(task_guid: string, names: string[], offset = 0, most = Number.POSITIVE_INFINITY) {
    const files = new Map<string, { bytes: Buffer; sha256: string }>();
    let pieces: Buffer[] = [];
    let got = 0;
    for await (const chunk of system.tasks.DownloadOutputs({ task_guid, names, offset })) {
      pieces = take(chunk, pieces, files);
      got += chunk.data?.length ?? 0;
      if (got >= most) return { files, cut: Buffer.concat(pieces) };
    }
    return { files, cut: Buffer.alloc(0) };
  }

  function take(chunk: OutputChunk__Output, pieces: Buffer[], files: Map<string, { bytes: Buffer; sha256: string }>) {
    if (chunk.start) return [];
    if (chunk.data) return [...pieces, chunk.data];
    if (chunk.end) files.set(chunk.end.path, { bytes: Buffer.concat(pieces), sha256: chunk.end.sha256 });
    return [];
  }

  const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

  it('of a whole tree: files, folders, links and both streams come back as they were', async () => {
    const task = await run(shell(TREE, { outputs: ['/data/out', '/data/alias/', '/data/single/file', '/data/none'] }));
    expect(task).toMatchObject({ outcome: 'succeeded', exit_code: 0 });
    const info = await list(task.task_guid);
    const paths = info.files.map(({ path }) => path);
    expect(paths).toEqual(expect.arrayContaining(['stdout.txt', 'stderr.txt', 'data/single/file', 'data/out/a.txt']));
    expect(paths).toEqual(expect.arrayContaining(['data/out/deep/er/big.bin', 'data/out/link', 'data/out/twin']));
    // A link that is asked for by name leads to what it names; one inside a folder stays a link.
    expect(paths).toContain('data/alias/deep/er/big.bin');
    expect(paths).toContain('data/out/void/');
    expect(info.files.find(({ path }) => path === 'data/out/link')).toMatchObject({ link_target: 'a.txt' });
    expect(info.files.find(({ path }) => path === 'data/out/a.txt')).toMatchObject({ size: '6', mode: 0o750 });
    expect(info.notes).toContain('data/out/pipe: left out, it is a FIFO');
    expect(info.notes).toContain('/data/none: there is no such file or folder');
    expect(Number(info.total_bytes)).toBeGreaterThan(40 * MIB);
    expect(Number(info.archive_bytes)).toBeGreaterThan(40 * MIB);

    const { files } = await download(task.task_guid, ['data/out', 'stdout.txt', 'stderr.txt']);
    const big = files.get('data/out/deep/er/big.bin');
    const told = files.get('stdout.txt')?.bytes.toString().trim();
    expect(big?.bytes.length).toBe(20 * MIB);
    expect(sha256(big?.bytes ?? Buffer.alloc(0))).toBe(told);
    expect(big?.sha256).toBe(told);
    expect(files.get('stderr.txt')?.bytes.toString()).toBe('oops\n');
    expect(files.get('data/out/twin')?.bytes.toString()).toBe('hello\n');

    const archive = await download(task.task_guid, []);
    const [[name, whole] = ['', { bytes: Buffer.alloc(0), sha256: '' }]] = archive.files;
    expect(name).toBe(`${task.task_guid}.zip`);
    expect(whole.bytes.length).toBe(Number(info.archive_bytes));
    expect(sha256(whole.bytes)).toBe(info.archive_sha256);
  });

  it('come over HTTP, listed, file by file, from any byte, and as the archive', async () => {
    const { task_guid } = await run(shell('mkdir /d; printf abcdef > /d/f; echo out', { outputs: ['/d'] }));
    const get = async (path: string) =>
      await fetch(`http://${system.bbs.httpAddress}/v1/tasks/${task_guid}/outputs${path}`);
    const listed = await (await get('')).text();
    expect(validator('Outputs')(JSON.parse(listed))).toEqual([]);
    const { archive_bytes, archive_sha256 } = JSON.parse(listed) as { archive_bytes: number; archive_sha256: string };
    expect(await (await get('/download?name=d/f')).text()).toBe('abcdef');
    expect(await (await get('/download?name=d/f&offset=4')).text()).toBe('ef');
    const archive = Buffer.from(await (await get('/download')).arrayBuffer());
    expect([archive.length, sha256(archive)]).toEqual([archive_bytes, archive_sha256]);
    expect((await get('/download?name=d')).status).toBe(400);
    expect((await get('/download?name=none')).status).toBe(404);
  });

  it('go on where a cut download ended', async () => {
    const task = await run(shell(TREE, { outputs: ['/data/out'] }));
    const name = 'data/out/deep/er/big.bin';
    const { cut } = await download(task.task_guid, [name], 0, 5 * MIB);
    expect(cut.length).toBeGreaterThanOrEqual(5 * MIB);
    expect(cut.length).toBeLessThan(20 * MIB);
    const rest = (await download(task.task_guid, [name], cut.length)).files.get(name);
    const whole = Buffer.concat([cut, rest?.bytes ?? Buffer.alloc(0)]);
    expect(whole.length).toBe(20 * MIB);
    expect(sha256(whole)).toBe(rest?.sha256);
    await expect(download(task.task_guid, [name], 21 * MIB)).rejects.toThrow(/offset/);
    await expect(download(task.task_guid, ['nothing/here'])).rejects.toThrow(/no file or folder nothing\/here/);
  });

  it('are there of a failed task, of its last words at least', async () => {
    const task = await run(shell('echo partial > /tmp/part; echo why >&2; exit 9', { outputs: ['/tmp/part'] }));
    expect(task).toMatchObject({ outcome: 'failed', exit_code: 9 });
    const { files } = await download(task.task_guid, ['tmp/part', 'stderr.txt']);
    expect(files.get('tmp/part')?.bytes.toString()).toBe('partial\n');
    expect(files.get('stderr.txt')?.bytes.toString()).toBe('why\n');
  });

  it('are there of a tree of actions', async () => {
    const step = (script: string) => ({ run: { path: '/bin/sh', args: ['-c', script] } });
    const action = { serial: { actions: [step('mkdir /w; echo 1 > /w/1'), step('echo 2 > /w/2; echo done')] } };
    const task = await run(request({ stack: 'lucid64', action, outputs: ['/w'] }));
    const info = await list(task.task_guid);
    expect(info.files.map(({ path }) => path)).toEqual(['stdout.txt', 'stderr.txt', 'w/1', 'w/2']);
  });

  it('of a task that named none are its two streams, also when they are empty', async () => {
    const task = await run(shell('true'));
    const info = await list(task.task_guid);
    expect(info.files.map(({ path, size }) => [path, size])).toEqual([
      ['stdout.txt', '0'],
      ['stderr.txt', '0'],
    ]);
    expect(info.notes).toEqual([]);
  });

  it('are refused in words while the task runs, and when it never came to a cell', async () => {
    const running = shell('sleep 600', { stop: { signal: 'SIGKILL' } });
    await system.tasks.DesireTask(running);
    const guid = running.task_guid ?? '';
    const state = async () => (await system.tasks.GetTask({ task_guid: guid })).state;
    await expect.poll(state, { timeout: 30_000 }).toBe('RUNNING');
    await expect(system.tasks.ListOutputs({ task_guid: guid })).rejects.toThrow(/has no outputs yet: it is RUNNING/);
    await system.tasks.KillTask({ task_guid: guid });
    expect((await list(guid)).files).toHaveLength(2);
    const never = await run(shell('true', { stack: 'solaris' }));
    await expect(system.tasks.ListOutputs({ task_guid: never.task_guid })).rejects.toThrow(/never came to a cell/);
  });

  it('of a cancelled task are what it had done by then', async () => {
    const asked = shell('echo half > /tmp/half; echo up; sleep 600', {
      outputs: ['/tmp/half'],
      stop: { signal: 'SIGKILL' },
    });
    const { task_guid } = await system.tasks.DesireTask(asked);
    await expect
      .poll(async () => (await system.tasks.GetTask({ task_guid })).state, { timeout: 30_000 })
      .toBe('RUNNING');
    const entries: string[] = [];
    for await (const { line } of system.tasks.FollowLogs({ task_guid, follow: true })) {
      if (line) entries.push(line.text.toString());
      if (entries.includes('up')) break;
    }
    await system.tasks.CancelTask({ task_guid });
    expect((await list(task_guid)).files.map(({ path }) => path)).toContain('tmp/half');
  });

  it('over the limit are left out by name', async () => {
    const task = await run(
      shell('dd if=/dev/zero of=/big bs=1M count=70 2>/dev/null; echo s > /small', { outputs: ['/big', '/small'] }),
    );
    const info = await list(task.task_guid);
    expect(info.files.map(({ path }) => path)).toEqual(['stdout.txt', 'stderr.txt', 'small']);
    expect(info.notes).toEqual(['big: left out, its 70.00 MB would bring the outputs over their limit of 64.00 MB']);
  });

  it.each(['dir', 's3'])(
    'come from a shared store when their cell is away, and from nowhere else: %s',
    async (kind) => {
      const store = mkdtempSync(join(tmpdir(), 'gavel-store-'));
      const s3 = await startS3('bucket');
      vi.stubEnv('AWS_ACCESS_KEY_ID', S3_LOGIN.accessKeyId);
      vi.stubEnv('AWS_SECRET_ACCESS_KEY', S3_LOGIN.secretAccessKey);
      const bucket = { store: 's3://bucket/outputs', s3: { endpoint: s3.endpoint, region: S3_REGION } };
      const shared = { outputs: kind === 's3' ? bucket : { store: `dir:${store}` }, placementTags: ['shared'] };
      const own = await startSystem({ cells: {} });
      try {
        const first = await own.addCell('cell-a', shared);
        const asked = shell('echo kept > /k', { outputs: ['/k'], placement_tags: ['shared'] });
        const task = await run(asked, own);
        await first.stop();
        await expect(own.tasks.ListOutputs({ task_guid: task.task_guid })).rejects.toThrow(
          `${cellName('cell-a')} is not connected`,
        );
        await own.addCell('cell-b', shared);
        await expect
          .poll(async () => await list(task.task_guid, own).then(({ files }) => files.length), { timeout: 30_000 })
          .toBe(3);
      } finally {
        vi.unstubAllEnvs();
        await own.stop();
        await s3.stop();
        rmSync(store, { recursive: true, force: true });
      }
    },
  );
});
