import type { Duplex } from 'node:stream';
import { DomainError } from '../../src/domain/errors.ts';
import type {
  ContainerLimits,
  ContainerOutput,
  ContainerSpec,
  ContainerState,
  LimitsChange,
  PreparedContainer,
} from '../executor/runtime.ts';
import { encodeCommand } from './command.ts';
import type { Creation } from './creation.ts';
import type { Engine } from './engine.ts';
import { noAnswer } from './errors.ts';
import { ExecWatch } from './exec-watch.ts';
import { within } from './execs.ts';
import { refuseNul } from './profile.ts';
import { splitStreams } from './streams.ts';

export interface WaitingDeps {
  readonly engine: Engine;
  readonly creation: Creation;
  readonly update: (id: string, limits: LimitsChange) => Promise<void>;
  readonly queryDeadlineMs: number;
  readonly startDeadlineMs: number;
}

interface Waiting {
  readonly made: ContainerLimits;
  readonly connection: Duplex;
  readonly watch: ExecWatch;
  readonly output: ContainerOutput;
  /** Whose it is; undefined while it is nobody's. */
  spec: ContainerSpec | undefined;
  begun: boolean;
}

/**
 * Containers that were started ahead of their task: their own process is our helper, which becomes the command that it reads from its
 * stdin. What the engine takes long for is done by then, and all that follows (exit code, OOM flag, signals, output) is told of the
 * container's own process, as of any other container.
 *
 * The engine closes that stdin for good when the one connection to it goes. So only the process that made such a container can
 * ever begin anything in it, and half a command never runs.
 */
export class WaitingContainers {
  readonly #deps: WaitingDeps;
  readonly #held = new Map<string, Waiting>();

  constructor(deps: WaitingDeps) {
    this.#deps = deps;
  }

  async prepare(spec: ContainerSpec): Promise<PreparedContainer> {
    const { creation } = this.#deps;
    const id = await creation.createWaiting(spec);
    try {
      return { id, ...(await this.#wait(id, spec)) };
    } catch (error) {
      this.forget(id);
      await creation.remove(id).catch(() => undefined);
      throw error;
    }
  }
  async assign(id: string, spec: ContainerSpec): Promise<void> {
    const held = this.#held.get(id);
    const what = `give container ${id} to ${spec.name}`;
    if (held === undefined || held.spec !== undefined || held.connection.destroyed || held.connection.readableEnded) {
      throw new DomainError('conflict', `cannot ${what}: it does not wait any more`);
    }
    refuseNul(spec);
    held.spec = spec;
    const { engine, update, queryDeadlineMs: deadlineMs } = this.#deps;
    const path = `/containers/${id}`;
    const done = await Promise.allSettled([
      engine.json({ what, method: 'POST', path: `${path}/rename`, query: { name: spec.name }, deadlineMs }),
      sameLimits(held.made, spec.limits) ? undefined : update(id, spec.limits),
    ]);
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  }

  output(id: string): ContainerOutput | undefined {
    return this.#held.get(id)?.output;
  }

  /** What a command that could not be run says, as for a container made for its task. */
  verdict(id: string): Promise<string> | undefined {
    return this.#held.get(id)?.watch.verdict;
  }

  /** Sends the command, once. Undefined: there is no such container here. */
  begin(id: string): Promise<void> | undefined {
    const held = this.#held.get(id);
    return held === undefined ? undefined : this.#begin(id, held);
  }

  /** One whose command has not begun is to everybody else one that was made and not started. */
  state(id: string, state: ContainerState): ContainerState {
    const held = this.#held.get(id);
    if (held === undefined || held.begun || state.status === 'missing') return state;
    return { ...state, status: 'created', startedAt: undefined, finishedAt: undefined, exit: undefined };
  }

  forget(id: string): void {
    this.#held.get(id)?.connection.destroy();
    this.#held.delete(id);
  }

  /** @returns what settles when nothing can be begun in it any more. */
  async #wait(id: string, spec: ContainerSpec): Promise<{ readonly lost: Promise<void> }> {
    const { engine, queryDeadlineMs, startDeadlineMs } = this.#deps;
    const path = `/containers/${id}`;
    const connection = await engine.duplex({
      what: `attach to container ${spec.name}`,
      path: `${path}/attach`,
      query: { stream: '1', stdin: '1', stdout: '1', stderr: '1' },
      deadlineMs: queryDeadlineMs,
    });
    const watch = new ExecWatch('');
    const output = splitStreams(connection, watch);
    const lost = new Promise<void>((resolve) => {
      connection.once('close', resolve);
      connection.once('end', resolve);
    });
    const held: Waiting = { made: spec.limits, connection, watch, output, spec: undefined, begun: false };
    // It says its pid as the last thing before it becomes the command; nothing comes of a command that did not get there.
    void watch.birth.then(({ pid }) => {
      held.begun = pid !== undefined;
    });
    this.#held.set(id, held);
    const what = `start container ${spec.name}`;
    await engine.json({ what, method: 'POST', path: `${path}/start`, deadlineMs: startDeadlineMs });
    if (!(await within(Promise.race([watch.ready, lost.then(() => false)]), startDeadlineMs, false))) {
      throw noAnswer(what, 'does not wait for a command');
    }
    return { lost };
  }

  async #begin(id: string, held: Waiting): Promise<void> {
    const { connection, watch, spec } = held;
    const what = `start container ${id}`;
    if (spec === undefined) throw new DomainError('conflict', `cannot ${what}: it has no command`);
    watch.path = spec.path;
    connection.write(encodeCommand(spec));
    const { pid } = await within(watch.birth, this.#deps.startDeadlineMs, { pid: undefined });
    if (pid === undefined) throw noAnswer(what, 'did not say that the command has begun');
  }
}

/** Of those that can be changed. */
function sameLimits(made: ContainerLimits, wanted: ContainerLimits): boolean {
  return (['memoryBytes', 'cpuShares', 'pids'] as const).every((name) => made[name] === wanted[name]);
}
