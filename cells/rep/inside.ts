import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import type { Logger } from 'pino';
import { DomainError, errorText } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/platform/clock.ts';
import type { ExecChunk } from '../../src/rpc/gen/gavel/v1/ExecChunk.ts';
import type { ExecWanted__Output } from '../../src/rpc/gen/gavel/v1/ExecWanted.ts';
import type { TaskUsage } from '../../src/rpc/gen/gavel/v1/TaskUsage.ts';
import { type CellPolicy, furtherSpec } from '../executor/container-spec.ts';
import { Gate } from '../executor/gate.ts';
import type { ContainerExec, ContainerRuntime } from '../executor/runtime.ts';
import type { Timelines } from '../executor/timeline.ts';
import type { Attempt } from './attempt.ts';
import type { Calls } from './calls.ts';
import type { Rep } from './rep.ts';
import type { Claim } from './wire.ts';

export interface InsideDeps {
  readonly rep: Pick<Rep, 'find' | 'running'>;
  readonly runtime: ContainerRuntime;
  readonly calls: Pick<Calls, 'fetch'>;
  readonly timelines: Timelines;
  readonly policy: CellPolicy;
  /** The operator of this cell lets people run commands in tasks. */
  readonly allowExec: boolean;
  readonly clock: Clock;
  readonly log: Logger;
  readonly leaving: AbortSignal;
}

/** Containers that are measured at the same time. */
const MEASURED_AT_ONCE = 4;
/** Whoever asks again sooner gets the same figures: many who look are no burden to what runs. */
const FRESH_MS = 500;
/** How long a quiet command may not know that nobody reads it any more. */
const TICK_MS = 1_000;
const CHUNKS_WAITING = 16;

/** What people want to know of, or do in, containers whose tasks run. */
export class Inside {
  readonly #deps: InsideDeps;
  readonly #gate = new Gate(MEASURED_AT_ONCE);
  readonly #known = new Map<string, { readonly at: number; readonly usage: Promise<TaskUsage | undefined> }>();

  constructor(deps: InsideDeps) {
    this.#deps = deps;
  }

  /** Of one attempt, or with an empty one of all. One that cannot be measured is left out. */
  async usages(attempt: string): Promise<TaskUsage[]> {
    const { rep, clock } = this.#deps;
    const now = clock.monotonicMs();
    for (const [known, { at }] of this.#known) if (now - at >= FRESH_MS) this.#known.delete(known);
    const running = rep.running().filter((one) => attempt === '' || one.attempt === attempt);
    const told = await Promise.all(
      running.map(async (one) => {
        const known = this.#known.get(one.attempt)?.usage ?? this.#gate.through(async () => await this.#measure(one));
        if (!this.#known.has(one.attempt)) this.#known.set(one.attempt, { at: now, usage: known });
        return await known;
      }),
    );
    return told.filter((usage) => usage !== undefined);
  }

  async #measure({ guid, attempt, container }: Attempt): Promise<TaskUsage | undefined> {
    const { runtime, clock, log } = this.#deps;
    if (container === undefined) return undefined;
    try {
      const { cpuNanoseconds, memoryBytes, peakMemoryBytes, diskBytes, pids } = await runtime.usageNow(container);
      return {
        task_guid: guid,
        attempt,
        measured_at: clock.nowNanos().toString(),
        ...(cpuNanoseconds === undefined ? {} : { cpu_nanoseconds: cpuNanoseconds.toString() }),
        ...(memoryBytes === undefined ? {} : { memory_bytes: memoryBytes }),
        ...(peakMemoryBytes === undefined ? {} : { peak_memory_bytes: peakMemoryBytes }),
        ...(diskBytes === undefined ? {} : { disk_bytes: diskBytes }),
        ...(pids === undefined ? {} : { pids }),
      };
    } catch (error) {
      // It ended meanwhile, or the engine does not answer now.
      log.debug({ guid, error: errorText(error) }, 'usage.unknown');
      return undefined;
    }
  }

  /**
   * Runs one more command in the container of a task, for as long as this is read. Who asked for it and how it ended are on the timeline.
   * @throws DomainError `permission_denied`, `invalid_transition`, `invalid_argument`, `unavailable`.
   */
  async *exec(claim: Claim, wanted: ExecWanted__Output): AsyncGenerator<ExecChunk> {
    const { allowExec, policy, rep, runtime, calls, leaving, timelines, log } = this.#deps;
    const { by, path, args } = wanted;
    if (!allowExec)
      throw new DomainError(
        'permission_denied',
        `cell ${policy.cellId} lets nobody run commands in its tasks (its setting allowExec is off)`,
      );
    const attempt = rep.find(claim.attempt);
    const { container } = attempt ?? {};
    if (attempt?.phase !== 'running' || container === undefined)
      throw new DomainError('invalid_transition', 'the process of the task does not run');
    const { task } = await calls.fetch(attempt, leaving);
    if (task === undefined) throw new DomainError('invalid_transition', 'the task has ended');
    const spec = furtherSpec(task, wanted, { uid: task.uid, attempt: attempt.attempt }, policy);
    const command = [path, ...args].join(' ');
    const note = (kind: string, text: string, data: Readonly<Record<string, string>>) => {
      // Of one that is over nothing is written any more.
      if (rep.find(claim.attempt) !== undefined) timelines.of(claim).note('rep', kind, text, { data });
      log.info({ guid: claim.guid, attempt: claim.attempt, by, command, ...data }, `task.${kind}`);
    };
    note('exec_started', `${by} runs ${command}`, { by });
    let exitCode: number | undefined;
    let exec: ContainerExec | undefined;
    try {
      exec = await (attempt.steps ? runtime.exec(container, spec) : runtime.execBeside(container, spec));
      yield* outputOf(exec);
      const exit = await exec.wait(leaving);
      exitCode = exit.exitCode;
      yield { end: { exit_code: exit.exitCode, error: exit.error } };
    } finally {
      if (exitCode === undefined) {
        exec?.output.close();
        // Nobody reads it any more; where it cannot be signalled it ends with its container.
        await exec?.kill('SIGKILL').catch((error: unknown) => log.warn({ error: errorText(error) }, 'exec.not-killed'));
      }
      const how = exitCode === undefined ? 'was broken off' : `ended with ${exitCode}`;
      note('exec_ended', `${command} ${how}`, {
        by,
        ...(exitCode === undefined ? {} : { exit_code: String(exitCode) }),
      });
    }
  }
}

/** Both streams as they come, and an empty piece each second, so that a reader who has gone is noticed. */
async function* outputOf({ output }: ContainerExec): AsyncGenerator<ExecChunk> {
  const merged = new PassThrough({ objectMode: true, highWaterMark: CHUNKS_WAITING });
  const over = new AbortController();
  const pump = async (stream: Readable, chunk: (bytes: Buffer) => ExecChunk) => {
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      if (over.signal.aborted) return;
      if (!merged.write(chunk(bytes))) await once(merged, 'drain', { signal: over.signal });
    }
  };
  const both = [pump(output.stdout, (stdout) => ({ stdout })), pump(output.stderr, (stderr) => ({ stderr }))];
  void Promise.allSettled(both).then(() => merged.end());
  const tick = setInterval(() => {
    if (merged.writableLength === 0 && !merged.writableEnded) merged.write({ stdout: Buffer.alloc(0) });
  }, TICK_MS);
  try {
    for await (const chunk of merged as AsyncIterable<ExecChunk>) yield chunk;
  } finally {
    over.abort();
    clearInterval(tick);
  }
}
