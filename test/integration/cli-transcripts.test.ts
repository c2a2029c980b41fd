import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeCluster } from '../support/fake-task-service.ts';
import { onTerminal, piped } from '../support/pty.ts';

/* What people see: the built program on a terminal of 80 and of 200 columns, and piped. */

let fake: FakeCluster;
let env: Record<string, string>;
beforeEach(async () => {
  fake = await new FakeCluster().start();
  env = {
    GAVEL_SERVER: fake.address,
    NO_COLOR: '1',
    LC_ALL: 'C',
    TZ: 'Asia/Tokyo',
    GAVEL_CONFIG: '/nowhere/gavel.yaml',
  };
});
afterEach(async () => {
  await fake.stop();
});

const lines = (screen: string) => screen.trimEnd().split('\n');

describe('the list of BOSH', () => {
  beforeEach(() => {
    fake.put({ task_guid: 'a', number: 765, description: 'scheduled SnapshotDeployments' });
    fake.put({ task_guid: 'b', number: 766, description: 'create deployment' });
    fake.claim('b');
    fake.run('b');
    fake.put({ task_guid: 'c', number: 767, description: 'create deployment' });
    fake.finish('c', {
      outcome: 'failed',
      failure_reason: 'Timed out pinging to 95206a0e-4dd9-4598-a074-2aee54793f0f after a long, long time of waiting',
    });
  });

  const ACTIVE = [
    '#    State    Timestamp                User   Description                    Result',
    '766  RUNNING  2015-01-27 21:46:16 UTC  admin  create deployment',
    '765  PENDING  2015-01-27 21:46:15 UTC  admin  scheduled SnapshotDeployments',
    '',
    'Total tasks running now: 2',
  ];

  it('B8 B9 B13 B14 has the six columns, in UTC, newest first, on a wide terminal and piped', async () => {
    expect(lines((await onTerminal(['tasks'], { columns: 200, env })).screen)).toEqual(ACTIVE);
    expect(await piped(['tasks'], env)).toEqual({ out: `${ACTIVE.join('\n')}\n`, err: '', code: 0 });
  });

  it('B34 is cut at 80 columns, and never when piped', async () => {
    const { screen } = await onTerminal(['tasks', 'recent'], { columns: 80, env });
    expect(Math.max(...lines(screen).map((line) => Array.from(line).length))).toBeLessThanOrEqual(80);
    expect(screen).toContain('767  failed  2015-01-27 21:47:40 UTC  admin  ');
    expect(screen).toContain('…');
    const { out } = await piped(['tasks', 'recent'], env);
    expect(out).toContain('after a long, long time of waiting\n');
    const whole = await onTerminal(['tasks', 'recent', '--no-trunc'], { columns: 80, env });
    expect(whole.screen.replaceAll('\n', '')).toContain('after a long, long time of waiting');
  });

  it('B10 names who started each', async () => {
    fake.put({ task_guid: 'd', created_by: 'ada' });
    const { out } = await piped(['tasks', '-o', 'template={{.number}} {{.created_by}}'], env);
    expect(out).toBe('769 ada\n766 admin\n765 admin\n');
    expect((await piped(['tasks', '--user', 'ada', '-o', 'name'], env)).out).toBe('d\n');
  });

  it('B29 B30 shows the 30 newest that are over, or as many as asked for', async () => {
    for (let number = 800; number < 835; number += 1) {
      fake.put({ task_guid: `n${number}`, number });
      fake.finish(`n${number}`);
    }
    const names = async (...more: string[]) =>
      (await piped(['tasks', 'recent', ...more, '-o', 'name'], env)).out.trimEnd().split('\n');
    expect(await names()).toHaveLength(30);
    expect((await names())[0]).toBe('n834');
    expect(await names('33')).toHaveLength(33);
    expect((await piped(['tasks', 'recent'], env)).out).toContain('\nShowing 30 recent tasks');
  });

  it('is coloured on a terminal only, and not with NO_COLOR', async () => {
    const { NO_COLOR: _, ...coloured } = env;
    expect((await onTerminal(['tasks'], { columns: 80, env: { ...coloured, NO_COLOR: '' } })).screen).toContain(
      '\u001b[36m',
    );
    expect((await onTerminal(['tasks'], { columns: 80, env })).screen).not.toContain('\u001b[');
  });
});

