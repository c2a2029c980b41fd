import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ContainerRuntime, PullProgress } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  engineCall,
  engineGet,
  IMAGE,
  openTestRuntime,
  runToExit,
  SocketProxy,
  shell,
  specOf,
} from '../support/engine.ts';
import { forgetImage, freePort, LOGIN, startRegistry, type TestRegistry } from '../support/registry.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const DISTRIBUTION = /^GET \S*\/distribution\//;
const PULL = /^POST \S*\/images\/create/;
const signal = (): AbortSignal => AbortSignal.timeout(60_000);

describe('images from a registry', () => {
  let open: TestRegistry;
  let guarded: TestRegistry;
  let proxy: SocketProxy;
  let runtime: ContainerRuntime;

  beforeAll(async () => {
    [open, guarded, proxy] = await Promise.all([startRegistry(), startRegistry({ auth: true }), SocketProxy.open()]);
    runtime = await openTestRuntime({ socketPath: proxy.socketPath });
  });
  afterAll(async () => {
    for (const name of ['a/b:one', 'a/b:two', 'a/b:latest']) await forgetImage(`${open.address}/${name}`);
    await forgetImage(`${guarded.address}/p/q:r`);
    await closeTestRuntime(runtime);
    await Promise.all([open.close(), guarded.close(), proxy.close()]);
  });

  it('are pulled once, then found, and run', async () => {
    const made = await runToExit(runtime, shell('head -c 100000 /dev/urandom > /own-layer'));
    await open.push('a/b:one', made.id);
    const image = { kind: 'registry', reference: `${open.address}/a/b:one` } as const;
    const progress: PullProgress[] = [];
    const first = await runtime.ensureImage(image, signal(), (each) => progress.push(each));
    expect(first).toMatchObject({ pulled: true, digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/) });
    expect(progress.at(-1)).toMatchObject({ layersDone: 2, layersTotal: 2 });
    expect(await runtime.ensureImage(image, signal())).toEqual({ ...first, pulled: false });
    const { id, exit } = await runToExit(runtime, specOf({ image: image.reference }));
    expect(exit.exitCode).toBe(0);
    await runtime.remove(id);

    await forgetImage(image.reference);
    const byDigest = { kind: 'registry', reference: `${open.address}/a/b@${first.digest}` } as const;
    expect(await runtime.ensureImage(byDigest, signal())).toMatchObject({ pulled: true, digest: first.digest });
    await forgetImage(byDigest.reference);
  });

  it('asked for eight times at once are pulled once', async () => {
    await open.push('a/b:two');
    const before = proxy.count(PULL);
    const image = { kind: 'registry', reference: `${open.address}/a/b:two` } as const;
    const all = await Promise.all(Array.from({ length: 8 }, async () => await runtime.ensureImage(image, signal())));
    expect(new Set(all.map(({ digest }) => digest)).size).toBe(1);
    expect(proxy.count(PULL) - before).toBe(1);
  });

  it('without a tag mean latest, not every tag', async () => {
    await open.push('a/b:latest');
    const reference = `${open.address}/a/b`;
    expect(await runtime.ensureImage({ kind: 'registry', reference }, signal())).toMatchObject({ pulled: true });
  });

  it.each(['a/b:nope', 'no/such:name'])('that are not there are not_found: %s', async (name) => {
    const pull = runtime.ensureImage({ kind: 'registry', reference: `${open.address}/${name}` }, signal());
    await expect(pull).rejects.toMatchObject({ code: 'not_found' });
  });

  it('behind a closed port may work later: unavailable', async () => {
    const reference = `127.0.0.1:${await freePort()}/a/b:c`;
    const pull = runtime.ensureImage({ kind: 'registry', reference }, signal());
    await expect(pull).rejects.toMatchObject({ code: 'unavailable', message: /connection refused/ });
  });

  it('of an impossible name are invalid_argument', async () => {
    const pull = runtime.ensureImage({ kind: 'registry', reference: '127.0.0.1:5000/UPPER:x' }, signal());
    await expect(pull).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('behind a login need it, and the password is in no message', async () => {
    await guarded.push('p/q:r');
    const reference = `${guarded.address}/p/q:r`;
    await expect(runtime.ensureImage({ kind: 'registry', reference }, signal())).rejects.toMatchObject({
      code: 'not_found',
    });
    const wrong = { kind: 'registry', reference, username: LOGIN.username, password: 'hunter2-canary' } as const;
    const refused: unknown = await runtime.ensureImage(wrong, signal()).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'not_found' });
    expect(String((refused as Error).stack)).not.toContain('hunter2-canary');
    expect(await runtime.ensureImage({ kind: 'registry', reference, ...LOGIN }, signal())).toMatchObject({
      pulled: true,
    });
  });

  it('behind a login are for those who may have them, also when they are here already', async () => {
    await guarded.push('p/here:1');
    const reference = `${guarded.address}/p/here:1`;
    const image = { kind: 'registry', reference } as const;
    const mine = { ...image, ...LOGIN };
    expect(await runtime.ensureImage(mine, signal())).toMatchObject({ pulled: true });
    const before = proxy.count(DISTRIBUTION);
    expect(await runtime.ensureImage(mine, signal())).toMatchObject({ pulled: false });
    expect(proxy.count(DISTRIBUTION) - before).toBe(0);

    for (const login of [{}, { username: LOGIN.username, password: 'hunter2-canary' }]) {
      const refused: unknown = await runtime.ensureImage({ ...image, ...login }, signal()).catch((error) => error);
      expect(refused).toMatchObject({ code: 'not_found', message: expect.stringContaining(reference) });
      expect(String((refused as Error).stack)).not.toContain('hunter2-canary');
    }

    // A cell that knows nothing of how it came here asks; the yes is good for the next time.
    const other = await openTestRuntime({ socketPath: proxy.socketPath });
    try {
      for (const _ of [1, 2]) expect(await other.ensureImage(mine, signal())).toMatchObject({ pulled: false });
      expect(proxy.count(DISTRIBUTION) - before).toBe(3);
    } finally {
      await closeTestRuntime(other);
      await forgetImage(reference);
    }
  });

  it('that anybody may have, and those that never were in a registry, are used without asking', async () => {
    await open.push('a/b:open');
    const reference = `${open.address}/a/b:open`;
    const folder = await mkdtemp(join(tmpdir(), 'gavel-images-'));
    const imageIndex = join(folder, 'images.json');
    const first = await openTestRuntime({ imageIndex });
    expect(await first.ensureImage({ kind: 'registry', reference }, signal())).toMatchObject({ pulled: true });
    await closeTestRuntime(first);
    const second = await openTestRuntime({ imageIndex, socketPath: proxy.socketPath });
    const before = proxy.count(DISTRIBUTION);
    try {
      expect(await second.ensureImage({ kind: 'registry', reference }, signal())).toMatchObject({ pulled: false });
      const local = `127.0.0.1:${await freePort()}/built/here:1`;
      const at = local.lastIndexOf(':');
      await engineCall('POST', `/images/${IMAGE}/tag?repo=${encodeURIComponent(local.slice(0, at))}&tag=1`);
      expect(await second.ensureImage({ kind: 'registry', reference: local }, signal())).toMatchObject({
        pulled: false,
      });
      await forgetImage(local);
      expect(proxy.count(DISTRIBUTION) - before).toBe(0);
    } finally {
      await closeTestRuntime(second);
      await forgetImage(reference);
      await rm(folder, { recursive: true, force: true });
    }
  });
});

