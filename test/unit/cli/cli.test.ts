import { describe, expect, it } from 'vitest';
import { Context } from '../../../src/cli/context.ts';
import { exitOfError, exitOfTask, propagatedExit, worstExit } from '../../../src/cli/exit-code.ts';
import { taskObject } from '../../../src/cli/output.ts';
import { parseMegabytes, rootFsOf, specOfFlags } from '../../../src/cli/spec-flags.ts';
import { newestFirst } from '../../../src/cli/tasks.ts';
import { stateFilter } from '../../../src/cli/words.ts';
import { taskColumns } from '../../../src/client/task-columns.ts';
import { DomainError, isDomainError } from '../../../src/domain/errors.ts';
import { OUTCOMES, type Task } from '../../../src/domain/task.ts';
import { rfc3339, safe, spanText, timeText } from '../../../src/platform/format.ts';
import { toJson } from '../../../src/platform/json.ts';
import { nearest } from '../../../src/platform/nearest.ts';
import { tableText } from '../../../src/platform/table.ts';
import { CliWorld } from '../../support/cli-world.ts';
import { sampleTask } from '../../support/sample-task.ts';

const at = (iso: string) => BigInt(Date.parse(iso)) * 1_000_000n;

describe('the task table', () => {
  const tasks: readonly Task[] = [
    sampleTask({
      number: 766,
      state: 'RUNNING',
      waiting_for: '',
      created_at: at('2015-01-27T21:39:30Z'),
      description: 'create deployment',
    }),
    sampleTask({
      number: 765,
      uid: 'b',
      created_at: at('2015-01-27T21:35:02Z'),
      description: 'scheduled \u001b[31mred\nlines',
    }),
    sampleTask({
      number: 764,
      uid: 'c',
      state: 'COMPLETED',
      outcome: 'timed_out',
      failed: true,
      failure_reason: 'Timed out pinging to 95206a0e-4dd9-4598-a074-2aee54793f0f',
      first_completed_at: at('2015-01-27T21:27:48Z'),
      description: 'create deployment',
    }),
  ];
  const context = (options: ConstructorParameters<typeof CliWorld>[0] = {}, flags = {}) =>
    new Context(new CliWorld(options).io, flags);

  it('has the six columns of BOSH, in UTC, and lets no control character through', () => {
    expect(tableText(tasks, taskColumns(), context())).toBe(
      [
        '#    State      Timestamp                User   Description                     Result',
        '766  RUNNING    2015-01-27 21:39:30 UTC  admin  create deployment',
        '765  PENDING    2015-01-27 21:35:02 UTC  admin  scheduled \\u001b[31mred\\nlines',
        '764  Timed Out  2015-01-27 21:27:48 UTC  admin  create deployment               Timed out pinging to 95206a0e-4dd9-4598-a074-2aee54793f0f',
      ].join('\n'),
    );
  });

  it('has more with -o wide', () => {
    const wide = context({}, { output: 'wide' });
    const [head] = tableText(tasks, taskColumns(), wide).split('\n');
    expect(head?.split(/ {2,}/)).toEqual([
      '#',
      'State',
      'Timestamp',
      'Guid',
      'Domain',
      'Cell',
      'Duration',
      'Waiting for',
      'User',
      'Description',
      'Result',
    ]);
  });

  it('is cut at the width of a terminal, and only there', () => {
    const narrow = context({ tty: true, columns: 100 }, { color: false });
    const lines = tableText(tasks, taskColumns(), narrow).split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(lines[3]).toMatch(/Timed out pin.*…$/);
    const whole = context({ tty: true, columns: 100 }, { color: false, trunc: false });
    expect(tableText(tasks, taskColumns(), whole)).toContain('2aee54793f0f');
  });

  it('is coloured on a terminal only, and never with NO_COLOR', () => {
    const coloured = (options: ConstructorParameters<typeof CliWorld>[0], flags = {}) =>
      tableText(tasks, taskColumns(), context(options, flags)).includes('\u001b[');
    expect(coloured({ tty: true })).toBe(true);
    expect(coloured({})).toBe(false);
    expect(coloured({ tty: true, env: { NO_COLOR: '1' } })).toBe(false);
    expect(coloured({ tty: true, env: { TERM: 'dumb' } })).toBe(false);
    expect(coloured({ tty: true }, { color: false })).toBe(false);
  });

  it('shows each life once, newest first', () => {
    expect(newestFirst([...tasks].reverse().concat(tasks)).map((task) => task.number)).toEqual([766, 765, 764]);
  });
});

