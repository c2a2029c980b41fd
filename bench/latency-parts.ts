import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { containerBody } from '../cells/docker/profile.ts';
import { engineSocket, IMAGE, requireEngine, specOf } from '../test/support/engine.ts';
import { cellName, startSystem, type TestSystem } from '../test/support/system.ts';

/* What the benchmarks on a real engine share: the system, the bare API with the same options, and `docker run`. */

/** The compiled bench lies elsewhere than the tests, so the engine is the one of the environment. Without one it fails. */
export async function needEngine(): Promise<void> {
  process.env['GAVEL_TEST_DOCKER_HOST'] ??= process.env['DOCKER_HOST'];
  if (process.env['GAVEL_TEST_DOCKER_HOST'] === undefined) {
    throw new Error(
      'This benchmark needs a container engine. Run `make bench`, or set DOCKER_HOST=unix:///path/docker.sock.',
    );
  }
  await requireEngine();
}

export interface BenchSystem extends TestSystem {
  readonly cellId: string;
}

export async function system(cell: Record<string, unknown>): Promise<BenchSystem> {
  const cellId = `bench-${randomUUID().slice(0, 8)}`;
  const started = await startSystem({ cells: { [cellId]: { memoryMb: 8_192, ...cell } } });
  return { ...started, cellId: cellName(cellId) };
}

export const MEMORY_MB = 64;
const agent = new Agent({ keepAlive: true, maxSockets: 64 });

/** One call of the engine's API over connections that stay, as a client of it would. */
export async function api(method: string, path: string, body?: object): Promise<string> {
  return await new Promise((done, fail) => {
    const text = body === undefined ? '' : JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const call = request({ socketPath: engineSocket(), method, path, headers, agent }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () => {
        const said = Buffer.concat(chunks).toString();
        if ((answer.statusCode ?? 500) < 300) done(said);
        else fail(new Error(`${method} ${path}: ${answer.statusCode} ${said}`));
      });
    });
    call.on('error', fail);
    call.end(text);
  });
}

const STARTED = '/started';
/** Notes the time of its first instruction, and tells it. */
export const NOTING = ['/bin/sh', '-c', `: > ${STARTED}; stat -c %z ${STARTED} > /result`] as const;
const TRUE = ['/bin/true'] as const;

const bareName = () => `gavel-bench-${randomUUID()}`;

let version: Promise<string> | undefined;
const apiVersion = async () => (JSON.parse(await api('GET', '/version')) as { ApiVersion: string }).ApiVersion;

/** create, start and wait with the very body that a cell sends. @returns its name, to remove it off the clock. */
export async function bareRun([path = '', ...args]: readonly string[] = TRUE): Promise<string> {
  const spec = specOf({
    name: bareName(),
    path,
    args,
    limits: { memoryBytes: MEMORY_MB * 2 ** 20, diskBytes: 0, cpuShares: 0, pids: 1_024, nofile: 0 },
  });
  const body = containerBody(spec, {
    cellId: 'bare',
    quota: undefined,
    imageBytes: 0,
    apiVersion: await (version ??= apiVersion()),
  });
  const { Id } = JSON.parse(await api('POST', `/containers/create?name=${spec.name}`, body)) as { Id: string };
  await api('POST', `/containers/${Id}/start`);
  // Asked after the start: a wait for the next exit that comes late would wait for ever.
  await api('POST', `/containers/${Id}/wait`);
  return spec.name;
}

/** `docker run` of the same image and limits. */
export async function cliRun(command: readonly string[]): Promise<string> {
  const name = bareName();
  const limits = ['--memory', `${MEMORY_MB}m`, '--memory-swap', `${MEMORY_MB}m`, '--pids-limit', '1024'];
  const args = [
    'run',
    '--init',
    '--network',
    'none',
    '--log-driver',
    'none',
    ...limits,
    '--name',
    name,
    IMAGE,
    ...command,
  ];
  const child = spawn('docker', args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DOCKER_HOST: `unix://${engineSocket()}` },
  });
  const code = await new Promise((done, fail) => {
    child.on('error', fail);
    child.on('exit', done);
  });
  if (code !== 0) throw new Error(`docker run: exit status ${String(code)}`);
  return name;
}

export const remove = (name: string): Promise<string> => api('DELETE', `/containers/${name}?force=1&v=1`);

/** When the process began by its own word, which costs every competitor the same; in ms of the wall clock, to 4 ms. */
export async function beganAt(name: string): Promise<number> {
  const found = await head(`/containers/${name}/archive?path=${STARTED}`);
  return Date.parse((JSON.parse(Buffer.from(found, 'base64').toString()) as { mtime: string }).mtime);
}

/** The file that a callback brings along, as the engine hands it out. */
export const resultOf = (name: string): Promise<string> => api('GET', `/containers/${name}/archive?path=/result`);

async function head(path: string): Promise<string> {
  return await new Promise((done, fail) => {
    const call = request({ socketPath: engineSocket(), method: 'HEAD', path, agent }, (answer) => {
      answer.resume();
      const told = answer.headers['x-docker-container-path-stat'];
      if (typeof told === 'string') done(told);
      else fail(new Error(`HEAD ${path}: ${answer.statusCode}`));
    });
    call.on('error', fail);
    call.end();
  });
}

/** The containers of a cell that wait for a task. */
export async function waiting(cellId: string): Promise<readonly string[]> {
  const filters = { label: [`gavel.cell=${cellId}`, 'gavel.prepared'], status: ['running'], name: ['gavel-prepared-'] };
  const list = await api('GET', `/containers/json?filters=${encodeURIComponent(JSON.stringify(filters))}`);
  return (JSON.parse(list) as { Id: string }[]).map(({ Id }) => Id);
}
