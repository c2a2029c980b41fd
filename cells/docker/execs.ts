import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import type { ContainerExec, ContainerExit, ContainerOutput, ExecSpec } from '../executor/runtime.ts';
import { type Cgroup, findCgroup, oomKills, sessionOf } from './cgroups.ts';
import { cancelled, type Engine } from './engine.ts';
import { ExecWatch } from './exec-watch.ts';
import { HELPER } from './helper.ts';
import { lastWins } from './profile.ts';
import { collectBounded, splitStreams } from './streams.ts';

/** How long an exit is held back for the last of the output, where it is said that nothing ran. */
const VERDICT_MS = 2_000;
/** How long a signal waits for the process to say its pid. */
const BIRTH_MS = 5_000;
const FIRST_PAUSE_MS = 5;

export interface ExecDeps {
  readonly engine: Engine;
  readonly pollMs: number;
  readonly deadlineMs: number;
  readonly startDeadlineMs: number;
  /** Pid of the container's init as its engine counts it, 0 when it is not running. */
  readonly initPid: (id: string) => Promise<number>;
}

interface ExecRecord {
  readonly Running: boolean;
  readonly ExitCode: number | null;
  readonly Pid: number;
}

/**
 * Runs one process of the user by way of our helper, which makes it tell its pid inside the container. The engine's runtime makes
 * every exec the leader of a session of its own, so that the session is what has to be signalled.
 */
export async function startExec(deps: ExecDeps, id: string, spec: ExecSpec, user: string): Promise<ContainerExec> {
  refuseNul(spec, user);
  const watch = new ExecWatch(spec.path);
  const command = [HELPER, 'run', String(spec.nofile), spec.path, ...spec.args];
  const started = await open(deps, id, { command, env: spec.env, dir: spec.dir, user });
  // An engine that loses the one who listens calls the process ended with 126, or ends it, depending on its version.
  const output = splitStreams(started.body, watch, true);
  const wakers = new Set<() => void>();
  started.body.once('close', () => {
    for (const wake of wakers) wake();
  });
  return new DockerExec(deps, id, started.execId, watch, output, wakers);
}

/** A process beside the container's own, as the engine runs it: nothing of ours says its pid, so only the cell's own machine can signal it. */
export async function startExecBeside(deps: ExecDeps, id: string, spec: ExecSpec): Promise<ContainerExec> {
  refuseNul(spec, spec.user ?? '');
  const { env, dir, user = '' } = spec;
  const started = await open(deps, id, { command: [spec.path, ...spec.args], env, dir, user });
  const output = splitStreams(started.body, UNWATCHED, true);
  const wakers = new Set<() => void>();
  started.body.once('close', () => {
    for (const wake of wakers) wake();
  });
  return new DockerExec(deps, id, started.execId, UNWATCHED, output, wakers);
}

const UNWATCHED = {
  stdout: (stdout: Buffer) => ({ stdout }),
  stderr: (stderr: Buffer) => ({ stderr }),
  end: () => ({}),
  birth: Promise.resolve({ pid: undefined, ooms: undefined }),
  verdict: Promise.resolve(''),
};

type Watched = Pick<ExecWatch, 'birth' | 'verdict'>;

class DockerExec implements ContainerExec {
  readonly output: ContainerOutput;
  readonly #deps: ExecDeps;
  readonly #id: string;
  readonly #execId: string;
  readonly #watch: Watched;
  /** Called when the output has ended. */
  readonly #wakers: Set<() => void>;
  #exit: ContainerExit | undefined;

  constructor(
    deps: ExecDeps,
    id: string,
    execId: string,
    watch: Watched,
    output: ContainerOutput,
    wakers: Set<() => void>,
  ) {
    this.#deps = deps;
    this.#id = id;
    this.#execId = execId;
    this.#watch = watch;
    this.output = output;
    this.#wakers = wakers;
  }

