import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pino } from 'pino';
import { pack } from 'tar-stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fromBufferPromise } from 'yauzl';
import { Spool } from '../../../cells/executor/logs/spool.ts';
import { nameIn } from '../../../cells/executor/outputs/collect.ts';
import type { Manifest } from '../../../cells/executor/outputs/manifest.ts';
import { chosen, type OutputLimits, OutputStore } from '../../../cells/executor/outputs/store.ts';
import { DomainError } from '../../../src/domain/errors.ts';
import { systemClock } from '../../../src/platform/clock.ts';
import { formatSize } from '../../../src/platform/size.ts';

const LIMITS: OutputLimits = {
  maxBytes: 2 ** 20,
  maxFiles: 100,
  maxMs: 5_000,
  keepAttempts: 3,
  keepMs: 3_600_000,
  keepBytes: 2 ** 30,
};
const log = pino({ level: 'silent' });
const signal = (): AbortSignal => AbortSignal.timeout(10_000);

type Packed = Parameters<ReturnType<typeof pack>['entry']>[0] & { readonly content?: Buffer };

function tarOf(entries: readonly Packed[]): Readable {
  const tar = pack();
  for (const { content, ...header } of entries) tar.entry(header, content ?? Buffer.alloc(0));
  tar.finalize();
  return Readable.from(tar as AsyncIterable<Buffer>, { objectMode: false });
}

/** What any other program makes of the archive. */
async function unzipped(bytes: Buffer): Promise<Map<string, { content: Buffer; mode: number }>> {
  const found = new Map<string, { content: Buffer; mode: number }>();
  const zip = await fromBufferPromise(bytes, { lazyEntries: true });
  for await (const entry of zip.eachEntry()) {
    const pieces: Buffer[] = [];
    for await (const piece of await zip.openReadStreamPromise(entry)) pieces.push(piece as Buffer);
    found.set(entry.fileName, {
      content: Buffer.concat(pieces),
      mode: Math.floor(entry.externalFileAttributes / 2 ** 16),
    });
  }
  return found;
}

async function bytesOf(source: AsyncIterable<Buffer>): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}

