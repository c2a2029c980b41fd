import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import type { TaskEvent__Output } from '../../src/rpc/gen/gavel/v1/TaskEvent.ts';
import { request } from '../support/bbs.ts';
import { engineCall, engineGet, IMAGE, requireEngine } from '../support/engine.ts';
import { type Receiver, startReceiver } from '../support/receiver.ts';
import { forgetImage, startRegistry, type TestRegistry } from '../support/registry.ts';
import { cellName, startSystem, type TestSystem } from '../support/system.ts';
import { serial, sh, TaskRuns } from '../support/task-runs.ts';

/*
 * What Diego's acceptance suite vizzini pins for tasks (design/diego-contract.md section 12), one by one and over gRPC alone. Where
 * Gavel rules otherwise on purpose, the test's name says so. docs/diego.md lists these and where the rest of section 12 is proved.
 */

let system: TestSystem;
let tasks: TaskRuns;
beforeAll(async () => {
  await requireEngine();
  system = await startSystem({ cells: { vizzini: {} } });
  tasks = new TaskRuns(system);
}, 60_000);
afterAll(() => system.stop());

const desire = async (over: Partial<TaskCreateRequest>) => await system.tasks.DesireTask(request(over));

describe('vizzini: tasks', () => {
  it('a task runs, and its result file is its result', async () => {
    const task = await tasks.run(sh('echo -n some output > /tmp/bar'), { result_file: '/tmp/bar' });
    expect(task).toMatchObject({
      failed: false,
      failure_reason: '',
      result: 'some output',
      cell_id: cellName('vizzini'),
    });
  });

  it.each(['abc def', 'abc/def', 'abc,def', 'abc.def', 'abc∆def', ''])('the guid %j is refused', async (task_guid) => {
    await expect(desire({ task_guid })).rejects.toMatchObject({
      code: 'invalid_argument',
      faults: [expect.objectContaining({ field: 'task_guid' })],
    });
  });

  it('a guid that is taken is refused, also in another domain', async () => {
    const guid = await tasks.submit(sh('sleep 300'));
    await expect(desire({ task_guid: guid, domain: 'other' })).rejects.toMatchObject({ code: 'already_exists' });
    await system.tasks.KillTask({ task_guid: guid });
  });

  it.each<[string, Partial<TaskCreateRequest>]>([
    ['domain', { domain: '' }],
    ['action', { action: null }],
    ['root_fs', { root_fs: '' }],
    ['root_fs', { root_fs: 'ploop' }],
    ['annotation', { annotation: 'a'.repeat(10_241) }],
  ])('without a right %s a request is refused', async (field, over) => {
    await expect(desire(over)).rejects.toMatchObject({
      code: 'invalid_argument',
      faults: [expect.objectContaining({ field })],
    });
  });

  it('a run that fails is told as failed, without a result', async () => {
    const task = await tasks.run(sh('echo x > /tmp/bar; exit 1'), { result_file: '/tmp/bar', log_source: 'TASK' });
    expect(task).toMatchObject({ failed: true, failure_reason: 'TASK: Exited with status 1', result: '' });
  });

  it("the action's env wins over the task's", async () => {
    const action = sh('echo -n "$CONTAINER $BOTH $ACTION" > /tmp/bar', {
      env: [
        { name: 'ACTION', value: 'a' },
        { name: 'BOTH', value: 'a' },
      ],
    });
    const env = ['CONTAINER', 'BOTH'].map((name) => ({ name, value: 'c' }));
    expect(await tasks.run(action, { env, result_file: '/tmp/bar' })).toMatchObject({ result: 'c a a' });
  });

  it('a cancel tells the exact reason at once, and ends what the task does', async () => {
    const guid = await tasks.submit(sh('echo up; while true; do echo more; sleep 0.1; done'));
    await tasks.up(guid);
    const { uid, attempt } = await tasks.get(guid);
    expect(await system.tasks.CancelTask({ task_guid: guid })).toMatchObject({
      state: 'COMPLETED',
      failed: true,
      failure_reason: 'task was cancelled',
    });
    expect((await tasks.entries(guid)).at(-1)).toMatchObject({ entry: 'end', end: { reason: '' } });
    await expect
      .poll(async () => await engineGet(`/containers/gavel-${uid}-${attempt}/json`))
      .toMatchObject({ message: expect.stringContaining('No such container') });
  });

  it('what is not there is not found: get, cancel, resolve, delete', async () => {
    const none = { task_guid: 'nothing-here' };
    const { tasks: api } = system;
    for (const call of [api.GetTask(none), api.CancelTask(none), api.ResolveTask(none), api.DeleteTask(none)])
      await expect(call).rejects.toMatchObject({ code: 'not_found' });
  });

  it('tasks are listed by domain, and of an unknown domain there are none', async () => {
    const guid = await tasks.submit(sh('true'), { domain: 'by-domain' });
    await tasks.finished(guid);
    const listed = await system.tasks.ListTasks({ domain: 'by-domain' });
    expect(listed.tasks.map(({ task_guid }) => task_guid)).toEqual([guid]);
    expect((await system.tasks.ListTasks({ domain: 'unknown' })).tasks).toEqual([]);
  });

  it('a task that runs cannot be resolved; one that is over is, and then removed', async () => {
    const guid = await tasks.submit(sh('echo up; sleep 300'));
    await tasks.up(guid);
    await expect(system.tasks.ResolveTask({ task_guid: guid })).rejects.toMatchObject({
      code: 'invalid_transition',
      message: 'cannot transition from RUNNING to RESOLVING',
    });
    await system.tasks.KillTask({ task_guid: guid });
    expect(await system.tasks.ResolveTask({ task_guid: guid })).toMatchObject({ state: 'RESOLVING' });
    await system.tasks.DeleteTask({ task_guid: guid });
    await expect(system.tasks.GetTask({ task_guid: guid })).rejects.toMatchObject({ code: 'not_found' });
  });

  it('one that is too large fails for want of resources', async () => {
    const task = await tasks.run(sh('true'), { memory_mb: 1_048_576 });
    expect(task.failure_reason).toMatch(/^insufficient resources/);
  });

  it('an unknown stack has no compatible cell', async () => {
    const task = await tasks.run(sh('true'), { stack: 'some-unknown-stack' });
    expect(task.failure_reason).toMatch(/^found no compatible cell/);
  });
});

