import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { TaskDefinition } from '../../src/domain/task.ts';
import type { Action } from '../../src/rpc/gen/gavel/v1/Action.ts';
import type { OutputsInfo__Output } from '../../src/rpc/gen/gavel/v1/OutputsInfo.ts';
import type { RunAction } from '../../src/rpc/gen/gavel/v1/RunAction.ts';
import type { Task__Output } from '../../src/rpc/gen/gavel/v1/Task.ts';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import { engineGet, requireEngine } from '../support/engine.ts';
import { type FileServer, startFileServer, tarOf } from '../support/file-server.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { forgetImage, LOGIN, startRegistry, type TestRegistry } from '../support/registry.ts';
import { cellName, startSystem, type TestSystem } from '../support/system.ts';
import { serial, sh, TaskRuns } from '../support/task-runs.ts';

/*
 * One test per field of a request, on a real engine. What one process can see is seen three times: by the own process of a container that
 * is made for its task, by a step, and in a container that was prepared before anybody asked. A field without a test does not compile.
 */

const MIB = 2 ** 20;
const CELL = 'fields';

let system: TestSystem;
let tasks: TaskRuns;
let receiver: Receiver;
let files: FileServer;
let registry: TestRegistry;
let certificates: string;
beforeAll(async () => {
  await requireEngine();
  certificates = mkdtempSync(join(tmpdir(), 'gavel-fields-'));
  writeFileSync(join(certificates, 'ca.crt'), 'a certificate');
  system = await startSystem({
    cells: {
      [CELL]: { placementTags: ['needed'], optionalPlacementTags: ['wanted'], trustedCertificates: certificates },
    },
  });
  tasks = new TaskRuns(system);
  receiver = await startReceiver();
  files = await startFileServer();
  registry = await startRegistry({ auth: true });
}, 120_000);
afterAll(async () => {
  await system.stop();
  await receiver.stop();
  await files.stop();
  await registry.close();
  rmSync(certificates, { recursive: true, force: true });
}, 60_000);

/** Prints what it sees, as `name=value`. */
const LOOK = [
  'echo "A=$A"; echo "B=$B"; echo "HOME=$HOME"; echo "dir=$(pwd)"; echo "user=$(id -u):$(id -g)"; echo "host=$(hostname)"; echo "guid=$GAVEL_TASK_GUID"',
  'cd /sys/fs/cgroup; echo "memory=$(cat memory/memory.limit_in_bytes)"; echo "cpu=$(cat cpu/cpu.shares)"',
  'echo "pids=$(cat pids/pids.max)"; echo "nofile=$(ulimit -n)"; echo "links=$(ls /sys/class/net | xargs)"',
  'cd /etc/cf-service-bindings 2>/dev/null && echo "bound=$(cat db/url own)"; cat "$CF_SYSTEM_CERT_PATH/ca.crt" 2>/dev/null | sed s/^/cert=/; echo',
  'cat /deps/lib 2>/dev/null | sed s/^/dependency=/; echo',
  'echo "the error" >&2; mkdir -p /tmp/out; echo kept > /tmp/out/file; printf 42 > /tmp/result; printf unended',
].join('; ');

const RUN: Partial<RunAction> = {
  user: 'vcap',
  dir: '/some/where',
  env: [{ name: 'B', value: 'action' }],
  resource_limits: { nofile: 123 },
  log_source: 'WORK',
};

/** What does not keep a task from a prepared container. */
const plain = (): Partial<TaskCreateRequest> => ({
  domain: 'fields',
  stack: 'lucid64',
  root_fs: 'preloaded:busybox',
  env: [
    { name: 'A', value: 'task' },
    { name: 'B', value: 'task' },
  ],
  cpu_weight: 57,
  disk_mb: 50,
  memory_mb: 64,
  result_file: '/tmp/result',
  completion_callback_url: receiver.url,
  log_guid: 'some-log-guid',
  log_source: 'TASK',
  annotation: '{"any": "text é"}',
  max_pids: 44,
  placement_tags: ['needed', 'wanted'],
  metric_tags: { app: 'x' },
  network: { mode: 'none' },
  description: 'for people',
  labels: { team: 'a' },
  outputs: ['/tmp/out'],
});
/** And what has to lie in it before its process. */
const filled = (): Partial<TaskCreateRequest> => ({
  ...plain(),
  volume_mounted_files: [{ path: 'db/url', content: 'mounted' }],
  trusted_system_certificates_path: '/etc/certificates',
  cached_dependencies: [{ name: 'dep', from: `${files.url}/dep`, to: '/deps' }],
});

