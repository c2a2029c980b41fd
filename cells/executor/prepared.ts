import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { hasProperties, LABELS } from './container-spec.ts';
import type { ContainerRuntime, ContainerSpec, OwnedContainer } from './runtime.ts';

/** A mould that was asked for this often is popular: whatever comes only once is not worth a container that waits. */
const POPULAR_USES = 2;
/** One that nobody has asked for in this time is forgotten, and its containers go. */
const FORGET_MS = 30 * 60_000;
const MOST_MOULDS = 64;
/** How often it is looked whether there is nothing more urgent: to prepare one must slow down no task's start or end. */
const QUIET_MS = 100;
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 60_000;
const CHORES_MS = 60_000;

export interface PreparedDeps {
  readonly runtime: Pick<ContainerRuntime, 'prepare' | 'assign' | 'remove'>;
  /** Most containers that wait at the same time; 0 = none are prepared. */
  readonly most: number;
  /** Whether the disk limit is the engine's: then a container cannot be given another one. */
  readonly diskQuota: boolean;
  /** Whether the cell has nothing more urgent to do, and takes work at all. */
  readonly quiet: () => boolean;
  readonly clock: Clock;
  readonly log: Logger;
}

/** All of a container that cannot be changed once it is made, with the limits that were asked for last. */
interface Mould {
  readonly key: string;
  readonly spec: ContainerSpec;
  readonly uses: number;
  readonly usedMs: number;
}

interface Ready {
  readonly id: string;
  readonly key: string;
}

/**
 * Containers that were started before anybody asked for them, so that a task's process begins in milliseconds. Each serves one
 * task and goes with it. What was used last and often is kept ready, and only made while nothing else starts or ends: a cell that is
 * busy makes its containers one by one, as without this.
 */
export class PreparedContainers {
  /** In the label of every container made here: an earlier process of this cell cannot have made it. */
  readonly #incarnation = randomUUID();
  readonly #deps: PreparedDeps;
  /** The last one asked for is at the end. */
  readonly #moulds = new Map<string, Mould>();
  readonly #removals = new Set<Promise<void>>();
  readonly #stopped = new AbortController();
  readonly #chores: NodeJS.Timeout;
  #ready: Ready[] = [];
  #keeping: Promise<void> | undefined;
  #pauseMs = FIRST_PAUSE_MS;
  /** On the monotonic clock: nothing is prepared before. */
  #restUntilMs = 0;

  constructor(deps: PreparedDeps) {
    this.#deps = deps;
    this.#chores = setInterval(() => this.#keep(), CHORES_MS);
    this.#chores.unref();
  }

  get waiting(): number {
    return this.#ready.length;
  }