describe('vizzini: the completion callback', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.stop());

  const gone = async (guid: string) =>
    await expect
      .poll(
        async () =>
          await system.tasks.GetTask({ task_guid: guid }).then(
            () => '',
            (error: unknown) => error,
          ),
      )
      .toMatchObject({ code: 'not_found' });
  const bodies = () => receiver.received.map(({ body }) => JSON.parse(body) as Record<string, unknown>);

  it.each([
    ['200', [], 1],
    ['404, which counts as an answer', [404], 1],
    ['503 and then 200', [503, 200], 2],
  ])('%s resolves the task', async (_name, script, posts) => {
    receiver.script = [...script];
    const guid = await tasks.submit(sh('echo -n x > /tmp/bar'), {
      result_file: '/tmp/bar',
      completion_callback_url: receiver.url,
      annotation: 'some-annotation',
    });
    await gone(guid);
    expect(bodies()).toHaveLength(posts);
    expect(bodies().at(-1)).toMatchObject({
      task_guid: guid,
      failed: false,
      result: 'x',
      annotation: 'some-annotation',
    });
  });

  it('comes also when the task never fits', async () => {
    const guid = await tasks.submit(sh('true'), { memory_mb: 1_048_576, completion_callback_url: receiver.url });
    await gone(guid);
    const failure_reason = expect.stringMatching(/^insufficient resources/);
    expect(bodies()).toMatchObject([{ task_guid: guid, failed: true, failure_reason }]);
  });
});

