import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

/* What `npm publish` would give away, and whether a strict compiler takes its types: against dist/, as whoever installs it has it. */

const ROOT = resolve(import.meta.dirname, '../..');

const PROGRAM = `
import { callbacks, isTaskError, type Task, TaskClient, TaskFailedError, type TaskSpec, type TaskStanding } from 'gavel';

const spec: TaskSpec = { domain: 'd', root_fs: 'preloaded:x', action: { run: { path: '/bin/true' } }, stop: { at: 'checkpoint' } };

export function words(standing: TaskStanding): string {
  switch (standing.state) {
    case 'PENDING':
      return standing.waitingFor;
    case 'CLAIMED':
    case 'RUNNING':
      return standing.cell;
    case 'COMPLETED':
    case 'RESOLVING':
      return standing.outcome;
  }
}

export async function all(client: TaskClient, signal: AbortSignal): Promise<bigint> {
  const handle = await client.tasks.run(spec, { key: 'k', inputs: '/data', signal });
  try {
    const task: Task = await handle.wait({ signal, timeoutMs: 1_000, onEvent: (event) => event.type, onLog: (entry) => entry.type });
    for await (const entry of handle.logs({ follow: true, signal })) if (entry.type === 'line') entry.text.toString();
    await handle.outputs().download('dir', { files: ['a'], signal });
    const answer: { n: number } | null = await handle.resultJson<{ n: number }>(undefined, signal);
    return task.created_at + BigInt(answer?.n ?? 0);
  } catch (error) {
    if (error instanceof TaskFailedError) return error.task.created_at;
    if (isTaskError(error, 'not_found')) return BigInt(error.faults.length);
    throw error;
  }
}

export const took: Task = callbacks.verify('', {}, 'whsec_x');
// @ts-expect-error a state that is none
export const wrong: Task['state'] = 'BORED';
`;

it('compiles for a strict program against the types that are published', () => {
  // Below the root, where the package's own name leads to what it exports.
  mkdirSync(join(ROOT, '.run'), { recursive: true });
  const folder = mkdtempSync(join(ROOT, '.run', 'package-'));
  try {
    writeFileSync(join(folder, 'program.mts'), PROGRAM);
    const flags =
      '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --target es2022 --types node';
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
    const args = [compiler, ...flags.split(' '), '--module', 'nodenext', '--ignoreConfig', join(folder, 'program.mts')];
    expect(said(args)).toBe('');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);

function said(args: readonly string[]): string {
  try {
    return execFileSync(process.execPath, args, { cwd: ROOT, encoding: 'utf8' });
  } catch (error) {
    return String((error as { stdout?: string }).stdout);
  }
}

it('holds the program, its types and its contract, and no tests', () => {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: ROOT,
    encoding: 'utf8',
  });
  const [{ files }] = JSON.parse(listed) as [{ files: { path: string }[] }];
  const paths = files.map(({ path }) => path);
  expect(paths).toEqual(
    expect.arrayContaining([
      'dist/src/main.js',
      'dist/src/client/index.js',
      'dist/src/client/index.d.ts',
      'proto/gavel/v1/task_service.proto',
      'README.md',
      'LICENSE',
    ]),
  );
  expect(paths.filter((path) => /(^|\/)(test|bench|node_modules)\//.test(path))).toEqual([]);
}, 60_000);
