import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import v8 from 'node:v8';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import { Passage } from '../../../src/platform/passage.ts';
import { keepStreamsYoung } from '../../../src/platform/young-streams.ts';

v8.setFlagsFromString('--expose-gc');
const gc = vm.runInNewContext('gc') as (options?: { type: 'minor' }) => void;

function oldBytes(): number {
  const spaces = v8.getHeapSpaceStatistics().filter(({ space_name }) => space_name !== 'new_space');
  return spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

describe('Passage', () => {
  it('is a map', () => {
    const map = new Passage<string, number>();
    map.set('a', 1).set('b', 2).set('a', 3);
    expect([map.size, map.get('a'), map.has('b'), map.get('__proto__'), map.has('toString')]).toEqual([
      2,
      3,
      true,
      undefined,
      false,
    ]);
    expect(map.values()).toEqual([3, 2]);
    expect([map.delete('a'), map.delete('a'), map.size]).toEqual([true, false, 1]);
    map.clear();
    expect([map.size, map.has('b'), map.values()]).toEqual([0, false, []]);
  });

  it('may be changed by what is visited', () => {
    const map = new Passage<number, number>();
    for (let key = 0; key < 5; key += 1) map.set(key, key);
    const seen: number[] = [];
    map.forEach((value) => {
      seen.push(value);
      map.delete(value);
    });
    expect([seen, map.size]).toEqual([[0, 1, 2, 3, 4], 0]);
  });

  it('leaves nothing of what passed through among the old objects', () => {
    // By a Map it is 17 MB in most tries.
    for (let once = 0; once < 4; once += 1) {
      const map = new Passage<number, number[]>();
      let at = 0;
      for (; at < 64; at += 1) map.set(at, []);
      // What is here now is old from here on, the table too.
      gc({ type: 'minor' });
      gc({ type: 'minor' });
      gc();
      const before = oldBytes();
      for (; at < 30_000; at += 1) {
        map.delete(at - 64);
        map.set(
          at,
          Array.from({ length: 100 }, (_, index) => index + at),
        );
      }
      gc({ type: 'minor' });
      expect(oldBytes() - before).toBeLessThan(5e6);
    }
  });
});

describe('keepStreamsYoung', () => {
  it('makes sessions that serve, end and break their streams as ever', async () => {
    keepStreamsYoung();
    keepStreamsYoung();
    const sessions: http2.Http2Session[] = [];
    const server = http2.createServer();
    server.on('session', (session) => sessions.push(session));
    server.on('stream', (stream, headers) => {
      stream.on('error', () => {});
      if (headers[':path'] !== '/never') stream.respond({ ':status': 200 }, { endStream: true });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const client = http2.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    client.on('error', () => {});
    sessions.push(client);
    const ask = (path: string) =>
      new Promise<string>((resolve) => {
        const stream = client.request({ ':path': path });
        stream.on('error', (error) => resolve(error.message));
        stream.on('close', () => resolve('closed'));
        stream.resume();
      });
    expect(await Promise.all([ask('/a'), ask('/b'), ask('/c')])).toEqual(['closed', 'closed', 'closed']);
    // Node's own state of both sides: were it to look otherwise one day, they would be left alone, and this tells us.
    for (const session of sessions) {
      const symbol = Object.getOwnPropertySymbols(session).find(({ description }) => description === 'state');
      const state = (session as unknown as Record<symbol, { streams: unknown }>)[symbol ?? Symbol()];
      expect(state?.streams).toBeInstanceOf(Passage);
    }
    // A session that ends takes its streams with it.
    const waiting = ask('/never');
    setTimeout(() => client.destroy(new Error('broke')), 50);
    expect(await waiting).toBe('broke');
    await new Promise((resolve) => server.close(resolve));
  });
});
