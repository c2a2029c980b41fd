import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TaskClient } from '../../src/client/index.ts';
import { CliWorld } from '../support/cli-world.ts';
import type { FakeFile } from '../support/fake-outputs.ts';
import { FakeCluster } from '../support/fake-task-service.ts';
import { sampleTask } from '../support/sample-task.ts';

const LARGE = randomBytes(700_000);
const FILES: readonly FakeFile[] = [
  { path: 'stdout.txt', content: Buffer.from('hello\n') },
  { path: 'stderr.txt', content: Buffer.alloc(0) },
  { path: 'data/out/a.sh', content: Buffer.from('echo'), mode: 0o4755 },
  { path: 'data/out/big.bin', content: LARGE },
  { path: 'data/out/link', linkTarget: '/etc/passwd' },
];
const TABLE = `Archive size: 262.00 KB
Contents:
  Size        Compressed   Name
  6 B         3 B          stdout.txt
  0 B         0 B          stderr.txt
  4 B         2 B          data/out/a.sh
  683.59 KB   341.80 KB    data/out/big.bin
  11 B        6 B          data/out/link -> /etc/passwd`;

let fake: FakeCluster;
let client: TaskClient;
let folder: string;
beforeEach(async () => {
  fake = await new FakeCluster().start();
  client = new TaskClient({ endpoint: fake.address, patienceMs: 5_000 });
  folder = await mkdtemp(join(tmpdir(), 'gavel-download-'));
  fake.past.push(sampleTask({ task_guid: 'done', number: 766, state: 'COMPLETED', outcome: 'succeeded' }));
  fake.outputs.put('done', FILES);
});
afterEach(async () => {
  client.close();
  await fake.stop();
  await rm(folder, { recursive: true, force: true });
});

const at = async (path: string) => await readFile(join(folder, path));

async function gavel(...args: readonly string[]) {
  const cli = new CliWorld({ env: { GAVEL_SERVER: fake.address } });
  const code = await cli.run(...args);
  return { code, out: cli.out.text, err: cli.err.text };
}

