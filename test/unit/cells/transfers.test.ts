import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request as httpRequest } from 'node:http';
import { type AddressInfo, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DownloadRequest } from '../../../cells/executor/actions/step.ts';
import { isDenied } from '../../../cells/executor/transfers/deny.ts';
import { CellTransfers, type TransferOptions } from '../../../cells/executor/transfers/transfers.ts';
import { archiveEntries } from '../../../cells/executor/transfers/unpack.ts';
import { type FileServer, startFileServer, tarOf, zipOf } from '../../support/file-server.ts';

const never = new AbortController().signal;
const hash = (algorithm: string, bytes: Buffer, form: 'hex' | 'base64' = 'hex') =>
  createHash(algorithm).update(bytes).digest(form);

let folder: string;
let server: FileServer;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gavel-transfers-'));
  server = await startFileServer();
});
afterEach(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function open(over: Partial<TransferOptions> = {}): Promise<CellTransfers> {
  const log = pino({ level: 'silent' });
  const sizes = { maxBytes: 2 ** 20, cacheBytes: 10_000 };
  return await CellTransfers.open({ folder, downloads: 2, uploads: 2, pausesMs: [5, 5, 5], log, ...sizes, ...over });
}

const request = (path: string, over: Partial<DownloadRequest> = {}): DownloadRequest => ({
  url: `${server.url}${path}`,
  cacheKey: '',
  checksumAlgorithm: '',
  checksumValue: '',
  ...over,
});
const gets = () => server.requests.length;
const left = async () => await readdir(join(folder, 'temporary'));

describe('a download', () => {
  const bytes = Buffer.from('some content');
  beforeEach(() => server.files.set('/x', bytes));

  it.each(['md5', 'sha1', 'sha256'])('is checked by its %s', async (algorithm) => {
    const transfers = await open();
    const checksumValue = `"${hash(algorithm, bytes).toUpperCase()}"`;
    const file = await transfers.download(request('/x', { checksumAlgorithm: algorithm, checksumValue }), never);
    expect(await readFile(file.path)).toEqual(bytes);
    await file.release();
    const wrong = hash(algorithm, Buffer.from('other'));
    await expect(
      transfers.download(request('/x', { checksumAlgorithm: algorithm, checksumValue: wrong }), never),
    ).rejects.toThrow(`Checksum failed: 'checksum mismatch', expected '${wrong}', got '${hash(algorithm, bytes)}'`);
    expect(gets()).toBe(2);
    expect(await left()).toEqual([]);
  });

  it('is tried again when the server may be better later, and only then', async () => {
    const transfers = await open();
    let broken = 3;
    server.files.set('/flaky', (_request, response) => {
      broken -= 1;
      if (broken >= 0) response.writeHead(503).end();
      else response.writeHead(200).end('there');
    });
    const file = await transfers.download(request('/flaky'), never);
    expect((await readFile(file.path)).toString()).toBe('there');
    expect(gets()).toBe(4);
    await expect(transfers.download(request('/none'), never)).rejects.toThrow('Download failed: Status code 404');
    expect(gets()).toBe(5);
    server.files.set('/down', (_request, response) => void response.writeHead(500).end());
    await expect(transfers.download(request('/down'), never)).rejects.toThrow('Download failed: Status code 500');
    expect(gets()).toBe(9);
  });

  it('follows redirects, and notices what breaks off, is silent, too slow or too much', async () => {
    const transfers = await open({ idleMs: 500, totalMs: 1_500, pausesMs: [] });
    server.files.set('/moved', (_request, response) => void response.writeHead(302, { location: '/x' }).end());
    const moved = await transfers.download(request('/moved'), never);
    expect(moved.sizeBytes).toBe(bytes.length);
    server.files.set('/cut', (_request, response) => {
      response.writeHead(200, { 'content-length': 100 }).write('begun');
      setTimeout(() => response.destroy(), 10);
    });
    await expect(transfers.download(request('/cut'), never)).rejects.toThrow(/aborted|nothing came/);
    server.files.set('/silent', (_request, response) => void response.writeHead(200).write('begun'));
    await expect(transfers.download(request('/silent'), never)).rejects.toThrow('nothing came for 500 ms');
    server.files.set('/slow', (_request, response) => {
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(drip));
    });
    await expect(transfers.download(request('/slow'), never)).rejects.toThrow('took longer than');
    server.files.set('/large', Buffer.alloc(2 ** 20 + 1));
    await expect(transfers.download(request('/large'), never)).rejects.toThrow('more than 1048576 bytes');
    await moved.release();
    expect(await left()).toEqual([]);
  });

  it('ends with its signal, wherever it is', async () => {
    const transfers = await open();
    server.files.set('/silent', () => undefined);
    const cancel = new AbortController();
    const download = transfers.download(request('/silent', { cacheKey: 'k' }), cancel.signal);
    setTimeout(() => cancel.abort(new Error('enough')), 30);
    await expect(download).rejects.toThrow('enough');
    const leave = [await transfers.slot('download', never), await transfers.slot('download', never)];
    const waiting = transfers.slot('download', AbortSignal.abort(new Error('no')));
    await expect(waiting).rejects.toThrow('no');
    for (const one of leave) one();
    (await transfers.slot('download', never))();
  });

  it("goes to no address of the cell's own network", async () => {
    const transfers = await open();
    await expect(transfers.download({ ...request(''), url: 'http://169.254.169.254/latest' }, never)).rejects.toThrow(
      'the address 169.254.169.254 may not be connected to',
    );
    server.files.set('/there', (_request, response) => {
      response.writeHead(302, { location: 'http://[fe80::1]/x' }).end();
    });
    await expect(transfers.download(request('/there'), never)).rejects.toThrow('may not be connected to');
    expect(['127.0.0.1', '10.0.0.1', '::1'].filter(isDenied)).toEqual([]);
    const disguised = [
      '::ffff:169.254.169.254',
      '64:ff9b::169.254.169.254',
      '2002:a9fe:a9fe::1',
      '64:ff9b::100.100.100.200',
    ];
    expect(disguised.filter((address) => !isDenied(address))).toEqual([]);
  });
});

