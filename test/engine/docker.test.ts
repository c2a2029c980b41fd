import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import type { ContainerInspectInfo } from 'dockerode';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { ContainerRuntime } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  collect,
  engineCall,
  engineGet,
  NO_LIMITS,
  openTestRuntime,
  runToExit,
  shell,
  specOf,
} from '../support/engine.ts';

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let runtime: ContainerRuntime;
beforeAll(async () => {
  runtime = await openTestRuntime();
});
afterAll(async () => {
  await closeTestRuntime(runtime);
});

const record = async (id: string): Promise<ContainerInspectInfo> =>
  (await engineGet(`/containers/${id}/json`)) as ContainerInspectInfo;
const text = async (script: string, overrides = {}): Promise<string> =>
  (await runToExit(runtime, shell(script, overrides))).stdout.toString().trim();

describe('the engine itself', () => {
  it('is described as it is', async () => {
    const told = (await engineGet('/info')) as {
      Driver: string;
      CgroupVersion: string;
      NCPU: number;
      MemTotal: number;
    };
    const info = await runtime.info();
    expect(info).toMatchObject({
      name: 'docker',
      storageDriver: told.Driver,
      cgroupVersion: Number(told.CgroupVersion),
      cpus: told.NCPU,
      memoryBytes: told.MemTotal,
    });
    expect(Object.keys(info.components)).toEqual(expect.arrayContaining(['runc', 'containerd']));
  });
});

