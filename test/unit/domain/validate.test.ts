import { describe, expect, it } from 'vitest';
import type { Action } from '../../../src/domain/action.ts';
import type { TaskDefinition } from '../../../src/domain/task.ts';
import { validateDefinition } from '../../../src/domain/validate.ts';
import { sampleTask } from '../../support/sample-task.ts';

const faults = (over: Partial<TaskDefinition>) => validateDefinition(sampleTask(over)).map((fault) => fault.field);
const run = (path = '/bin/true') =>
  (sampleTask().action as Extract<Action, { run: unknown }>).run && {
    run: { ...(sampleTask().action as Extract<Action, { run: unknown }>).run, path },
  };
const rule = (over: object) => ({
  egress_rules: [{ protocol: 'tcp', destinations: ['10.0.0.1'], ports: [80], log: false, ...over }],
});

const download = {
  artifact: '',
  from: 'http://host/x.tgz',
  to: '/x',
  cache_key: '',
  log_source: '',
  user: 'root',
  checksum_algorithm: '',
  checksum_value: '',
};
const dependency = { ...download, name: 'x' };
const progress = { start_message: '', success_message: '', failure_message_prefix: '', log_source: '' };

describe('validation', () => {
  it('accepts the sample', () => {
    expect(faults({})).toEqual([]);
  });

  it.each<[string, Partial<TaskDefinition>, string[]]>([
    ['guid with a space', { task_guid: 'a b' }, ['task_guid']],
    ['guid with a slash', { task_guid: 'a/b' }, ['task_guid']],
    ['guid too long', { task_guid: 'a'.repeat(256) }, ['task_guid']],
    ['no domain', { domain: '' }, ['domain']],
    ['no root_fs', { root_fs: '' }, ['root_fs']],
    ['root_fs without scheme', { root_fs: 'busybox' }, ['root_fs']],
    ['docker without image', { root_fs: 'docker:///' }, ['root_fs']],
    ['preloaded without name', { root_fs: 'preloaded:' }, ['root_fs']],
    ['cpu_weight above 100', { cpu_weight: 101 }, ['cpu_weight']],
    ['negative memory', { memory_mb: -1 }, ['memory_mb']],
    ['negative disk and pids', { disk_mb: -1, max_pids: -5 }, ['disk_mb', 'max_pids']],
    [
      'env without a name',
      {
        env: [
          { name: '', value: 'x' },
          { name: 'A=B', value: '' },
        ],
      },
      ['env[0].name', 'env[1].name'],
    ],
    ['relative result file', { result_file: 'tmp/x' }, ['result_file']],
    ['callback that is no URL', { completion_callback_url: 'nowhere' }, ['completion_callback_url']],
    ['callback by ftp', { completion_callback_url: 'ftp://x/' }, ['completion_callback_url']],
    ['annotation one byte too long', { annotation: 'é'.repeat(5_120) + 'x' }, ['annotation']],
    ['image user without password', { image_username: 'u' }, ['image_password']],
    ['network mode host', { network: { mode: 'host', properties: {} } }, ['network.mode']],
    ['network property without a name', { network: { mode: '', properties: { '': 'x' } } }, ['network.properties']],
    ['max_run_time zero', { max_run_time: '0s' }, ['max_run_time']],
    ['unknown stop signal', { stop: { signal: 'SIGNOPE' } }, ['stop.signal']],
    ['run without a path', { action: run('') }, ['action.run.path']],
    ['an action of no kind', { action: {} as Action }, ['action']],
    ['an empty serial', { action: { serial: { actions: [], log_source: '' } } }, ['action.serial.actions']],
    [
      'a fault deep inside',
      {
        action: {
          serial: {
            actions: [run(), { try: { action: run(''), log_source: '' } }],
            log_source: '',
          },
        },
      },
      ['action.serial.actions[1].try.action.run.path'],
    ],
    [
      'a tree with a fault in every action',
      {
        action: {
          parallel: {
            actions: [
              { timeout: { action: run(''), timeout_ms: 0, log_source: '' } },
              { download: { ...download, from: 'ftp://host/x', to: 'relative', user: '', checksum_algorithm: 'crc' } },
              { upload: { artifact: '', from: '', to: 'nowhere', log_source: '', user: '' } },
              { emit_progress: { ...progress, action: undefined as unknown as Action } },
              { codependent: { actions: [], log_source: '' } },
            ],
            log_source: '',
          },
        },
      },
      [
        'action.parallel.actions[0].timeout.timeout_ms',
        'action.parallel.actions[0].timeout.action.run.path',
        'action.parallel.actions[1].download.from',
        'action.parallel.actions[1].download.to',
        'action.parallel.actions[1].download.user',
        'action.parallel.actions[1].download.checksum_algorithm',
        'action.parallel.actions[1].download.checksum_value',
        'action.parallel.actions[2].upload.from',
        'action.parallel.actions[2].upload.to',
        'action.parallel.actions[2].upload.user',
        'action.parallel.actions[3].emit_progress.action',
        'action.parallel.actions[4].codependent.actions',
      ],
    ],
    [
      'mounted files that leave their folder, or lie in one another',
      {
        volume_mounted_files: ['../x', 'a/../b', '', 'c/', '/d', 'e', 'e/f'].map((path) => ({ path, content: '' })),
      },
      [0, 1, 2, 3, 5].map((index) => `volume_mounted_files[${index}].path`),
    ],
    [
      'cached dependencies without place, origin or whole checksum',
      {
        cached_dependencies: [
          { ...dependency, from: '', to: 'x' },
          { ...dependency, checksum_algorithm: 'SHA256', checksum_value: 'abc' },
          { ...dependency, checksum_value: 'abc' },
        ],
      },
      [
        'cached_dependencies[0].from',
        'cached_dependencies[0].to',
        'cached_dependencies[1].checksum_value',
        'cached_dependencies[2].checksum_algorithm',
      ],
    ],
    ['a relative input folder', { input_dir: 'x' }, ['input_dir']],
    ['a relative certificates path', { trusted_system_certificates_path: 'x' }, ['trusted_system_certificates_path']],
    ['a rate limit below -1', { log_rate_limit: { bytes_per_second: -2 } }, ['log_rate_limit.bytes_per_second']],
  ])('%s', (_name, over, expected) => {
    expect(faults(over).sort()).toEqual(expected.sort());
  });

  it('accepts every kind of action and every field that is done', () => {
    const empty = { log_source: '' };
    const action: Action = {
      serial: {
        actions: [
          { download: { ...download, checksum_algorithm: 'MD5', checksum_value: `"${'a'.repeat(32)}"` } },
          { try: { action: { timeout: { action: run(), timeout_ms: 5e9, ...empty } }, ...empty } },
          { parallel: { actions: [{ emit_progress: { action: run(), ...progress } }], ...empty } },
          { codependent: { actions: [run()], ...empty } },
          { upload: { artifact: 'x', from: '/x', to: 'https://user:word@host/x', user: 'root', ...empty } },
        ],
        ...empty,
      },
    };
    const fields = {
      cached_dependencies: [dependency],
      volume_mounted_files: [{ path: '/a/b', content: '' }],
      trusted_system_certificates_path: '/etc/certs',
      log_rate_limit: { bytes_per_second: 0 },
      metric_tags: { app: 'x' },
    };
    expect(faults({ action, ...fields })).toEqual([]);
  });

  it('takes an annotation of exactly 10,240 bytes', () => {
    expect(faults({ annotation: 'x'.repeat(10_240) })).toEqual([]);
  });

  it('refuses a tree deeper than 32 and one of more than 1,000 actions, without running out of stack', () => {
    let deep: Action = run();
    for (let i = 0; i < 10_000; i += 1) deep = { try: { action: deep, log_source: '' } };
    expect(faults({ action: deep }).some((field) => field.endsWith('.action'))).toBe(true);
    const wide: Action = {
      parallel: { actions: Array.from({ length: 2_000 }, () => run() as Action), log_source: '' },
    };
    expect(faults({ action: wide })).toContain('action');
  });

  it.each<[string, object, string[]]>([
    ['ports and range', { port_range: { start: 1, end: 2 } }, ['egress_rules[0].ports']],
    ['port zero', { ports: [0] }, ['egress_rules[0].ports[0]']],
    ['port 65536', { ports: [65_536] }, ['egress_rules[0].ports[0]']],
    ['range turned round', { ports: [], port_range: { start: 9, end: 2 } }, ['egress_rules[0].port_range']],
    ['no destination', { destinations: [] }, ['egress_rules[0].destinations']],
    ['bad destination', { destinations: ['10.0.0.256'] }, ['egress_rules[0].destinations[0]']],
    ['icmp without info', { protocol: 'icmp', ports: [] }, ['egress_rules[0].icmp_info']],
    ['unknown protocol', { protocol: 'sctp', ports: [] }, ['egress_rules[0].protocol']],
  ])('egress rule: %s', (_name, over, expected) => {
    expect(faults(rule(over)).sort()).toEqual(expected.sort());
  });

  it.each(['10.0.0.0/8', '1.2.3.4-1.2.3.9', '::1', 'fe80::/10', '2001:db8::1-2001:db8::2', '10.0.0.1, 10.0.0.2'])(
    'takes destination %s',
    (destination) => {
      expect(faults(rule({ destinations: [destination] }))).toEqual([]);
    },
  );
});
