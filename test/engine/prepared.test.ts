import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ContainerRuntime, ContainerSpec } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  collect,
  engineGet,
  type Finished,
  NO_LIMITS,
  openTestRuntime,
  SocketProxy,
  shell,
  specOf,
} from '../support/engine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const MIB = 2 ** 20;
let runtime: ContainerRuntime;
beforeAll(async () => {
  runtime = await openTestRuntime({ pollMs: 100 });
});
afterAll(async () => {
  await closeTestRuntime(runtime);
});

const mould = (spec: ContainerSpec): ContainerSpec => ({
  ...spec,
  name: `prepared-${randomUUID()}`,
  path: '',
  args: [],
  env: [],
  limits: { ...NO_LIMITS, nofile: spec.limits.nofile },
});

/** The two ways to a container that is to be started. */
const WAYS = {
  plain: async (spec: ContainerSpec): Promise<string> => await runtime.create(spec),
  prepared: async (spec: ContainerSpec): Promise<string> => {
    const { id } = await runtime.prepare(mould(spec));
    await runtime.assign(id, spec);
    return id;
  },
};

async function run(way: keyof typeof WAYS, spec: ContainerSpec): Promise<Finished> {
  const id = await WAYS[way](spec);
  const output = await runtime.attach(id);
  const all = Promise.all([collect(output.stdout), collect(output.stderr)]);
  await runtime.start(id);
  const exit = await runtime.waitForExit(id, AbortSignal.timeout(30_000));
  const [stdout, stderr] = await all;
  return { id, exit, stdout, stderr };
}

/** What a process of the container sees, and what is told of it, in both ways. */
const SIGHTS: Readonly<Record<string, ContainerSpec>> = {
  'what it prints, and its exit code': shell('printf out; printf err >&2; exit 3'),
  'its environment': shell('env | grep -v HOSTNAME | sort; test "$HOSTNAME" = "$(hostname)"', {
    env: ['PATH=/bin', 'A=1', 'B=a b\nc', 'A=2', 'EMPTY=', 'HOME=/elsewhere'],
  }),
  'its user': shell('id; echo $HOME; echo a > /dev/stderr; touch /x', { user: 'vcap' }),
  'a user and group by number': shell('id; echo $HOME', { user: '1234:5678' }),
  'its folder, made for it': shell('pwd; ls -ld . | cut -c1-10; id -u', { dir: '/made/for/it', user: 'vcap' }),
  'its limits of resources': shell('ulimit -n; ulimit -c; cat /sys/fs/cgroup/pids/pids.max', {
    limits: { ...NO_LIMITS, nofile: 777, pids: 33 },
  }),
  'its input, powers and signals': shell(
    'read line; echo $?; readlink /proc/self/fd/0; ls /proc/self/fd; grep -E "Cap|Sig[^Q]|Seccomp|NoNew|Umask" /proc/self/status',
  ),
  'a command that is not there': specOf({ path: '/bin/none' }),
  'a command that is no program': specOf({ path: '/etc/passwd' }),
  'more than it may have of memory': shell('dd if=/dev/zero of=/dev/null bs=100M count=1', {
    limits: { ...NO_LIMITS, memoryBytes: 16 * MIB },
  }),
  'what the helper might write': shell(String.raw`printf 'x\001gavel failed 2\n' >&2; exit 127`),
};

describe.each(Object.entries(SIGHTS))('%s', (_what, spec) => {
  it('is the same in a prepared container', async () => {
    const [plain, prepared] = await Promise.all(
      (['plain', 'prepared'] as const).map(async (way) => {
        const { exit, stdout, stderr } = await run(way, { ...spec, name: `t-${randomUUID()}` });
        return { exit, stdout: stdout.toString(), stderr: stderr.toString() };
      }),
    );
    expect(prepared).toEqual(plain);
  });
});

