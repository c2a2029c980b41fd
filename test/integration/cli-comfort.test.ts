import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CliWorld } from '../support/cli-world.ts';
import { FakeCluster, happyScript } from '../support/fake-task-service.ts';

let fake: FakeCluster;
let folder: string;
beforeEach(async () => {
  fake = await new FakeCluster().start();
  folder = mkdtempSync(join(tmpdir(), 'gavel-comfort-'));
});
afterEach(async () => {
  await fake.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function gavel(args: readonly string[], env: Record<string, string> = { GAVEL_SERVER: fake.address }) {
  const cli = new CliWorld({ env: { GAVEL_CONFIG: join(folder, 'config.yaml'), ...env } });
  const code = await cli.run(...args);
  return { code, out: cli.out.text, err: cli.err.text };
}

describe('contexts', () => {
  it('are set, used, shown with the origin of each value, and forgotten', async () => {
    const none = {};
    expect((await gavel(['context', 'set', 'prod', '--server', fake.address, '--domain', 'ci'], none)).code).toBe(0);
    await gavel(['context', 'set', 'test', '--server', '127.0.0.1:1'], none);
    expect((await gavel(['context', 'use', 'pord'], none)).err).toContain(
      'there is no context pord; did you mean prod?',
    );
    expect((await gavel(['context', 'use', 'prod'], none)).out).toBe("Using context 'prod'\n");
    expect((await gavel(['context'], none)).out).toContain(`*        prod  ${fake.address}`);
    expect((await gavel(['context', 'show', '--origin'], { GAVEL_DOMAIN: 'other' })).out).toBe(
      `context  prod  (${join(folder, 'config.yaml')})\nserver   ${fake.address}  (context prod)\ndomain   other  (environment GAVEL_DOMAIN)\n`,
    );
    fake.script = happyScript();
    const ran = await gavel(['run', 'busybox', '--', 'x'], none);
    expect(ran.err).toContain("gavel: Using context 'prod', domain 'ci'\n");
    expect([...fake.live.values()][0]?.domain).toBe('ci');
    expect((await gavel(['run', 'busybox', '-q', '--', 'x'], none)).err).toBe('careful\n');
    expect((await gavel(['tasks', '--context', 'test', '--timeout', '300ms'], none)).code).toBe(5);
    expect((await gavel(['tasks', '--context', 'nope'], none)).code).toBe(3);
    await gavel(['context', 'rm', 'prod'], none);
    expect((await gavel(['context', 'ls', '-o', 'name'], none)).out).toBe('test\n');
  });

  it('rank by where they were said: flag, environment, folder, user, system', async () => {
    const system = join(folder, 'xdg', 'gavel');
    mkdirSync(system, { recursive: true });
    writeFileSync(
      join(system, 'config.yaml'),
      'server: sys:1\ndomain: sys\ncontexts: {far: {server: "far:1"}}\ncurrent: far',
    );
    const xdg = { XDG_CONFIG_DIRS: join(folder, 'xdg') };
    const shown = async (args: readonly string[], env: Record<string, string>) =>
      JSON.parse((await gavel(['context', 'show', '-o', 'json', ...args], env)).out) as {
        context: string | null;
        values: Record<string, { value: string; origin: string }>;
      };
    // The context of the system's file ranks there, above what that file says beside it.
    expect(await shown([], xdg)).toMatchObject({
      context: 'far',
      values: {
        server: { value: 'far:1', origin: 'context far' },
        domain: { value: 'sys', origin: join(system, 'config.yaml') },
      },
    });
    writeFileSync(join(folder, 'config.yaml'), 'on_interrupt: detach\ncontexts: {near: {server: "near:1"}}');
    expect((await gavel(['context', 'ls', '-o', 'name'], xdg)).out).toBe('near\nfar\n');
    expect((await gavel(['context', 'rm', 'far'], xdg)).err).toContain('take it out of that file');
    const env = { ...xdg, GAVEL_SERVER: 'env:1' };
    expect((await shown([], env)).values['server']).toEqual({ value: 'env:1', origin: 'environment GAVEL_SERVER' });
    // A context that was named on the command line is a flag: it wins over the environment.
    expect((await shown(['--context', 'near'], env)).values['server']).toMatchObject({ value: 'near:1' });
    expect((await shown(['--context', 'near', '--server', 'flag:1'], env)).values['server']?.value).toBe('flag:1');
    const other = join(folder, 'other.yaml');
    writeFileSync(other, 'server: other:1\ncontexts: {}');
    expect((await shown(['-c', other], { XDG_CONFIG_DIRS: folder })).values['server']).toEqual({
      value: 'other:1',
      origin: other,
    });
    expect((await gavel(['tasks', '-c', join(folder, 'nope.yaml')])).err).toContain('--config: there is no file');
    expect(
      (await gavel(['run', 'x', '--', 'y'], { GAVEL_ON_INTERRUPT: 'explode', GAVEL_SERVER: fake.address })).err,
    ).toContain('environment GAVEL_ON_INTERRUPT must be ask, cancel, detach; it is explode');
  });

  it('that cannot be read say where', async () => {
    writeFileSync(join(folder, 'config.yaml'), 'contexts: {a: {sever: x}}');
    const { code, err } = await gavel(['tasks'], {});
    expect(code).toBe(2);
    expect(err).toContain('config.yaml');
    expect(err).toContain('sever');
  });
});

describe('--trace and -v', () => {
  it('tell the id and each call on stderr, and the server is told the id', async () => {
    fake.put({ task_guid: 'abc' });
    const { out, err, code } = await gavel(['tasks', '--trace', '-q', '-o', 'name']);
    expect({ out, code }).toEqual({ out: 'abc\n', code: 0 });
    const id = /^gavel: trace ([\da-f]{32})$/m.exec(err)?.[1];
    expect(err).toMatch(/^gavel: call TaskService\/ListTasks 127\.0\.0\.1:\d+ \d+\.\d ms ok$/m);
    const failed = await gavel(['task', 'show', 'nope', '--trace', '-o', 'json']);
    expect(failed.err).toContain('GetTask');
    expect(failed.err).toContain(' not_found\n');
    const told = JSON.parse(failed.err.trim().split('\n').at(-1) ?? '') as { error: Record<string, unknown> };
    const own = /trace ([\da-f]{32})/.exec(failed.err)?.[1];
    expect(told.error).toMatchObject({ code: 'NOT_FOUND', trace: own, docs: 'docs/task-reference.md#errors' });
    expect(own).not.toBe(id);
    const verbose = await gavel(['tasks', '-v']);
    expect(verbose.err).toBe(`gavel: server ${fake.address} (environment GAVEL_SERVER)\n`);
    expect((await gavel(['tasks', '-vv'])).err).toMatch(/^gavel: trace /m);
    expect((await gavel(['logs', 'abc', '--trace'])).err).toMatch(/call TaskService\/FollowLogs .* ms (ok|left)/);
  });
});

describe('lists', () => {
  it('go on behind a cursor', async () => {
    for (const guid of ['a', 'b', 'c', 'd', 'e']) fake.put({ task_guid: guid });
    const pages: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const { out } = await gavel([
        'tasks',
        '--limit',
        '2',
        '-o',
        'json',
        ...(cursor === '' ? [] : ['--cursor', cursor]),
      ]);
      const page = JSON.parse(out) as { items: { task_guid: string }[]; next_cursor: string | null };
      pages.push(page.items.map((task) => task.task_guid).join(''));
      cursor = page.next_cursor;
    }
    expect(pages).toEqual(['ed', 'cb', 'a']);
    expect((await gavel(['tasks', '--cursor', 'x'])).code).toBe(2);
  });

  it('leave what --select says, and so do cancel and select eval', async () => {
    fake.put({ task_guid: 'a', labels: { team: 'x' } });
    fake.put({ task_guid: 'b', labels: { team: 'y' } });
    const names = async (...args: string[]) => (await gavel([...args, '-o', 'name'])).out;
    expect(await names('tasks', '--select', "labels.team == 'y'")).toBe('b\n');
    expect(await gavel(['tasks', '--select', 'labels.team'])).toMatchObject({ code: 2, out: '' });
    expect((await gavel(['tasks', '--select', 'lables.team'])).err).toContain('did you mean labels?');
    expect((await gavel(['cancel', '--select', "labels.team == 'x'", '-y'])).code).toBe(0);
    expect(
      [...fake.live.values()].filter(({ outcome }) => outcome === 'cancelled').map((task) => task.task_guid),
    ).toEqual(['a']);
    expect((await gavel(['select', 'eval', 'labels.team', 'a', 'b', '-o', 'template={{.value}}'])).out).toBe('x\ny\n');
    expect((await gavel(['select', 'doc', 'task', '-o', 'name'])).out).toContain('exit_code\n');
    expect((await gavel(['select', 'doc'])).out).toContain('task    the record of a task');
    expect((await gavel(['select', 'doc', 'nope'])).code).toBe(3);
    expect((await gavel(['help', 'select'])).out).toContain('$ gavel select eval');
  });
});

it('every command says which exit codes it has', async () => {
  expect((await gavel(['wait', '--help'])).out).toContain('Exit codes: 0, 1, 2, 3, 5, 6, 7, 8, 9, 10, 124, 125, 130 (');
  expect((await gavel(['version', '--help'])).out).toContain('Exit codes: 0, 2, 5, 6 (');
});

describe('gavel doctor', () => {
  it('finds everything in order, or says how to mend it', async () => {
    const { code, out } = await gavel(['doctor'], { GAVEL_SERVER: fake.address, DOCKER_HOST: 'unix:///nowhere.sock' });
    expect(code).toBe(0);
    expect(out).toMatch(/^server {2}ok {5}\S+ answers in \d+ ms$/m);
    expect(out).toMatch(/^cells {3}ok {5}2 registered: cell-1, cell-2$/m);
    expect(out).toMatch(/^clock {3}ok /m);
    expect(out).toMatch(/^store {3}ok {5}it answers a read/m);
    expect(out).toMatch(/^engine {2}warn {3}unix:\/\/\/nowhere.sock does not answer.* {2}start the engine/m);
    fake.cells = [];
    expect((await gavel(['doctor'])).out).toContain('start one: gavel cell');
    const bad = join(folder, 'ca.pem');
    writeFileSync(bad, 'no certificate');
    const ill = await gavel(['doctor', '--server', '127.0.0.1:1', '--timeout', '500ms', '--tls-ca', bad, '-o', 'json']);
    expect(ill.code).toBe(5);
    const { items } = JSON.parse(ill.out) as { items: { check: string; state: string; mend: string }[] };
    expect(items.filter(({ state }) => state === 'fail').map(({ check }) => check)).toEqual(['authority', 'server']);
    expect(items.every(({ state, mend }) => state === 'ok' || mend !== '')).toBe(true);
  });
});

it('what to try next names the list in which the thing would be, and settings are not called a request', async () => {
  expect((await gavel(['context', 'rm', 'nope'])).err).toContain('try: gavel context\n');
  expect((await gavel(['task', 'show', 'nope'])).err).toContain('try: gavel tasks recent\n');
  const settings = join(folder, 'cell.yaml');
  writeFileSync(settings, 'cellId: c\nmemory_mb: 5');
  const { err, code } = await gavel(['cell', '--config', settings]);
  expect(code).toBe(2);
  expect(err).toBe(
    'gavel: the settings have one fault:\ngavel:   memory_mb: there is no such setting; did you mean memoryMb?\ngavel: try: gavel cell --help\n',
  );
});

describe('completion', () => {
  it('knows commands, flags, ids, cells and words', async () => {
    fake.put({ task_guid: 'abc' });
    const words = async (...before: string[]) => (await gavel(['__complete', '--', ...before])).out.trim().split('\n');
    expect(await words()).toEqual(expect.arrayContaining(['run', 'tasks', 'kill', 'doctor', '--server']));
    expect(await words('task')).toEqual(expect.arrayContaining(['show', 'kill', '766', 'abc', '--state']));
    expect(await words('kill')).toEqual(expect.arrayContaining(['766', 'abc']));
    expect(await words('tasks', '--cell')).toEqual(['cell-1', 'cell-2']);
    expect(await words('tasks', '--state')).toEqual(expect.arrayContaining(['RUNNING', 'queued']));
    expect(await words('tasks', '-o')).toEqual(expect.arrayContaining(['json', 'template=']));
    expect(await words('help')).toEqual(expect.arrayContaining(['states', 'exit-codes']));
    await fake.stop();
    expect(await words('kill')).toContain('--grace');
    fake = await new FakeCluster().start();
  });

  it.each(['bash', 'zsh', 'fish'])('has a script for %s', async (shell) => {
    expect((await gavel(['completion', shell])).out).toContain('gavel __complete -- ');
    expect((await gavel(['completion', 'tcsh'])).code).toBe(2);
  });
});

describe('help', () => {
  it('has pages, commands, and near misses', async () => {
    expect((await gavel(['help', 'states'])).out).toContain('queued         PENDING, CLAIMED');
    expect((await gavel(['help', 'exit-codes'])).out).toContain('124  our own --timeout elapsed');
    expect((await gavel(['help', 'callbacks'])).out).toContain('webhook-signature');
    expect((await gavel(['help', 'task', 'kill'])).out).toContain('$ gavel tasks kill 766 767 -y');
    expect(await gavel(['help', 'stats'])).toMatchObject({ code: 2, out: '' });
    expect((await gavel(['help', 'stats'])).err).toContain('did you mean states?');
  });

  it('is what docs/cli.md says', async () => {
    const written = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8');
    const { out } = await gavel(['__reference']);
    expect(out === written, 'docs/cli.md is old. Run: make build && node .make/cli-docs.mjs').toBe(true);
  });
});

describe('what its parts say of a task', () => {
  const base = { cause: '', attempt: '', data: {} };

  beforeEach(() => {
    fake.put({ task_guid: 't' });
    fake.claim('t');
    fake.run('t');
    fake.finish('t');
    fake.timelines.set('t', [
      {
        ...base,
        time: '1422394399469158000',
        actor: 'admin',
        component: 'client',
        kind: 'submitted',
        text: 'by admin',
      },
      {
        ...base,
        time: '1422394400469158000',
        actor: 'auctioneer',
        component: 'auctioneer',
        kind: 'claimed',
        text: 'placed',
      },
      {
        ...base,
        time: '1422394401469158000',
        actor: 'cell-2',
        component: 'runtime',
        kind: 'image',
        text: 'pulled',
        data: { ms: '12' },
      },
      { ...base, time: '1422394402469158000', actor: 'bbs', component: 'bbs', kind: 'completed', text: 'succeeded' },
    ]);
  });

  it('--debug tells every message, with severity, time, tag and component', async () => {
    const { code, out } = await gavel(['task', '766', '--debug']);
    expect(code).toBe(0);
    expect(out).toBe(
      [
        'Task 766',
        '',
        'I, [2015-01-27T21:33:19.469158Z #766] [admin]  INFO -- client: submitted: by admin',
        'I, [2015-01-27T21:33:20.469158Z #766] [auctioneer]  INFO -- auctioneer: claimed: placed',
        'D, [2015-01-27T21:33:21.469158Z #766] [cell-2] DEBUG -- runtime: image: pulled ms=12',
        'I, [2015-01-27T21:33:22.469158Z #766] [bbs]  INFO -- bbs: completed: succeeded',
        '',
        'Task 766 done (succeeded, exit code 0)',
        '',
      ].join('\n'),
    );
  });

  it('--runtime (--cpi) tells what the engine was asked', async () => {
    const { out } = await gavel(['task', 'attach', '766', '--cpi']);
    expect(out.match(/^[A-Z], /gm)).toEqual(['D, ']);
    expect((await gavel(['task', '766', '--runtime', '--debug'])).code).toBe(2);
    const [line = ''] = (await gavel(['task', '766', '--runtime', '-o', 'jsonl'])).out.split('\n');
    expect(JSON.parse(line)).toMatchObject({ number: 766, event: 'image', severity: 'D', data: { ms: '12' } });
  });

  it('events -f tells each step once, as it comes, until the task has ended', async () => {
    fake.put({ task_guid: 'u' });
    const step = (actor: string, kind: string) => ({
      ...base,
      time: '1422394399469158000',
      actor,
      component: actor,
      kind,
      text: kind,
    });
    const steps = [step('admin', 'submitted'), step('auctioneer', 'claimed'), step('bbs', 'completed')];
    fake.timelines.set('u', steps.slice(0, 1));
    const cli = new CliWorld({ env: { GAVEL_SERVER: fake.address } });
    const ended = cli.run('task', 'events', 'u', '-f');
    await expect.poll(() => cli.out.text, { timeout: 20_000 }).toContain('submitted');
    expect(cli.out.text).not.toContain('claimed');
    fake.timelines.set('u', steps.slice(0, 2));
    fake.claim('u');
    await expect.poll(() => cli.out.text, { timeout: 20_000 }).toContain('claimed');
    fake.timelines.set('u', steps);
    fake.finish('u');
    expect(await ended).toBe(0);
    expect(cli.out.text.split('\n').map((line) => line.split(/ {2,}/).slice(1))).toEqual([
      ['admin', 'submitted', 'submitted'],
      ['auctioneer', 'claimed', 'claimed'],
      ['bbs', 'completed', 'completed'],
      [],
    ]);
    const objects = (await gavel(['task', 'events', 'u', '-f', '-o', 'jsonl'])).out.trimEnd().split('\n');
    expect(objects.map((line) => JSON.parse(line) as unknown)).toMatchObject(
      steps.map(({ kind }) => ({ schema: 'timeline-event/v1', task_guid: 'u', event: kind })),
    );
  });
});