describe('limits', () => {
  it('are in the record of the engine, and no swap on top', async () => {
    const limits = { memoryBytes: 64 * 2 ** 20, diskBytes: 0, cpuShares: 512, pids: 50, nofile: 200 };
    const id = await runtime.create(specOf({ limits }));
    expect((await record(id)).HostConfig).toMatchObject({
      Memory: 64 * 2 ** 20,
      MemorySwap: 64 * 2 ** 20,
      CpuShares: 512,
      PidsLimit: 50,
      Ulimits: expect.arrayContaining([{ Name: 'nofile', Hard: 200, Soft: 200 }]),
    });
  });

  it('are in the cgroup and in the process', async () => {
    const limits = { memoryBytes: 64 * 2 ** 20, diskBytes: 0, cpuShares: 512, pids: 50, nofile: 200 };
    const id = await runtime.create(shell('sleep 60', { limits }));
    await runtime.start(id);
    const { Pid: pid } = (await record(id)).State;
    const lines = (await readFile(`/proc/${pid}/cgroup`, 'utf8')).trim().split('\n');
    const cgroup = (controller: string): string => {
      const line = lines.find((each) => each.split(':')[1]?.split(',').includes(controller)) ?? lines.at(-1) ?? '';
      return `/sys/fs/cgroup/${line.startsWith('0::') ? '' : controller}${line.split(':')[2] ?? ''}`;
    };
    const v2 = (await runtime.info()).cgroupVersion === 2;
    const read = async (controller: string, file: string): Promise<number> =>
      Number(await readFile(`${cgroup(controller)}/${file}`, 'utf8'));
    expect(await read('memory', v2 ? 'memory.max' : 'memory.limit_in_bytes')).toBe(64 * 2 ** 20);
    expect(await read('pids', 'pids.max')).toBe(50);
    // cgroup v2 has a weight instead, of another scale.
    expect(v2 || (await read('cpu', 'cpu.shares')) === 512).toBe(true);
    expect(await readFile(`/proc/${pid}/limits`, 'utf8')).toMatch(/Max open files +200 +200/);
    await runtime.remove(id);
  });

  it('of memory: the one that asks for more is killed, and the engine says why', async () => {
    const limits = { ...NO_LIMITS, memoryBytes: 16 * 2 ** 20 };
    const { id, exit } = await runToExit(runtime, shell('x=0123456789; while true; do x=$x$x; done', { limits }));
    // Its exit may be told before the engine knows why.
    expect(exit).toMatchObject({ exitCode: 137, error: '' });
    expect(await runtime.wasKilledForMemory(id)).toBe(true);
  });

  it('of memory: 137 alone is not taken for it', async () => {
    const { id, exit } = await runToExit(runtime, shell('kill -9 $$'));
    expect(exit).toEqual({ exitCode: 137, oomKilled: false, error: '' });
    expect(await runtime.wasKilledForMemory(id)).toBe(false);
  });

  it('of processes: no more than asked, and the kill still works', async () => {
    const script = 'i=0; while [ $i -lt 60 ]; do sleep 2 & i=$((i+1)); done; wait';
    const { stderr } = await runToExit(runtime, shell(script, { limits: { ...NO_LIMITS, pids: 20 } }));
    expect(stderr.toString()).toMatch(/can't fork/);
  });

  it('below what the engine can do are refused in its own words', async () => {
    const creating = runtime.create(specOf({ limits: { ...NO_LIMITS, memoryBytes: 1_000 } }));
    await expect(creating).rejects.toMatchObject({ code: 'invalid_argument', message: /Minimum memory limit/ });
  });

  it('of the disk: enforced where the engine can, else the container is made without', async () => {
    const limits = { ...NO_LIMITS, diskBytes: 16 * 2 ** 20 };
    // The image's own size does not count, so half of the limit fits in any case.
    const fits = await runToExit(runtime, shell('dd if=/dev/zero of=/big bs=1M count=8 conv=fsync', { limits }));
    expect(fits.exit.exitCode).toBe(0);
    const { exit } = await runToExit(runtime, shell('dd if=/dev/zero of=/big bs=1M count=64 conv=fsync', { limits }));
    const enforced = (await runtime.info()).diskLimit === 'quota';
    expect(exit.exitCode === 0).toBe(!enforced);
  });
});

describe('profile', () => {
  it('leaves root six capabilities and no way to more', async () => {
    const status = await text('grep -E "^(CapPrm|CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status');
    // CHOWN 0, DAC_OVERRIDE 1, FOWNER 3, KILL 5, SETGID 6, SETUID 7
    for (const name of ['CapPrm', 'CapEff', 'CapBnd']) expect(status).toContain(`${name}:\t00000000000000eb`);
    expect(status).toMatch(/NoNewPrivs:\t1/);
    expect(status).toMatch(/Seccomp:\t2/);
  });

  it('leaves another user none', async () => {
    const status = await text('id -u; grep ^CapEff /proc/self/status', { user: 'vcap' });
    expect(status).toBe('2000\nCapEff:\t0000000000000000');
  });

  it('has no device, mount, raw socket or clock for root', async () => {
    const tries = [
      'mknod /tmp/d b 1 1',
      'mount -t tmpfs none /mnt',
      'date -s 2000-01-01; test $(date +%Y) = 2000',
      'hostname x',
    ];
    const { stdout } = await runToExit(runtime, shell(tries.map((each) => `${each} 2>&1 && echo done`).join('; ')));
    expect(stdout.toString()).not.toContain('done');
  });

  it('has no network but its own loopback', async () => {
    expect(await text('ls /sys/class/net')).toBe('lo');
  });

  it('gives a privileged task all capabilities, or says that this machine cannot', async () => {
    // A machine that itself lacks a capability cannot hand out all of them.
    const seen = await runToExit(runtime, shell('grep ^CapEff /proc/self/status', { privileged: true })).then(
      ({ stdout }) => stdout.toString(),
      (error: unknown) => `${(error as { code?: string }).code ?? ''}: ${String(error)}`,
    );
    expect(seen).toMatch(/CapEff:\t0*1f{6,}|invalid_argument: .*this cell cannot run privileged containers/);
  });

  it('writes no log, restarts nothing, mounts nothing of the host', async () => {
    const { id } = await runToExit(runtime, shell('echo noisy; exit 1'));
    const { HostConfig: host, Mounts: mounts, RestartCount: restarts } = await record(id);
    expect(host).toMatchObject({ AutoRemove: false, Init: true, LogConfig: { Type: 'none' }, Privileged: false });
    expect(host.RestartPolicy?.Name).toBe('no');
    expect(mounts).toEqual([]);
    expect(restarts).toBe(0);
  });
});

describe('exit', () => {
  it('is the code of the program', async () => {
    const codes = [0, 1, 2, 42, 125, 126, 127, 128, 137, 143, 254, 255];
    const seen: number[] = [];
    for (const code of codes) seen.push((await runToExit(runtime, shell(`exit ${code}`))).exit.exitCode);
    expect(seen).toEqual(codes);
  });

  it.each([
    ['TERM', 143],
    ['INT', 130],
    ['KILL', 137],
    ['SEGV', 139],
  ])('by signal %s', async (name, code) => {
    const { exit } = await runToExit(runtime, shell(`kill -${name} $$`));
    expect(exit).toMatchObject({ exitCode: code, oomKilled: false, error: '' });
  });

  it('is told by the wake-up, without waiting for the next poll', async () => {
    const rarely = await openTestRuntime({ pollMs: 30_000 });
    for (let run = 0; run < 10; run += 1) {
      // Some end before the wait can be registered, some after.
      const id = await rarely.create(shell(`sleep 0.0${run}`));
      await rarely.start(id);
      await rarely.waitForExit(id, AbortSignal.timeout(20_000));
      const { finishedAt = 0n } = await rarely.inspect(id);
      expect(Date.now() - Number(finishedAt / 1_000_000n)).toBeLessThan(20_000);
    }
    await closeTestRuntime(rarely);
  });

  it('is told of a container that was started again by a person, which goes on running', async () => {
    const id = await runtime.create(shell('sleep 300'));
    await runtime.start(id);
    await engineCall('POST', `/containers/${id}/restart?t=0`);
    // Asked after it: whoever looks in the middle of the restart sees the end of the first run.
    const exit = await runtime.waitForExit(id, AbortSignal.timeout(30_000));
    expect(exit).toMatchObject({ exitCode: 137, error: expect.stringContaining('started again') as string });
    expect(await runtime.inspect(id)).toMatchObject({ status: 'running', restartCount: 1 });
    await runtime.remove(id);
  });

  it('reaps what the program left behind, and hands on signals', async () => {
    const id = await runtime.create(shell('trap "exit 7" TERM; echo up; while true; do sleep 0.1; done'));
    const { stdout } = await runtime.attach(id);
    const up = once(stdout, 'data');
    await runtime.start(id);
    await up;
    await runtime.kill(id, 'SIGTERM');
    expect((await runtime.waitForExit(id, AbortSignal.timeout(10_000))).exitCode).toBe(7);
  });
});

describe('a command that cannot be run', () => {
  it.each([
    ['/bin/nope', 127, 'command not found: /bin/nope'],
    ['nope', 127, 'command not found: nope'],
    ['/etc/passwd', 126, 'command not executable: /etc/passwd: permission denied'],
    ['/tmp', 126, 'command not executable: /tmp: permission denied'],
  ])('%s: %i, said in words, and nothing of the init on stderr', async (path, exitCode, error) => {
    const { id, exit, stderr } = await runToExit(runtime, specOf({ path }));
    expect(exit).toEqual({ exitCode, oomKilled: false, error });
    expect(stderr.toString()).toBe('');
    expect((await runtime.inspect(id)).exit?.error).toBe(error);
  });

  it('is not what a program says that has run', async () => {
    const line = '[FATAL tini (7)] exec x failed: No such file or directory';
    const { exit, stderr } = await runToExit(runtime, shell(`echo "${line}" >&2; echo more >&2; exit 127`));
    expect(exit).toEqual({ exitCode: 127, oomKilled: false, error: '' });
    expect(stderr.toString()).toBe(`${line}\nmore\n`);
  });

  it('with a user that is not in the image is refused at the start, and has not run', async () => {
    const id = await runtime.create(specOf({ user: 'nobodyhere' }));
    const message = /user "nobodyhere" is not in the image/;
    await expect(runtime.start(id)).rejects.toMatchObject({ code: 'invalid_argument', message });
    expect(await runtime.inspect(id)).toMatchObject({ status: 'created', startedAt: undefined });
  });

  it('in a folder that is not there finds it made; in a file it is refused', async () => {
    expect(await text('pwd', { dir: '/made/by/engine' })).toBe('/made/by/engine');
    const creating = runtime.create(specOf({ dir: '/etc/passwd' }));
    await expect(creating).rejects.toMatchObject({ code: 'invalid_argument', message: /not a directory/ });
    const relative = runtime.create(specOf({ dir: 'relative' }));
    await expect(relative).rejects.toMatchObject({ code: 'invalid_argument', message: /absolute/ });
  });

  it('with a NUL in an argument is refused and not cut short', async () => {
    const creating = runtime.create(specOf({ path: '/bin/echo', args: ['a\0b'] }));
    await expect(creating).rejects.toMatchObject({ code: 'invalid_argument', message: /NUL/ });
  });
});

describe('environment', () => {
  it('is passed on as it is, and of two entries with one name the last wins', async () => {
    const env = ['PATH=/bin', 'A=1', 'B=a=b c\n$x', 'A=2', 'E='];
    const seen = await text('env', { env });
    expect(seen).toContain('B=a=b c\n$x\n');
    expect(seen).toMatch(/^A=2$/m);
    expect(seen).toMatch(/^E=$/m);
    expect(seen).not.toMatch(/^A=1$/m);
  });
});

describe('output', () => {
  it('of 20 MB comes whole, both streams', async () => {
    const spec = shell('yes 0123456789 | head -c 20000000; yes abc | head -c 1000000 >&2');
    const { stdout, stderr } = await runToExit(runtime, spec);
    const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
    const repeat = (line: string, size: number): Buffer => Buffer.alloc(size, line);
    expect([stdout.length, stderr.length]).toEqual([20_000_000, 1_000_000]);
    expect(sha(stdout)).toBe(sha(repeat('0123456789\n', 20_000_000)));
    expect(sha(stderr)).toBe(sha(repeat('abc\n', 1_000_000)));
  });

  it('holds the process up when nobody reads, and goes on when somebody does', async () => {
    const id = await runtime.create(shell('head -c 10000000 /dev/zero; sleep 0.2; echo end >&2'));
    const output = await runtime.attach(id);
    await runtime.start(id);
    await new Promise((done) => setTimeout(done, 1_500));
    expect((await runtime.inspect(id)).status).toBe('running');
    const [stdout, stderr] = await Promise.all([collect(output.stdout), collect(output.stderr)]);
    expect([stdout.length, stderr.toString()]).toEqual([10_000_000, 'end\n']);
  });

  it('that is not wanted on one side does not hold up the other', async () => {
    const id = await runtime.create(shell('head -c 3000000 /dev/zero; echo end >&2'));
    const output = await runtime.attach(id);
    output.stdout.destroy();
    const stderr = collect(output.stderr);
    await runtime.start(id);
    expect((await stderr).toString()).toBe('end\n');
  });

  it('keeps every byte value, and adds no newline', async () => {
    const all = Buffer.from(Array.from({ length: 256 }, (_, value) => value));
    const octal = [...all].map((value) => `\\${value.toString(8).padStart(3, '0')}`).join('');
    const { stdout, stderr } = await runToExit(runtime, shell(`printf '${octal}'; printf '${octal}' >&2`));
    expect(stdout.equals(all)).toBe(true);
    expect(stderr.equals(all)).toBe(true);
  });

  it('attached before the start loses nothing in 50 short runs', async () => {
    const lost: number[] = [];
    const one = async (run: number): Promise<void> => {
      const { id, stdout } = await runToExit(runtime, specOf({ path: '/bin/echo', args: [`run ${run}`] }));
      if (stdout.toString() !== `run ${run}\n`) lost.push(run);
      await runtime.remove(id);
    };
    for (let run = 0; run < 50; run += 5) {
      await Promise.all([one(run), one(run + 1), one(run + 2), one(run + 3), one(run + 4)]);
    }
    expect(lost).toEqual([]);
  });
});
