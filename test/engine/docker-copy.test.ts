import { Readable } from 'node:stream';
import { extract, pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { resolveOwner } from '../../cells/docker/owners.ts';
import type { ContainerRuntime, FileEntry, FileSource, WriteOptions } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  collect,
  execShell,
  execToExit,
  openTestRuntime,
  SocketProxy,
  startIdle,
} from '../support/engine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const signal = (): AbortSignal => AbortSignal.timeout(30_000);

let runtime: ContainerRuntime;
let id = '';
beforeAll(async () => {
  runtime = await openTestRuntime();
  id = await startIdle(runtime);
});
afterAll(async () => {
  await closeTestRuntime(runtime);
});

const text = async (script: string): Promise<string> =>
  (await execToExit(runtime, id, execShell(script))).stdout.toString().trim();
const write = async (path: string, files: FileSource, options: Partial<WriteOptions> = {}): Promise<void> =>
  await runtime.writeFiles(id, path, files, { signal: signal(), ...options });
const file = (name: string, content = 'x', mode?: number): FileEntry => ({
  name,
  kind: 'file',
  content: Buffer.from(content),
  ...(mode === undefined ? {} : { mode }),
});
/** A tar with entries as given, also such as no tool would make. */
function tarOf(...headers: (Parameters<ReturnType<typeof pack>['entry']>[0] & { content?: string })[]): {
  tar: Readable;
} {
  const tar = pack();
  for (const { content, ...header } of headers) {
    if (content === undefined) tar.entry(header).end(null);
    else tar.entry(header, content);
  }
  tar.finalize();
  return { tar: Readable.from(tar, { objectMode: false }) };
}