describe('the outputs of the SDK', () => {
  const outputs = () => client.task('done').outputs();

  it('I9 I10 I13 print as the table that people know', async () => {
    const info = await outputs().info();
    expect(String(info)).toBe(TABLE);
    expect(inspect(info)).toBe(TABLE);
    expect(info.total_bytes).toBe(700_021);
    expect((await outputs().list())[3]).toMatchObject({ path: 'data/out/big.bin', size: 700_000 });
  });

  it('come into a folder, links and foreign rights left out', async () => {
    const { files, notes } = await outputs().download(folder);
    expect(files.map(({ path }) => path)).toEqual(['stdout.txt', 'stderr.txt', 'data/out/a.sh', 'data/out/big.bin']);
    expect(notes).toEqual(['data/out/link: not made, it is a link to /etc/passwd']);
    expect((await at('data/out/big.bin')).equals(LARGE)).toBe(true);
    expect((await stat(join(folder, 'data/out/a.sh'))).mode & 0o7777).toBe(0o755);
    expect(await readdir(join(folder, 'data/out'))).toEqual(['a.sh', 'big.bin']);
  });

  it('make empty folders, inside theirs alone', async () => {
    fake.outputs.put('done', [{ path: 'data/void/', content: Buffer.alloc(0) }]);
    expect((await outputs().download(folder)).files).toEqual([]);
    expect((await stat(join(folder, 'data/void'))).isDirectory()).toBe(true);
    fake.outputs.put('done', [{ path: '../void/', content: Buffer.alloc(0) }]);
    await expect(outputs().download(folder)).rejects.toThrow(/would leave the folder/);
  });

  it('go on after a connection that broke, without a byte twice', async () => {
    fake.outputs.breakAfter = 300_000;
    await outputs().download(folder);
    expect((await at('data/out/big.bin')).equals(LARGE)).toBe(true);
    const [first, second] = fake.outputs.asked;
    expect(first?.names).toEqual(['stdout.txt', 'stderr.txt', 'data/out/a.sh', 'data/out/big.bin']);
    expect(second).toMatchObject({ names: ['data/out/big.bin'], offset: String(300_000 - 10) });
  });

  it('go on where an earlier process was cut, and leave what is there whole', async () => {
    await outputs().download(folder, { files: ['stdout.txt'] });
    await writeFile(join(folder, 'big.part'), '');
    await outputs().download(folder, { files: ['data/out/a.sh'] });
    await writeFile(join(folder, 'data/out/big.bin.part'), LARGE.subarray(0, 123_456));
    fake.outputs.asked.length = 0;
    const { files } = await outputs().download(folder, { files: ['stdout.txt', '/data/out'] });
    expect(fake.outputs.asked.map(({ names, offset }) => [names, offset])).toEqual([[['data/out/big.bin'], '123456']]);
    expect(files.map(({ path, present }) => [path, present])).toEqual([
      ['stdout.txt', true],
      ['data/out/a.sh', true],
      ['data/out/big.bin', false],
    ]);
    expect((await at('data/out/big.bin')).equals(LARGE)).toBe(true);
  });

  it('are fetched anew when what lay here was not theirs, and refused when they stay spoilt', async () => {
    await outputs().download(folder, { files: ['data/out/a.sh'] });
    await writeFile(join(folder, 'data/out/big.bin.part'), randomBytes(1_000));
    await outputs().download(folder);
    expect((await at('data/out/big.bin')).equals(LARGE)).toBe(true);
    fake.outputs.spoil = true;
    await expect(async () => {
      for await (const _piece of outputs().stream('data/out/big.bin')) continue;
    }).rejects.toThrow(/sha256 differs/);
  });

  it('stream one file through a break, whole', async () => {
    fake.outputs.breakAfter = 100_000;
    const pieces: Buffer[] = [];
    for await (const piece of outputs().stream('data/out/big.bin')) pieces.push(piece);
    expect(Buffer.concat(pieces).equals(LARGE)).toBe(true);
  });

  it('never leave the folder, whatever a server says', async () => {
    fake.outputs.put('done', [{ path: '../evil', content: Buffer.from('x') }]);
    await expect(outputs().download(folder)).rejects.toThrow(/would leave the folder/);
    expect(await readdir(folder)).toEqual([]);
  });

  it('come as the archive, too', async () => {
    fake.outputs.put('done', []);
    await expect(outputs().download(folder, { files: ['nothing'] })).rejects.toThrow(/no file or folder nothing/);
  });
});

describe('gavel task outputs, download, events', () => {
  it('shows the table, and bytes to programs', async () => {
    fake.outputs.notes = ['/none: there is no such file or folder'];
    const told = await gavel('task', 'outputs', '766');
    expect(told).toMatchObject({ code: 0, out: `${TABLE}\n` });
    expect(told.err).toBe('gavel: /none: there is no such file or folder\n');
    const json = JSON.parse((await gavel('task', 'outputs', '766', '-o', 'json')).out) as object;
    expect(json).toMatchObject({ kind: 'outputs', archive_bytes: 268_288, total_bytes: 700_021 });
  });

  it('downloads what is named, and says what it did', async () => {
    const told = await gavel('task', 'download', '766', 'stdout.txt', 'data', '--to', folder);
    expect(told).toMatchObject({ code: 0, out: `Downloaded 3 files (683.60 KB) to ${folder}\n` });
    expect(told.err).toContain('link: not made, it is a link to /etc/passwd');
    expect((await at('stdout.txt')).toString()).toBe('hello\n');
    expect(await gavel('task', 'download', '766', 'stdout.txt', '--to', '-')).toMatchObject({
      code: 0,
      out: 'hello\n',
    });
    expect(await gavel('task', 'download', '766', '--to', '-')).toMatchObject({ code: 2 });
    expect(await gavel('task', 'download', '766', 'nothing', '--to', folder)).toMatchObject({ code: 3 });
  });

  it('tells every step', async () => {
    const base = { component: 'rep', data: { n: '1' }, attempt: 'abcdefghij', cause: '' };
    fake.timelines.set('done', [
      { ...base, time: '1422394411123456789', actor: 'ann', kind: 'submitted', text: 'submitted by ann' },
      {
        ...base,
        time: '1422394412000000001',
        actor: 'cell-1',
        kind: 'pull_failed',
        text: 'no\u001B[2J',
        cause: 'away',
      },
    ]);
    fake.timelineNotes = ['what cell cell-2 saw is missing: the cell is not connected'];
    const told = await gavel('task', 'events', '766');
    expect(told.out).toBe(
      [
        '#  Time (UTC)               Actor   Event        Text',
        '1  2015-01-27 21:33:31.123  ann     submitted    submitted by ann',
        '2  2015-01-27 21:33:32.000  cell-1  pull_failed  no\\u001b[2J',
        '',
      ].join('\n'),
    );
    expect(told.err).toContain('gavel: what cell cell-2 saw is missing');
    const [first] = (await gavel('task', 'events', '766', '-o', 'jsonl')).out.split('\n');
    expect(first).toContain('"time":1422394411123456789');
    expect(JSON.parse(first ?? '')).toMatchObject({ kind: 'timeline-event', event: 'submitted', number: 766 });
  });
});