// Archives are synced to the disk, which may be a slow one.
describe('the outputs of a run', { timeout: 30_000 }, () => {
  let folder: string;
  let store: OutputStore;
  let spool: Spool;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gavel-outputs-'));
    store = new OutputStore(join(folder, 'outputs'), LIMITS, systemClock(), log);
    await store.load();
    spool = new Spool({ path: join(folder, 'x'), maxBytes: 2 ** 20, source: 'APP', clock: systemClock(), log });
    await spool.write('stdout', Buffer.from('one\ntwo'));
    spool.say('a word of the cell');
    await spool.close();
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  const seal = async (tars: Record<string, readonly Packed[] | Error>, over: Partial<OutputLimits> = {}, id = 'a') => {
    const own = new OutputStore(join(folder, 'outputs'), { ...LIMITS, ...over }, systemClock(), log);
    const readTar = async (_id: string, path: string) => {
      const tar = tars[path];
      await Promise.resolve();
      if (tar === undefined) throw new DomainError('not_found', `no ${path}`);
      if (tar instanceof Error) throw tar;
      return tarOf(tar);
    };
    const source = { runtime: { readTar }, container: 'c', paths: Object.keys(tars) };
    return await own.seal({ guid: 'g', attempt: id, spool, source }, new AbortController().signal);
  };
  const archiveOf = async (manifest: Manifest) => await bytesOf(store.archive(manifest, 0));

  it('keeps files, folders and links, and both streams', async () => {
    const large = randomBytes(300_000);
    const manifest = await seal({
      '/data/out': [
        { name: 'out/', type: 'directory' },
        { name: 'out/a.txt', mode: 0o640, content: Buffer.from('hello') },
        { name: 'out/deep/er/b.bin', content: large },
        { name: 'out/empty' },
        { name: 'out/link', type: 'symlink', linkname: 'a.txt' },
        { name: 'out/again', type: 'link', linkname: 'out/a.txt' },
        { name: 'out/pipe', type: 'fifo' },
        { name: 'out/void/', type: 'directory', mode: 0o700 },
        { name: 'out/only-void/', type: 'directory' },
        { name: 'out/only-void/in/', type: 'directory' },
      ],
    });
    expect(manifest.files.map(({ path, size }) => [path, size])).toEqual([
      ['stdout.txt', 7],
      ['stderr.txt', 0],
      ['data/out/a.txt', 5],
      ['data/out/deep/er/b.bin', 300_000],
      ['data/out/empty', 0],
      ['data/out/link', 5],
      ['data/out/again', 5],
      ['data/out/void/', 0],
      ['data/out/only-void/in/', 0],
    ]);
    expect(manifest.notes).toEqual(['data/out/pipe: left out, it is a FIFO']);
    const bytes = await archiveOf(manifest);
    expect(bytes.length).toBe(manifest.archiveBytes);
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(manifest.archiveSha256);
    const found = await unzipped(bytes);
    expect(found.get('stdout.txt')?.content.toString()).toBe('one\ntwo');
    expect(found.get('stderr.txt')?.content.length).toBe(0);
    expect(found.get('data/out/void/')).toEqual({ content: Buffer.alloc(0), mode: 0o040700 });
    expect(found.get('data/out/a.txt')).toEqual({ content: Buffer.from('hello'), mode: 0o100640 });
    expect(found.get('data/out/deep/er/b.bin')?.content.equals(large)).toBe(true);
    expect(found.get('data/out/link')).toEqual({ content: Buffer.from('a.txt'), mode: 0o120644 });
    expect(found.get('data/out/again')?.content.toString()).toBe('hello');
    for (const file of manifest.files) {
      const whole = await bytesOf(store.file(manifest, file, 0));
      expect(createHash('sha256').update(whole).digest('hex')).toBe(file.sha256);
      expect(await bytesOf(store.file(manifest, file, 3))).toEqual(whole.subarray(3));
      expect(file.compressedSize).toBeLessThanOrEqual(file.size + 100);
    }
  });

  it('deflates, and keeps names of any letters', async () => {
    const manifest = await seal({ '/o': [{ name: 'o/ü.txt', content: Buffer.from('x'.repeat(10_000)) }] });
    expect(manifest.files[2]?.compressedSize).toBeLessThan(200);
    expect((await unzipped(await archiveOf(manifest))).get('o/ü.txt')?.content.length).toBe(10_000);
  });

  it('notes what is missing, too large, too much or badly named, and keeps the rest', async () => {
    const manifest = await seal(
      {
        '/none': new DomainError('not_found', 'gone'),
        '/odd': new DomainError('invalid_argument', 'it is a socket'),
        '/o': [
          { name: 'o/big', content: Buffer.alloc(5_000) },
          { name: 'o/../../etc/passwd', content: Buffer.from('x') },
          { name: 'o/small', content: Buffer.from('fits') },
          { name: 'o/small', content: Buffer.from('twice') },
          { name: 'o/one-too-many', content: Buffer.from('x') },
        ],
        '/stdout.txt': [{ name: 'stdout.txt', content: Buffer.from('forged') }],
      },
      { maxBytes: 2_048, maxFiles: 3 },
    );
    expect(manifest.files.map(({ path }) => path)).toEqual(['stdout.txt', 'stderr.txt', 'o/small']);
    expect(manifest.notes).toEqual([
      '/none: there is no such file or folder',
      '/odd: it is a socket',
      'o/big: left out, its 4.88 KB would bring the outputs over their limit of 2.00 KB',
      '/o: an entry with the name "o/../../etc/passwd" was left out',
      'o/one-too-many: left out, there are more than 3 files',
      "stdout.txt: left out, the name is taken by the task's own output",
    ]);
  });

  it('asks again after an engine that broke off, without doubling what it has', async () => {
    let calls = 0;
    const readTar = async () => {
      calls += 1;
      await Promise.resolve();
      const whole = await bytesOf(
        tarOf([
          { name: 'o/a', content: Buffer.from('aaa') },
          { name: 'o/b', content: randomBytes(9_000) },
        ]),
      );
      const cut = calls === 1 ? whole.subarray(0, 6_000) : whole;
      return Readable.from(
        (async function* () {
          yield cut;
          await Promise.resolve();
          if (calls === 1) throw new DomainError('unavailable', 'broke off');
        })(),
        { objectMode: false },
      );
    };
    const source = { runtime: { readTar }, container: 'c', paths: ['/o'] };
    const manifest = await store.seal({ guid: 'g', attempt: 'a', spool, source }, new AbortController().signal);
    expect(calls).toBe(2);
    expect(manifest.notes).toEqual([]);
    expect((await unzipped(await archiveOf(manifest))).get('o/b')?.content.length).toBe(9_000);
  });

  it('is sealed in time even when the engine is not', async () => {
    const readTar = async (_id: string, _path: string, { signal }: { readonly signal: AbortSignal }) =>
      await new Promise<Readable>((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new DomainError('cancelled', 'late')));
      });
    const own = new OutputStore(join(folder, 'outputs'), { ...LIMITS, maxMs: 100 }, systemClock(), log);
    const source = { runtime: { readTar }, container: 'c', paths: ['/o'] };
    const manifest = await own.seal({ guid: 'g', attempt: 'a', spool, source }, new AbortController().signal);
    expect(manifest.notes).toEqual(['collecting took longer than 0 s; what had not come by then was left out']);
    expect(manifest.files).toHaveLength(2);
  });

  it('leaves nothing half done behind when the cell goes', async () => {
    const leaving = new AbortController();
    const readTar = async () => {
      leaving.abort();
      await Promise.resolve();
      throw new DomainError('cancelled', 'leaving');
    };
    const source = { runtime: { readTar }, container: 'c', paths: ['/o'] };
    await expect(store.seal({ guid: 'g', attempt: 'a', spool, source }, leaving.signal)).rejects.toThrow('abort');
    expect(await readdir(join(folder, 'outputs'))).toEqual([]);
    expect(await store.find('g', 'a', signal())).toBeUndefined();
  });

  it('lets go of what is too many, too old, too large together', async () => {
    for (const id of ['a', 'b', 'c', 'd']) {
      await seal({}, {}, id);
      const age = { a: 40, b: 30, c: 20, d: 10 }[id] ?? 0;
      const at = Date.now() / 1_000 - age;
      await utimes(join(folder, 'outputs', `g.${id}.zip`), at, at);
    }
    await writeFile(join(folder, 'outputs', 'old.zip.part'), '');
    await utimes(join(folder, 'outputs', 'old.zip.part'), 1, 1);
    await store.prune();
    expect((await readdir(join(folder, 'outputs'))).filter((name) => name.endsWith('json'))).toEqual([
      'g.b.json',
      'g.c.json',
      'g.d.json',
    ]);
    const { size } = { size: (await readFile(join(folder, 'outputs', 'g.d.zip'))).length };
    const tight = new OutputStore(join(folder, 'outputs'), { ...LIMITS, keepBytes: size }, systemClock(), log);
    await tight.prune();
    expect((await readdir(join(folder, 'outputs'))).toSorted()).toEqual(['g.d.json', 'g.d.zip']);
    await new OutputStore(join(folder, 'outputs'), { ...LIMITS, keepMs: 1_000 }, systemClock(), log).prune();
    expect(await readdir(join(folder, 'outputs'))).toEqual([]);
  });

  it('gives out files and folders by name', async () => {
    const manifest = await seal({
      '/o': [
        { name: 'o/d/1', content: Buffer.from('1') },
        { name: 'o/d/2', content: Buffer.from('2') },
        { name: 'o/dd', content: Buffer.from('3') },
      ],
    });
    const names = (...asked: string[]) => chosen(manifest, asked).map(({ path }) => path);
    expect(names('/o/d/')).toEqual(['o/d/1', 'o/d/2']);
    expect(names('o', 'stdout.txt', 'o/dd')).toEqual(['stdout.txt', 'o/d/1', 'o/d/2', 'o/dd']);
    expect(() => names('o/nothing')).toThrow('no file or folder o/nothing');
  });
});

it.each([
  ['/a/b', 'b/c', 'a/b/c'],
  ['/a/b', 'b', 'a/b'],
  ['/a/b', 'b/', 'a/b'],
  ['/a/b', './b//x', 'a/b/x'],
  ['/a/b', 'b/../../x', undefined],
  ['/a/b', '..', undefined],
  ['/a/b', '', undefined],
])('%s: the tar name %s is %s', (path, name, expected) => {
  expect(nameIn(path, name)).toBe(expected);
});

it.each([
  [0, '0 B'],
  [1, '1 B'],
  [1_023, '1023 B'],
  [1_024, '1.00 KB'],
  [1_536, '1.50 KB'],
  [268_288, '262.00 KB'],
  [1_048_575, '1.00 MB'],
  [1_048_576, '1.00 MB'],
  [1_761_607, '1.68 MB'],
  [1_073_741_824, '1.00 GB'],
  [5_368_709_120, '5.00 GB'],
  [5_242_880_000_000, '4.77 TB'],
])('I11 %d bytes are %s', (bytes, text) => {
  expect(formatSize(bytes)).toBe(text);
});
