import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Action } from '../../src/rpc/gen/gavel/v1/Action.ts';
import type { LogEntry__Output } from '../../src/rpc/gen/gavel/v1/LogEntry.ts';
import type { RunAction } from '../../src/rpc/gen/gavel/v1/RunAction.ts';
import type { Task__Output } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import { request } from '../support/bbs.ts';
import { requireEngine } from '../support/engine.ts';
import { type FileServer, startFileServer, tarOf, zipOf } from '../support/file-server.ts';
import { cellName, startSystem, type TestSystem } from '../support/system.ts';

/*
 * Everything that a task's action can say, on a real engine. The ideas are those of Diego's acceptance suites (vizzini, inigo);
 * diego-contract.md section 12 lists them.
 */

const sh = (script: string, over: Partial<RunAction> = {}): Action => ({
  run: { path: '/bin/sh', args: ['-c', script], ...over },
});
const serial = (...actions: Action[]): Action => ({ serial: { actions } });
const parallel = (...actions: Action[]): Action => ({ parallel: { actions } });
const timeout = (timeout_ms: number, action: Action): Action => ({ timeout: { timeout_ms, action } });
const IGNORES_TERM = 'trap "" TERM; i=0; while [ $i -lt 600 ]; do sleep 0.1; i=$((i+1)); done';