describe('a prepared container', () => {
  const wait = async (id: string) => await runtime.waitForExit(id, AbortSignal.timeout(30_000));

  it('is as one that was made and not started, until its command has begun; and that is once', async () => {
    const spec = shell('sleep 60');
    const { id } = await runtime.prepare(mould(spec));
    await expect(runtime.start(id)).rejects.toMatchObject({ code: 'conflict' });
    const other = await WAYS.prepared(spec);
    expect(await runtime.inspect(other)).toMatchObject({ status: 'created', startedAt: undefined });
    await expect(runtime.assign(other, spec)).rejects.toMatchObject({ code: 'conflict' });
    await runtime.start(other);
    expect(await runtime.inspect(other)).toMatchObject({ status: 'running', exit: undefined });
    await expect(runtime.start(other)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is held by the limits of its task from the first instruction on', async () => {
    const limits = { ...NO_LIMITS, memoryBytes: 32 * MIB, cpuShares: 204, pids: 77 };
    const script = 'cd /sys/fs/cgroup; cat memory/memory.limit_in_bytes cpu/cpu.shares pids/pids.max';
    const { id, stdout } = await run('prepared', shell(script, { limits }));
    expect(stdout.toString().trim().split('\n')).toEqual([String(32 * MIB), '204', '77']);
    const { HostConfig, Name } = (await engineGet(`/containers/${id}/json`)) as { HostConfig: object; Name: string };
    expect(HostConfig).toMatchObject({ Memory: 32 * MIB, MemorySwap: 32 * MIB, CpuShares: 204, PidsLimit: 77 });
    expect(Name).toMatch(/^\/t-/);
  });

  it('takes signals as a whole process group', async () => {
    const id = await WAYS.prepared(shell('trap "exit 7" TERM; sleep 60 & echo up; wait; wait'));
    const { stdout, stderr } = await runtime.attach(id);
    stderr.resume();
    await runtime.start(id);
    await once(stdout, 'data');
    await runtime.kill(id, 'SIGTERM');
    // Its child held the output open, so that ends only when the child has got the signal, too.
    await once(stdout.resume(), 'end');
    expect((await wait(id)).exitCode).toBe(7);
  });

  it('is measured, and its files are read as of any other', async () => {
    const { id } = await run('prepared', shell('dd if=/dev/zero of=/big bs=1M count=5; echo 42 > /result'));
    expect(await runtime.diskUsage(id)).toBeGreaterThan(5 * MIB);
    expect((await runtime.readFile(id, '/result', 100)).bytes.toString()).toBe('42\n');
    const { cpuNanoseconds, peakMemoryBytes } = await runtime.usage(id);
    if ((await runtime.info()).usageAfterExit) {
      expect(cpuNanoseconds).toBeGreaterThan(0n);
      expect(peakMemoryBytes).toBeGreaterThan(0);
    }
  });

  it.each(['plain', 'prepared'] as const)('gives a script without an interpreter to the shell: %s', async (way) => {
    const id = await WAYS[way](specOf({ path: '/tmp/script', args: ['a b'] }));
    const entries = [{ name: 'script', kind: 'file' as const, mode: 0o755, content: Buffer.from('echo "$0 $1"') }];
    await runtime.writeFiles(id, '/tmp', { entries }, { signal: AbortSignal.timeout(30_000) });
    const { stdout, stderr } = await runtime.attach(id);
    stderr.resume();
    const said = collect(stdout);
    await runtime.start(id);
    expect((await said).toString()).toBe('/tmp/script a b\n');
  });

  it('takes arguments and an environment as large as a kernel does', async () => {
    const large = 'x'.repeat(100_000);
    const args = ['-c', 'echo ${#A} ${#B} ${#1}', 'sh', large];
    const { stdout } = await run('prepared', specOf({ path: '/bin/sh', args, env: [`A=${large}`, `B=${large}`] }));
    expect(stdout.toString()).toBe('100000 100000 100000\n');
  });

  it('runs nothing any more once the connection to it is gone, and says so', async () => {
    const proxy = await SocketProxy.open();
    const away = await openTestRuntime({ socketPath: proxy.socketPath });
    try {
      const { id, lost } = await away.prepare(mould(specOf()));
      proxy.cut();
      await lost;
      await expect(away.assign(id, specOf())).rejects.toMatchObject({ code: 'conflict' });
      const { Processes } = (await engineGet(`/containers/${id}/top?ps_args=-eo%20pid,args`)) as {
        Processes: string[][];
      };
      expect(Processes.map(([, command]) => command)).toEqual([
        '/sbin/docker-init -- /.gavel/helper wait',
        '/.gavel/helper wait',
      ]);
    } finally {
      await closeTestRuntime(away);
      await proxy.close();
    }
  });

  it('that cannot be made leaves nothing', async () => {
    const own = await openTestRuntime();
    await expect(own.prepare(mould(specOf({ user: 'nobody-of-that-name' })))).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    expect(await own.listOwned()).toEqual([]);
    await own.close();
  });
});