describe("a proxy of the cell's environment", () => {
  it('is gone through for http and https, not for what NO_PROXY names, and never to a denied address', async () => {
    const seen: string[] = [];
    const proxy = createServer((asked, answer) => {
      seen.push(`${asked.method ?? ''} ${asked.url ?? ''}`);
      const { port } = new URL(server.url);
      const path = new URL(asked.url ?? '').pathname;
      const { method, headers } = asked;
      asked.pipe(
        httpRequest({ host: '127.0.0.1', port, path, method, headers }, (got) => {
          answer.writeHead(got.statusCode ?? 0, got.headers);
          got.pipe(answer);
        }),
      );
    });
    proxy.on('connect', ({ url = '' }, socket) => {
      seen.push(`CONNECT ${url}`);
      socket.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n');
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const at = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    vi.stubEnv('http_proxy', at);
    vi.stubEnv('https_proxy', at);
    vi.stubEnv('no_proxy', '127.0.0.1');
    const transfers = await open();
    const by = (url: string) => transfers.download({ ...request(''), url }, never);
    try {
      server.files.set('/x', Buffer.from('behind'));
      const file = await by('http://files.invalid/x');
      expect((await readFile(file.path)).toString()).toBe('behind');
      await transfers.upload(file, 'http://files.invalid/up', never);
      expect(server.uploads[0]?.body.toString()).toBe('behind');
      await file.release();
      await expect(by('https://files.invalid/y')).rejects.toThrow('Download failed: Status code 403');
      await (await by(`${server.url}/x`)).release();
      await expect(by('http://169.254.169.254/latest')).rejects.toThrow('may not be connected to');
      expect(seen).toEqual(['GET http://files.invalid/x', 'POST http://files.invalid/up', 'CONNECT files.invalid:443']);
    } finally {
      proxy.closeAllConnections();
      await new Promise((done) => proxy.close(done));
    }
  });

  it('that does not answer ends the try', async () => {
    const silent = createTcpServer((socket) => socket.resume());
    await new Promise<void>((done) => silent.listen(0, '127.0.0.1', done));
    vi.stubEnv('https_proxy', `http://127.0.0.1:${(silent.address() as AddressInfo).port}`);
    const transfers = await open({ idleMs: 100, pausesMs: [] });
    await expect(transfers.download({ ...request(''), url: 'https://files.invalid/' }, never)).rejects.toThrow(
      'no connection within 100 ms',
    );
    // As soon as it is given up, without waiting for the proxy.
    const patient = await open({ idleMs: 20_000, pausesMs: [] });
    const cancel = new AbortController();
    silent.once('connection', () => cancel.abort(new Error('enough')));
    const asked = { ...request(''), url: 'https://files.invalid/' };
    await expect(patient.download(asked, cancel.signal)).rejects.toThrow('enough');
    // Its connections are gone, or this would not end.
    await new Promise((done) => silent.close(done));
  });
});

describe('the cache', () => {
  const bytes = Buffer.from('kept content');
  beforeEach(() => server.files.set('/x', bytes));

  it('asks again without a checksum, not at all with one, and never twice at once', async () => {
    const transfers = await open();
    const all = await Promise.all(
      [1, 2, 3].map(async () => await transfers.download(request('/x', { cacheKey: 'k' }), never)),
    );
    expect(all.map(({ cached }) => cached)).toEqual([false, true, true]);
    expect(server.requests).toHaveLength(3);
    const checked = request('/x', { cacheKey: 'k', checksumAlgorithm: 'sha1', checksumValue: hash('sha1', bytes) });
    await transfers.download(checked, never);
    expect((await transfers.download(checked, never)).cached).toBe(true);
    expect(gets()).toBe(4);
  });

  it('brings what is new under the same URL, and nothing of another URL under the same key', async () => {
    const transfers = await open();
    await transfers.download(request('/x', { cacheKey: 'k' }), never);
    server.files.set('/x', Buffer.from('new content'));
    server.files.set('/y', Buffer.from('other content'));
    const text = async (path: string) =>
      (await readFile((await transfers.download(request(path, { cacheKey: 'k' }), never)).path)).toString();
    expect(await text('/x')).toBe('new content');
    expect(await text('/y')).toBe('other content');
  });

  it('notices that its content changed on the disk, also after a restart', async () => {
    const first = await (await open()).download(request('/x', { cacheKey: 'k' }), never);
    await first.release();
    const transfers = await open();
    expect((await transfers.download(request('/x', { cacheKey: 'k' }), never)).cached).toBe(true);
    await writeFile(first.path, 'kept kontent');
    const again = await transfers.download(request('/x', { cacheKey: 'k' }), never);
    expect(again.cached).toBe(false);
    expect(await readFile(again.path)).toEqual(bytes);
  });

  it('lets go of the longest unused, never of what is in use', async () => {
    const transfers = await open({ cacheBytes: 2_500 });
    const get = async (path: string) => {
      server.files.set(path, Buffer.alloc(1_000, path));
      return await transfers.download(request(path, { cacheKey: path }), never);
    };
    const kept = async () => (await readdir(join(folder, 'cache', 'objects'))).length;
    const [a, b] = [await get('/a'), await get('/b')];
    const c = await get('/c');
    expect(await kept()).toBe(3);
    await b.release();
    expect(await kept()).toBe(2);
    await a.release();
    await c.release();
    expect(await kept()).toBe(2);
    server.files.set('/big', Buffer.alloc(5_000));
    const big = await transfers.download(request('/big', { cacheKey: 'big' }), never);
    expect(big.sizeBytes).toBe(5_000);
    expect(await kept()).toBe(2);
  });
});

describe('an upload', () => {
  it('carries length and digests, and is tried three times', async () => {
    const transfers = await open();
    const { path, release } = transfers.temporary();
    const bytes = Buffer.from('sent');
    await writeFile(path, bytes);
    const file = { path, sizeBytes: bytes.length, cached: false, release };
    await transfers.upload(file, `${server.url}/up`, never);
    expect(server.uploads[0]?.body).toEqual(bytes);
    expect(server.uploads[0]?.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'content-length': '4',
      'content-md5': hash('md5', bytes, 'base64'),
      'content-digest': `sha-256=:${hash('sha256', bytes, 'base64')}:`,
    });
    server.files.set('/full', (_request, response) => void response.writeHead(507).end());
    await expect(transfers.upload(file, `${server.url}/full`, never)).rejects.toThrow('Upload failed: Status code 507');
    expect(server.requests.filter((one) => one === 'POST /full')).toHaveLength(3);
    server.files.set('/no', (_request, response) => void response.writeHead(403).end());
    await expect(transfers.upload(file, `${server.url}/no`, never)).rejects.toThrow('Upload failed: Status code 403');
  });
});

describe('an archive', () => {
  async function entries(bytes: Buffer): Promise<string[]> {
    const path = join(folder, 'archive');
    await writeFile(path, bytes);
    const found: string[] = [];
    for await (const { name, kind, mode, target = '', content } of archiveEntries(path, never)) {
      const pieces: Buffer[] = [];
      if (content !== undefined && !Buffer.isBuffer(content))
        for await (const piece of content) pieces.push(piece as Buffer);
      found.push(`${kind} ${name} ${mode?.toString(8) ?? target} ${Buffer.concat(pieces).toString()}`.trim());
    }
    return found;
  }

  it('is told by its content', async () => {
    const tar = await tarOf({ './a/': '', './a/f': 'text', '/g': { mode: 0o4755, text: 'x' } });
    const expected = ['file a/f 644 text', 'file g 755 x'];
    expect((await entries(tar)).filter((line) => line.startsWith('file'))).toEqual(expected);
    expect((await entries(gzipSync(tar))).filter((line) => line.startsWith('file'))).toEqual(expected);
    expect(await entries(zipOf('a/f', 'text'))).toEqual(['file a/f 640 text']);
    expect(await entries(Buffer.alloc(1_024))).toEqual([]);
    await expect(entries(Buffer.from('plain text'))).rejects.toThrow('it is no tar, gzip or zip archive');
    await expect(entries(gzipSync('plain text'))).rejects.toThrow('the archive is broken');
    await expect(entries(tar.subarray(0, 1_100))).rejects.toThrow('the archive is broken');
    await expect(entries(gzipSync(tar).subarray(0, 60))).rejects.toThrow('the archive is broken');
    await expect(entries(zipOf('a/f', 'text').subarray(0, 60))).rejects.toThrow('the archive is broken');
  });

  it('keeps links, and makes symbolic ones of hard ones', async () => {
    const links = await tarOf({
      'd/f': 'x',
      'd/s': { type: 'symlink', linkname: '/etc/hosts' },
      'e/h': { type: 'link', linkname: 'd/f' },
    });
    expect(await entries(links)).toEqual(['file d/f 644 x', 'link d/s /etc/hosts', 'link e/h ../d/f']);
  });

  it.each<[string, Parameters<typeof tarOf>[0], string]>([
    ['a name that leads out', { '../x': '' }, 'it leads out of the folder'],
    ['a hidden way out', { 'a/../../x': '' }, 'it leads out of the folder'],
    ['a hard link that leads out', { a: { type: 'link', linkname: '../../etc/shadow' } }, 'it leads out'],
    ['a file through a link', { a: { type: 'symlink', linkname: '/etc' }, 'a/passwd': 'x' }, 'written through a link'],
    ['a file in place of a link', { a: { type: 'symlink', linkname: '/etc/x' }, './a': 'x' }, 'written through a link'],
    ['a FIFO', { a: { type: 'fifo' } }, 'it is a fifo'],
  ])('refuses %s', async (_what, content, why) => {
    await expect(entries(await tarOf(content))).rejects.toThrow(why);
    await expect(entries(zipOf('../x', ''))).rejects.toThrow('the archive is broken: invalid relative path');
  });
});
