import { request } from 'node:http';
import type { ContainerInspectInfo } from 'dockerode';
import { pack } from 'tar-stream';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as cgroups from '../../cells/docker/cgroups.ts';
import { ExecWatch } from '../../cells/docker/exec-watch.ts';
import type { ContainerRuntime, ExecSpec } from '../../cells/executor/runtime.ts';
import {
  closeTestRuntime,
  collect,
  engineCall,
  engineGet,
  engineSocket,
  execOf,
  execShell,
  execToExit,
  NO_LIMITS,
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
  id = await startIdle(runtime, { env: ['PATH=/bin:/usr/bin', 'FROM=container', 'BOTH=container'] });
});
afterAll(async () => {
  await closeTestRuntime(runtime);
});

const text = async (script: string, overrides: Partial<ExecSpec> = {}): Promise<string> =>
  (await execToExit(runtime, id, execShell(script, overrides))).stdout.toString().trim();

describe('an exec', () => {
  it('has the environment of the container, and its own on top', async () => {
    expect(await text('echo $FROM $BOTH $OWN', { env: ['BOTH=first', 'OWN=x', 'BOTH=exec'] })).toBe('container exec x');
  });

  it.each([
    ['vcap', /^uid=\d+\(vcap\)/],
    ['1234', /^uid=1234 gid=0/],
    ['1234:77', /^uid=1234 gid=77/],
    [undefined, /^uid=0\(root\)/],
  ])('runs as the user %s', async (user, expected) => {
    expect(await text('id', { user })).toMatch(expected);
  });

  it('runs in its folder, by default in that of the image', async () => {
    expect(await text('pwd', { dir: '/etc' })).toBe('/etc');
    expect(await text('pwd')).toBe('/');
  });

  it('finds a command by the PATH of its environment', async () => {
    const { exit, stdout } = await execToExit(runtime, id, execOf({ path: 'echo', args: ['a b', ''] }));
    expect([exit.exitCode, stdout.toString()]).toEqual([0, 'a b \n']);
    const elsewhere = await execToExit(runtime, id, execOf({ path: 'echo', env: ['PATH=/nope:/etc'] }));
    expect(elsewhere.exit).toMatchObject({ exitCode: 127, error: 'command not found: echo' });
  });

  it.each([
    [execOf({ path: '/nope/x' }), 127, /^command not found: \/nope\/x$/],
    [execOf({ path: '/etc/passwd' }), 126, /^command not executable: \/etc\/passwd: permission denied$/],
    [execOf({ path: '/etc' }), 126, /^command not executable: \/etc/],
    [execOf({ user: 'nobody-here' }), 126, /^user "nobody-here" is not in the image$/],
    [execOf({ user: '0:no-group' }), 126, /^group "no-group" is not in the image$/],
    [execOf({ dir: '/no/folder' }), 126, /^cannot change to the directory \/no\/folder: no such file or directory$/],
    [execOf({ nofile: 2 ** 31 }), 126, /^the limit of open files cannot be set: EPERM$/],
  ])('that cannot run says why: %j', async (spec, exitCode, error) => {
    const { exit, stdout, stderr } = await execToExit(runtime, id, spec);
    expect(exit).toEqual({ exitCode, oomKilled: false, error: expect.stringMatching(error) });
    expect([stdout.length, stderr.length]).toEqual([0, 0]);
  });

  it('may itself end with 126 and 127, and write what the helper writes', async () => {
    for (const code of [126, 127]) {
      const { exit, stderr } = await execToExit(runtime, id, execShell(`echo sh: not found >&2; exit ${code}`));
      expect(exit).toEqual({ exitCode: code, oomKilled: false, error: '' });
      expect(stderr.toString()).toBe('sh: not found\n');
    }
    const { stderr } = await execToExit(runtime, id, execShell(String.raw`printf 'x\001gavel failed 2\n' >&2; exit 3`));
    expect(stderr.toString()).toBe('x\u0001gavel failed 2\n');
  });

  it('refuses a NUL', async () => {
    await expect(runtime.exec(id, execOf({ args: ['a\0b'] }))).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('has no more open files than asked, next to one that has', async () => {
    expect(await text('ulimit -Sn; ulimit -Hn', { nofile: 77 })).toBe('77\n77');
    expect(Number(await text('ulimit -n'))).toBeGreaterThan(77);
  });

  it('keeps the capabilities and the seccomp filter of the container', async () => {
    const status = await text('cat /proc/self/status');
    expect(status).toMatch(/NoNewPrivs:\t1/);
    expect(status).toMatch(/Seccomp:\t2/);
    expect(status).toMatch(/CapBnd:\t00000000000000eb/);
  });

  it('loses no byte of 20 MB on both sides', async () => {
    const script = 'dd if=/dev/zero bs=1M count=20 2>/dev/null & dd if=/dev/zero bs=1M count=20 >&2 2>/dev/null; wait';
    const { exit, stdout, stderr } = await execToExit(runtime, id, execShell(script));
    expect([exit.exitCode, stdout.length, stderr.length]).toEqual([0, 20 * 2 ** 20, 20 * 2 ** 20]);
  });

  it('is over when its process is, though a child of it holds the output open', async () => {
    const exec = await runtime.exec(id, execShell('sleep 30 & echo done'));
    exec.output.stderr.resume();
    exec.output.stdout.resume();
    const began = performance.now();
    expect((await exec.wait(signal())).exitCode).toBe(0);
    expect(performance.now() - began).toBeLessThan(25_000);
    await exec.kill('SIGKILL');
  });

  it('goes on when nobody wants its output any more', async () => {
    const exec = await runtime.exec(
      id,
      execShell('for i in 1 2 3 4 5 6 7 8; do echo $i; echo $i >&2; sleep 0.1; done; echo x > /went-on; exit 5'),
    );
    exec.output.stdout.destroy();
    exec.output.close();
    expect((await exec.wait(signal())).exitCode).toBe(5);
    expect((await runtime.readFile(id, '/went-on', 10)).bytes.toString()).toBe('x\n');
  });

  it('is started once, also when the answer is lost', async () => {
    const proxy = await SocketProxy.open();
    try {
      const through = await openTestRuntime({ socketPath: proxy.socketPath });
      const own = await startIdle(through);
      proxy.loseAnswerOf = /^POST \S*\/exec\/[0-9a-f]+\/start/;
      await expect(through.exec(own, execShell('echo x >> /ran; sleep 5'))).rejects.toMatchObject({
        code: 'unavailable',
      });
      await new Promise((done) => setTimeout(done, 500));
      expect(proxy.count(/\/start\?? HTTP/)).toBe(2);
      expect((await through.readFile(own, '/ran', 10)).bytes.toString()).toBe('x\n');
      await closeTestRuntime(through);
    } finally {
      await proxy.close();
    }
  });
});

/** A script that leads a group, with a child in the same one and one in a group of its own. */
const FAMILY = 'trap "" HUP; sleep 301 & set -m; sleep 302 & set +m; sleep 303 & wait';
const alive = async (): Promise<string> => await text("ps -o args | grep '^sleep 30[1-3]' | sort | tr '\\n' ' '");

describe.each([
  ['from the machine', true],
  ['from inside, by a cell that sees none of the pids', false],
])('a signal %s', (_name, here) => {
  const hide = (): void => {
    if (!here)
      vi.spyOn(process, 'kill').mockImplementation(() => {
        throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
      });
  };

  it.each(['SIGTERM', 'SIGKILL'])('%s reaches the whole session, whoever its user is', async (name) => {
    const exec = await runtime.exec(id, execShell(FAMILY, { user: 'vcap' }));
    exec.output.stdout.resume();
    exec.output.stderr.resume();
    await vi.waitFor(async () => expect(await alive()).toBe('sleep 301 sleep 302 sleep 303'), 20_000);
    hide();
    await exec.kill(name);
    expect((await exec.wait(signal())).exitCode).toBe(name === 'SIGTERM' ? 143 : 137);
    expect(await alive()).toBe('');
  });

  it('reaches what is left after the leader has gone', async () => {
    const exec = await runtime.exec(id, execShell('sleep 301 & sleep 302 & echo'));
    exec.output.stdout.resume();
    exec.output.stderr.resume();
    await vi.waitFor(async () => expect(await alive()).toBe('sleep 301 sleep 302'), 20_000);
    hide();
    await exec.kill('SIGKILL');
    await vi.waitFor(async () => expect(await alive()).toBe(''), 20_000);
  });

  it('may be trapped', async () => {
    const exec = await runtime.exec(
      id,
      execShell('trap "echo bye; exit 7" TERM; echo up; while :; do sleep 0.1; done'),
    );
    exec.output.stderr.resume();
    const out = collect(exec.output.stdout);
    await new Promise((done) => exec.output.stdout.once('data', done));
    hide();
    await exec.kill('SIGTERM');
    expect((await exec.wait(signal())).exitCode).toBe(7);
    await out;
  });
});

it('a fork bomb ends by SIGKILL, though the container has no process left to give', async () => {
  const own = await startIdle(runtime, { limits: { ...NO_LIMITS, pids: 40 } });
  // The bomb is a child: a shell that can fork no more ends by itself, and the one that is waited for must not.
  const exec = await runtime.exec(
    own,
    execShell('b() { b | b & sleep 100; }; b 2>/dev/null & exec sleep 100', { user: '1000' }),
  );
  exec.output.stdout.resume();
  exec.output.stderr.resume();
  await new Promise((done) => setTimeout(done, 1_000));
  await exec.kill('SIGKILL');
  expect((await exec.wait(signal())).exitCode).toBe(137);
  expect((await runtime.inspect(own)).status).toBe('running');
  await runtime.remove(own);
});

describe('memory', () => {
  const BOMB = 'x=0123456789; while true; do x=$x$x; done';
  const limits = { ...NO_LIMITS, memoryBytes: 16 * 2 ** 20 };

  it.each([true, false])('that ran out is told by the count of the cgroup, seen from the machine: %s', async (here) => {
    const own = await startIdle(runtime, { limits });
    if (!here) vi.spyOn(cgroups, 'findCgroup').mockImplementation(async () => await Promise.resolve(undefined));
    const bomb = await execToExit(runtime, own, execShell(BOMB));
    expect(bomb.exit).toEqual({ exitCode: 137, oomKilled: true, error: '' });
    // The count stays; the next one is not blamed for it.
    const next = await execToExit(runtime, own, execShell('kill -9 $$'));
    expect(next.exit).toEqual({ exitCode: 137, oomKilled: false, error: '' });
    const child = await execToExit(runtime, own, execShell(`sh -c '${BOMB}'; exit 4`));
    expect(child.exit).toEqual({ exitCode: 4, oomKilled: true, error: '' });
    await runtime.remove(own);
  });

  it('can be given to it later', async () => {
    const own = await startIdle(runtime, { limits });
    await runtime.update(own, { memoryBytes: 256 * 2 ** 20, cpuShares: 256, pids: 33 });
    const record = (await engineGet(`/containers/${own}/json`)) as ContainerInspectInfo;
    expect(record.HostConfig).toMatchObject({ Memory: 256 * 2 ** 20, MemorySwap: 256 * 2 ** 20, PidsLimit: 33 });
    const { exit } = await execToExit(runtime, own, execShell('dd if=/dev/zero of=/dev/null bs=100M count=1'));
    expect(exit.exitCode).toBe(0);
    await runtime.remove(own);
  });
});

describe('an image that has nothing at all', () => {
  const image = 'gavel/test-scratch:latest';
  beforeAll(async () => {
    const tar = pack();
    tar.finalize();
    const bytes = await collect(tar as never);
    await new Promise<void>((done, fail) => {
      const call = request(
        {
          socketPath: engineSocket(),
          method: 'POST',
          path: `/images/create?fromSrc=-&repo=${image.split(':')[0]}&tag=latest`,
        },
        (answer) => answer.resume().once('end', done),
      );
      call.on('error', fail);
      call.end(bytes);
    });
  });
  afterAll(async () => {
    await engineCall('DELETE', `/images/${image}`);
  });

  it('can idle, and run a program that is there', async () => {
    const own = await startIdle(runtime, { image });
    const { exit, stdout } = await execToExit(
      runtime,
      own,
      execOf({ path: '/.gavel/helper', args: ['cat', '/proc/self/stat'] }),
    );
    expect(exit.exitCode).toBe(0);
    expect(stdout.toString()).toMatch(/^\d+ \(helper\) R 0 /);
    const missing = await execToExit(runtime, own, execOf({ path: '/bin/sh' }));
    expect(missing.exit.error).toBe('command not found: /bin/sh');
    const exec = await runtime.exec(own, execOf({ path: '/.gavel/helper', args: ['idle'] }));
    exec.output.close();
    vi.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('not permitted'), { code: 'EPERM' });
    });
    await exec.kill('SIGKILL');
    expect((await exec.wait(signal())).exitCode).toBe(137);
    await runtime.remove(own);
  });

  it('leaves its helper as it is', async () => {
    expect(await text('rm -f /.gavel/helper; echo x > /.gavel/helper; ls /.gavel')).toBe('helper');
  });
});

