import { describe, expect, it } from 'vitest';
import { isDomainError } from '../../../src/domain/errors.ts';
import { taskToJson } from '../../../src/platform/task-json.ts';
import { parseTaskSpec } from '../../../src/platform/task-spec.ts';
import { sampleTask } from '../../support/sample-task.ts';

const run = { run: { path: '/bin/true' } };
const least = { domain: 'd', root_fs: 'preloaded:busybox', action: run };

function faultsOf(spec: unknown): string[] {
  try {
    parseTaskSpec(spec);
  } catch (error) {
    if (isDomainError(error, 'invalid_argument')) return error.faults.map((f) => `${f.field}: ${f.message}`);
    throw error;
  }
  return [];
}

describe('a task spec', () => {
  it('gives every field it leaves out its default', () => {
    expect(parseTaskSpec(least)).toEqual({
      task_guid: '',
      domain: 'd',
      stack: '',
      root_fs: 'preloaded:busybox',
      env: [],
      cpu_weight: 0,
      disk_mb: 0,
      memory_mb: 0,
      action: {
        run: {
          path: '/bin/true',
          args: [],
          dir: '',
          env: [],
          user: '',
          log_source: '',
          suppress_log_output: false,
          volume_mounted_files: [],
        },
      },
      result_file: '',
      completion_callback_url: '',
      log_guid: '',
      log_source: '',
      annotation: '',
      privileged: false,
      max_pids: 0,
      egress_rules: [],
      placement_tags: [],
      cached_dependencies: [],
      image_username: '',
      image_password: '',
      metric_tags: {},
      volume_mounted_files: [],
      trusted_system_certificates_path: '',
      description: '',
      labels: {},
      outputs: [],
      input_dir: '',
      request_key: '',
    });
  });

  it('reads the seed sample as it stands, but for its action', () => {
    const text = `{
      "task_guid": "some-guid", "domain": "some-domain", "stack": "lucid64",
      "root_fs": "docker:///docker-org/docker-image",
      "env": [{"name": "ENV_NAME_A", "value": "ENV_VALUE_A"}, {"name": "ENV_NAME_B", "value": "ENV_VALUE_B"}],
      "cpu_weight": 57, "disk_mb": 1024, "memory_mb": 128, "action": {"run": {"path": "ls", "user": "root"}},
      "result_file": "/path/to/return", "completion_callback_url": "http://optional/callback/url",
      "log_guid": "some-log-guid", "log_source": "some-log-source", "annotation": "arbitrary metadata" }`;
    expect(parseTaskSpec(text)).toMatchObject({
      cpu_weight: 57,
      stack: 'lucid64',
      env: [{}, { value: 'ENV_VALUE_B' }],
    });
  });

  it.each([
    ['5m', '300s'],
    ['300s', '300s'],
    [300, '300s'],
    ['1h30m', '5400s'],
    [0.25, '0.25s'],
    ['45', '45s'],
  ])('takes the time span %j as %s', (given, stored) => {
    const spec = parseTaskSpec({ ...least, max_run_time: given, placement_deadline: given, stop: { grace: given } });
    expect(spec).toMatchObject({
      max_run_time: stored,
      placement_deadline: stored,
      stop: { signal: '', grace: stored },
    });
  });

  it('takes null for what is not set', () => {
    const nothing = { max_run_time: null, placement_deadline: null, stop: null, network: null, log_rate_limit: null };
    expect(Object.keys(parseTaskSpec({ ...least, ...nothing }))).toHaveLength(29);
  });

  it('takes metric tags as texts or as static values, and refuses dynamic ones by name', () => {
    const metric_tags = { app: 'a', space: { static: 's' } };
    expect(parseTaskSpec({ ...least, metric_tags }).metric_tags).toEqual({ app: 'a', space: 's' });
    const wrong = { index: { dynamic: 'INDEX' }, both: { static: 'x', more: 1 }, number: 7, none: null };
    expect(faultsOf({ ...least, metric_tags: wrong })).toEqual([
      'metric_tags.index: has a dynamic value, which only an instance of a long-running process has; give a text',
      'metric_tags.both: must be text, or {"static": text}',
      'metric_tags.number: must be text, or {"static": text}',
      'metric_tags.none: must be text, or {"static": text}',
    ]);
  });

  it('takes rootfs for root_fs, and refuses two that differ', () => {
    const { root_fs, ...rest } = least;
    expect(parseTaskSpec({ ...rest, rootfs: root_fs }).root_fs).toBe(root_fs);
    expect(faultsOf({ ...least, rootfs: 'docker:///a/b' })).toEqual([
      'rootfs: is another name of root_fs, and the two differ; give one of them',
    ]);
  });

  it('tells every fault at once, each with its path and what would be right', () => {
    const faults = faultsOf({
      task_guid: 7,
      memroy_mb: 128,
      cpu_weight: -1,
      disk_mb: 1.5,
      memory_mb: '128m',
      env: [{ name: 'A', value: '1' }, { name: 'B', valeu: 2 }, 'C=3'],
      action: {
        serial: { actions: [{ run: { path: '/x', arg: ['a'] } }, { runn: {} }, {}, { run: { path: '/y' }, try: {} }] },
      },
      max_run_time: 'soon',
      labels: { a: 1 },
      state: 'PENDING',
      volume_mounts: [],
      max_pids: 4_294_967_296,
      privileged: 'yes',
      log_rate_limit: { bytes_per_second: -2 },
    });
    expect(faults.toSorted()).toEqual(
      [
        'task_guid: must be text; it is 7',
        'domain: is required (text)',
        'root_fs: is required (text)',
        'env[1].valeu: there is no such field; did you mean value?',
        'env[2]: must be an object; it is the text "C=3"',
        'cpu_weight: must be at least 0; it is -1',
        'disk_mb: must be a whole number; it is 1.5',
        'memory_mb: must be a whole number; it is the text "128m"',
        'action.serial.actions[0].run.arg: there is no such field; did you mean args?',
        'action.serial.actions[1].runn: there is no such field; did you mean run?',
        'action.serial.actions[2]: must name what to do: one of download, upload, run, timeout, emit_progress, try, parallel, serial, codependent',
        'action.serial.actions[3].try.action: is required (an object)',
        'max_pids: must be at most 2147483647; it is 4294967296',
        'privileged: must be true or false; it is the text "yes"',
        'labels.a: must be text; it is 1',
        'max_run_time: must be a time span such as "5m", "1h30m" or "300s", or a number of seconds',
        'log_rate_limit.bytes_per_second: must be at least -1; it is -2',
        'memroy_mb: there is no such field; did you mean memory_mb?',
        'state: belongs to the answer, not to the request; leave it out',
        'volume_mounts: volume_mounts is known from Diego but not supported here; leave it out',
      ].toSorted(),
    );
  });

  it('refuses two kinds of action at one place', () => {
    expect(faultsOf({ ...least, action: { ...run, upload: { from: '/a', to: 'http://b' } } })).toEqual([
      'action: must name exactly one kind of action; it names upload and run (several steps go into "serial" or "parallel")',
    ]);
  });

  it('is not hurt by hostile depth', () => {
    let action: object = run;
    for (let i = 0; i < 100_000; i += 1) action = { try: { action } };
    expect(faultsOf({ ...least, action })).toEqual([
      'action: is nested too deeply: at most 32 actions within each other',
    ]);
  });

  it.each([['null'], ['[]'], ['"x"'], ['12']])('refuses %s as a whole', (text) => {
    expect(faultsOf(text)).toHaveLength(1);
  });

  it('refuses what is not JSON', () => {
    expect(() => parseTaskSpec('{"a":')).toThrow('not valid JSON');
  });

  it('takes numbers beyond a double for what they are', () => {
    expect(faultsOf({ ...least, memory_mb: 1_764_000_000_123_456_789n })[0]).toMatch(/^memory_mb: must be/);
  });

  it('reads back the definition that a task as JSON carries', () => {
    const json = JSON.parse(taskToJson(sampleTask({ max_run_time: '5s' }))) as Record<string, unknown>;
    const answered = faultsOf(json);
    expect(answered.every((fault) => fault.endsWith('belongs to the answer, not to the request; leave it out'))).toBe(
      true,
    );
    for (const fault of answered) delete json[fault.slice(0, fault.indexOf(':'))];
    expect(parseTaskSpec(json)).toMatchObject({ max_run_time: '5s', task_guid: 'some-guid' });
  });
});
