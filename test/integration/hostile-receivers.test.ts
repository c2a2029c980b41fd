import { execFile } from 'node:child_process';
import type { LookupAddress } from 'node:dns';
import { readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEFAULT_DENY, post } from '../../bbs/callbacks/post.ts';
import { makeAuthority, type TestAuthority } from '../support/certificates.ts';

/* Section 2.6 of reliability.md: receivers of callbacks that mean harm, at the socket. */

const answers = vi.hoisted(() => ({ next: [] as LookupAddress[][], asked: 0 }));
vi.mock('node:dns', async (original) => ({
  ...(await original<object>()),
  lookup: (_name: string, _options: object, done: (error: null, found: LookupAddress[]) => void) => {
    const found = answers.next[Math.min(answers.asked, answers.next.length - 1)] ?? [];
    answers.asked += 1;
    setImmediate(() => done(null, found));
  },
}));

const LIMIT_MS = 1_000;
const OK = 'HTTP/1.1 200 OK\r\n';
const send = async (url: string, deny: readonly string[] = []) =>
  await post(url, '{"outcome":"succeeded"}', 'uid-1', Date.now(), { timeoutMs: LIMIT_MS, secrets: [], deny });

const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});
async function listen(server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(port, host, done));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

describe('H05: a receiver', () => {
  /** Says something again and again until the other end has gone. */
  const forever = (socket: Socket, text: string, everyMs: number) => {
    const timer = setInterval(() => socket.write(text), everyMs);
    socket.once('close', () => clearInterval(timer));
  };
  const flood = (socket: Socket, piece: Buffer) => {
    const more = () => {
      while (!socket.destroyed && socket.write(piece));
    };
    socket.on('drain', more);
    more();
  };

  it.each<[string, (socket: Socket) => void, { status: number; error: RegExp }]>([
    ['that never answers', () => undefined, { status: 0, error: /no complete answer within 1000 ms/ }],
    [
      'that drips its head',
      (socket) => forever(socket.setNoDelay(), 'H', 50),
      { status: 0, error: /no complete answer|Parse Error/ },
    ],
    [
      'that drips its headers',
      (socket) => {
        socket.write(OK);
        forever(socket, 'x-more: y\r\n', 20);
      },
      { status: 0, error: /no complete answer/ },
    ],
    [
      'whose headers do not end',
      (socket) => {
        socket.write(OK);
        flood(socket, Buffer.from(`x-more: ${'y'.repeat(4_000)}\r\n`));
      },
      { status: 0, error: /Header overflow/i },
    ],
    [
      'that drips its body',
      (socket) => {
        socket.write(`${OK}content-length: 100000\r\n\r\n`);
        forever(socket, 'x', 50);
      },
      { status: 0, error: /no complete answer/ },
    ],
    [
      'whose body does not end: its status counts, and no more of it is read',
      (socket) => {
        socket.write(`${OK}\r\n`);
        flood(socket, Buffer.alloc(65_536, 'x'));
      },
      { status: 200, error: /^$/ },
    ],
    [
      'that has us continue for ever',
      (socket) => forever(socket, 'HTTP/1.1 100 Continue\r\n\r\n', 5),
      { status: 0, error: /no complete answer/ },
    ],
    [
      'that answers with a bomb of zip: nobody unpacks it',
      (socket) => {
        const bomb = gzipSync(Buffer.alloc(50_000_000));
        socket.end(
          Buffer.concat([Buffer.from(`${OK}content-encoding: gzip\r\ncontent-length: ${bomb.length}\r\n\r\n`), bomb]),
        );
      },
      { status: 200, error: /^$/ },
    ],
    ['that speaks another protocol', (socket) => socket.end('SSH-2.0-x\r\n'), { status: 0, error: /Parse Error/ }],
    ['that hangs up', (socket) => socket.destroy(), { status: 0, error: /hang up|ECONNRESET|EPIPE/ }],
    [
      'that hangs up in the middle of its answer',
      (socket) => socket.end(`${OK}content-length: 100\r\n\r\nhalf`),
      { status: 0, error: /aborted|hang up|ECONNRESET/ },
    ],
    [
      'that sends us elsewhere: nobody goes there',
      (socket) => socket.end('HTTP/1.1 307 Go\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n'),
      { status: 307, error: /^$/ },
    ],
  ])('%s', async (_name, behave, expected) => {
    let gone: Promise<unknown> = Promise.resolve();
    const server = createServer((socket) => {
      gone = new Promise((done) => socket.once('close', done));
      socket.on('error', () => undefined);
      socket.once('data', () => behave(socket));
    });
    const port = await listen(server);
    const { status, error } = await send(`http://127.0.0.1:${port}/`);
    expect({ status, error }).toEqual({
      status: expected.status,
      error: expect.stringMatching(expected.error) as string,
    });
    // Nothing of it is held: the connection has ended by now, or does so at once.
    await gone;
  });
});

