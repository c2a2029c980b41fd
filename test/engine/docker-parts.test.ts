import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { pullError } from '../../cells/docker/errors.ts';
import { InitWatch } from '../../cells/docker/init-watch.ts';
import { diskQuota, hasProjectQuota, hostLimits } from '../../cells/docker/limits.ts';
import { lastWins } from '../../cells/docker/profile.ts';
import { unixNanoseconds } from '../../cells/docker/states.ts';
import { demultiplex } from '../../cells/docker/streams.ts';
import { collect, NO_LIMITS } from '../support/engine.ts';

describe('unixNanoseconds', () => {
  it.each([
    ['2026-11-21T01:31:19.38588402Z', 1_795_224_679_385_884_020n],
    ['2026-11-21T01:31:19Z', 1_795_224_679_000_000_000n],
    ['2026-11-21T03:31:19.000000001+02:00', 1_795_224_679_000_000_001n],
    ['1970-01-01T00:00:00.5Z', 500_000_000n],
    ['0001-01-01T00:00:00Z', undefined],
    ['', undefined],
    ['yesterday', undefined],
  ])('reads %j', (text, expected) => {
    expect(unixNanoseconds(text)).toBe(expected);
  });
});

describe('pullError', () => {
  it.each([
    [404, 'manifest for a/b:c not found: manifest unknown: manifest unknown', 'not_found'],
    [404, "pull access denied for a/b, repository does not exist or may require 'docker login'", 'not_found'],
    [500, 'Get "http://127.0.0.1:1/v2/": no basic auth credentials', 'not_found'],
    [0, 'no matching manifest for linux/arm64 in the manifest list entries', 'not_found'],
    [400, 'invalid reference format', 'invalid_argument'],
    [500, 'toomanyrequests: You have reached your unauthenticated pull rate limit.', 'unavailable'],
    [500, 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused', 'unavailable'],
    [500, 'received unexpected HTTP status: 503 Service Unavailable', 'unavailable'],
    [0, 'write /var/lib/docker/tmp/x: no space left on device', 'unavailable'],
    [500, 'something new', 'unavailable'],
  ])('%i %s', (status, words, code) => {
    expect(pullError('a/b:c', status, words)).toMatchObject({ code, message: `cannot pull a/b:c: ${words}` });
  });
});

describe('disk quota', () => {
  const mounts = (options: string): string =>
    [
      '1 0 8:1 / / rw,relatime - ext4 /dev/sda1 rw',
      `2 1 8:2 / /var/lib rw,relatime shared:1 - xfs /dev/sdb ${options}`,
      '3 1 8:3 / /var/library rw - ext4 /dev/sdc rw',
    ].join('\n');

  it('is told by the mount that holds the folder', () => {
    expect(hasProjectQuota(mounts('rw,attr2,prjquota'), '/var/lib/docker')).toBe(true);
    expect(hasProjectQuota(mounts('rw,attr2,noquota'), '/var/lib/docker')).toBe(false);
    expect(hasProjectQuota(mounts('rw,prjquota'), '/var/library/docker')).toBe(false);
  });

  it('is not there with overlay2 on ext4', async () => {
    expect(await diskQuota('overlay2', 'extfs', '/var/lib/docker', true)).toBeUndefined();
  });

  it('adds the size of the image where that counts', () => {
    const limits = { ...NO_LIMITS, diskBytes: 100 };
    expect(hostLimits(limits, 'with-image', 50).StorageOpt).toEqual({ size: '150' });
    expect(hostLimits(limits, 'own-data', 50).StorageOpt).toEqual({ size: '100' });
    expect(hostLimits(limits, undefined, 50).StorageOpt).toBeUndefined();
    expect(hostLimits(NO_LIMITS, 'own-data', 50)).toEqual({ Ulimits: [{ Name: 'core', Soft: 0, Hard: 0 }] });
  });
});

describe('lastWins', () => {
  it('keeps one entry for each name', () => {
    expect(lastWins(['A=1', 'B=', 'A=2', 'C', 'C=3'])).toEqual(['B=', 'A=2', 'C=3']);
  });
});

describe('demultiplex', () => {
  const frame = (kind: number, text: string): Buffer => {
    const header = Buffer.alloc(8);
    header.writeUInt8(kind, 0);
    header.writeUInt32BE(Buffer.byteLength(text), 4);
    return Buffer.concat([header, Buffer.from(text)]);
  };

  it.each([1, 2, 3, 7, 8, 9, 1_000])('finds its frames in pieces of %i bytes', async (size) => {
    const bytes = Buffer.concat([frame(1, 'one'), frame(2, 'ERR'), frame(1, ''), frame(1, 'two'), frame(2, '[FATAL')]);
    const source = new PassThrough();
    const { stdout, stderr } = demultiplex(source);
    for (let at = 0; at < bytes.length; at += size) source.write(bytes.subarray(at, at + size));
    source.end();
    const [out, err] = await Promise.all([collect(stdout), collect(stderr)]);
    expect([out.toString(), err.toString()]).toEqual(['onetwo', 'ERR[FATAL']);
  });

  it('ends both sides when the connection breaks, without an error', async () => {
    const source = new PassThrough();
    const { stdout, stderr } = demultiplex(source);
    source.write(frame(1, 'half').subarray(0, 10));
    setImmediate(() => source.destroy(new Error('reset')));
    const [out, err] = await Promise.all([collect(stdout), collect(stderr)]);
    expect([out.toString(), err.toString()]).toEqual(['ha', '']);
  });
});

describe('InitWatch', () => {
  const LINE = '[FATAL tini (6)] exec /x failed: Exec format error\n';
  const feed = (pieces: readonly string[], stdout = false): { watch: InitWatch; stderr: string } => {
    const watch = new InitWatch();
    let stderr = '';
    for (const piece of pieces) stderr += watch.onStderr(Buffer.from(piece)).toString();
    if (stdout) stderr += watch.onStdout().toString();
    stderr += watch.onEnd().toString();
    return { watch, stderr };
  };

  it('takes the line for the verdict, in whatever pieces', async () => {
    for (const pieces of [[LINE], LINE.split('')]) {
      const { watch, stderr } = feed(pieces);
      expect(stderr).toBe('');
      expect(await watch.verdict).toBe('command cannot be run: /x: Exec format error');
    }
  });

  it.each([
    { pieces: [LINE, 'more'], stdout: false },
    { pieces: ['x', LINE], stdout: false },
    { pieces: [LINE], stdout: true },
    { pieces: [LINE.trimEnd()], stdout: false },
    { pieces: ['[FATAL tini (', 'x'.repeat(10_000)], stdout: false },
    { pieces: [], stdout: false },
  ])('leaves other output whole: %j', async ({ pieces, stdout }) => {
    const { watch, stderr } = feed(pieces, stdout);
    expect(stderr).toBe(pieces.join(''));
    expect(await watch.verdict).toBe('');
  });
});