describe('vizzini: images', () => {
  let registry: TestRegistry;
  const image = `vizzini${process.pid}/user`;
  beforeAll(async () => {
    registry = await startRegistry();
  }, 60_000);
  afterAll(() => registry.close());

  /** The same image again, as the standard of the Open Container Initiative writes it down. */
  async function pushAsOci(tag: string): Promise<void> {
    const at = (name: string) => `http://${registry.address}/v2/${image}/manifests/${name}`;
    const docker = 'application/vnd.docker.distribution.manifest.v2+json';
    const oci = 'application/vnd.oci.image.manifest.v1+json';
    const manifest = await (await fetch(at('docker'), { headers: { accept: docker } })).text();
    const body = manifest
      .replaceAll(docker, oci)
      .replaceAll('application/vnd.docker.container.image.v1+json', 'application/vnd.oci.image.config.v1+json')
      .replaceAll('application/vnd.docker.image.rootfs.diff.tar.gzip', 'application/vnd.oci.image.layer.v1.tar+gzip');
    const answer = await fetch(at(tag), { method: 'PUT', headers: { 'content-type': oci }, body });
    expect(answer.status).toBe(201);
  }

  it("a Docker image and an OCI image run, as the image's own user when the action names none", async () => {
    const made = await engineCall('POST', '/containers/create', {
      body: { Image: IMAGE, User: 'vcap', Cmd: ['true'] },
    });
    const { Id } = JSON.parse(made) as { Id: string };
    await registry.push(`${image}:docker`, Id);
    await engineCall('DELETE', `/containers/${Id}`);
    await pushAsOci('oci');
    for (const tag of ['docker', 'oci']) {
      for (const action of [sh('id -un > /tmp/bar'), serial(sh('id -un > /tmp/bar'))]) {
        const root_fs = `docker://${registry.address}/${image}#${tag}`;
        const task = await tasks.run(action, { root_fs, result_file: '/tmp/bar' });
        expect(task).toMatchObject({ failure_reason: '', result: 'vcap\n' });
      }
      await forgetImage(`${registry.address}/${image}:${tag}`);
    }
  });

  it('a name that is wrong fails at once, and not as a want of cells', async () => {
    const task = await tasks.run(sh('true'), { root_fs: `docker://${registry.address}/${image}#none` });
    expect(task).toMatchObject({ outcome: 'infra_failed', failure_code: 'image_not_found', rejection_count: 0 });
  });
});

describe('vizzini: what is around tasks', () => {
  it('cells are listed', async () => {
    const ids = async () => (await system.cluster.ListCells({})).cells.map(({ offer }) => offer?.cell_id);
    await expect.poll(ids).toContain(cellName('vizzini'));
  });

  it('events tell of a task that was created, changed and removed', async () => {
    const task_guid = request().task_guid ?? '';
    const events: TaskEvent__Output[] = [];
    const watching = (async () => {
      for await (const event of system.tasks.WatchTasks({ task_guid })) {
        events.push(event);
        if (event.removed) return;
      }
    })();
    await expect.poll(() => events.length).toBeGreaterThan(0);
    await tasks.run(sh('true'), { task_guid });
    await system.tasks.ResolveTask({ task_guid });
    await system.tasks.DeleteTask({ task_guid });
    await watching;
    const told = events.flatMap(({ created, changed, removed }) => {
      if (created) return [`created ${created.task?.state}`];
      if (changed) return [`${changed.before?.state} ${changed.after?.state}`];
      return removed ? ['removed'] : [];
    });
    expect(told).toEqual([
      'created PENDING',
      'PENDING CLAIMED',
      'CLAIMED RUNNING',
      'RUNNING COMPLETED',
      'COMPLETED RESOLVING',
      'removed',
    ]);
  });

  it('no more processes than max_pids', async () => {
    const script = 'i=0; while [ $i -lt 30 ]; do sleep 300 & i=$((i+1)); done';
    const { task_guid } = await tasks.run(serial(sh(script)), { max_pids: 15 });
    expect((await tasks.lines(task_guid)).join('\n')).toContain("can't fork");
  });

  it('privileged tasks only where the operator lets them: otherwise than in Diego, which has no such gate', async () => {
    expect(await tasks.run(sh('true'), { privileged: true })).toMatchObject({ failure_code: 'not_allowed' });
  });

  it('root in a container has none of the powers that could reach the machine', async () => {
    const { task_guid } = await tasks.run(sh('id -u; mount -t tmpfs none /mnt || echo refused'));
    expect(await tasks.lines(task_guid)).toEqual(expect.arrayContaining(['stdout LOG 0', 'stdout LOG refused']));
  });
});