  /**
   * A container for this spec that was made ahead, by now named and limited as the spec says.
   * @returns its id; undefined when there is none, and one has to be made.
   * @throws DomainError when the engine does not answer.
   */
  async take(spec: ContainerSpec): Promise<string | undefined> {
    const key = this.#deps.most === 0 ? undefined : mouldOf(spec, this.#deps.diskQuota);
    if (key === undefined || this.#stopped.signal.aborted) return undefined;
    this.#note(key, spec);
    const found = this.#ready.find((one) => one.key === key);
    if (found !== undefined) this.#ready = this.#ready.filter((one) => one !== found);
    this.#keep();
    if (found === undefined) return undefined;
    try {
      await this.#deps.runtime.assign(found.id, spec);
      this.#pauseMs = FIRST_PAUSE_MS;
      return found.id;
    } catch (error) {
      this.#deps.log.warn({ container: found.id, error: errorText(error) }, 'prepared.not-given');
      this.#backOff();
      try {
        // Gone before the task's own is made, which gets the same name.
        await this.#deps.runtime.remove(found.id);
      } catch (failure) {
        this.#discard(found);
        throw failure;
      }
      return undefined;
    }
  }

  /** Whether this process has made it; then it is no stray, whatever it is doing. */
  owns({ labels }: Pick<OwnedContainer, 'labels'>): boolean {
    return labels[LABELS.prepared] === this.#incarnation;
  }

  /** Leaves none behind that waits. */
  async stop(): Promise<void> {
    clearInterval(this.#chores);
    this.#stopped.abort();
    await this.#keeping;
    await Promise.allSettled([...this.#removals, ...this.#ready.map(async ({ id }) => await this.#remove(id))]);
    this.#ready = [];
  }

  #note(key: string, spec: ContainerSpec): void {
    const uses = (this.#moulds.get(key)?.uses ?? 0) + 1;
    this.#moulds.delete(key);
    // Nothing of the task comes into it, least of all its secrets.
    const mould = { ...spec, name: '', labels: {}, path: '', args: [], env: [] };
    this.#moulds.set(key, { key, spec: mould, uses, usedMs: this.#deps.clock.monotonicMs() });
    const [oldest] = this.#moulds.keys();
    if (this.#moulds.size > MOST_MOULDS && oldest !== undefined) this.#moulds.delete(oldest);
  }

  /** Brings what waits to what is wanted, one step at a time. */
  #keep(): void {
    if (this.#keeping !== undefined || this.#stopped.signal.aborted) return;
    this.#keeping = this.#steps().finally(() => {
      this.#keeping = undefined;
    });
  }

  async #steps(): Promise<void> {
    for (;;) {
      const { surplus, lacking } = this.#compare();
      for (const one of surplus) this.#discard(one);
      if (lacking === undefined) return;
      await this.#rest(Math.max(QUIET_MS, this.#restUntilMs - this.#deps.clock.monotonicMs()));
      if (this.#stopped.signal.aborted) return;
      if (!this.#deps.quiet()) continue;
      // Asked anew, for something may have been taken meanwhile.
      const next = this.#compare().lacking;
      if (next !== undefined) await this.#prepare(next);
    }
  }

  #compare(): { readonly surplus: readonly Ready[]; readonly lacking: Mould | undefined } {
    const { most, clock } = this.#deps;
    const since = clock.monotonicMs() - FORGET_MS;
    for (const { key, usedMs } of this.#moulds.values()) if (usedMs < since) this.#moulds.delete(key);
    const wanted = share(
      [...this.#moulds.values()].toReversed().filter(({ uses }) => uses >= POPULAR_USES),
      most,
    );
    const left = new Map(wanted);
    const surplus = this.#ready.filter(({ key }) => {
      const want = left.get(key) ?? 0;
      left.set(key, want - 1);
      return want <= 0;
    });
    const lacking = [...left].find(([, want]) => want > 0)?.[0];
    return { surplus, lacking: lacking === undefined ? undefined : this.#moulds.get(lacking) };
  }

  async #prepare({ key, spec }: Mould): Promise<void> {
    const { runtime, log } = this.#deps;
    const name = `gavel-prepared-${randomUUID()}`;
    const labels = { [LABELS.prepared]: this.#incarnation };
    try {
      const { id, lost } = await runtime.prepare({ ...spec, name, labels });
      const one: Ready = { id, key };
      this.#ready.push(one);
      void lost.then(() => {
        if (!this.#ready.includes(one) || this.#stopped.signal.aborted) return;
        log.warn({ container: name }, 'prepared.lost');
        this.#backOff();
        this.#discard(one);
        this.#keep();
      });
    } catch (error) {
      log.warn({ container: name, image: spec.image, error: errorText(error) }, 'prepared.failed');
      this.#backOff();
      // Its image may be gone, and others are to have their turn: it has to become popular again.
      this.#moulds.delete(key);
      // By its name, for it may be there although we were not told so.
      await this.#remove(name);
    }
  }

  #discard(one: Ready): void {
    this.#ready = this.#ready.filter((other) => other !== one);
    const removal = this.#remove(one.id).finally(() => this.#removals.delete(removal));
    this.#removals.add(removal);
  }

  /** Until it is gone; once the cell stops, it is tried once, and the next process of the cell does the rest. */
  async #remove(id: string): Promise<void> {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      const last = this.#stopped.signal.aborted;
      try {
        return await this.#deps.runtime.remove(id);
      } catch (error) {
        this.#deps.log.warn({ container: id, error: errorText(error) }, 'prepared.remove-failed');
        if (last) return;
        await this.#rest(pauseMs);
      }
    }
  }

  #backOff(): void {
    this.#restUntilMs = this.#deps.clock.monotonicMs() + this.#pauseMs;
    this.#pauseMs = Math.min(this.#pauseMs * 2, LONGEST_PAUSE_MS);
  }

  async #rest(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#stopped.signal, ref: false }).catch(() => undefined);
  }
}

/** Of `most`, one for each that is popular, the last used first; then from the beginning again. */
function share(popular: readonly Mould[], most: number): Map<string, number> {
  const wanted = new Map<string, number>();
  for (let given = 0; given < most && popular.length > 0; given += 1) {
    const { key } = popular[given % popular.length] as Mould;
    wanted.set(key, (wanted.get(key) ?? 0) + 1);
  }
  return wanted;
}

/** What a container must have been made with to serve the spec. Undefined: one of this kind is always made for its task. */
export function mouldOf(spec: ContainerSpec, diskQuota: boolean): string | undefined {
  const { image, user, dir, network, privileged, labels, limits, egress = [] } = spec;
  if (privileged || egress.length > 0 || hasProperties(labels)) return undefined;
  return JSON.stringify([image, user, dir, network, limits.nofile, diskQuota ? limits.diskBytes : 0]);
}
