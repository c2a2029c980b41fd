import TinyQueue from 'tinyqueue';
import type { Demand, Needs } from '../auction/needs.ts';
import { type Line, Shares } from './shares.ts';
import type { PendingTask } from './wire.ts';

/** A task that waits for a cell. `where` says who holds it: a lot, the clock, the round at work, or nobody any more. */
export interface Waiting extends Demand {
  readonly domain: string;
  readonly createdAt: number;
  readonly arrival: number;
  waitingFor: string;
  notBeforeMs: number;
  where: 'lot' | 'delayed' | 'out' | 'gone';
  generation: number;
  /** Failed claims in a row; each makes the next pause longer. */
  failures: number;
}

/**
 * Tasks of one domain that ask for exactly the same. When one of them is refused all the others would be, so they are refused as one:
 * a hundred thousand tasks that wait cost no more than the few kinds of them there are.
 */
interface Lot {
  readonly key: string;
  readonly line: Line<Ticket>;
  readonly needs: Needs;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly tasks: TinyQueue<Waiting>;
  /** Tasks in it that still wait; those that are gone are passed over when they come up. */
  live: number;
  /** Refused, and why; ready to be tried otherwise. */
  parked: string | undefined;
  /** Its present place among the ready lots; older tickets of it are void. */
  ticket: Ticket | undefined;
  /**
   * How many of it the next `take` gives at most: after a wait few, for the room may be for one only, and each one refused
   * again is work for nothing. As long as none is refused, four times as many the next time.
   */
  burst: number;
  /** The refusal its tasks were last told of, and when. */
  told: string;
  toldMs: number;
}

interface Ticket {
  readonly lot: Lot;
  /** Of the lot's oldest task. */
  readonly age: number;
}

const WOKEN_BURST = 2;
const TELL_AGAIN_MS = 30_000;

const olderTask = (a: Waiting, b: Waiting) => a.createdAt - b.createdAt || a.arrival - b.arrival;
const sooner = (a: Waiting, b: Waiting) => a.notBeforeMs - b.notBeforeMs;

/** All tasks that wait; of those worth trying the domains' in turns, and of a domain the oldest first. Knows nothing of cells, and holds no clock. */
export class PendingQueue {
  readonly #tasks = new Map<string, Waiting>();
  readonly #lots = new Map<string, Lot>();
  readonly #parked = new Set<Lot>();
  readonly #shares = new Shares<Ticket>();
  readonly #delayed = new TinyQueue<Waiting>([], sooner);
  #arrivals = 0;
  #generation = 0;

  get size(): number {
    return this.#tasks.size;
  }

  get parkedLots(): number {
    return this.#parked.size;
  }

  /** Whether `take` would find about this many. */
  readyAtLeast(tasks: number): boolean {
    let sum = 0;
    for (const { ready } of this.#shares.lines) {
      for (const { lot } of ready.data) {
        sum += lot.live;
        if (sum >= tasks) return true;
      }
    }
    return false;
  }

  /** When the next delayed task may be tried. */
  get nextDueMs(): number | undefined {
    return this.#delayed.peek()?.notBeforeMs;
  }

  has(task: Waiting): boolean {
    return this.#tasks.get(task.guid) === task;
  }

  /** @returns the task, and the refusal that already holds for all that ask for the same. */
  add(pending: PendingTask): { task: Waiting; refusal: string | undefined } {
    const known = this.#tasks.get(pending.guid);
    if (known !== undefined && known.uid === pending.uid) {
      known.generation = this.#generation;
      known.waitingFor = pending.waitingFor;
      // Read when it comes up; a task already delayed keeps its place there.
      if (known.where !== 'delayed') known.notBeforeMs = pending.notBeforeMs;
      return { task: known, refusal: undefined };
    }
    if (known !== undefined) this.#forget(known);
    const task: Waiting = {
      guid: pending.guid,
      uid: pending.uid,
      domain: pending.domain,
      needs: pending.needs,
      memoryMb: pending.memoryMb,
      diskMb: pending.diskMb,
      cpuWeight: pending.cpuWeight,
      createdAt: pending.createdAt,
      arrival: this.#arrivals++,
      waitingFor: pending.waitingFor,
      notBeforeMs: pending.notBeforeMs,
      where: 'out',
      generation: this.#generation,
      failures: 0,
    };
    this.#tasks.set(task.guid, task);
    this.#shares.of(task.domain).waiting += 1;
    return { task, refusal: this.putBack(task) };
  }