describe('the kill of Inductiva', () => {
  const id = 'i4ir3kvv62odsfrhko4y8w2an';
  const question = 'Are you sure you want to proceed (y/[N])? ';

  it.each([80, 200])('I22 I23 is its transcript, word for word, at %i columns', async (columns) => {
    fake.put({ task_guid: id });
    const { screen, code } = await onTerminal(['tasks', 'kill', id], { columns, env, steps: [[question, 'y\n']] });
    expect(screen).toBe(
      [
        'You are about to kill the following tasks:',
        `  - ${id}`,
        'Are you sure you want to proceed (y/[N])? y',
        `Successfully sent kill request for task ${id}.`,
        '',
      ].join('\n'),
    );
    expect(code).toBe(0);
    expect(fake.live.get(id)?.outcome).toBe('cancelled');
  });

  it.each([
    ['Enter', '\n'],
    ['n', 'n\n'],
    ['closed input', '\u0004'],
  ])('does nothing at %s', async (_name, typed) => {
    fake.put({ task_guid: id });
    const { code } = await onTerminal(['tasks', 'kill', id], { columns: 80, env, steps: [[question, typed]] });
    expect(code).toBe(0);
    expect(fake.live.get(id)?.state).toBe('PENDING');
  });

  it('wants -y where nobody can be asked', async () => {
    fake.put({ task_guid: id });
    const { out, err, code } = await piped(['tasks', 'kill', id], env);
    expect([out, code]).toEqual(['', 2]);
    expect(err).toContain('add -y to do it');
  });
});

describe('Ctrl-C', () => {
  it('asks, and cancels at c', async () => {
    fake.put({ task_guid: 't' });
    const { screen, code } = await onTerminal(['task', '766'], {
      columns: 80,
      env,
      steps: [
        ['waiting for', '\u0003'],
        ['[k]eep following? ', 'c\n'],
      ],
    });
    expect(screen).toContain('Task 766 is still running. [c]ancel, [d]etach, [k]eep following? ');
    expect(screen).toContain('Task 766 error (cancelled, exit code 1): task was cancelled');
    expect(code).toBe(7);
  });

  it('detaches at the second one, and says how to come back', async () => {
    fake.put({ task_guid: 't' });
    const { screen, code } = await onTerminal(['task', '766'], {
      columns: 80,
      env,
      steps: [
        ['waiting for', '\u0003'],
        ['[k]eep following? ', '\u0003'],
      ],
    });
    expect(screen).toContain('task 766 is still running; rejoin with: gavel task 766');
    expect(code).toBe(130);
  });
});

describe('waiting', () => {
  it('is one line that is redrawn on a terminal', async () => {
    fake.put({ task_guid: 'w', waiting_for: 'memory on 3 of 3 cells, and a very long story about each one of them' });
    const waiting = onTerminal(['wait', 'w'], { columns: 80, env });
    await expect.poll(() => fake.calls, { timeout: 20_000 }).toContain('WatchTasks');
    await new Promise((resolve) => {
      setTimeout(resolve, 600);
    });
    fake.finish('w');
    const { screen, code } = await waiting;
    expect(code).toBe(0);
    const drawn = screen.split('\r\u001b[K').filter((part) => part !== '');
    expect(drawn[0]).toMatch(/^Task 766 PENDING, waiting for memory on 3 of 3 cells/);
    expect(Math.max(...drawn.map((part) => Array.from(part.trimEnd()).length))).toBeLessThan(80);
    expect(drawn.at(-1)).toBe('w succeeded\n');
  });
});

describe('every -o json', () => {
  it.each([
    [['tasks']],
    [['ps', '-a']],
    [['tasks', 'recent']],
    [['task', 'show', 'c']],
    [['task', 'status', 'c']],
    [['task', 'result', 'c']],
    [['explain', 'c']],
    [['wait', 'c']],
    [['cells']],
    [['history']],
    [['version']],
    [['context', 'ls']],
    [['context', 'show']],
    [['doctor']],
    [['task', 'events', 'c']],
    [['submit', '{"domain":"d","root_fs":"preloaded:x","action":{"run":{"path":"x"}}}']],
    [['submit', '{"domain":"d","root_fs":"preloaded:x","action":{"run":{"path":"x"}}}', '--dry-run=place']],
  ])('of %j is JSON', async (args) => {
    fake.put({ task_guid: 'c' });
    fake.finish('c', { result: 'a "quoted" \u0007 result' });
    const { out, code } = await piped([...args, '-o', 'json'], env);
    expect(JSON.parse(out)).toMatchObject({ schema: expect.stringMatching(/\/v1$/), kind: expect.any(String) });
    expect(code).toBe(0);
  });

  it('of an error is JSON on stderr', async () => {
    const { out, err, code } = await piped(['task', 'show', 'nope', '-o', 'json'], env);
    expect([out, code]).toEqual(['', 3]);
    expect(JSON.parse(err)).toMatchObject({ error: { code: 'NOT_FOUND', hint: 'gavel tasks recent' } });
  });
});