/** A registry that answers everything in one way, or not at all. */
async function badRegistry(answer: (response: ServerResponse) => void): Promise<{ address: string; server: Server }> {
  const server = createServer((_request, response) => answer(response));
  const port = await freePort();
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  return { address: `127.0.0.1:${port}`, server };
}

describe('a registry in trouble', () => {
  let runtime: ContainerRuntime;
  let server: Server | undefined;
  beforeAll(async () => {
    runtime = await openTestRuntime({ deadlines: { pull: 3_000 } });
  });
  afterEach(() => {
    server?.closeAllConnections();
    server?.close();
  });
  afterAll(async () => {
    await closeTestRuntime(runtime);
  });

  const pullFrom = async (answer: (response: ServerResponse) => void, aborted = signal()): Promise<unknown> => {
    const bad = await badRegistry(answer);
    server = bad.server;
    return await runtime.ensureImage({ kind: 'registry', reference: `${bad.address}/a/b:c` }, aborted);
  };

  it.each([
    [401, 'UNAUTHORIZED', 'not_found'],
    [403, 'DENIED', 'not_found'],
    [404, 'MANIFEST_UNKNOWN', 'not_found'],
    [404, 'NAME_UNKNOWN', 'not_found'],
    [429, 'TOOMANYREQUESTS', 'unavailable'],
    [500, 'UNKNOWN', 'unavailable'],
    [503, 'UNAVAILABLE', 'unavailable'],
  ])('that answers %i %s is %s', async (status, code, expected) => {
    const pull = pullFrom((response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase().replaceAll('_', ' ') }] }));
    });
    await expect(pull).rejects.toMatchObject({ code: expected });
  });

  it('that answers nothing costs no more than the deadline', async () => {
    await expect(pullFrom(() => undefined)).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('can be given up by the caller, while another goes on waiting', async () => {
    const bad = await badRegistry(() => undefined);
    server = bad.server;
    const image = { kind: 'registry', reference: `${bad.address}/a/b:c` } as const;
    let over = false;
    const staying = runtime
      .ensureImage(image, signal())
      .catch((error: unknown) => error)
      .finally(() => {
        over = true;
      });
    const leaving = runtime.ensureImage(image, AbortSignal.timeout(200));
    await expect(leaving).rejects.toMatchObject({ code: 'cancelled' });
    expect(over).toBe(false);
    expect(await staying).toMatchObject({ code: 'unavailable' });
  });
});

