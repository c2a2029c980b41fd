import { describe, expect, it, vi } from 'vitest';
import { idleSpec } from '../../cells/executor/container-spec.ts';
import type { Action } from '../../src/domain/action.ts';
import type { TaskDefinition } from '../../src/domain/task.ts';
import { runTask } from '../support/fake-bbs.ts';
import { startFileServer, tarOf } from '../support/file-server.ts';
import { ImaginedCell, until } from '../support/imagined-cell.ts';

const on = ImaginedCell.each();

const gone = async () =>
  await vi.waitUntil(async () => (await on.runtime.listOwned()).length === 0, { timeout: 20_000, interval: 5 });

/** A run action whose fake process does what `env` says. */
function step(name: string, env: Readonly<Record<string, string>> = {}): Action {
  const entries = Object.entries(env).map(([key, value]) => ({ name: key, value }));
  const { action } = runTask({}, { run: { path: name, env: entries } });
  return action;
}

function tree(actions: readonly Action[], over: Partial<TaskDefinition> = {}): TaskDefinition {
  return runTask({}, { action: { serial: { actions, log_source: '' } }, stop: { signal: '', grace: '0.2s' }, ...over });
}

const ran = () => on.runtime.execs.map(({ spec }) => spec.path);

describe('a task of several steps', () => {
  it('runs each of them once, in one container, and none before it counts as running', async () => {
    await on.start();
    let before: number | undefined;
    on.bbs.before.set('StartTasks', () => {
      before = on.runtime.execs.length;
    });
    const [claim] = on.bbs.place(
      tree([step('a', { FAKE_RESULT: 'x' }), step('b'), step('c', { FAKE_EXIT_CODE: '4' }), step('d')]),
    );
    await until(() => on.completed(claim!.guid));
    expect(before).toBe(0);
    expect(ran()).toEqual(['a', 'b', 'c']);
    expect(new Set(on.runtime.execs.map(({ container }) => container)).size).toBe(1);
    expect([...on.runtime.starts.values()]).toEqual([1]);
    expect(on.bbs.status(claim!.guid)).toMatchObject({
      outcome: 'failed',
      exit_code: 4,
      failure_reason: 'APP: Exited with status 4',
    });
    await gone();
  });

  it('starts nothing when the claim is over before its start', async () => {
    await on.start();
    on.bbs.before.set('StartTasks', () => on.bbs.apply(claim!.guid, { type: 'cancel', reason: '' }));
    const [claim] = on.bbs.place(tree([step('a')]));
    await until(() => on.completed(claim!.guid));
    await gone();
    expect(ran()).toEqual([]);
  });

  it('runs once when the answer to StartTasks is lost', async () => {
    await on.start();
    on.bbs.loseReply.set('StartTasks', 2);
    const [claim] = on.bbs.place(tree([step('a'), step('b')]));
    await until(() => on.completed(claim!.guid));
    expect(ran()).toEqual(['a', 'b']);
    expect(on.bbs.status(claim!.guid).outcome).toBe('succeeded');
  });

  it('fails when the cell was killed under it, and goes on with nothing', async () => {
    // What a process of the cell that was killed leaves: the record RUNNING, and a container that idles.
    on.bbs.epoch = 1;
    const task = tree([step('a'), step('b')]);
    const { guid, attempt } = on.bbs.claim(task);
    const start1 = { cell_id: 'cell-1', epoch: 1, attempt, nonce: 'n', image_digest: '', limits_in_force: {} };
    on.bbs.apply(guid, { type: 'start', ...start1 });
    const policy = { cellId: 'cell-1', allowPrivileged: false, defaultNetwork: 'none', instanceIp: '' } as const;
    const placement = { uid: on.bbs.status(guid).uid, attempt };
    const spec = idleSpec(task, placement, 'gavel/busybox:latest', { ...policy, hasCertificates: false });
    await on.runtime.start(await on.runtime.createIdle(spec));
    await on.start();
    await until(() => on.completed(guid));
    expect(on.bbs.status(guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'cell_restarted' });
    await gone();
    expect(ran()).toEqual([]);
    expect([...on.runtime.starts.values()]).toEqual([1]);
  });

  it('is ended in words when the cell is stopped', async () => {
    const cell = await on.start();
    const [claim] = on.bbs.place(tree([step('a', { FAKE_RUN_MS: '60000' }), step('b')]));
    await until(() => ran().length === 1);
    await cell.stop();
    expect(on.bbs.status(claim!.guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'cell_stopped' });
    expect(ran()).toEqual(['a']);
    expect(await on.runtime.listOwned()).toEqual([]);
  });

  it('is told to end, then killed, and leaves nothing', async () => {
    await on.start();
    const stubborn = step('a', { FAKE_RUN_MS: '60000', FAKE_IGNORE_TERM: '1' });
    const [claim] = on.bbs.place(tree([stubborn, step('b')]));
    await until(() => ran().length === 1);
    on.bbs.cancel(claim!);
    await gone();
    expect(ran()).toEqual(['a']);
    expect(on.bbs.status(claim!.guid).outcome).toBe('cancelled');
  });

  it('fails when its container is ended from outside', async () => {
    await on.start();
    const [claim] = on.bbs.place(tree([step('a', { FAKE_RUN_MS: '60000' }), step('b')]));
    await until(() => ran().length === 1);
    on.runtime.finish([...on.runtime.starts.keys()][0] ?? '', 137);
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'container_stopped' });
    await gone();
  });

  it('does not run a step again whose start was not answered', async () => {
    await on.start();
    const lost = step('a', { FAKE_EXEC_ERROR: 'unavailable' });
    const [claim] = on.bbs.place(tree([{ try: { action: lost, log_source: '' } }, step('b')]));
    await until(() => on.completed(claim!.guid));
    expect(on.bbs.status(claim!.guid)).toMatchObject({ outcome: 'infra_failed', failure_code: 'start_not_confirmed' });
    expect(on.runtime.calls.exec).toBe(1);
    await gone();
  });
});