describe('the actions of a task', () => {
  let system: TestSystem;
  let server: FileServer;
  let certificates: string;
  beforeAll(async () => {
    await requireEngine();
    certificates = mkdtempSync(join(tmpdir(), 'gavel-certificates-'));
    writeFileSync(join(certificates, 'ca.crt'), 'a certificate');
    const settings = { trustedCertificates: certificates, instanceIp: '10.9.8.7' };
    system = await startSystem({ cells: { actions: settings } });
    server = await startFileServer();
  });
  afterAll(async () => {
    await system.stop();
    await server.stop();
    rmSync(certificates, { recursive: true, force: true });
  });
  beforeEach(() => {
    server.files.clear();
    server.requests.length = 0;
    server.uploads.length = 0;
  });

  async function finished(guid: string): Promise<Task__Output> {
    let task: Task__Output | undefined;
    await expect
      .poll(
        async () => {
          task = await system.tasks.GetTask({ task_guid: guid, include_history: true });
          return task.state;
        },
        { timeout: 60_000, interval: 50 },
      )
      .toMatch(/COMPLETED|RESOLVING/);
    return task as Task__Output;
  }

  async function submit(action: Action, over: Partial<TaskCreateRequest> = {}): Promise<string> {
    const stop = { grace: { seconds: 1 } };
    const made = await system.tasks.DesireTask(
      request({ stack: 'lucid64', log_source: 'APP', stop, disk_mb: 0, action, ...over }),
    );
    return made.task_guid;
  }

  async function run(action: Action, over: Partial<TaskCreateRequest> = {}): Promise<Task__Output> {
    return await finished(await submit(action, over));
  }

  /** All lines, as `stream SOURCE text`, when the task is over. */
  async function logs(guid: string): Promise<string[]> {
    const lines: string[] = [];
    const note = ({ line, gap }: LogEntry__Output) => {
      if (line) lines.push(`${line.stream} ${line.source} ${line.text.toString()}`);
      if (gap) lines.push(`gap ${gap.reason}`);
    };
    for await (const entry of system.tasks.FollowLogs({ task_guid: guid, follow: true })) note(entry);
    return lines;
  }

  async function runLogged(action: Action, over: Partial<TaskCreateRequest> = {}) {
    const task = await run(action, over);
    return { task, lines: await logs(task.task_guid) };
  }

  async function running(action: Action, over: Partial<TaskCreateRequest> = {}): Promise<string> {
    const guid = await submit(action, over);
    await expect
      .poll(async () => (await logsNow(guid)).some((line) => line.includes('up')), { timeout: 40_000, interval: 100 })
      .toBe(true);
    return guid;
  }

  async function logsNow(guid: string): Promise<string[]> {
    const lines: string[] = [];
    try {
      for await (const { line } of system.tasks.FollowLogs({ task_guid: guid, follow: false }))
        if (line) lines.push(line.text.toString());
    } catch {
      // Not claimed yet: nobody has its logs.
    }
    return lines;
  }

  const download = (path: string, over: object = {}): Action => ({
    download: { artifact: 'bits', from: `${server.url}${path}`, to: '/app', user: 'root', ...over },
  });
  const upload = (from: string, path: string, over: object = {}): Action => ({
    upload: { artifact: 'bits', from, to: `${server.url}${path}`, user: 'root', ...over },
  });

  describe('run', () => {
    it.each([
      ["as the container's own process", (action: Action) => action],
      ['as a step', (action: Action) => serial(action)],
    ])('gets environment, folder and user %s', async (_how, wrap) => {
      const env = [
        { name: 'A', value: 'task' },
        { name: 'B', value: 'task' },
      ];
      const action = sh(
        'echo "$A $B $CF_SYSTEM_CERT_PATH $CF_INSTANCE_IP [$CF_INSTANCE_ADDR] $CF_INSTANCE_PORTS $GAVEL_CELL_ID"; pwd; id -u; ' +
          'cat /etc/cf-service-bindings/a/b /etc/cf-service-bindings/own "$CF_SYSTEM_CERT_PATH/ca.crt"',
        {
          dir: '/some/folder',
          user: '1234',
          env: [
            { name: 'B', value: 'action' },
            { name: 'CF_INSTANCE_IP', value: 'forged' },
            { name: 'GAVEL_CELL_ID', value: 'forged' },
          ],
          volume_mounted_files: [{ path: 'own', content: 'own\n' }],
        },
      );
      const { task, lines } = await runLogged(wrap(action), {
        env,
        volume_mounted_files: [{ path: '/a/b', content: 'mounted\n' }],
        trusted_system_certificates_path: '/etc/certificates',
      });
      expect(lines).toEqual([
        `stdout APP task action /etc/certificates 10.9.8.7 [] [] ${cellName('actions')}`,
        'stdout APP /some/folder',
        'stdout APP 1234',
        'stdout APP mounted',
        'stdout APP own',
        'stdout APP a certificate',
        'system APP Exit status 0',
      ]);
      expect(task).toMatchObject({ outcome: 'succeeded', exit_code: 0 });
    });

    it('as a step on the bridge: knows the address of its container', async () => {
      const env = [{ name: 'CF_INSTANCE_INTERNAL_IP', value: 'forged' }];
      const action = sh('[ "$CF_INSTANCE_INTERNAL_IP" = "$(hostname -i)" ] && echo "$CF_INSTANCE_INTERNAL_IP"', {
        env,
      });
      const { lines } = await runLogged(serial(action), { network: { mode: 'bridge' } });
      expect(lines).toEqual([expect.stringMatching(/^stdout APP \d+\.\d+\.\d+\.\d+$/), 'system APP Exit status 0']);
    });

    it.each<[string, Action, object]>([
      ['exit code', sh('exit 3'), { outcome: 'failed', exit_code: 3, failure_reason: 'APP: Exited with status 3' }],
      [
        'missing command',
        { run: { path: '/no/such' } },
        { outcome: 'failed', failure_code: 'command_not_found', failure_reason: expect.stringContaining('/no/such') },
      ],
      [
        'missing user',
        sh('true', { user: 'nobody-here' }),
        { failed: true, failure_reason: expect.stringContaining('nobody-here') },
      ],
    ])('as a step: %s', async (_name, action, expected) => {
      expect(await run(serial(action))).toMatchObject(expected);
    });

    it('limits open files per action', async () => {
      const limited = sh('ulimit -n', { resource_limits: { nofile: 77 } });
      const { lines } = await runLogged(serial(limited, sh('ulimit -n', { resource_limits: { nofile: 78 } })));
      expect(lines.filter((line) => line.startsWith('stdout'))).toEqual(['stdout APP 77', 'stdout APP 78']);
    });

    it('keeps its output to itself when that is asked for', async () => {
      const quiet = sh('echo secret', { suppress_log_output: true });
      const { lines } = await runLogged(serial(quiet, sh('echo open', { log_source: 'OTHER' })));
      expect(lines).toEqual(['stdout OTHER open', 'system OTHER Exit status 0']);
    });
  });

  it('runs one step after the other in one container, and reads the result at the end', async () => {
    const action = serial(sh('echo -n one > /tmp/r'), sh('echo -n " two" >> /tmp/r; sleep 300 &'));
    expect(await run(action, { result_file: '/tmp/r' })).toMatchObject({ outcome: 'succeeded', result: 'one two' });
  });

  it('stops a serial at its first failure, and a try goes on', async () => {
    const { task, lines } = await runLogged(
      serial({ try: { action: sh('echo tried; exit 1') } }, sh('echo then; exit 2'), sh('echo never')),
    );
    expect(task).toMatchObject({ outcome: 'failed', exit_code: 2, failure_reason: 'APP: Exited with status 2' });
    expect(lines.filter((line) => line.startsWith('stdout'))).toEqual(['stdout APP tried', 'stdout APP then']);
  });

  it('runs a parallel at once and to its end, and joins the failures', async () => {
    const meet = (mine: string, other: string) =>
      `touch /tmp/${mine}; while [ ! -e /tmp/${other} ]; do sleep 0.1; done`;
    const action = parallel(
      sh(`${meet('a', 'b')}; exit 1`),
      sh(`${meet('b', 'a')}; sleep 1; echo last; exit 2`, { log_source: 'B' }),
    );
    const { task, lines } = await runLogged(action);
    expect(task.failure_reason).toBe('APP: Exited with status 1; B: Exited with status 2');
    expect(lines).toContain('stdout B last');
  });

  it('ends all codependents with the first of them', async () => {
    const started = Date.now();
    const task = await run({ codependent: { actions: [sh('sleep 300'), sh('sleep 1')] } });
    expect(task).toMatchObject({ outcome: 'failed', failure_reason: 'Codependent step exited' });
    expect(Date.now() - started).toBeLessThan(30_000);
  });

  it('ends what exceeds its timeout, also what ignores the signal', async () => {
    const { task, lines } = await runLogged(serial(timeout(500, sh(IGNORES_TERM)), sh('echo never')));
    expect(task).toMatchObject({ outcome: 'timed_out', failure_reason: 'exceeded 500ms timeout' });
    expect(lines).toContain('system APP Exit status 137 (exceeded 1s graceful shutdown interval)');
    expect(lines).not.toContain('stdout APP never');
  });

  it('signals the children of its process, too', async () => {
    const family = sh('sh -c "trap \'echo child >> /tmp/r; exit\' TERM; while :; do sleep 0.1; done" & wait');
    const result = sh('sleep 1; cat /tmp/r');
    const { lines } = await runLogged(serial({ try: { action: timeout(1_000, family) } }, result));
    expect(lines).toContain('stdout APP child');
  });

  it('emits progress', async () => {
    const progress = (action: Action): Action => ({
      emit_progress: {
        action,
        start_message: 'starting',
        success_message: 'done',
        failure_message_prefix: 'failed',
        log_source: 'PROGRESS',
      },
    });
    const { lines } = await runLogged(serial(progress(sh('true')), progress(sh('exit 9'))));
    expect(lines).toEqual([
      'system PROGRESS starting',
      'system PROGRESS Exit status 0',
      'system PROGRESS done',
      'system PROGRESS starting',
      'system PROGRESS Exit status 9',
      'system PROGRESS failed: PROGRESS: Exited with status 9',
    ]);
  });

  describe('cancel', () => {
    const forever = sh('echo up; sleep 300');
    it.each<[string, () => Action]>([
      ['run', () => sh(`echo up; ${IGNORES_TERM}`)],
      ['serial', () => serial(forever, sh('echo never'))],
      ['parallel', () => parallel(forever, forever)],
      ['codependent', () => ({ codependent: { actions: [forever, forever] } })],
      ['try', () => serial({ try: { action: forever } }, sh('echo never'))],
      ['timeout', () => timeout(600_000, forever)],
      ['emit_progress', () => ({ emit_progress: { action: forever, start_message: 'x' } })],
      ['download', () => serial(sh('echo up'), download('/silent'))],
      ['upload', () => serial(sh('echo up; echo x > /tmp/x'), upload('/tmp/x', '/silent'))],
    ])('%s', async (_kind, action) => {
      server.files.set('/silent', () => undefined);
      const guid = await running(action());
      const cancelled = await system.tasks.CancelTask({ task_guid: guid });
      expect(cancelled).toMatchObject({ outcome: 'cancelled', failure_reason: 'task was cancelled' });
      // The stream ends when the cell has ended the task.
      expect(await logs(guid)).not.toContain('stdout APP never');
    });
  });

  describe('download', () => {
    it('unpacks tar, tgz and zip for its user', async () => {
      const tar = await tarOf({
        'bin/': '',
        'bin/hello': { mode: 0o755, text: '#!/bin/sh\necho hello\n' },
        plain: 'x',
      });
      server.files.set('/tar', tar);
      server.files.set('/tgz', gzipSync(tar));
      server.files.set('/zip', zipOf('zipped', 'from a zip'));
      const { task, lines } = await runLogged(
        serial(
          download('/tar', { user: '1234', to: '/a', log_source: 'DL' }),
          download('/tgz', { to: '/b', artifact: '' }),
          download('/zip', { to: '/c' }),
          sh('/a/bin/hello; stat -c %u /a/plain /b/plain; cat /c/zipped'),
        ),
      );
      expect(task.failure_reason).toBe('');
      expect(lines).toEqual([
        'system DL Downloading bits...',
        expect.stringMatching(/^system DL Downloaded bits \([0-9.]+K\)$/),
        'system APP Downloading bits...',
        expect.stringMatching(/^system APP Downloaded bits \([0-9.]+B\)$/),
        'stdout APP hello',
        'stdout APP 1234',
        'stdout APP 0',
        'stdout APP from a zip',
        'system APP Exit status 0',
      ]);
    });

    it('fails in words: nothing there, no archive, a way out of its folder', async () => {
      server.files.set('/text', Buffer.from('plain text'));
      server.files.set('/evil', await tarOf({ '../etc/evil': 'x' }));
      expect((await run(download('/none'))).failure_reason).toBe(
        'Downloading bits failed: Download failed: Status code 404',
      );
      expect((await run(download('/text'))).failure_reason).toBe(
        'Copying bits into the container failed: it is no tar, gzip or zip archive',
      );
      expect((await run(download('/evil', { artifact: '' }))).failure_reason).toMatch(
        /^Copying into the container failed: the archive's entry "..\/etc\/evil" is refused/,
      );
    });

    it('follows no link of the container out of it, and is ended by a timeout when the server is slow', async () => {
      server.files.set('/slow', (_request, response) => {
        const drip = setInterval(() => response.write('.'), 100);
        response.on('close', () => clearInterval(drip));
      });
      expect((await run(timeout(2_000, download('/slow')))).failure_reason).toBe('exceeded 2s timeout');
      server.files.set('/x', await tarOf({ passwd: 'mine' }));
      const { task, lines } = await runLogged(
        serial(sh('ln -s /etc /link'), download('/x', { to: '/link' }), sh('cat /etc/passwd')),
      );
      expect(task.failure_reason).toBe('');
      expect(lines).toContain('stdout APP mine');
    });

    it('is kept by its key', async () => {
      server.files.set('/x', await tarOf({ f: 'text' }));
      const cached = download('/x', { cache_key: 'some-key' });
      const { lines } = await runLogged(serial(cached, cached, sh('cat /app/f')));
      expect(lines.filter((line) => line.includes('Downloaded'))).toEqual([
        'system APP Downloaded bits (2K)',
        'system APP Downloaded bits',
      ]);
    });
  });

  describe('upload', () => {
    it('sends one file', async () => {
      const { task, lines } = await runLogged(serial(sh('echo -n content > /tmp/x'), upload('/tmp/x', '/up')));
      expect(task.failure_reason).toBe('');
      expect(server.uploads).toMatchObject([
        { path: '/up', body: Buffer.from('content'), headers: { 'content-length': '7' } },
      ]);
      expect(lines.slice(-2)).toEqual(['system APP Uploading bits...', 'system APP Uploaded bits (7B)']);
    });

    it('fails in words', async () => {
      server.files.set('/down', (_request, response) => void response.writeHead(500).end());
      expect((await run(serial(sh('touch /tmp/x'), upload('/tmp/x', '/down')))).failure_reason).toBe(
        'Upload failed: Status code 500',
      );
      expect((await run(upload('/none', '/up'))).failure_reason).toMatch(/^Failed to establish stream from container/);
      expect((await run(serial(sh('mkdir /tmp/empty'), upload('/tmp/empty', '/up')))).failure_reason).toBe(
        'Failed to find first item in tar stream',
      );
    });
  });

  it('brings cached dependencies before the first process, once for all tasks', async () => {
    server.files.set('/dep', gzipSync(await tarOf({ 'lib/d': 'dependency' })));
    const cached_dependencies = [{ name: 'dep', from: `${server.url}/dep`, to: '/deps', cache_key: 'dep' }];
    const first = await runLogged(sh('cat /deps/lib/d; echo; stat -c %u /deps/lib/d'), { cached_dependencies });
    expect(first.lines).toEqual([
      'system APP Downloading dep...',
      expect.stringMatching(/^system APP Downloaded dep \(/),
      'stdout APP dependency',
      'stdout APP 0',
      'system APP Exit status 0',
    ]);
    const second = await runLogged(serial(sh('cat /deps/lib/d')), { cached_dependencies });
    expect(second.lines).toContain('system APP Downloaded dep');
    const wrong = { ...cached_dependencies[0], checksum_algorithm: 'md5', checksum_value: '0'.repeat(32) };
    expect(await run(sh('true'), { cached_dependencies: [wrong] })).toMatchObject({
      outcome: 'infra_failed',
      failure_code: 'download_failed',
      failure_reason: expect.stringMatching(/^failed to download cached artifacts: Checksum failed/),
    });
  });

  it('keeps to its log rate, and loses none of our own lines', async () => {
    const flood = sh('i=0; while [ $i -lt 200 ]; do echo "line $i of a lot of output"; i=$((i+1)); done');
    const { lines } = await runLogged(flood, { log_rate_limit: { bytes_per_second: 500 } });
    expect(lines).toContain('system APP app instance exceeded log rate limit (500 bytes/sec)');
    expect(lines).toContain('system APP Exit status 0');
    expect(lines).toContain('gap log_rate_limit of 500 bytes per second');
    expect(lines.length).toBeLessThan(60);
    const silent = await runLogged(sh('echo x'), { log_rate_limit: { bytes_per_second: 0 } });
    expect(silent.lines.filter((line) => line.startsWith('stdout'))).toEqual([]);
  });

  it('measures what it uses, and ends who writes more than it may', async () => {
    const busy = sh('i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; head -c 3000000 /dev/zero > /tmp/f; sleep 3');
    for (const action of [busy, serial(busy)]) {
      const task = await run(action, { disk_mb: 100, memory_mb: 64 });
      expect(task).toMatchObject({ outcome: 'succeeded' });
      expect(Number(task.usage?.disk_bytes)).toBeGreaterThan(2_900_000);
      expect(Number(task.usage?.peak_memory_bytes)).toBeGreaterThan(0);
      const { seconds = '0', nanos = 0 } = task.usage?.cpu_time ?? {};
      expect(Number(seconds) + nanos / 1e9).toBeGreaterThan(0);
    }
    const flood = sh('head -c 20000000 /dev/zero > /tmp/f && sleep 300');
    for (const action of [flood, serial(flood)]) {
      expect(await run(action, { disk_mb: 5 })).toMatchObject({ outcome: 'failed', failure_code: 'disk_quota' });
    }
  });

  it('tells which egress rules hold', async () => {
    const egress_rules = [{ protocol: 'tcp', destinations: ['10.1.2.0/24'], ports: [80] }];
    for (const action of [sh('true'), serial(sh('true'))]) {
      const task = await run(action, { egress_rules, network: { mode: 'bridge' } });
      expect(task).toMatchObject({ outcome: 'succeeded', limits_in_force: { egress: '1 rule' } });
    }
  });

  it('keeps its own time limit over the whole tree', async () => {
    const task = await run(serial(sh('sleep 1'), sh('sleep 300')), { max_run_time: { seconds: 2 } });
    expect(task).toMatchObject({ outcome: 'timed_out', failure_reason: 'exceeded 2s timeout' });
  });
});