  async wait(signal: AbortSignal): Promise<ContainerExit> {
    const what = `wait for a process of container ${this.#id}`;
    for (let ms = FIRST_PAUSE_MS; ; ) {
      if (signal.aborted) throw cancelled(what);
      if (this.#exit !== undefined) return this.#exit;
      const record = await this.#record(signal).catch((error: unknown) => {
        // The process may well go on while the engine does not answer.
        if (isDomainError(error, 'unavailable')) return undefined;
        throw error;
      });
      if (record !== undefined && !record.Running && record.ExitCode !== null) {
        this.#exit ??= await this.#explain(record.ExitCode);
        return this.#exit;
      }
      // Once the output has ended, the exit is mostly a moment away.
      const woken = await pause(ms, signal, this.#wakers);
      ms = woken ? FIRST_PAUSE_MS : Math.min(ms * 2, this.#deps.pollMs);
    }
  }

  async kill(signalName: string): Promise<void> {
    const number = (constants.signals as Partial<Record<string, number>>)[signalName];
    if (number === undefined) throw new DomainError('invalid_argument', `invalid signal: ${signalName}`);
    if (this.#exit !== undefined) return;
    try {
      const birth = await within(this.#watch.birth, BIRTH_MS, undefined);
      const leader = await this.#leader();
      const cgroup = await findCgroup(await this.#deps.initPid(this.#id), this.#id);
      if (cgroup !== undefined && leader > 0 && (await signalHere(cgroup, leader, number))) return;
      if (birth?.pid === undefined) return;
      // Nothing of the container is seen from here, or it may not be signalled: done from inside, by the helper.
      await runHelper(this.#deps, this.#id, ['kill', String(number), String(birth.pid)]);
    } catch (error) {
      if (isDomainError(error, 'not_found') || isDomainError(error, 'conflict')) return;
      throw error;
    }
  }

  /** A process that nothing of ours speaks for has no pid yet when its start has just been answered. 0: it is over, or never came. */
  async #leader(): Promise<number> {
    for (const until = performance.now() + BIRTH_MS; performance.now() < until; ) {
      const { Pid: pid, Running: running, ExitCode: code } = await this.#record();
      if (pid > 0 || (!running && code !== null)) return pid;
      await sleep(FIRST_PAUSE_MS);
    }
    return 0;
  }

  async #record(signal?: AbortSignal): Promise<ExecRecord> {
    const record = await this.#deps.engine.json({
      what: `look at a process of container ${this.#id}`,
      method: 'GET',
      path: `/exec/${this.#execId}/json`,
      deadlineMs: this.#deps.deadlineMs,
      ...(signal === undefined ? {} : { signal }),
    });
    return record as ExecRecord;
  }

  async #explain(exitCode: number): Promise<ContainerExit> {
    if (exitCode === 0) return { exitCode, oomKilled: false, error: '' };
    const error = await within(this.#watch.verdict, VERDICT_MS, '');
    if (error !== '') return { exitCode, oomKilled: false, error };
    const { ooms } = await within(this.#watch.birth, VERDICT_MS, { pid: undefined, ooms: undefined });
    const now = ooms === undefined ? undefined : await this.#ooms().catch(() => undefined);
    return { exitCode, oomKilled: now !== undefined && now > (ooms ?? now), error: '' };
  }

  /** The engine's flag is for the container's own process only; the cgroup counts for all of them. */
  async #ooms(): Promise<number | undefined> {
    const cgroup = await findCgroup(await this.#deps.initPid(this.#id), this.#id);
    if (cgroup !== undefined) return await cgroup.ooms();
    const files = ['/sys/fs/cgroup/memory/memory.oom_control', '/sys/fs/cgroup/memory.events'];
    return oomKills((await runHelper(this.#deps, this.#id, ['cat', ...files])).replaceAll('\0', '\n'));
  }
}

/** All processes of a session, from outside. False when this cell may not. What forks meanwhile is found by a further round. */
async function signalHere(cgroup: Cgroup, session: number, signal: number): Promise<boolean> {
  const rounds = signal === constants.signals.SIGKILL ? 20 : 1;
  for (let round = 0; round < rounds; round += 1) {
    let found = 0;
    for (const pid of await cgroup.pids()) {
      if ((await sessionOf(pid)) !== session) continue;
      found += 1;
      try {
        process.kill(pid, signal);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EPERM') return false;
      }
    }
    if (found === 0) return true;
  }
  return true;
}

/** Runs our helper as root in the container, to its end, and gives what it prints. */
export async function runHelper(deps: ExecDeps, id: string, args: readonly string[]): Promise<string> {
  const signal = AbortSignal.timeout(deps.deadlineMs);
  const started = await open(deps, id, { command: [HELPER, ...args], env: [], dir: '/', user: '0:0' }, signal);
  const output = splitStreams(started.body, {
    stdout: (stdout) => ({ stdout }),
    stderr: (stderr) => ({ stderr }),
    end: () => ({}),
  });
  output.stderr.resume();
  return (await collectBounded(output.stdout, 64 * 1_024)).toString('utf8');
}

interface Command {
  readonly command: readonly string[];
  readonly env: readonly string[];
  readonly dir: string | undefined;
  readonly user: string;
}

/** Two calls; only the second one starts anything, and it is sent once. */
async function open(deps: ExecDeps, id: string, { command, env, dir, user }: Command, signal?: AbortSignal) {
  const what = `run a process in container ${id}`;
  const created = await deps.engine.json({
    what,
    method: 'POST',
    path: `/containers/${encodeURIComponent(id)}/exec`,
    body: {
      AttachStdout: true,
      AttachStderr: true,
      Cmd: command,
      Env: lastWins(env),
      ...(dir === undefined ? {} : { WorkingDir: dir }),
      ...(user === '' ? {} : { User: user }),
    },
    deadlineMs: deps.deadlineMs,
    ...(signal === undefined ? {} : { signal }),
  });
  const { Id: execId } = created as { Id: string };
  const body = await deps.engine.open({
    what,
    method: 'POST',
    path: `/exec/${execId}/start`,
    body: { Detach: false, Tty: false },
    deadlineMs: deps.startDeadlineMs,
    ...(signal === undefined ? {} : { signal }),
  });
  return { execId, body };
}

function refuseNul(spec: ExecSpec, user: string): void {
  if (spec.path === '') throw new DomainError('invalid_argument', 'the path of the command is empty');
  if ([spec.path, ...spec.args, ...spec.env, spec.dir ?? '', user].some((text) => text.includes('\0'))) {
    throw new DomainError('invalid_argument', 'a NUL character in the path, arguments, environment, dir or user');
  }
}

/** True when it was woken before its time. */
async function pause(ms: number, signal: AbortSignal, wakers: Set<() => void>): Promise<boolean> {
  return await new Promise<boolean>((resolve) => {
    const done = (woken: boolean): void => {
      clearTimeout(timer);
      wakers.delete(wake);
      signal.removeEventListener('abort', wake);
      resolve(woken);
    };
    const wake = (): void => done(true);
    const timer = setTimeout(() => done(false), ms);
    wakers.add(wake);
    signal.addEventListener('abort', wake, { once: true });
    if (signal.aborted) wake();
  });
}

export async function within<T, U>(promise: Promise<T>, ms: number, otherwise: U): Promise<T | U> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<U>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), ms);
  });
  return await Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