describe('ExecWatch', () => {
  const run = async (pieces: readonly (readonly ['out' | 'err', string])[]): Promise<unknown> => {
    const watch = new ExecWatch('/x');
    let [stdout, stderr] = ['', ''];
    const add = (passed: { stdout?: Buffer; stderr?: Buffer }): void => {
      stdout += passed.stdout?.toString() ?? '';
      stderr += passed.stderr?.toString() ?? '';
    };
    for (const [side, piece] of pieces)
      add(side === 'out' ? watch.stdout(Buffer.from(piece)) : watch.stderr(Buffer.from(piece)));
    add(watch.end());
    return { stdout, stderr, verdict: await watch.verdict, ...(await watch.birth) };
  };
  const HELLO = '\u0001gavel ooms 3\n\u0001gavel pid 42\n';

  it.each([
    [[['err', HELLO]], { stdout: '', stderr: '', verdict: '', pid: 42, ooms: 3 }],
    [HELLO.split('').map((each) => ['err', each] as const), { stdout: '', stderr: '', verdict: '', pid: 42, ooms: 3 }],
    [[['err', '\u0001gavel pid 42\n']], { stdout: '', stderr: '', verdict: '', pid: 42, ooms: undefined }],
    [
      [
        ['out', 'early'],
        ['err', `${HELLO}late`],
      ],
      { stdout: 'early', stderr: 'late', verdict: '', pid: 42, ooms: 3 },
    ],
    [
      [['err', `${HELLO}\u0001gavel failed 2\n`]],
      { stdout: '', stderr: '', verdict: 'command not found: /x', pid: 42, ooms: 3 },
    ],
    [
      [
        ['err', HELLO],
        ['err', '\u0001gavel failed 8'],
        ['err', '\n'],
      ],
      { stdout: '', stderr: '', verdict: 'command cannot be run: /x: exec format error', pid: 42, ooms: 3 },
    ],
    [
      [['err', `${HELLO}\u0001gavel failed 2\nmore`]],
      { stdout: '', stderr: '\u0001gavel failed 2\nmore', verdict: '', pid: 42, ooms: 3 },
    ],
    [
      [['out', 'unable to find user x: no matching entries in passwd file\r\n']],
      { stdout: '', stderr: '', verdict: 'user "x" is not in the image', pid: undefined, ooms: undefined },
    ],
  ] as [readonly (readonly ['out' | 'err', string])[], unknown][])(
    'takes %j for what it is',
    async (pieces, expected) => {
      expect(await run(pieces)).toEqual(expected);
    },
  );

  it('waits for the helper, however much the process writes to the other side before it is heard', async () => {
    const much = 'x'.repeat(2 ** 22);
    expect(
      await run([
        ['out', much],
        ['out', 'y'],
        ['err', `${HELLO}late`],
      ]),
    ).toEqual({ stdout: `${much}y`, stderr: 'late', verdict: '', pid: 42, ooms: 3 });
  });
});