interface Seen {
  readonly asked: Partial<TaskCreateRequest>;
  readonly task: Task__Output;
  readonly facts: ReadonlyMap<string, string>;
  readonly lines: readonly string[];
  readonly outputs: OutputsInfo__Output;
}

async function see(action: Action, asked: Partial<TaskCreateRequest>): Promise<Seen> {
  const task = await tasks.run(action, asked);
  const lines = await tasks.lines(task.task_guid);
  const pairs = lines.flatMap((line) => {
    const [, name, value] = /^stdout \S+ (\w+)=(.*)$/.exec(line) ?? [];
    return name === undefined ? [] : [[name, value ?? ''] as const];
  });
  return { asked, task, facts: new Map(pairs), lines, outputs: await system.tasks.ListOutputs(task) };
}

/** The one that waits on the test's cell. */
async function preparedContainer(): Promise<string> {
  const filters = { label: [`gavel.cell=${cellName(CELL)}`], name: ['gavel-prepared-'], status: ['running'] };
  const path = `/containers/json?filters=${encodeURIComponent(JSON.stringify(filters))}`;
  const first = async () => ((await engineGet(path)) as { Id: string }[])[0]?.Id;
  return await vi.waitUntil(first, { timeout: 30_000, interval: 100 });
}

/** Every task gets a container of its own, but for the last. */
const WAYS: Readonly<Record<string, () => Promise<Seen>>> = {
  "its container's own process": async () => {
    const mounted = [{ path: 'own', content: ' by the action' }];
    return await see(sh(LOOK, { ...RUN, volume_mounted_files: mounted }), filled());
  },
  'a step': async () => {
    const mounted = [{ path: 'own', content: ' by the action' }];
    return await see(serial(sh(LOOK, { ...RUN, volume_mounted_files: mounted })), filled());
  },
  'a process in a prepared container': async () => {
    // Asked for twice, a container of this kind is kept ready.
    for (const _use of [1, 2]) await tasks.run(sh('true', RUN), plain());
    const waiting = await preparedContainer();
    const seen = await see(sh(LOOK, RUN), plain());
    expect(seen.facts.get('host')).toBe(waiting.slice(0, 12));
    return seen;
  },
};

type Field = keyof TaskDefinition;
type Check = (seen: Seen) => void | Promise<void>;
const same =
  (field: Field): Check =>
  ({ asked, task }) =>
    expect(task[field]).toEqual((asked as Partial<Task__Output>)[field]);

/** Fields that one task can show. */
const SHOWN = {
  task_guid: ({ facts, task }) => expect(facts.get('guid')).toBe(task.task_guid),
  domain: async ({ task }) => {
    const kept = async () =>
      (await system.history.ListHistory({ domain: 'fields' })).records.map((record) => record.task?.task_guid);
    await expect.poll(kept).toContain(task.task_guid);
    expect((await system.history.ListHistory({ domain: 'nobody' })).records).toEqual([]);
  },
  stack: same('stack'),
  root_fs: ({ task }) => expect(task.image_digest).toMatch(/^sha256:[0-9a-f]{64}$/),
  env: ({ facts }) =>
    expect([facts.get('A'), facts.get('B'), facts.get('HOME')]).toEqual(['task', 'action', '/home/vcap']),
  cpu_weight: ({ facts, task }) => {
    expect(facts.get('cpu')).toBe('583');
    expect(task.limits_in_force['cpu_shares']).toBe('583');
  },
  disk_mb: ({ task }) => {
    expect(task.limits_in_force['disk']).toMatch(/^50 MB \((quota|measured: .+)\)$/);
    expect(Number(task.usage?.disk_bytes)).toBeGreaterThan(0);
  },
  memory_mb: ({ facts, task }) => {
    expect(facts.get('memory')).toBe(String(64 * MIB));
    expect(task.limits_in_force['memory']).toBe('64 MB, no swap');
    expect(Number(task.usage?.peak_memory_bytes)).toBeGreaterThan(0);
  },
  action: ({ facts, lines, task }) => {
    expect([facts.get('dir'), facts.get('user'), facts.get('nofile')]).toEqual(['/some/where', '2000:2000', '123']);
    expect(lines).toContain('stderr WORK the error');
    expect(lines.slice(-2)).toEqual(['stdout WORK unended', 'system WORK Exit status 0']);
    expect(task).toMatchObject({ outcome: 'succeeded', exit_code: 0, failed: false });
    expect(task.usage?.run_time).toBeDefined();
  },
  result_file: ({ task }) => expect(task).toMatchObject({ result: '42', result_bytes: '2', result_truncated: false }),
  completion_callback_url: async ({ task }) => {
    const body = () => receiver.received.find((one) => one.body.includes(`"task_guid":"${task.task_guid}"`))?.body;
    await expect.poll(body).toBeDefined();
    expect(JSON.parse(body() ?? '')).toMatchObject({ annotation: task.annotation, result: '42', outcome: 'succeeded' });
  },
  log_guid: same('log_guid'),
  log_source: same('log_source'),
  annotation: same('annotation'),
  max_pids: ({ facts, task }) => {
    expect(facts.get('pids')).toBe('44');
    expect(task.limits_in_force['pids']).toBe('44');
  },
  placement_tags: async ({ asked }) => {
    const none = await tasks.run(sh('true'), { ...asked, placement_tags: ['wanted'] });
    expect(none).toMatchObject({
      outcome: 'unplaced',
      failure_reason: expect.stringMatching(/^found no compatible cell/),
    });
  },
  metric_tags: same('metric_tags'),
  network: ({ facts, task }) => {
    expect(facts.get('links')).toBe('lo');
    expect(task.limits_in_force['network']).toBe('none');
  },
  description: same('description'),
  labels: same('labels'),
  outputs: ({ outputs }) =>
    expect(outputs.files.map(({ path, size }) => `${path} ${size}`).slice(1)).toEqual([
      'stderr.txt 10',
      'tmp/out/file 5',
    ]),
} satisfies Partial<Record<Field, Check>>;

