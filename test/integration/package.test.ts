import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';

/* What `npm publish` would give away, and whether a strict compiler takes its types: against dist/, as whoever installs it has it. */

const ROOT = resolve(import.meta.dirname, '../..');

const PROGRAM = `
import {
  AlreadyExistsError, callbacks, type FinishedTask, InterruptedError, InvalidStateError, isTaskError, KeyMismatchError, type KillAnswer,
  NotFoundError, type Outcome, type Task, type TaskChange, TaskClient, TaskError, TaskFailedError, type TaskSpec, type TaskStatus,
  type TaskView, TimeoutError, UnavailableError, ValidationError,
} from 'gavel';

const spec: TaskSpec = { domain: 'd', root_fs: 'preloaded:x', action: { run: { path: '/bin/true' } }, stop: { at: 'checkpoint' } };

// Exhaustive: without one of the cases it would end without an answer, which does not compile.
export function words(status: TaskStatus): string {
  switch (status.state) {
    case 'PENDING':
      return status.waitingFor;
    case 'CLAIMED':
      return status.cell;
    case 'RUNNING':
      return status.waitingFor ?? status.cell;
    case 'COMPLETED':
    case 'RESOLVING':
      return status.outcome;
  }
}

// @ts-expect-error a task that runs has no outcome
export const early = (status: TaskStatus & { state: 'RUNNING' }) => status.outcome;

export function told(error: TaskError): unknown {
  const every: readonly unknown[] = [error.code, error.status, error.traceId, error.retryable];
  if (error instanceof KeyMismatchError) return error.diff;
  if (error instanceof AlreadyExistsError) return error.existing;
  if (error instanceof InvalidStateError) return error.state;
  if (error instanceof ValidationError) return error.issues;
  if (error instanceof TaskFailedError) return error.task;
  if (error instanceof InterruptedError) return error.signal;
  return error instanceof NotFoundError || error instanceof UnavailableError || error instanceof TimeoutError || every;
}

export async function surface(client: TaskClient, signal: AbortSignal): Promise<unknown> {
  const placed: string = (await client.tasks.run(spec, { dryRun: true })).summary;
  const finished: FinishedTask = await client.tasks.runAndWait(spec, { allowFailure: true, key: 'k', signal });
  const outcome: Outcome = finished.outcome;
  const task = client.task(766);
  const seen: TaskView = await task.wait({ until: ['running'], signal });
  const answer: KillAnswer = await task.kill({ waitMs: 1_000, reason: 'r', graceMs: 5, signal });
  await using context = await task.syncContext({ signal });
  for await (const change of client.events({ from: '', signal })) if (change.type !== 'resync') words(await task.status());
  const changes: AsyncIterable<TaskChange> = client.raw.watchTasks(signal);
  await client.raw.desireTask(spec, signal);
  const all: readonly TaskView[] = [
    ...(await client.raw.tasks()), ...(await client.raw.tasksByDomain('d')), ...(await client.raw.tasksByCellId('c')),
    await client.raw.taskByGuid('g'),
  ];
  await client.raw.cancelTask('g');
  await client.raw.resolvingTask('g');
  await client.raw.deleteTask('g');
  for await (const entry of task.logs({ since: new Date(), source: 's' })) if (entry.type === 'end') entry.stdout_sha256;
  return [placed, outcome, answer, seen.createdAt.getTime(), seen.created_at + 1n, context, changes, all];
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
      '--noEmit --strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --target es2022 --lib es2023,esnext.disposable --types node';
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