  remove(guid: string): void {
    const task = this.#tasks.get(guid);
    if (task !== undefined) this.#forget(task);
  }

  /** No longer ours to place. A younger task of the same guid stays. */
  drop(task: Waiting): void {
    if (this.has(task)) this.#forget(task);
    else task.where = 'gone';
  }

  /** It has a cell: its domain has had one start more. */
  placed(task: Waiting): void {
    this.#shares.charge(task.domain);
    this.drop(task);
  }

  /** A whole list follows: what it does not name is gone when it ends. */
  beginList(): void {
    this.#generation += 1;
  }

  endList(): void {
    for (const task of this.#tasks.values()) {
      if (task.generation !== this.#generation) this.#forget(task);
    }
  }

  /**
   * The tasks worth trying whose turn it is; they are `out` until put back, parked, delayed, dropped or placed.
   * @returns them in parts, each to be placed before the next.
   */
  take(most: number, nowMs: number): Waiting[][] {
    const given = new Map<Lot, number>();
    const resting: Lot[] = [];
    const parts = this.#shares.draw(most, ({ ready }) => {
      const ticket = ready.pop();
      if (ticket === undefined) return undefined;
      const { lot } = ticket;
      if (lot.ticket !== ticket) return undefined;
      lot.ticket = undefined;
      const task = lot.tasks.pop();
      const waits = task?.where === 'lot';
      if (waits) lot.live -= 1;
      const gave = (given.get(lot) ?? 0) + 1;
      given.set(lot, gave);
      if (lot.live === 0) this.#lots.delete(lot.key);
      else if (gave < lot.burst) this.#makeReady(lot);
      else resting.push(lot);
      if (task === undefined || !waits) return undefined;
      if (task.notBeforeMs > nowMs) {
        this.#delay(task);
        return undefined;
      }
      task.where = 'out';
      return task;
    });
    for (const lot of resting) {
      lot.burst *= 4;
      this.#makeReady(lot);
    }
    return parts;
  }

  /** Into its lot. @returns the refusal of that lot, if it is parked. */
  putBack(task: Waiting): string | undefined {
    if (!this.has(task)) return undefined;
    const lot = this.#lotOf(task);
    task.where = 'lot';
    lot.tasks.push(task);
    lot.live += 1;
    if (lot.parked === undefined) this.#makeReady(lot);
    return lot.parked;
  }

  /**
   * Refused for now: it and all that ask for the same are not tried again until woken.
   * @returns the tasks to tell: it alone, or all of its lot when the reason is a new one. The latter not more often than
   * every half minute: where reasons take turns, a long lot would be told without end.
   */
  park(task: Waiting, reason: string, nowMs: number): readonly Waiting[] {
    if (!this.has(task)) return [];
    const lot = this.#lotOf(task);
    lot.parked = reason;
    lot.ticket = undefined;
    this.#parked.add(lot);
    this.putBack(task);
    if (lot.told === reason || (lot.told !== '' && nowMs - lot.toldMs < TELL_AGAIN_MS)) return [task];
    lot.told = reason;
    lot.toldMs = nowMs;
    return lot.tasks.data.filter((other) => other.where === 'lot');
  }

  delayUntil(task: Waiting, ms: number): void {
    if (!this.has(task)) return;
    task.notBeforeMs = ms;
    this.#delay(task);
  }

  /** Moves tasks whose time has come back to their lots. @returns the refusals that hold for them. */
  due(nowMs: number): { task: Waiting; refusal: string }[] {
    const refused: { task: Waiting; refusal: string }[] = [];
    for (
      let next = this.#delayed.peek();
      next !== undefined && next.notBeforeMs <= nowMs;
      next = this.#delayed.peek()
    ) {
      this.#delayed.pop();
      if (next.where !== 'delayed') continue;
      const refusal = this.putBack(next);
      if (refusal !== undefined) refused.push({ task: next, refusal });
    }
    return refused;
  }

  /** Makes those parked lots ready that `fits` says yes to, first those of domains that had least. @returns how many. */
  wake(most: number, fits: (needs: Needs, memoryMb: number, diskMb: number) => boolean): number {
    const found: Lot[] = [];
    for (const lot of this.#parked) {
      if (this.#headOf(lot) === undefined) this.#discard(lot);
      else if (fits(lot.needs, lot.memoryMb, lot.diskMb)) found.push(lot);
    }
    if (found.length > most)
      found.sort((a, b) => this.#shares.at(a.line) - this.#shares.at(b.line) || this.#ageOf(a) - this.#ageOf(b));
    for (const lot of found.slice(0, most)) this.#unpark(lot);
    return Math.min(found.length, most);
  }

  /** What is known of cells changed altogether: everything is worth a try. */
  wakeAll(): void {
    for (const lot of this.#parked) this.#unpark(lot);
  }

  #lotOf(task: Waiting): Lot {
    const key = lotKey(task);
    let lot = this.#lots.get(key);
    if (lot === undefined) {
      const { needs, memoryMb, diskMb } = task;
      const tasks = new TinyQueue<Waiting>([], olderTask);
      lot = {
        key,
        line: this.#shares.of(task.domain),
        needs,
        memoryMb,
        diskMb,
        tasks,
        live: 0,
        parked: undefined,
        ticket: undefined,
        burst: Number.POSITIVE_INFINITY,
        told: '',
        toldMs: 0,
      };
      this.#lots.set(key, lot);
    }
    return lot;
  }

  #forget(task: Waiting): void {
    this.#tasks.delete(task.guid);
    this.#shares.left(task.domain);
    const lot = task.where === 'lot' ? this.#lots.get(lotKey(task)) : undefined;
    task.where = 'gone';
    if (lot === undefined) return;
    lot.live -= 1;
    if (lot.live === 0) this.#discard(lot);
    // Tasks cancelled deep in a long lot must not pile up there.
    else if (lot.tasks.length > 2 * lot.live + 64) {
      const live = lot.tasks.data.filter((other) => other.where === 'lot');
      lot.tasks.data = [];
      lot.tasks.length = 0;
      for (const other of live) lot.tasks.push(other);
    }
  }

  #delay(task: Waiting): void {
    task.where = 'delayed';
    this.#delayed.push(task);
  }

  #makeReady(lot: Lot): void {
    if (lot.ticket !== undefined) return;
    lot.ticket = { lot, age: this.#ageOf(lot) };
    lot.line.ready.push(lot.ticket);
  }

  #unpark(lot: Lot): void {
    this.#parked.delete(lot);
    lot.parked = undefined;
    lot.burst = WOKEN_BURST;
    this.#makeReady(lot);
  }

  #discard(lot: Lot): void {
    lot.ticket = undefined;
    this.#parked.delete(lot);
    this.#lots.delete(lot.key);
  }

  #headOf(lot: Lot): Waiting | undefined {
    for (let head = lot.tasks.peek(); head !== undefined; head = lot.tasks.peek()) {
      if (head.where === 'lot') return head;
      lot.tasks.pop();
    }
    return undefined;
  }

  #ageOf(lot: Lot): number {
    return this.#headOf(lot)?.createdAt ?? 0;
  }
}

function lotKey({ domain, memoryMb, diskMb, needs }: Waiting): string {
  return `${memoryMb}/${diskMb} ${domain.length} ${domain} ${needs.key}`;
}