describe('writeFiles', () => {
  it('writes files, folders and links, and makes what is missing above them', async () => {
    const entries = [
      file('a', 'one'),
      { name: 'sub', kind: 'folder', mode: 0o750 } as const,
      file('sub/b', 'two', 0o600),
      { name: 'sub/c', kind: 'link', target: '../a' } as const,
    ];
    await write('/made/for/it', { entries }, { owner: 'vcap' });
    expect(await text('cd /made/for/it; cat a sub/b sub/c; stat -c "%a %U %n" /made . sub sub/b')).toBe(
      ['onetwoone755 vcap /made', '755 vcap .', '750 vcap sub', '600 vcap sub/b'].join('\n'),
    );
  });

  it('leaves the folder that is there as it was', async () => {
    await write(
      '/tmp',
      tarOf({ name: './', mode: 0o700, uid: 5, type: 'directory' }, { name: './in-tmp', content: 'x' }),
    );
    const before = await text('stat -c "%u" /tmp');
    expect([before, await text('cat /tmp/in-tmp')]).toEqual(['0', 'x']);
  });

  it.each([
    ['vcap', /^(\d+):\1$/],
    ['1234', /^1234:0$/],
    ['1234:99', /^1234:99$/],
    [undefined, /^0:0$/],
  ])('gives them to %s', async (owner, expected) => {
    await write(`/own/${owner ?? 'none'}`, { entries: [file('f')] }, owner === undefined ? {} : { owner });
    expect(await text(`stat -c %u:%g /own/${owner ?? 'none'}/f`)).toMatch(expected);
  });

  it('keeps owner, mode and kind of a tar, unless told whose they are', async () => {
    const tar = (): { tar: Readable } =>
      tarOf(
        { name: 'd', mode: 0o711, uid: 7, gid: 8, type: 'directory' },
        { name: 'd/f', mode: 0o4751, uid: 7, gid: 8, content: 'hey' },
        { name: 'd/hard', mode: 0o751, uid: 7, gid: 8, type: 'link', linkname: 'd/f' },
        { name: 'd/soft', type: 'symlink', linkname: '/etc/hostname' },
      );
    await write('/tar', tar());
    expect(await text('cd /tar/d; stat -c "%a %u:%g %h" . f; cat hard; readlink soft')).toBe(
      ['711 7:8 2', '751 7:8 2', 'hey/etc/hostname'].join('\n'),
    );
    await write('/tar2', tar(), { owner: '99:98' });
    expect(await text('stat -c %u:%g /tar2/d/f')).toBe('99:98');
  });

  it.each(['../out', 'a/../../out', '/etc/evil', 'a\0b', '..'])('refuses the name %j', async (name) => {
    const refused = { code: 'invalid_argument', message: /would leave it/ };
    await expect(write('/jail', { entries: [file(name)] })).rejects.toMatchObject(refused);
    if (!name.includes('\0'))
      await expect(write('/jail', tarOf({ name, content: 'x' }))).rejects.toMatchObject(refused);
  });

  it('refuses a second name for a file outside, and devices', async () => {
    const hard = tarOf({ name: 'h', type: 'link', linkname: '../../etc/passwd' });
    await expect(write('/jail', hard)).rejects.toMatchObject({ code: 'invalid_argument' });
    for (const type of ['character-device', 'block-device', 'fifo'] as const) {
      const device = tarOf({ name: 'dev', type, devmajor: 1, devminor: 3 });
      await expect(write('/jail', device)).rejects.toMatchObject({
        code: 'invalid_argument',
        message: new RegExp(type),
      });
    }
  });

  it('follows a link inside the container only', async () => {
    await text('mkdir -p /real; ln -s /real /to-real; ln -s ../../../../../../tmp /up');
    await write('/to-real/deep', { entries: [file('f', 'linked')] });
    expect(await text('cat /real/deep/f')).toBe('linked');
    await write('/up', { entries: [file('up-file', 'inside')] });
    expect(await text('cat /tmp/up-file')).toBe('inside');
    const through = tarOf(
      { name: 'l', type: 'symlink', linkname: '/../../../../../../tmp' },
      { name: 'l/x', content: 'in' },
    );
    await write('/trap', through).catch(() => undefined);
    expect(await text('ls /trap')).toMatch(/^(l)?$/);
  });

  it.each([
    ['/etc/passwd', { entries: [file('f')] }],
    ['/etc/passwd/below', { entries: [file('f')] }],
    ['relative', { entries: [file('f')] }],
    ['/', { entries: [file('etc')] }],
  ])('refuses to write to %s what cannot be there', async (path, files) => {
    await expect(write(path, files)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('refuses an owner who is not in the image', async () => {
    const writing = write('/x', { entries: [file('f')] }, { owner: 'stranger' });
    await expect(writing).rejects.toMatchObject({
      code: 'invalid_argument',
      message: /"stranger" is not in the image/,
    });
  });

  it('says what is wrong with a tar', async () => {
    const broken = { tar: Readable.from([Buffer.alloc(1_024, 'x')], { objectMode: false }) };
    await expect(write('/x', broken)).rejects.toMatchObject({ code: 'invalid_argument' });
    const failing = new Readable({
      read() {
        this.destroy(new Error('the download broke off'));
      },
    });
    await expect(write('/x', { tar: failing })).rejects.toMatchObject({ message: /the download broke off/ });
    const cut = {
      tar: Readable.from([(await collect(tarOf({ name: 'f', content: 'y'.repeat(5_000) }).tar)).subarray(0, 2_000)]),
    };
    await expect(write('/x', cut)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it.each([
    ['shorter', 10],
    ['longer', 2],
  ])('refuses content that is %s than its size', async (_name, size) => {
    const entries = [{ name: 'f', kind: 'file', size, content: Readable.from([Buffer.from('12345')]) } as const];
    await expect(write('/x', { entries })).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('is bounded, and can be given up', async () => {
    const big = { entries: [{ name: 'big', kind: 'file', size: 5 * 2 ** 20, content: zeros(5) } as const] };
    await expect(write('/x', big, { maxBytes: 2 ** 20 })).rejects.toMatchObject({ code: 'too_large' });
    const endless = {
      entries: [
        { name: 'slow', kind: 'file', size: 2 ** 30, content: new Readable({ read: () => undefined }) } as const,
      ],
    };
    await expect(write('/x', endless, { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
      code: 'cancelled',
    });
  });

  it('moves 64 MB in and out without holding them', async () => {
    const before = process.memoryUsage().rss;
    await write('/large', { entries: [{ name: 'f', kind: 'file', size: 64 * 2 ** 20, content: zeros(64) }] });
    const { bytes, totalBytes } = await runtime.openFile(id, '/large/f', signal());
    let got = 0;
    for await (const piece of bytes) got += (piece as Buffer).length;
    expect([got, totalBytes]).toEqual([64 * 2 ** 20, 64 * 2 ** 20]);
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 2 ** 20);
  });

  it('says that a container is gone', async () => {
    const writing = runtime.writeFiles('nobody', '/x', { entries: [file('f')] }, { signal: signal() });
    await expect(writing).rejects.toMatchObject({ code: 'not_found' });
  });
});

function zeros(megabytes: number): Readable {
  return Readable.from(
    Array.from({ length: megabytes }, () => Buffer.alloc(2 ** 20)),
    { objectMode: true },
  );
}

describe('openFile and readTar', () => {
  beforeAll(async () => {
    await text(
      'mkdir -p /o/d; cd /o; printf hello > f; ln -s f l; ln -s /o to-o; ln -s / root; mkfifo d/fifo; ln -s /nope d/dangling; printf in > d/g; dd if=/dev/zero of=big bs=1M count=30 2>/dev/null; truncate -s 20G sparse',
    );
  });
  const names = async (stream: Readable): Promise<string[]> => {
    const found: string[] = [];
    const tar = extract();
    stream.once('error', (error) => tar.destroy(error));
    stream.pipe(tar);
    for await (const entry of tar) {
      found.push(`${entry.header.type} ${entry.header.name}`);
      entry.resume();
    }
    return found.toSorted();
  };
  const tar = async (path: string, maxBytes = 10 * 2 ** 20): Promise<Readable> =>
    await runtime.readTar(id, path, { maxBytes, signal: signal() });

  it('give a file whole, also by a link', async () => {
    for (const path of ['/o/f', '/o/l', '/o/to-o/l']) {
      const { bytes, totalBytes } = await runtime.openFile(id, path, signal());
      expect([(await collect(bytes)).toString(), totalBytes]).toEqual(['hello', 5]);
    }
  });

  it('give a folder, with links and FIFOs as what they are', async () => {
    expect(await names(await tar('/o/d'))).toEqual(['directory d/', 'fifo d/fifo', 'file d/g', 'symlink d/dangling']);
    expect(await names(await tar('/o/l'))).toEqual(['file f']);
  });

  it.each([
    ['/o/d', 'invalid_argument'],
    ['/o/d/fifo', 'invalid_argument'],
    ['/o/nope', 'not_found'],
    ['/o/d/dangling', 'not_found'],
    ['o/f', 'invalid_argument'],
  ])('refuse %s as a file', async (path, code) => {
    await expect(runtime.openFile(id, path, signal())).rejects.toMatchObject({ code });
  });

  it('say too_large, and never give a tar that is cut without an error', async () => {
    await expect(names(await tar('/o/big', 2 ** 20))).rejects.toMatchObject({ code: 'too_large' });
    await expect(names(await tar('/o/sparse', 2 ** 20))).rejects.toMatchObject({ code: 'too_large' });
  });

  it('can be given up in the middle', async () => {
    const given = new AbortController();
    const { bytes } = await runtime.openFile(id, '/o/sparse', given.signal);
    const reading = collect(bytes);
    setTimeout(() => given.abort(), 100);
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
    const left = await runtime.openFile(id, '/o/sparse', signal());
    left.bytes.destroy();
  });

  it('fail, and are not short, when the engine breaks off', async () => {
    const proxy = await SocketProxy.open();
    try {
      const through = await openTestRuntime({ socketPath: proxy.socketPath });
      // One after the other: the engine locks a container for as long as an archive of it is read.
      const opens = [
        async () => (await through.openFile(id, '/o/sparse', signal())).bytes,
        async () => await through.readTar(id, '/o/sparse', { maxBytes: 2 ** 40, signal: signal() }),
      ];
      for (const open of opens) {
        const reading = collect(await open());
        setTimeout(() => proxy.cut(), 100);
        await expect(reading).rejects.toMatchObject({ code: 'unavailable' });
      }
      await through.close();
    } finally {
      await proxy.close();
    }
  });
});

describe('resolveOwner', () => {
  const passwd = 'root:x:0:0::/:/bin/sh\nvcap:x:1000:2000::/:\n99:x:5:6::/:\n';
  const group = 'root:x:0:\nstaff:x:50:vcap\n';
  it.each([
    ['root', 0, 0],
    ['vcap', 1000, 2000],
    ['vcap:staff', 1000, 50],
    ['1000', 1000, 2000],
    ['4242', 4242, 0],
    ['4242:7', 4242, 7],
    ['99', 5, 6],
  ])('%s', (owner, uid, gid) => {
    expect(resolveOwner(owner, passwd, group)).toEqual({ uid, gid });
  });
  it.each(['nobody', '', 'vcap:none', '99999999999', '-1'])('refuses %j', (owner) => {
    expect(() => resolveOwner(owner, passwd, group)).toThrow(/is not in the image/);
  });
});