describe.each(Object.entries(WAYS))('%s is given', (_way, run) => {
  let seen: Seen;
  beforeAll(async () => {
    files.files.set('/dep', await tarOf({ lib: 'fetched' }));
    seen = await run();
  }, 120_000);

  it.each(Object.entries<Check>(SHOWN))('%s', async (_field, check) => {
    expect.hasAssertions();
    await check(seen);
  });

  it('what has to lie in its container before', () => {
    if (seen.asked.volume_mounted_files === undefined) return expect(seen.facts.has('bound')).toBe(false);
    expect(seen.facts.get('bound')).toBe('mounted by the action');
    expect(seen.facts.get('cert')).toBe('a certificate');
    expect(seen.facts.get('dependency')).toBe('fetched');
  });
});

it('a process in a prepared container is ended when it writes more than it may', async () => {
  // What was taken last is replaced.
  const waiting = await preparedContainer();
  const flood = sh('hostname; head -c 70000000 /dev/zero > /tmp/f; sleep 300', RUN);
  const task = await tasks.run(flood, { ...plain(), completion_callback_url: '' });
  expect(task).toMatchObject({ failure_code: 'disk_quota', failure_reason: 'disk quota exceeded' });
  expect(await tasks.lines(task.task_guid)).toContain(`stdout WORK ${waiting.slice(0, 12)}`);
});

const PLACED = { placement_tags: ['needed'] };
async function* from<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

const BOX = `fields${process.pid}/box`;

