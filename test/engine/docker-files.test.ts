import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ContainerRuntime, FileContent } from '../../cells/executor/runtime.ts';
import { closeTestRuntime, engineCall, IMAGE, openTestRuntime, runToExit, shell } from '../support/engine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let runtime: ContainerRuntime;
/** One container in which every trap of reliability K25 to K28 is laid. */
let id: string;

const TRAPS = [
  'mkdir -p /r/dir /outside; cd /r',
  'printf plain > file; printf secret > /outside/secret',
  'mkfifo fifo; mkdir "dir with space"; printf x > "dir with space/ü %41?"',
  'ln -s /r/file absolute; ln -s file relative; ln -s absolute chain; ln -s /nope dangling; ln -s dir to-dir',
  'ln -s fifo to-fifo; ln -s ../../../../../../outside/secret escape; ln -s ../../../../../../etc/hostname host',
  'ln -s loop-b loop-a; ln -s loop-a loop-b; ln -s self self; ln -s /r parent; ln -s / root',
  'ln file hard; : > empty; printf zero > mode0; chmod 0 mode0',
  'printf nl > "$(printf "a\\nb")"',
  'printf "\\377\\376\\000\\001" > binary',
  'dd if=/dev/zero of=big bs=1M count=100 2>/dev/null; truncate -s 20G sparse; printf first > sparse-start',
  'dd if=/r/sparse-start of=sparse conv=notrunc 2>/dev/null',
  // The one program of busybox that makes a socket file.
  'ln -s /r/socket /dev/log; syslogd -n -O /dev/null & while [ ! -e socket ]; do sleep 0.1; done',
].join('\n');

beforeAll(async () => {
  runtime = await openTestRuntime();
  const run = await runToExit(runtime, shell(TRAPS));
  if (run.exit.exitCode !== 0) throw new Error(`the traps are not laid: ${run.stderr.toString()}`);
  id = run.id;
});
afterAll(async () => {
  await closeTestRuntime(runtime);
});

const read = async (path: string, maxBytes = 10_240): Promise<FileContent> =>
  await runtime.readFile(id, path, maxBytes);

