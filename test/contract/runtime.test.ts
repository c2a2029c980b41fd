import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { FakeRuntime } from '../../cells/executor/fake-runtime.ts';
import type { ContainerRuntime, ContainerSpec, ExecSpec } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  collect,
  execOf,
  execShell,
  execToExit,
  IMAGE,
  idleOf,
  NO_LIMITS,
  openTestRuntime,
  runToExit,
  shell,
  startIdle,
} from '../support/engine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const MISSING_IMAGE = 'gavel/there-is-no-such-image:latest';
const signal = (): AbortSignal => AbortSignal.timeout(30_000);

/** One container, told in both languages: a script for the real engine, environment for the fake. */
interface Job {
  readonly script: string;
  readonly fake?: Readonly<Record<string, string>>;
}

function specFor(job: Job, overrides: Partial<ContainerSpec> = {}): ContainerSpec {
  const env = Object.entries(job.fake ?? {}).map(([name, value]) => `${name}=${value}`);
  return shell(job.script, { env: ['PATH=/bin:/usr/bin', ...env], ...overrides });
}

const QUICK: Job = { script: 'true' };
const LONG: Job = { script: 'sleep 60', fake: { FAKE_RUN_MS: '60000' } };
const TALK: Job = {
  script: 'printf out; printf err >&2; exit 3',
  fake: { FAKE_STDOUT: 'out', FAKE_STDERR: 'err', FAKE_EXIT_CODE: '3' },
};

