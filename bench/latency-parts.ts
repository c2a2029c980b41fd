import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { cellConfig } from '../cells/config.ts';
import { containerBody } from '../cells/docker/profile.ts';
import { engineSocket, IMAGE, requireEngine, specOf } from '../test/support/engine.ts';
import { startSystem, type TestSystem } from '../test/support/system.ts';

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

/** Whether cells can be asked to keep prepared containers, and how. */
export const PREPARED: Record<string, unknown> | undefined =
  process.env['PREPARED'] === undefined
    ? 'prepared' in cellConfig.shape
      ? {}
      : undefined
    : (JSON.parse(process.env['PREPARED']) as Record<string, unknown>);

export interface BenchSystem extends TestSystem {
  readonly cellId: string;
}

export async function system(cell: Record<string, unknown>): Promise<BenchSystem> {
  const cellId = `bench-${randomUUID().slice(0, 8)}`;
  return { ...(await startSystem({ cells: { [cellId]: { memoryMb: 8_192, ...cell } } })), cellId };
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

const bareName = () => `gavel-bench-${randomUUID()}`;

let version: Promise<string> | undefined;
const apiVersion = async () => (JSON.parse(await api('GET', '/version')) as { ApiVersion: string }).ApiVersion;

/** create, start and wait with the very body that a cell sends. @returns its name, to remove it off the clock. */
export async function bareRun(): Promise<string> {
  const spec = specOf({
    name: bareName(),
    limits: { memoryBytes: MEMORY_MB * 2 ** 20, diskBytes: 0, cpuShares: 0, pids: 1_024, nofile: 0 },
  });
  const body = containerBody(spec, {
    cellId: 'bare',
    quota: undefined,
    imageBytes: 0,
    apiVersion: await (version ??= apiVersion()),
  });
  const { Id } = JSON.parse(await api('POST', `/containers/create?name=${spec.name}`, body)) as { Id: string };
  const over = api('POST', `/containers/${Id}/wait?condition=next-exit`);
  await api('POST', `/containers/${Id}/start`);
  await over;
  return spec.name;
}

/** `docker run` of the same image and limits. */
export async function cliRun(): Promise<string> {
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
    '/bin/true',
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

interface EngineEvent {
  readonly Action: string;
  readonly timeNano: number;
  readonly Actor: { readonly Attributes: Readonly<Record<string, string>> };
}

/** The engine's own word on when processes begin, by one clock for everybody who is compared. */
export class Starts {
  readonly #seen: EngineEvent[] = [];
  readonly #answer: IncomingMessage;

  static async open(): Promise<Starts> {
    const filters = encodeURIComponent(JSON.stringify({ type: ['container'], event: ['start', 'exec_start'] }));
    const answer = await new Promise<IncomingMessage>((done, fail) => {
      const call = request({ socketPath: engineSocket(), path: `/events?filters=${filters}`, agent: false }, done);
      call.on('error', fail);
      call.end();
    });
    return new Starts(answer);
  }

  private constructor(answer: IncomingMessage) {
    this.#answer = answer;
    let rest = '';
    answer.on('data', (bytes: Buffer) => {
      const lines = (rest + bytes.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') this.#seen.push(JSON.parse(line) as EngineEvent);
    });
    answer.on('error', () => {});
  }

  /**
   * When the first process of a container began since then, in ms of the wall clock; `action` says what such a beginning is, and the
   * name or the label `gavel.cell` whose it is: others may use the engine, too.
   */
  since(wallMs: number, action: 'start' | 'exec_start', owner: string): number {
    const found = this.#seen.find(({ Action, timeNano, Actor: { Attributes } }) => {
      if (!Action.startsWith(action) || timeNano / 1e6 < wallMs) return false;
      return Attributes['name'] === owner || Attributes['gavel.cell'] === owner;
    });
    if (found === undefined) throw new Error(`the engine told of no start of ${owner}`);
    return found.timeNano / 1e6;
  }

  close(): void {
    this.#answer.destroy();
  }
}