describe('gavel task ID', () => {
  it('has the stages that only the timeline knows, with how long they took', async () => {
    const task = fake.past[0];
    const at = (seconds: number) => ((task?.created_at ?? 0n) + BigInt(seconds) * 1_000_000_000n).toString();
    const base = { actor: 'cell-1', component: 'runtime', attempt: 'a', cause: '', data: {} };
    const step = { ...base, data: { path: 'action.serial.actions[0].run' } };
    fake.timelines.set('done', [
      { ...base, time: at(1), kind: 'released', text: 'given back: registry away' },
      { ...base, time: at(2), kind: 'pull_started', text: 'pulling x' },
      { ...base, time: at(6), kind: 'pull_done', text: 'pulled x' },
      { ...step, time: at(7), kind: 'action_started', text: '' },
      { ...step, time: at(17), kind: 'action_ended', text: 'action.serial.actions[0].run succeeded' },
      { ...base, time: at(18), kind: 'outputs_archived', text: '3 files, 1.00 KB, archived as 512 B' },
      { ...base, time: at(20), kind: 'callback', text: '200 from http://ci/hook, attempt 1' },
    ]);
    const started = { claimed_at: BigInt(at(2)), started_at: BigInt(at(7)), first_completed_at: BigInt(at(19)) };
    if (task !== undefined) fake.past[0] = { ...task, ...started, cell_id: 'cell-1' };
    const said = (seconds: number, text: string) => ({ stream: 'stdout' as const, text, time: BigInt(at(seconds)) });
    fake.log('done', said(8, 'in the first step'), said(17, 'behind it'));
    const { out } = await gavel('task', '766');
    const clocks = [...out.matchAll(/^Task 766 \| ([\d:]{8}) \|/gm)].map(([, clock = '']) => clock);
    expect(clocks).toEqual(clocks.toSorted((a, b) => a.localeCompare(b)));
    const lines = out.split('\n').map((line) => line.replace(/^Task 766 \| [\d:]+ \| /, ''));
    expect(lines.slice(1, 12)).toEqual([
      expect.stringMatching(/^Submit: /),
      'Placement: given back by cell-1: registry away (00:00:00)',
      expect.stringMatching(/^Placement: cell-1 won/),
      'Prepare: pulled x (00:00:04)',
      expect.stringMatching(/^Run: /),
      'stdout: in the first step',
      'Step: action.serial.actions[0].run succeeded (00:00:10)',
      'stdout: behind it',
      'Outputs: 3 files, 1.00 KB, archived as 512 B (00:00:00)',
      expect.stringMatching(/^Result: /),
      'Callback: 200 from http://ci/hook, attempt 1 (00:00:00)',
    ]);
  });
});
