import { expect, it } from 'vitest';
import { request } from '../support/bbs.ts';
import { code } from '../support/code.ts';
import { onEachBbs } from '../support/each-bbs.ts';

onEachBbs('requests', (on) => {
  it('answers an equal request with the task that is there, and names the fields of one that differs', async () => {
    const asked = request();
    const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => on.bbs.tasks.DesireTask(asked)));
    expect(new Set(others.map((task) => task.uid))).toEqual(new Set([first?.uid]));
    const failure = await on.bbs.tasks.DesireTask({ ...asked, memory_mb: 65 }).catch((e: unknown) => e);
    expect(failure).toMatchObject({ code: 'already_exists', faults: [{ field: 'memory_mb' }] });
  });

  it('makes one task of fifty requests with one key, and none after it was resolved', async () => {
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => on.bbs.tasks.DesireTask(request({ request_key: 'k' }))),
    );
    expect(new Set(answers.map((task) => task.uid)).size).toBe(1);
    const [task] = answers;
    await on.bbs.tasks.CancelTask({ task_guid: task?.task_guid ?? '' });
    await on.bbs.tasks.ResolveTask({ task_guid: task?.task_guid ?? '' });
    await on.bbs.tasks.DeleteTask({ task_guid: task?.task_guid ?? '' });
    expect(await on.bbs.tasks.DesireTask(request({ request_key: 'k' }))).toMatchObject({
      uid: task?.uid,
      outcome: 'cancelled',
    });
    expect(await code(on.bbs.tasks.DesireTask(request({ request_key: 'k', memory_mb: 1 })))).toBe('already_exists');
  });

  it('takes many at once, each with its own answer', async () => {
    const [one, two] = [request(), request()];
    const { results } = await on.bbs.tasks.DesireTasks({ tasks: [one, { ...request(), memory_mb: -1 }, two, one] });
    expect(results.map(({ task }) => task?.task_guid)).toEqual([
      one.task_guid,
      undefined,
      two.task_guid,
      one.task_guid,
    ]);
    expect(results.map(({ refusal }) => refusal?.code)).toEqual([undefined, 'invalid_argument', undefined, undefined]);
    expect(results[1]?.refusal?.message).toContain('memory_mb');
    const task_guids = [one.task_guid ?? '', 'nobody', two.task_guid ?? ''];
    for (const task_guid of task_guids) await code(on.bbs.tasks.CancelTask({ task_guid }));
    const resolved = await on.bbs.tasks.ResolveTasks({ task_guids });
    expect(resolved.verdicts.map((verdict) => verdict.code)).toEqual(['', 'not_found', '']);
    expect((await on.bbs.tasks.DeleteTasks({ task_guids })).verdicts.map((verdict) => verdict.code)).toEqual([
      '',
      'not_found',
      '',
    ]);
    expect((await on.bbs.tasks.ListTasks({})).tasks).toEqual([]);
    expect(await code(on.bbs.tasks.DeleteTasks({ task_guids: Array.from({ length: 501 }, () => 'x') }))).toBe(
      'invalid_argument',
    );
  });

  it('reports every fault of a request at once', async () => {
    const failure = (await on.bbs.tasks
      .DesireTask({
        task_guid: 'a b',
        domain: '',
        root_fs: 'busybox',
        memory_mb: -1,
        env: [{ name: '' }],
        result_file: 'x',
        cpu_weight: 101,
      })
      .catch((e: unknown) => e)) as { code: string; faults: { field: string }[] };
    expect(failure.code).toBe('invalid_argument');
    expect(failure.faults.map((fault) => fault.field).sort()).toEqual(
      ['action', 'cpu_weight', 'domain', 'env[0].name', 'memory_mb', 'result_file', 'root_fs', 'task_guid'].sort(),
    );
  });
});