describe('readFile', () => {
  it.each([
    ['/r/file', 'plain'],
    ['/r/hard', 'plain'],
    ['/r/absolute', 'plain'],
    ['/r/relative', 'plain'],
    ['/r/chain', 'plain'],
    ['/r/parent/file', 'plain'],
    ['/r/root/r/parent/chain', 'plain'],
    ['/r/../r/./file', 'plain'],
    ['/r/escape', 'secret'],
    ['/r/empty', ''],
    ['/r/mode0', 'zero'],
    ['/r/a\nb', 'nl'],
    ['/r/dir with space/ü %41?', 'x'],
  ])('reads %j', async (path, expected) => {
    const { bytes, totalBytes, truncated } = await read(path);
    expect({ text: bytes.toString(), totalBytes, truncated }).toEqual({
      text: expected,
      totalBytes: expected.length,
      truncated: false,
    });
  });

  it('keeps binary bytes', async () => {
    expect([...(await read('/r/binary')).bytes]).toEqual([0xff, 0xfe, 0, 1]);
  });

  it.each([
    ['/r/dir', /a folder/],
    ['/r/to-dir', /a folder/],
    ['/', /a folder/],
    ['/r/fifo', /a FIFO/],
    ['/r/to-fifo', /a FIFO/],
    ['/r/socket', /a socket/],
    ['/r/loop-a', /a loop of links/],
    ['/r/self', /a loop of links/],
    ['r/file', /not an absolute path/],
    ['/r/fi\0le', /not an absolute path/],
  ])('refuses %j and says what it is', async (path, message) => {
    const began = performance.now();
    await expect(read(path)).rejects.toMatchObject({ code: 'invalid_argument', message });
    expect(performance.now() - began).toBeLessThan(30_000);
  });

  it.each(['/r/nope', '/nope/nope', '/r/dangling', '/r/file/under-a-file'])('does not find %j', async (path) => {
    await expect(read(path)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('follows a link that points out of the container to a file inside', async () => {
    // The engine puts an empty /etc/hostname there; what matters is that it is never the host's.
    const content = await read('/r/host').then(
      ({ bytes }) => bytes.toString(),
      () => '',
    );
    expect(content.trim()).not.toBe(hostname());
  });

  it('takes no more of a large file than asked', async () => {
    const before = process.memoryUsage().rss;
    const began = performance.now();
    const { bytes, totalBytes, truncated } = await read('/r/big');
    expect({ length: bytes.length, totalBytes, truncated }).toEqual({
      length: 10_240,
      totalBytes: 100 * 2 ** 20,
      truncated: true,
    });
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  it('takes no more of a sparse file of 20 GB', async () => {
    const before = process.memoryUsage().rss;
    const began = performance.now();
    const { bytes, totalBytes } = await read('/r/sparse');
    expect(bytes.subarray(0, 6).toString()).toBe('first\0');
    expect([bytes.length, totalBytes]).toEqual([10_240, 20 * 2 ** 30]);
    expect(performance.now() - began).toBeLessThan(30_000);
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  it('reads many at once, all the same', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, async () => await read('/r/big', 1_000)));
    expect(new Set(all.map(({ bytes }) => bytes.length))).toEqual(new Set([1_000]));
  });

  it('reads while the container runs', async () => {
    const running = await runtime.create(shell('printf now > /tmp/x; sleep 60'));
    await runtime.start(running);
    await vi.waitFor(async () => {
      expect((await runtime.readFile(running, '/tmp/x', 10)).bytes.toString()).toBe('now');
    }, 20_000);
    await runtime.remove(running);
  });

  it('refuses devices, which none of our containers but a privileged one could lay out', async () => {
    const script = 'mknod /z c 1 5; mknod /b b 7 0; ln -s /z /to-z';
    const body = { Image: IMAGE, Entrypoint: ['/bin/sh', '-c', script], HostConfig: { NetworkMode: 'none' } };
    const { Id: other } = JSON.parse(await engineCall('POST', '/containers/create', { body })) as { Id: string };
    try {
      await runtime.start(other);
      expect((await runtime.waitForExit(other, AbortSignal.timeout(10_000))).exitCode).toBe(0);
      for (const path of ['/z', '/b', '/to-z']) {
        const reading = runtime.readFile(other, path, 10);
        await expect(reading).rejects.toMatchObject({ code: 'invalid_argument', message: /a device/ });
      }
      await expect(runtime.readFile(other, '/dev/zero', 10)).rejects.toThrow(/cannot read/);
    } finally {
      await runtime.remove(other);
    }
  });
});

describe('readFile of a writable layer that this machine has on disk', () => {
  const readsOfEngine = async (container: string): Promise<number> =>
    (await runtime.engineCalls(container, '', 0)).filter(({ path }) => path.includes('/archive')).length;

  it('asks the engine for nothing that lies plainly in it, and for everything else', async () => {
    const script = 'mkdir -p /a/b && echo mine >/a/b/result && ln -s /a /to-a';
    const { id: own } = await runToExit(runtime, shell(script));
    expect((await runtime.info()).storageDriver).toBe('overlay2');
    expect(await runtime.readFile(own, '/a/b/result', 3)).toEqual({
      bytes: Buffer.from('min'),
      totalBytes: 5,
      truncated: true,
    });
    expect(await readsOfEngine(own)).toBe(0);
    // What a link leads to, and what the image brought.
    expect((await runtime.readFile(own, '/to-a/b/result', 10)).bytes.toString()).toBe('mine\n');
    const followed = await readsOfEngine(own);
    expect(followed).toBeGreaterThan(0);
    expect((await runtime.readFile(own, '/etc/passwd', 10)).totalBytes).toBeGreaterThan(0);
    expect(await readsOfEngine(own)).toBeGreaterThan(followed);
    await runtime.remove(own);
  });

  it('tells what a volume holds, not what its place in the layer does', async () => {
    const body = {
      Image: IMAGE,
      Entrypoint: ['/bin/sh', '-c', 'echo in the volume >/v/result'],
      Volumes: { '/v': {} },
      HostConfig: { NetworkMode: 'none' },
    };
    const { Id: other } = JSON.parse(await engineCall('POST', '/containers/create', { body })) as { Id: string };
    await runtime.start(other);
    await runtime.waitForExit(other, AbortSignal.timeout(10_000));
    expect((await runtime.readFile(other, '/v/result', 100)).bytes.toString()).toBe('in the volume\n');
    await runtime.remove(other);
  });

  it('never leaves it, whatever a process puts in place of its folders meanwhile', async () => {
    const swap =
      'mkdir /d /e; echo inside >/d/hostname; cp /d/hostname /e; while :; do mv /d /x; ln -s /etc /d; rm /d; mv /x /d; done';
    const running = await runtime.create(shell(swap));
    await runtime.start(running);
    // Its place is known from then on.
    await vi.waitFor(async () => {
      expect((await runtime.inspect(running)).status).toBe('running');
      expect((await runtime.readFile(running, '/e/hostname', 10)).totalBytes).toBe(7);
    }, 20_000);
    for (let look = 0; look < 200; look += 1) {
      const told = await runtime.readFile(running, '/d/hostname', 100).catch(() => undefined);
      expect(told?.bytes.toString().trim()).not.toBe(hostname());
    }
    await runtime.remove(running);
  });
});