/** Fields that need a task of their own. */
const ALONE: Readonly<Record<Exclude<Field, keyof typeof SHOWN>, () => Promise<void>>> = {
  volume_mounted_files: async () => {
    const asked = { ...PLACED, volume_mounted_files: [{ path: '../outside', content: '' }] };
    await expect(tasks.submit(sh('true'), asked)).rejects.toThrow(
      'volume_mounted_files[0].path: must not contain . or ..',
    );
  },
  trusted_system_certificates_path: async () => {
    const asked = { ...PLACED, trusted_system_certificates_path: 'relative' };
    await expect(tasks.submit(sh('true'), asked)).rejects.toThrow(
      'trusted_system_certificates_path: must be an absolute',
    );
  },
  cached_dependencies: async () => {
    const dependency = {
      from: `${files.url}/dep`,
      to: '/d',
      checksum_algorithm: 'sha256',
      checksum_value: '0'.repeat(64),
    };
    const task = await tasks.run(sh('true'), { ...PLACED, cached_dependencies: [dependency] });
    expect(task).toMatchObject({ outcome: 'infra_failed', failure_code: 'download_failed', started_at: '0' });
  },
  input_dir: async () => {
    const guid = await tasks.submit(sh('cat /in/deep/a'), { ...PLACED, input_dir: '/in' });
    expect((await tasks.get(guid)).waiting_for).toMatch(/^awaiting_input: /);
    const data = await tarOf({ 'deep/a': 'uploaded' });
    const sha256 = createHash('sha256').update(data).digest('hex');
    await system.tasks.UploadInput(from([{ task_guid: guid }, { data }, { sha256 }]));
    expect(await tasks.finished(guid)).toMatchObject({ outcome: 'succeeded', input_dir: '/in' });
    expect(await tasks.lines(guid)).toContain('stdout LOG uploaded');
  },
  privileged: async () => {
    const task = await tasks.run(sh('true'), { ...PLACED, privileged: true });
    expect(task).toMatchObject({ outcome: 'infra_failed', failure_code: 'not_allowed' });
    expect(task.failure_reason).toContain('allowPrivileged');
  },
  egress_rules: async () => {
    const egress_rules = [{ protocol: 'tcp', destinations: ['198.51.100.7'], ports: [443] }];
    const task = await tasks.run(sh('true'), { ...PLACED, network: { mode: 'bridge' }, egress_rules });
    expect(task).toMatchObject({ outcome: 'succeeded', limits_in_force: { network: 'bridge', egress: '1 rule' } });
  },
  image_username: async () => {
    await registry.push(`${BOX}:1`);
    const root_fs = `docker://${registry.address}/${BOX}#1`;
    const asked = { ...PLACED, root_fs, image_username: LOGIN.username, image_password: LOGIN.password };
    const task = await tasks.run(sh('true'), asked);
    expect(task).toMatchObject({ outcome: 'succeeded', image_username: LOGIN.username });
    const { events } = await system.tasks.GetTimeline(task);
    expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['pull_started', 'pull_done']));
    // It is on the cell now, and still for nobody who may not have it.
    expect(await tasks.run(sh('true'), { ...PLACED, root_fs })).toMatchObject({ outcome: 'infra_failed' });
    await forgetImage(`${registry.address}/${BOX}:1`);
  },
  image_password: async () => {
    const root_fs = `docker://${registry.address}/${BOX}:2`;
    const task = await tasks.run(sh('true'), {
      ...PLACED,
      root_fs,
      image_username: 'alice',
      image_password: 'wrong one',
    });
    expect(task.outcome).toBe('infra_failed');
    expect(JSON.stringify(task)).not.toContain('wrong one');
  },
  log_rate_limit: async () => {
    const { task_guid } = await tasks.run(sh('echo x'), { ...PLACED, log_rate_limit: { bytes_per_second: 0 } });
    expect((await tasks.lines(task_guid)).map((line) => line.split(' ')[0])).not.toContain('stdout');
  },
  max_run_time: async () => {
    const task = await tasks.run(sh('sleep 300'), { ...PLACED, max_run_time: { nanos: 500_000_000 } });
    expect(task).toMatchObject({ outcome: 'timed_out', failure_reason: 'exceeded 500ms timeout' });
  },
  placement_deadline: async () => {
    const all = await tasks.submit(sh('echo up; sleep 300'), { ...PLACED, memory_mb: 1_024 });
    await tasks.up(all);
    const asked = { ...PLACED, memory_mb: 1_024, placement_deadline: { seconds: 1 } };
    const task = await tasks.run(sh('true'), asked);
    expect(task).toMatchObject({ outcome: 'unplaced', failure_code: 'placement_deadline' });
    expect(task.failure_reason).toContain('not started within time limit');
    await system.tasks.KillTask({ task_guid: all });
  },
  stop: async () => {
    const trap = sh('trap "echo got INT; exit 0" INT; trap "" TERM; echo up; while :; do sleep 0.1; done');
    const guid = await tasks.submit(trap, { ...PLACED, stop: { signal: 'SIGINT', grace: { seconds: 60 } } });
    await tasks.up(guid);
    await system.tasks.CancelTask({ task_guid: guid });
    expect(await tasks.lines(guid)).toContain('stdout LOG got INT');
  },
  request_key: async () => {
    const request_key = `key-${process.pid}`;
    const guids = [await tasks.submit(sh('true'), { request_key }), await tasks.submit(sh('true'), { request_key })];
    expect(guids[0]).toBe(guids[1]);
  },
};

describe('a task of its own shows', () => {
  it.each(Object.entries(ALONE))('%s', async (_field, check) => {
    expect.hasAssertions();
    await check();
  });

  it('rootfs, the other name of root_fs', async () => {
    const task = await tasks.run(sh('true'), { ...PLACED, root_fs: '', rootfs: 'preloaded:busybox' });
    expect(task).toMatchObject({ outcome: 'succeeded', root_fs: 'preloaded:busybox' });
  });

  it('network properties, as labels of its container', async () => {
    const asked = { ...PLACED, network: { properties: { policy_group_id: 'g-1' } } };
    const guid = await tasks.submit(sh('echo up; sleep 300'), asked);
    await tasks.up(guid);
    const { uid, attempt } = await tasks.get(guid);
    const inspected = (await engineGet(`/containers/gavel-${uid}-${attempt}/json`)) as {
      Config: { Labels: Record<string, string> };
    };
    expect(inspected.Config.Labels).toMatchObject({ 'network.policy_group_id': 'g-1', 'gavel.guid': guid });
    await system.tasks.KillTask({ task_guid: guid });
  });
});