describe('a task for programs', () => {
  it('has its times exact, and once more as text', () => {
    const text = toJson(taskObject(sampleTask()));
    expect(text).toContain('"created_at":1764000000123456789');
    expect(text).toContain('"created_at_rfc3339":"2025-11-24T16:00:00.123456789Z"');
    expect(text).toContain('"claimed_at_rfc3339":null');
    expect(text.startsWith('{"schema":"task/v1","kind":"task","task_guid"')).toBe(true);
  });
});

describe('values for people', () => {
  it('has times in UTC, or with the machine offset', () => {
    expect(timeText(at('2015-01-27T21:39:30Z'))).toBe('2015-01-27 21:39:30 UTC');
    expect(timeText(at('2015-01-27T21:39:30Z'), true)).toMatch(/^2015-01-2\d \d\d:\d\d:30 [+-]\d\d:\d\d$/);
    expect(timeText(0n)).toBe('');
    expect(rfc3339(0n)).toBeNull();
    expect(spanText(0n, 3_723_000_000_000n)).toBe('01:02:03');
  });

  it('makes control and direction characters visible', () => {
    expect(safe('a\tb\u0007c\u202ed\u009be')).toBe('a\\tb\\u0007c\\u202ed\\u009be');
    expect(safe('grüße 你好 👋')).toBe('grüße 你好 👋');
  });
});

describe('exit codes', () => {
  it.each([
    ['succeeded', 0],
    ['failed', 1],
    ['cancelled', 7],
    ['timed_out', 8],
    ['unplaced', 9],
    ['lost', 10],
    ['infra_failed', 10],
  ] as const)('of %s is %i', (outcome, code) => {
    expect(exitOfTask(sampleTask({ outcome }))).toBe(code);
  });

  it('can be the task own', () => {
    expect(propagatedExit(sampleTask({ outcome: 'failed', exit_code: 137 }))).toBe(137);
    expect(propagatedExit(sampleTask({ outcome: 'lost' }))).toBe(125);
    expect(propagatedExit(sampleTask({ outcome: 'cancelled' }))).toBe(7);
  });

  it('of several is the worst', () => {
    expect(worstExit([0, 7, 1, 8])).toBe(1);
    expect(worstExit([1, 10])).toBe(10);
    expect(worstExit([10, 5])).toBe(5);
    expect(worstExit([0, 0])).toBe(0);
    expect(worstExit([0, 124])).toBe(124);
  });

  it('of errors follow the one table', () => {
    expect(exitOfError(new DomainError('not_found', ''))).toBe(3);
    expect(exitOfError(new DomainError('already_exists', ''))).toBe(4);
    expect(exitOfError(new DomainError('permission_denied', ''))).toBe(6);
    expect(exitOfError(new Error('anything'))).toBe(5);
  });
});