describe.each([
  { name: 'docker', open: async (cellId: string) => await openTestRuntime({ cellId }) },
  {
    name: 'fake',
    open: async (cellId: string): Promise<ContainerRuntime> =>
      await Promise.resolve(new FakeRuntime({ cellId, missingImages: [MISSING_IMAGE] })),
  },
])('container runtime: $name', ({ open }) => {
  const cellId = `contract-${randomUUID()}`;
  let runtime: ContainerRuntime;

  beforeAll(async () => {
    runtime = await open(cellId);
  });
  afterAll(async () => {
    await closeTestRuntime(runtime);
  });

  it('says what it is', async () => {
    const info = await runtime.info();
    expect(info.version).not.toBe('');
    expect(info.cpus).toBeGreaterThan(0);
    expect(info.memoryBytes).toBeGreaterThan(2 ** 20);
    expect([1, 2]).toContain(info.cgroupVersion);
    expect(['quota', 'none']).toContain(info.diskLimit);
  });

  it('finds a preloaded image, without a pull', async () => {
    const image = await runtime.ensureImage({ kind: 'preloaded', image: IMAGE }, signal());
    expect(image.pulled).toBe(false);
    expect(image.id).not.toBe('');
    expect(image.digest).not.toBe('');
  });

  it('says not_found for a preloaded image that is not there', async () => {
    const asked = runtime.ensureImage({ kind: 'preloaded', image: MISSING_IMAGE }, signal());
    await expect(asked).rejects.toMatchObject({ code: 'not_found' });
    await expect(runtime.create(specFor(QUICK, { image: MISSING_IMAGE }))).rejects.toMatchObject({ code: 'not_found' });
  });

  it('says cancelled when the caller of ensureImage has gone before', async () => {
    const image = { kind: 'registry', reference: '127.0.0.1:1/x/y:z' } as const;
    await expect(runtime.ensureImage(image, AbortSignal.abort())).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('creates without starting', async () => {
    const id = await runtime.create(specFor(QUICK));
    expect(await runtime.inspect(id)).toEqual({
      status: 'created',
      startedAt: undefined,
      finishedAt: undefined,
      exit: undefined,
      restartCount: 0,
    });
  });

  it('refuses a second container of the same name as conflict', async () => {
    const spec = specFor(QUICK);
    await runtime.create(spec);
    await expect(runtime.create(spec)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('runs: output from the first byte, exit code, times', async () => {
    const { id, exit, stdout, stderr } = await runToExit(runtime, specFor(TALK));
    expect(exit).toEqual({ exitCode: 3, oomKilled: false, error: '' });
    expect(stdout.toString()).toBe('out');
    expect(stderr.toString()).toBe('err');
    const state = await runtime.inspect(id);
    expect(state).toMatchObject({ status: 'exited', exit, restartCount: 0 });
    expect(state.startedAt).toBeGreaterThan(1_600_000_000_000_000_000n);
    // Not `startedAt <= finishedAt`: for a run of milliseconds the engine takes down the start after the end.
    const tookNs = (state.finishedAt ?? 0n) - (state.startedAt ?? 0n);
    expect(tookNs).toBeGreaterThan(-1_000_000_000n);
    expect(tookNs).toBeLessThan(30_000_000_000n);
  });

  it('refuses a second start, while it runs and after', async () => {
    const id = await runtime.create(specFor(TALK));
    const output = await runtime.attach(id);
    const stdout = collect(output.stdout);
    output.stderr.resume();
    await runtime.start(id);
    await expect(runtime.start(id)).rejects.toMatchObject({ code: 'conflict' });
    const { startedAt } = await runtime.inspect(id);
    await runtime.waitForExit(id, signal());
    await expect(runtime.start(id)).rejects.toMatchObject({ code: 'conflict' });
    expect((await stdout).toString()).toBe('out');
    expect(await runtime.inspect(id)).toMatchObject({ status: 'exited', startedAt });
  });

  it('waits for a container that is started only later, and does not take created for exited', async () => {
    const id = await runtime.create(specFor({ script: 'exit 5', fake: { FAKE_EXIT_CODE: '5' } }));
    let settled = false;
    const exit = runtime.waitForExit(id, signal()).finally(() => {
      settled = true;
    });
    await new Promise((done) => setTimeout(done, 300));
    expect(settled).toBe(false);
    await runtime.start(id);
    expect((await exit).exitCode).toBe(5);
  });

  it('answers a wait after the exit at once, and several waits', async () => {
    const { id } = await runToExit(runtime, specFor(QUICK));
    const waits = await Promise.all([runtime.waitForExit(id, signal()), runtime.waitForExit(id, signal())]);
    expect(waits.map((exit) => exit.exitCode)).toEqual([0, 0]);
  });

  it('gives a wait up on its signal, and the container goes on', async () => {
    const id = await runtime.create(specFor(LONG));
    await runtime.start(id);
    const wait = runtime.waitForExit(id, AbortSignal.timeout(100));
    await expect(wait).rejects.toMatchObject({ code: 'cancelled' });
    expect((await runtime.inspect(id)).status).toBe('running');
    await runtime.remove(id);
  });

  const specOfStep = (job: Job, overrides: Partial<ExecSpec> = {}): ExecSpec =>
    execShell(job.script, {
      env: Object.entries(job.fake ?? {}).map(([name, value]) => `${name}=${value}`),
      ...overrides,
    });

  it('runs one more command beside the process of a container, and measures it while it runs', async () => {
    const id = await runtime.create(specFor(LONG));
    await expect(runtime.usageNow(id)).rejects.toMatchObject({ code: 'conflict' });
    await runtime.start(id);
    const beside = await runtime.execBeside(id, specOfStep({ ...TALK, fake: { ...TALK.fake, FAKE_RUN_MS: '0' } }));
    const [stdout, stderr] = [collect(beside.output.stdout), collect(beside.output.stderr)];
    expect((await beside.wait(signal())).exitCode).toBe(3);
    expect([(await stdout).toString(), (await stderr).toString()]).toEqual(['out', 'err']);
    const long = await runtime.execBeside(id, specOfStep(LONG));
    long.output.close();
    await long.kill('SIGKILL');
    expect((await long.wait(signal())).exitCode).toBe(137);
    expect(await runtime.usageNow(id)).toMatchObject({
      cpuNanoseconds: expect.any(BigInt),
      memoryBytes: expect.any(Number),
      pids: expect.any(Number),
    });
    expect((await runtime.inspect(id)).status).toBe('running');
    await runtime.remove(id);
    await expect(runtime.usageNow(id)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('ends a wait as not_found when the container is removed', async () => {
    const id = await runtime.create(specFor(QUICK));
    const wait = runtime.waitForExit(id, signal());
    await Promise.all([expect(wait).rejects.toMatchObject({ code: 'not_found' }), runtime.remove(id)]);
  });

  it.each([
    ['SIGTERM', 143],
    ['SIGKILL', 137],
  ])('ends a running container by %s, and says so in the exit code', async (name, exitCode) => {
    const id = await runtime.create(specFor(LONG));
    await runtime.start(id);
    await runtime.kill(id, name);
    expect(await runtime.waitForExit(id, signal())).toEqual({ exitCode, oomKilled: false, error: '' });
    expect(await runtime.wasKilledForMemory(id)).toBe(false);
  });

  it('takes a kill of what is not running, or gone, for done', async () => {
    const id = await runtime.create(specFor(QUICK));
    await runtime.kill(id, 'SIGKILL');
    await runtime.start(id);
    await runtime.waitForExit(id, signal());
    await runtime.kill(id, 'SIGTERM');
    await runtime.remove(id);
    await expect(runtime.kill(id, 'SIGTERM')).resolves.toBeUndefined();
  });

  it('removes a running container, and once more what is gone', async () => {
    const id = await runtime.create(specFor(LONG));
    await runtime.start(id);
    await runtime.remove(id);
    expect((await runtime.inspect(id)).status).toBe('missing');
    await runtime.remove(id);
  });

  it('frees the name with the removal', async () => {
    const spec = specFor(QUICK);
    await runtime.remove(await runtime.create(spec));
    await expect(runtime.create(spec)).resolves.not.toBe('');
  });

  it('says not_found for start, attach and readFile of what is gone', async () => {
    const id = await runtime.create(specFor(QUICK));
    await runtime.remove(id);
    await expect(runtime.start(id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(runtime.attach(id)).rejects.toMatchObject({ code: 'not_found' });
    await expect(runtime.readFile(id, '/tmp/result', 10)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('reads a file whole, cut, and not at all', async () => {
    const job: Job = { script: 'printf 0123456789 > /tmp/result', fake: { FAKE_RESULT: '0123456789' } };
    const { id } = await runToExit(runtime, specFor(job));
    const read = async (maxBytes: number): Promise<unknown> => {
      const { bytes, ...rest } = await runtime.readFile(id, '/tmp/result', maxBytes);
      return { text: bytes.toString(), ...rest };
    };
    expect(await read(11)).toEqual({ text: '0123456789', totalBytes: 10, truncated: false });
    expect(await read(10)).toEqual({ text: '0123456789', totalBytes: 10, truncated: false });
    expect(await read(9)).toEqual({ text: '012345678', totalBytes: 10, truncated: true });
    expect(await read(0)).toEqual({ text: '', totalBytes: 10, truncated: true });
  });

  it('says not_found for a file that is not there', async () => {
    const { id } = await runToExit(runtime, specFor(QUICK));
    await expect(runtime.readFile(id, '/tmp/result', 10)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('ends both streams when the output is closed; the container goes on', async () => {
    const id = await runtime.create(specFor(LONG));
    const output = await runtime.attach(id);
    await runtime.start(id);
    output.close();
    output.close();
    expect(await Promise.all([collect(output.stdout), collect(output.stderr)])).toEqual([
      Buffer.alloc(0),
      Buffer.alloc(0),
    ]);
    expect((await runtime.inspect(id)).status).toBe('running');
    await runtime.remove(id);
  });

  it('gives a container that has run already an output that just ends', async () => {
    const { id } = await runToExit(runtime, specFor(TALK));
    const output = await runtime.attach(id);
    const { stdout, stderr } = output;
    const all = Promise.all([collect(stdout), collect(stderr)]);
    await vi.waitFor(() => expect([stdout.readableEnded, stderr.readableEnded]).toEqual([true, true]), 20_000);
    expect((await all).map(({ length }) => length)).toEqual([0, 0]);
    output.close();
  });

  it('lists what is its own, running or not, with the labels it gave', async () => {
    const otherRuntime = await open(`contract-${randomUUID()}`);
    try {
      const spec = specFor(LONG, { labels: { 'gavel.uid': 'u-1' } });
      const id = await runtime.create(spec);
      const mine = async (): Promise<unknown> => (await runtime.listOwned()).find((owned) => owned.id === id);
      const labels = { 'gavel.uid': 'u-1', 'gavel.cell': cellId };
      expect(await mine()).toMatchObject({ name: spec.name, labels, running: false });
      await runtime.start(id);
      expect(await mine()).toMatchObject({ name: spec.name, labels, running: true });
      expect(await otherRuntime.listOwned()).toEqual([]);
      await runtime.remove(id);
      expect(await mine()).toBeUndefined();
    } finally {
      await otherRuntime.close();
    }
  });

  describe('steps in one container', () => {
    let id = '';
    beforeAll(async () => {
      id = await startIdle(runtime);
    });

    it('run one after another, each with its own output and exit', async () => {
      for (let round = 0; round < 2; round += 1) {
        const { exit, stdout, stderr } = await execToExit(runtime, id, specOfStep(TALK));
        expect(exit).toEqual({ exitCode: 3, oomKilled: false, error: '' });
        expect([stdout.toString(), stderr.toString()]).toEqual(['out', 'err']);
      }
    });

    it('run side by side', async () => {
      const job = (code: number): Job => ({ script: `exit ${code}`, fake: { FAKE_EXIT_CODE: String(code) } });
      const ends = await Promise.all(
        [0, 1, 2, 3].map(async (code) => await execToExit(runtime, id, specOfStep(job(code)))),
      );
      expect(ends.map(({ exit }) => exit.exitCode)).toEqual([0, 1, 2, 3]);
    });

    it('answer several waits, also late ones', async () => {
      const exec = await runtime.exec(id, specOfStep(TALK));
      exec.output.close();
      const waits = await Promise.all([exec.wait(signal()), exec.wait(signal())]);
      expect([...waits, await exec.wait(signal())].map(({ exitCode }) => exitCode)).toEqual([3, 3, 3]);
    });

    it.each([
      ['SIGTERM', 143],
      ['SIGKILL', 137],
    ])('end by %s, and only the one that is meant', async (name, exitCode) => {
      const [one, other] = await Promise.all([runtime.exec(id, specOfStep(LONG)), runtime.exec(id, specOfStep(LONG))]);
      await one.kill(name);
      expect(await one.wait(signal())).toEqual({ exitCode, oomKilled: false, error: '' });
      await one.kill(name);
      await expect(other.wait(AbortSignal.timeout(200))).rejects.toMatchObject({ code: 'cancelled' });
      await other.kill('SIGKILL');
      expect((await other.wait(signal())).exitCode).toBe(137);
    });

    it('that never ran say why', async () => {
      const spec = execOf({ path: '/nope', env: ['FAKE_ERROR=command not found: /nope'] });
      const { exit, stdout, stderr } = await execToExit(runtime, id, spec);
      expect(exit).toEqual({ exitCode: 127, oomKilled: false, error: 'command not found: /nope' });
      expect([stdout.toString(), stderr.toString()]).toEqual(['', '']);
    });

    it('leave the container running, which no gentle signal ends', async () => {
      await runtime.kill(id, 'SIGTERM');
      await execToExit(runtime, id, specOfStep(QUICK));
      expect((await runtime.inspect(id)).status).toBe('running');
    });

    it('need a container that runs, and one that is there', async () => {
      const created = await runtime.createIdle(idleOf());
      await expect(runtime.exec(created, specOfStep(QUICK))).rejects.toMatchObject({ code: 'conflict' });
      await runtime.remove(created);
      await expect(runtime.exec(created, specOfStep(QUICK))).rejects.toMatchObject({ code: 'not_found' });
    });

    it('are over when their container is removed', async () => {
      const own = await startIdle(runtime);
      const exec = await runtime.exec(own, specOfStep(LONG));
      exec.output.stdout.resume();
      exec.output.stderr.resume();
      const wait = exec.wait(signal()).then(
        ({ exitCode, error }) => (error === '' ? exitCode : 'never ran'),
        (error: unknown) => (error as { code: string }).code,
      );
      await runtime.remove(own);
      expect([137, 'never ran', 'not_found']).toContain(await wait);
      await exec.kill('SIGKILL');
    });
  });

  it('takes files in, and gives them out again, alone and as a tar', async () => {
    const id = await startIdle(runtime);
    const options = { signal: signal() };
    await runtime.writeFiles(
      id,
      '/in/deep',
      { entries: [{ name: 'a', kind: 'file', content: Buffer.from('one') }] },
      options,
    );
    const { bytes, totalBytes } = await runtime.openFile(id, '/in/deep/a', signal());
    expect([(await collect(bytes)).toString(), totalBytes]).toEqual(['one', 3]);
    const tar = await runtime.readTar(id, '/in', { maxBytes: 2 ** 20, signal: signal() });
    await runtime.writeFiles(id, '/copy', { tar }, options);
    expect((await runtime.readFile(id, '/copy/in/deep/a', 10)).bytes.toString()).toBe('one');
    expect(await runtime.diskUsage(id)).toBeGreaterThan(0);
    expect((await runtime.usage(id)).diskBytes).toBeGreaterThan(0);
  });

  it('refuses files that would leave their folder, are too large, or come too late', async () => {
    const id = await startIdle(runtime);
    const file = (name: string) => ({ entries: [{ name, kind: 'file', content: Buffer.alloc(100) } as const] });
    const options = { signal: signal() };
    for (const name of ['../x', '/x', 'a/../../x']) {
      await expect(runtime.writeFiles(id, '/in', file(name), options)).rejects.toMatchObject({
        code: 'invalid_argument',
      });
    }
    await expect(runtime.writeFiles(id, '/in', file('x'), { ...options, maxBytes: 99 })).rejects.toMatchObject({
      code: 'too_large',
    });
    const aborted = { signal: AbortSignal.abort() };
    await expect(runtime.writeFiles(id, '/in', file('x'), aborted)).rejects.toMatchObject({ code: 'cancelled' });
    await runtime.writeFiles(id, '/in', file('x'), options);
    const cut = runtime.readTar(id, '/in', { maxBytes: 10, signal: signal() });
    await expect(cut.then(collect)).rejects.toMatchObject({ code: 'too_large' });
    await expect(runtime.openFile(id, '/in/none', signal())).rejects.toMatchObject({ code: 'not_found' });
    await expect(runtime.openFile(id, '/in/x', aborted.signal)).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('says what becomes of egress rules, and keeps no images that it did not pull', async () => {
    const { egress, egressReason } = await runtime.info();
    expect(egressReason === '').toBe(egress === 'enforced');
    const rules = [{ protocol: 'tcp', destinations: ['192.0.2.1'], ports: [80], log: false }];
    const creating = runtime.createIdle(idleOf({ network: 'bridge', egress: rules }));
    if (egress === 'open') await expect(creating).rejects.toMatchObject({ code: 'permission_denied' });
    else await creating;
    expect(await runtime.removeUnusedImages(0)).toEqual({ removed: [], freedBytes: 0, keptBytes: 0 });
  });

  it('takes another name and other limits', async () => {
    const spec = idleOf({ limits: { ...NO_LIMITS, memoryBytes: 32 * 2 ** 20 } });
    const [id, other] = [await runtime.createIdle(spec), await runtime.createIdle(idleOf())];
    await runtime.start(id);
    await runtime.update(id, { memoryBytes: 64 * 2 ** 20, cpuShares: 512, pids: 50 });
    await runtime.update(id, { memoryBytes: 0 });
    const name = `${spec.name}-taken`;
    await runtime.rename(id, name);
    await expect(runtime.rename(other, name)).rejects.toMatchObject({ code: 'conflict' });
    expect((await runtime.listOwned()).find((owned) => owned.id === id)?.name).toBe(name);
    await expect(runtime.createIdle(idleOf({ name }))).rejects.toMatchObject({ code: 'conflict' });
  });

  it('says unavailable after close', async () => {
    const closing = await open(`contract-${randomUUID()}`);
    await closing.close();
    await expect(closing.info()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(closing.create(specFor(QUICK))).rejects.toMatchObject({ code: 'unavailable' });
  });
});