describe('what a task uses', () => {
  it('is measured, in its own process and in steps', async () => {
    await on.start();
    const [own, steps] = on.bbs.place(runTask(), tree([step('a')]));
    await until(() => on.completed(own!.guid) && on.completed(steps!.guid));
    for (const { guid } of [own!, steps!]) {
      expect(on.bbs.status(guid)).toMatchObject({
        outcome: 'succeeded',
        usage: { cpu_time: '0.001s', peak_memory_bytes: 2 ** 20, disk_bytes: 0 },
      });
    }
  });

  it('ends it when it is more disk than allowed, also when nobody looked in time', async () => {
    await on.start();
    const much = [{ name: 'FAKE_DISK', value: String(11 * 2 ** 20) }];
    const [own, steps, short] = on.bbs.place(
      runTask({ FAKE_RUN_MS: '60000' }, { env: [...much, { name: 'FAKE_RUN_MS', value: '60000' }] }),
      tree([step('a', { FAKE_RUN_MS: '60000', FAKE_IGNORE_TERM: '1' })], { env: much }),
      runTask({}, { env: much }),
    );
    for (const { guid } of [own!, steps!, short!]) {
      await until(() => on.completed(guid));
      expect(on.bbs.status(guid)).toMatchObject({
        outcome: 'failed',
        failure_code: 'disk_quota',
        failure_reason: 'disk quota exceeded',
      });
    }
    await gone();
  });
});

describe('cached dependencies', () => {
  it('send the claim back when another try may have more luck, and fail the task when none will', async () => {
    const server = await startFileServer();
    try {
      await on.start();
      server.files.set('/later', (_request, response) => void response.writeHead(503).end());
      server.files.set('/there', await tarOf({ f: 'x' }));
      const dependency = {
        name: '',
        to: '/d',
        cache_key: '',
        log_source: '',
        checksum_algorithm: '',
        checksum_value: '',
      };
      const place = (path: string) =>
        on.bbs.place(runTask({}, { cached_dependencies: [{ ...dependency, from: `${server.url}${path}` }] }))[0]!;
      const [there, none, later] = [place('/there'), place('/none'), place('/later')];
      await until(() => on.completed(there.guid) && on.completed(none.guid) && on.bbs.released.length > 0);
      expect(on.bbs.status(there.guid).outcome).toBe('succeeded');
      expect(on.bbs.status(none.guid)).toMatchObject({
        outcome: 'infra_failed',
        failure_code: 'download_failed',
        failure_reason: 'failed to download cached artifacts: Download failed: Status code 404',
      });
      expect(on.bbs.released).toMatchObject([{ guid: later.guid, code: 'dependency_unavailable' }]);
    } finally {
      await server.stop();
    }
  });
});