describe('the words of every system', () => {
  const each = OUTCOMES.map((outcome) =>
    sampleTask({ state: 'COMPLETED', outcome, failed: outcome !== 'succeeded', task_guid: outcome }),
  );
  const all = [
    ...each,
    ...(['PENDING', 'CLAIMED', 'RUNNING'] as const).map((state) => sampleTask({ state, task_guid: state })),
  ];
  const matching = (...words: string[]) => all.filter(stateFilter(words).matches).map((task) => task.task_guid);

  it.each([
    ['queued', ['PENDING', 'CLAIMED']],
    ['processing', ['RUNNING']],
    ['done', ['succeeded']],
    ['error', ['failed', 'timed_out', 'unplaced', 'lost', 'infra_failed']],
    ['pending input', ['PENDING']],
    ['SUBMITTED', ['PENDING', 'CLAIMED']],
    ['success', ['succeeded']],
    ['killed', ['cancelled']],
    ['TERMINATED', ['cancelled']],
    ['STARTED', ['CLAIMED', 'RUNNING']],
    ['Timed Out', ['timed_out']],
    ['infra-failed', ['infra_failed']],
  ])('%s', (word, guids) => {
    expect(matching(word)).toEqual(guids);
  });

  it('go together, and ask for history only when they need it', () => {
    expect(matching('queued', 'done')).toEqual(['succeeded', 'PENDING', 'CLAIMED']);
    expect(stateFilter(['queued']).finished).toBe(false);
    expect(stateFilter(['error']).finished).toBe(true);
  });

  it('that are none are told with the nearest', () => {
    expect(() => stateFilter(['qeued'])).toThrow(DomainError);
    try {
      stateFilter(['qeued']);
    } catch (error) {
      expect(isDomainError(error) && error.faults[0]?.message).toBe('there is no state qeued; did you mean queued?');
    }
  });
});

describe('flags of run', () => {
  it.each([
    ['busybox:1.36', 'docker:///busybox#1.36'],
    ['busybox', 'docker:///busybox'],
    ['team/app:v2', 'docker:///team/app#v2'],
    ['localhost:5000/team/app:v2', 'docker://localhost:5000/team/app#v2'],
    ['ghcr.io/team/app', 'docker://ghcr.io/team/app'],
    ['app@sha256:0123', 'docker:///app@sha256:0123'],
    ['docker:///a/b#c', 'docker:///a/b#c'],
    ['preloaded:busybox', 'preloaded:busybox'],
  ])('image %s', (image, rootFs) => {
    expect(rootFsOf(image)).toBe(rootFs);
  });

  it.each([
    ['128m', 128],
    ['1g', 1_024],
    ['1.5g', 1_536],
    ['2048k', 2],
    ['128MiB', 128],
    ['64', 64],
    ['0', 0],
    ['1k', undefined],
    ['lots', undefined],
    ['-1', undefined],
  ])('size %s', (text, megabytes) => {
    expect(parseMegabytes(text)).toBe(megabytes);
  });

  it('make a spec', () => {
    const spec = specOfFlags(
      'busybox',
      ['sh', '-c', 'x'],
      { env: ['A=1=2', 'HERE'], memory: '1g', label: ['a=b'], outputs: ['/data', '/log'] },
      { HERE: 'yes', GAVEL_DOMAIN: 'd' },
    );
    expect(spec).toMatchObject({
      domain: 'd',
      memory_mb: 1_024,
      outputs: ['/data', '/log'],
      env: [
        { name: 'A', value: '1=2' },
        { name: 'HERE', value: 'yes' },
      ],
      labels: { a: 'b' },
      action: { run: { path: 'sh', args: ['-c', 'x'] } },
    });
  });

  it('are refused all at once', () => {
    const faulty = { memory: 'x', cpuWeight: 'y', label: ['z'], maxRunTime: 'soon', envFile: ['/nowhere'] };
    let fields: string[] = [];
    try {
      specOfFlags('busybox', [], faulty, {});
    } catch (error) {
      if (isDomainError(error)) fields = error.faults.map((fault) => fault.field);
    }
    expect(fields.toSorted()).toEqual(['--cpu-weight', '--env-file', '--label', '--memory', 'CMD', 'max_run_time']);
  });
});

describe('the nearest name', () => {
  it.each([
    ['memroy_mb', 'memory_mb'],
    ['cpu', undefined],
    ['rootfs', 'root_fs'],
    ['', undefined],
  ])('of %s is %s', (name, meant) => {
    expect(nearest(name, ['memory_mb', 'disk_mb', 'root_fs', 'annotation'])).toBe(meant);
  });
});