describe('images under a budget', () => {
  let registry: TestRegistry;
  let folder: string;
  let runtime: ContainerRuntime;
  const open = async (): Promise<ContainerRuntime> =>
    await openTestRuntime({ cellId: 'image-budget', imageIndex: join(folder, 'images.json'), imageHoldMs: 0 });
  const reference = (name: string): string => `${registry.address}/budget/${name}:x`;
  const use = async (name: string): Promise<string> => {
    const image = { kind: 'registry', reference: reference(name) } as const;
    return (await runtime.ensureImage(image, signal())).id;
  };
  const there = async (...names: string[]): Promise<string[]> => {
    const all = (await engineGet('/images/json')) as { RepoTags: string[] | null }[];
    const tags = all.flatMap(({ RepoTags: each }) => each ?? []);
    return names.filter((name) => tags.includes(reference(name)));
  };

  beforeAll(async () => {
    [registry, folder] = await Promise.all([startRegistry(), mkdtemp(join(tmpdir(), 'gavel-budget-'))]);
    runtime = await open();
    for (const name of ['a', 'b', 'c', 'mine']) {
      const { id } = await runToExit(runtime, shell(`head -c 1000000 /dev/urandom > /${name}`));
      await registry.push(`budget/${name}:x`, id);
      await runtime.remove(id);
    }
  });
  afterAll(async () => {
    for (const name of ['a', 'b', 'c', 'mine']) await forgetImage(reference(name));
    await closeTestRuntime(runtime);
    await registry.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('leave by last use, except those in use, preloaded, or not pulled by the cell', async () => {
    // Somebody else pulled it before, so it is not the cell's.
    await engineCall('POST', `/images/create?fromImage=${encodeURIComponent(reference('mine'))}`);
    await use('mine');
    for (const name of ['a', 'b', 'c']) await use(name);
    const inB = await runtime.create(specOf({ image: await use('b') }));
    // Used again: now c is the one that was left alone for longest.
    await use('a');
    const some = await runtime.removeUnusedImages(2 ** 40);
    expect(some.removed).toEqual([]);
    const one = await runtime.removeUnusedImages(some.keptBytes - 1);
    expect(one).toMatchObject({ removed: [reference('c')], keptBytes: some.keptBytes - one.freedBytes });
    expect(await there('a', 'b', 'c', 'mine')).toEqual(['a', 'b', 'mine']);

    // Also by a cell that was started anew; and one image is preloaded by its name.
    await runtime.close();
    runtime = await open();
    const kept = await runtime.removeUnusedImages(0, [reference('a')]);
    expect(kept.removed).toEqual([]);
    const rest = await runtime.removeUnusedImages(0);
    expect(rest.removed).toEqual([reference('a')]);
    await runtime.remove(inB);
    expect((await runtime.removeUnusedImages(0)).removed).toEqual([reference('b')]);
    expect(await there('a', 'b', 'c', 'mine')).toEqual(['mine']);
    expect(await runtime.removeUnusedImages(0)).toEqual({ removed: [], freedBytes: 0, keptBytes: 0 });
  });

  it('stay for a while after somebody asked for them', async () => {
    const careful = await openTestRuntime({ cellId: 'image-budget-2' });
    await careful.ensureImage({ kind: 'registry', reference: reference('a') }, signal());
    expect((await careful.removeUnusedImages(0)).removed).toEqual([]);
    await careful.close();
  });
});