describe('H07: a name', () => {
  const DENY = ['127.0.0.2/32'];
  const found = (...addresses: string[]) => addresses.map((address) => ({ address, family: 4 }));
  let reached: string[] = [];
  let port = 0;
  beforeEach(async () => {
    reached = [];
    answers.asked = 0;
    const receiver = (at: string) =>
      createServer((socket) => {
        reached.push(at);
        socket.on('error', () => undefined);
        socket.end(`${OK}content-length: 0\r\n\r\n`);
      });
    port = await listen(receiver('open'), '127.0.0.1');
    await listen(receiver('denied'), '127.0.0.2', port);
  });
  const hand = async () => await send(`http://receiver.test:${port}/`, DENY);

  it('that leads elsewhere a moment later: the address that was checked is the one that is connected to', async () => {
    answers.next = [found('127.0.0.1'), found('127.0.0.2')];
    expect(await hand()).toMatchObject({ status: 200 });
    expect(answers.asked).toBe(1);
    expect(reached).toEqual(['open']);
  });

  it('with addresses of both kinds: only those that are allowed are tried', async () => {
    answers.next = [found('127.0.0.2', '127.0.0.1')];
    expect(await hand()).toMatchObject({ status: 200 });
    expect(reached).toEqual(['open']);
  });

  it('that leads inside is not followed', async () => {
    answers.next = [found('127.0.0.2')];
    expect(await hand()).toMatchObject({ status: 0, error: expect.stringContaining('deny list') as string });
    expect(reached).toEqual([]);
  });

  it.each(['127.0.0.2', '2130706434', '0x7f.0.0.2', '0177.0.0.2', '127.2', '[::ffff:127.0.0.2]', '①②⑦.0.0.2'])(
    'that is an address in disguise is known: %s',
    async (host) => {
      const { status, error } = await send(`http://${host}:${port}/`, DENY);
      expect({ status, error }).toEqual({ status: 0, error: expect.stringContaining('deny list') as string });
      expect(reached).toEqual([]);
    },
  );

  it.each([
    '169.254.169.254',
    '[fe80::1]',
    '[::ffff:169.254.169.254]',
    '[64:ff9b::169.254.169.254]',
    '[2002:a9fe:a9fe::]',
  ])('of a cloud’s metadata is denied unless told otherwise: %s', async (host) => {
    expect((await send(`http://${host}/`, DEFAULT_DENY)).error).toContain('deny list');
  });
});

describe('H06: a certificate', () => {
  let authority: TestAuthority;
  beforeAll(() => {
    authority = makeAuthority();
  });
  afterAll(() => {
    authority.remove();
  });

  /** Posts from a process that trusts our authority, as an installation with one of its own does. */
  async function postAll(urls: readonly string[]): Promise<{ status: number; error: string }[]> {
    const built = fileURLToPath(new URL('../../dist/bbs/callbacks/post.js', import.meta.url));
    const program = `const { post } = await import(${JSON.stringify(built)});
      const options = { timeoutMs: 5000, secrets: [], deny: [] };
      const made = await Promise.all(${JSON.stringify(urls)}.map((url) => post(url, '{}', 'uid', Date.now(), options)));
      console.log(JSON.stringify(made));`;
    const env = { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: authority.ca };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { env });
    return JSON.parse(stdout) as { status: number; error: string }[];
  }

  it('that is out of date, of another host, of nobody, or of an old protocol is refused; none of ours is shown', async () => {
    let shown: boolean | undefined;
    const serve = async (files: { cert: string; key: string }, more: tls.TlsOptions = {}): Promise<string> => {
      const options = { cert: readFileSync(files.cert), key: readFileSync(files.key), ...more };
      const server = tls.createServer(options, (socket) => {
        if (more.requestCert === true) shown = Object.keys(socket.getPeerCertificate()).length > 0;
        socket.on('error', () => undefined);
        socket.once('data', () => socket.end(`${OK}content-length: 0\r\n\r\n`));
      });
      return `https://127.0.0.1:${await listen(server)}/`;
    };
    const good = authority.issue('good');
    const stranger = makeAuthority();
    try {
      const urls = await Promise.all([
        serve(good),
        serve(good, { requestCert: true, rejectUnauthorized: false }),
        serve(authority.issue('late', undefined, { days: -1 })),
        serve(authority.issue('other', undefined, { host: 'DNS:elsewhere.test' })),
        serve(stranger.issue('stranger')),
        serve(good, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' }),
        serve(good, { requestCert: true, rejectUnauthorized: true }),
      ]);
      const made = await postAll(urls);
      expect(made.map(({ status }) => status)).toEqual([200, 200, 0, 0, 0, 0, 0]);
      expect(shown).toBe(false);
      expect(made.slice(2).map(({ error }) => error)).toEqual([
        expect.stringMatching(/expired/),
        expect.stringMatching(/does not match certificate|altnames/),
        expect.stringMatching(/unable to verify|self.signed/),
        expect.stringMatching(/protocol|version|handshake/),
        expect.stringMatching(/certificate|hang up|ECONNRESET|alert/),
      ]);
    } finally {
      stranger.remove();
    }
  }, 30_000);
});
