import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newKeyPair } from '../../src/platform/token.ts';
import { CliWorld } from '../support/cli-world.ts';
import { FakeCluster } from '../support/fake-task-service.ts';

/* Every command's -o json, through a JSON parser: one object with its kind and the version of its form. */

let fake: FakeCluster;
let folder: string;
beforeEach(async () => {
  fake = await new FakeCluster().start();
  folder = mkdtempSync(join(tmpdir(), 'gavel-json-'));
  writeFileSync(join(folder, 'config.yaml'), '{current: prod, contexts: {prod: {server: "127.0.0.1:1"}}}');
  writeFileSync(join(folder, 'token.key'), newKeyPair().privatePem);
  fake.put({ task_guid: 'runs' });
  fake.claim('runs');
  fake.run('runs');
  fake.put({ task_guid: 'waits' });
  fake.put({ task_guid: 'held' });
  fake.put({ task_guid: 'done' });
  fake.finish('done', { result: 'a "quoted" \u0007 result' });
  fake.outputs.put('done', [{ path: 'stdout.txt', content: Buffer.from('x') }]);
});
afterEach(async () => {
  await fake.stop();
  rmSync(folder, { recursive: true, force: true });
});

const SPEC = '{"domain":"d","root_fs":"preloaded:x","action":{"run":{"path":"x"}}}';

/** By the leaf commands of docs/cli.md. */
const ONE: Readonly<Record<string, readonly string[]>> = {
  run: ['run', 'busybox', '-d', '--', 'x'],
  ps: ['ps'],
  'task ls': ['tasks', 'ls'],
  'task recent': ['tasks', 'recent'],
  'task submit': ['task', 'submit', SPEC],
  submit: ['submit', SPEC],
  'task wait': ['task', 'wait', 'done'],
  wait: ['wait', 'done', 'done'],
  'task explain': ['task', 'explain', 'done'],
  explain: ['explain', 'done'],
  'task events': ['task', 'events', 'done'],
  'task outputs': ['task', 'outputs', 'done'],
  'task download': ['task', 'download', 'done', '--to', 'FOLDER'],
  'task upload': ['task', 'upload', 'held', 'FOLDER'],
  'task show': ['task', 'show', 'done'],
  'task status': ['task', 'status', 'done'],
  'task result': ['task', 'result', 'done'],
  'task cancel': ['task', 'cancel', 'waits'],
  cancel: ['cancel', 'waits', 'runs'],
  'task kill': ['task', 'kill', 'runs', '-y'],
  kill: ['kill', 'waits', 'runs', '-y'],
  'task top': ['task', 'top'],
  'task exec': ['task', 'exec', 'runs', '--', 'true'],
  'cells drain': ['cells', 'drain', 'cell-2', '--preview'],
  'cells show': ['cells', 'show', 'cell-2'],
  'cells top': ['cells', 'top'],
  'capacity show': ['capacity', 'show'],
  'capacity fit': ['capacity', 'fit', SPEC, '--count', '2'],
  'task annotate': ['task', 'annotate', 'runs', 'a=b'],
  'task pin': ['task', 'pin', 'done', 'runs'],
  'task unpin': ['task', 'unpin', 'done'],
  'history purge': ['history', 'purge', '--older-than', '90d', '-y'],
  'task rerun': ['task', 'rerun', 'done'],
  'task diff': ['task', 'diff', 'done', 'runs'],
  'task receipt': ['task', 'receipt', 'done'],
  'task bundle': ['task', 'bundle', 'done', '--to', 'FOLDER/bundle.json'],
  'task resolve': ['task', 'resolve', 'done'],
  'task rm': ['task', 'rm', 'done', '-y'],
  'select doc': ['select', 'doc', 'task'],
  'select eval': ['select', 'eval', 'ran > 60', 'done', 'runs'],
  'cells ls': ['cells'],
  'history ls': ['history'],
  version: ['version'],
  'context ls': ['context', 'ls'],
  'context show': ['context', 'show'],
  'context set': ['context', 'set', 'test', '--server', '127.0.0.1:2'],
  'context use': ['context', 'use', 'prod'],
  'context rm': ['context', 'rm', 'prod'],
  doctor: ['doctor'],
  'token make': ['token', 'make', '--key', 'FOLDER/token.key', '--name', 'ada'],
  'token key': ['token', 'key', 'FOLDER/new.key'],
  logout: ['logout'],
  whoami: ['whoami'],
  'domains ls': ['domains'],
};

/** Of the command that ran in the task. */
const EXITS: Readonly<Record<string, number>> = { 'task exec': 3 };

/** Streams are JSON lines; the others speak to people, to a shell, or run until they are stopped. */
const STREAMS = ['task attach', 'logs', 'cells logs', 'callbacks listen', 'events'];
const OTHERS = ['help', 'completion', 'dev', 'bbs', 'auctioneer', 'cell'];
/** Their answers come from services that the server in memory does not play. */
const ELSEWHERE = [
  'callbacks ls',
  'callbacks show',
  'callbacks redeliver',
  'callbacks test',
  'callbacks secrets ls',
  'callbacks secrets rotate',
  'alerts ls',
  'alerts put',
  'alerts test',
  'alerts rm',
  'cells undrain',
  'login',
  'domains show',
  'domains set',
];

describe('-o json', () => {
  it.each(Object.entries(ONE))('of gavel %s is one object', async (name, args) => {
    const env = { GAVEL_SERVER: fake.address, GAVEL_CONFIG: join(folder, 'config.yaml') };
    const cli = new CliWorld({ env });
    const given = args.map((arg) => arg.replace('FOLDER', folder));
    const at = given.indexOf('--');
    const all = at < 0 ? [...given, '-o', 'json'] : [...given.slice(0, at), '-o', 'json', ...given.slice(at)];
    expect([await cli.run(...all), cli.err.text.includes('"error"')]).toEqual([EXITS[name] ?? 0, false]);
    expect(JSON.parse(cli.out.text)).toMatchObject({
      schema: expect.stringMatching(/\/v1$/),
      kind: expect.any(String),
    });
  });

  it('is asked of every command there is', () => {
    const page = readFileSync(fileURLToPath(new URL('../../docs/cli.md', import.meta.url)), 'utf8');
    const sections = page.split(/^## gavel ?/m).slice(1);
    const leaves = sections.flatMap((section) => {
      const [name = ''] = section.split('\n', 1);
      const pages = name === '' || /^Commands:$/m.test(section) || /^help ./.test(name);
      return pages ? [] : [name];
    });
    const known = [...Object.keys(ONE), ...STREAMS, ...OTHERS, ...ELSEWHERE];
    expect(leaves.filter((name) => !known.includes(name))).toEqual([]);
    expect(known.filter((name) => !leaves.includes(name))).toEqual([]);
  });
});
