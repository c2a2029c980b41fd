import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pino } from 'pino';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Spool } from '../../../cells/executor/logs/spool.ts';
import { S3Archives, type S3Options } from '../../../cells/executor/outputs/s3.ts';
import { chosen, OutputStore } from '../../../cells/executor/outputs/store.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { S3_LOGIN, S3_REGION, type S3Server, startS3 } from '../../support/s3-server.ts';

const log = pino({ level: 'silent' });
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

async function textOf(bytes: AsyncIterable<Buffer>): Promise<string> {
  let text = '';
  for await (const piece of bytes) text += piece.toString('latin1');
  return text;
}

describe('archives in an S3-compatible store', () => {
  let folder: string;
  let server: S3Server;
  let spool: Spool;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gavel-s3-'));
    server = await startS3('bucket');
    spool = new Spool({ path: join(folder, 'spool'), maxBytes: 2 ** 20, source: 'APP', clock: systemClock(), log });
    await spool.write('stdout', Buffer.from('said\n'));
    await spool.close();
  });
  afterEach(async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const archivesOf = (over: Partial<S3Options> = {}): S3Archives => {
    const where = { endpoint: server.endpoint, region: S3_REGION, bucket: 'bucket', prefix: 'cells/one/' };
    return new S3Archives({ ...where, credentials: S3_LOGIN, pausesMs: [1, 1], ...over });
  };
  const storeOf = async (archives = archivesOf()): Promise<OutputStore> => {
    const limits = { maxBytes: 2 ** 24, maxFiles: 10, maxMs: 5_000, keepAttempts: 1, keepMs: 1, keepBytes: 1 };
    const store = new OutputStore(join(folder, 'made'), limits, systemClock(), log, archives);
    await store.load();
    return store;
  };
  const seal = async (store: OutputStore, content = 'x'.repeat(100_000)) => {
    const readTar = async () => {
      const tar = pack();
      tar.entry({ name: 'k' }, content);
      tar.finalize();
      return await Promise.resolve(Readable.from(tar as AsyncIterable<Buffer>, { objectMode: false }));
    };
    const source = { runtime: { readTar }, container: 'c', paths: ['/k'] };
    return await store.seal({ guid: 'g', attempt: 'a', spool, source }, signal());
  };

  it('are put there with their manifest, and read whole, by file and from an offset', async () => {
    const store = await storeOf();
    const manifest = await seal(store);
    expect([...server.objects.keys()]).toEqual(['bucket/cells/one/g.a.zip', 'bucket/cells/one/g.a.json']);
    expect(await readdir(join(folder, 'made'))).toEqual([]);
    await store.prune();

    // Another cell with the same store.
    const other = await storeOf();
    expect(await other.find('g', 'a', signal())).toEqual(manifest);
    expect(await other.find('g', 'b', signal())).toBeUndefined();
    const archive = server.objects.get('bucket/cells/one/g.a.zip')?.toString('latin1') ?? '';
    expect(archive).toHaveLength(manifest.archiveBytes);
    expect(await textOf(other.archive(manifest, 0))).toBe(archive);
    expect(await textOf(other.archive(manifest, 77))).toBe(archive.slice(77));
    const [file] = chosen(manifest, ['/k']);
    if (file === undefined) throw new Error('no file');
    expect(await textOf(other.file(manifest, file, 99_990))).toBe('x'.repeat(10));
  });

  it('are tried again when the store stumbles, and not when it refuses', async () => {
    server.failures.push(503, 500);
    expect((await seal(await storeOf())).files.map(({ path }) => path)).toEqual(['stdout.txt', 'stderr.txt', 'k']);

    const before = server.requests.length;
    const wrong = archivesOf({ credentials: { ...S3_LOGIN, secretAccessKey: 'wrong' } });
    await expect(wrong.manifest('g.a', signal())).rejects.toMatchObject({
      code: 'permission_denied',
      message: 'the S3 store answered 403 SignatureDoesNotMatch for g.a.json',
    });
    expect(server.requests.length - before).toBe(1);
    await expect(archivesOf({ bucket: 'other' }).check(signal())).rejects.toMatchObject({
      code: 'permission_denied',
      message: expect.stringContaining('NoSuchBucket'),
    });
    await archivesOf().check(signal());
  });

  it('that could not be put there leave nothing behind', async () => {
    server.failures.push(500, 500, 500);
    await expect(seal(await storeOf())).rejects.toMatchObject({ code: 'unavailable' });
    expect(await readdir(join(folder, 'made'))).toEqual([]);
    expect([...server.objects.keys()]).toEqual([]);
  });

  it('that a rule of the bucket removed before their manifest are not found', async () => {
    const store = await storeOf();
    const manifest = await seal(store);
    server.objects.delete('bucket/cells/one/g.a.zip');
    await expect(textOf(store.archive(manifest, 0))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('of a store that is away are unavailable, not gone', async () => {
    const silent = archivesOf({ endpoint: 'http://127.0.0.1:1' });
    await expect(silent.manifest('g.a', signal())).rejects.toMatchObject({ code: 'unavailable' });
    await expect(textOf(silent.read('g.a', 0))).rejects.toMatchObject({ code: 'unavailable' });
  });
});
