import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { type Placed, place } from '../auction/auction.ts';
import { CellIndex } from '../auction/cell-index.ts';
import type { Refused } from '../auction/refusal.ts';
import type { Policy } from '../auction/score.ts';
import { AWAY_MS } from '../domain/deadlines.ts';
import { errorText } from '../domain/errors.ts';
import type { Clock } from '../platform/clock.ts';
import { bounded } from '../platform/group.ts';
import { traced } from '../platform/trace.ts';
import type { PendingEvent__Output } from '../rpc/gen/gavel/v1/PendingEvent.ts';
import type { Client } from '../rpc/types.ts';
import { CellBook, type Hold } from './cell-book.ts';
import { Noter } from './noter.ts';
import { PendingQueue, type Waiting } from './pending-queue.ts';
import { offerFromWire, pendingFromWire } from './wire.ts';

/** Tasks of one round, and so of one call to the BBS: what gathers while a call is under way makes the next round. */
const ROUND_TASKS = 200;
/** Kinds of waiting tasks tried when room appears; the next round takes more as long as they fit. */
const WOKEN_LOTS = 200;
const GATHER_MS = 2;
const CLAIM_MS = 5_000;
const CALL_PAUSE_FIRST_MS = 50;
const CALL_PAUSE_MOST_MS = 2_000;
const TASK_PAUSE_FIRST_MS = 200;
const TASK_PAUSE_MOST_MS = 30_000;
/** Cells get this long to come back before a task is refused for good in their absence. */
export const SETTLE_MS = 5_000;

export interface AuctioneerDeps {
  readonly placement: Client<'PlacementService'>;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly log: Logger;
  readonly settleMs?: number;
  readonly awayMs?: number;
  /** Told of each round that had something to place. */
  readonly onRound?: (round: Round) => void;
}

export interface Round {
  readonly ms: number;
  readonly notNow: number;
  readonly neverFits: number;
}

export interface AuctioneerStats {
  readonly pending: number;
  readonly joined: number;
  readonly rounds: number;
  readonly claimed: number;
}

/**
 * Matches what waits with the cells that joined, in rounds: place, claim in one call, which tells the cells. One round at a time;
 * a round is begun by an event (a task, more room, the clock) and never by polling.
 *
 * Nothing here is needed for safety: a claim commits only if the task is still pending and the cell still registered.
 */
export class Auctioneer {
  readonly index: CellIndex;
  readonly queue = new PendingQueue();
  readonly cells: CellBook;
  readonly #deps: AuctioneerDeps;
  readonly #noter: Noter;
  readonly #ending = new AbortController();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #settleMs: number;
  #synced = false;
  #leading = false;
  /** Monotonic time since when no registration was lost (or none was seen yet). */
  #unsettledSince = Number.NEGATIVE_INFINITY;
  #firstCellAt: number | undefined;
  #withheld = false;
  #settleTimer = false;
  #roomFreed = false;
  #kicked = false;
  #loop: Promise<void> | undefined;
  #dueTimer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #notBefore = 0;
  #callPause = CALL_PAUSE_FIRST_MS;
  #lastRoundMs = Number.NEGATIVE_INFINITY;
  #rounds = 0;
  #claimed = 0;

  constructor(deps: AuctioneerDeps) {
    this.#deps = deps;
    this.#settleMs = deps.settleMs ?? SETTLE_MS;
    this.index = new CellIndex(deps.policy);
    const { placement, log, clock } = deps;
    this.cells = new CellBook({
      index: this.index,
      onRoom: () => {
        this.#roomFreed = true;
        this.#kick();
      },
      monotonicMs: () => clock.monotonicMs(),
      awayMs: deps.awayMs ?? AWAY_MS,
      // A little later than asked: a timer may fire a millisecond early.
      expireIn: (ms) =>
        this.#later(ms + 5, () => {
          if (this.cells.expire()) this.#withhold();
        }),
    });
    this.#noter = new Noter({
      placement,
      log,
      queue: this.queue,
      signal: this.#ending.signal,
      onRefusalFailed: (task) => this.#pauseTask(task),
    });
  }

  /** Only the leader places and says why tasks wait; the others know as much as it does. */
  lead(leading: boolean): void {
    this.#leading = leading;
    // What was said about what waits was another one's business until now.
    if (leading) this.#withhold();
    this.#kick();
  }

  get leading(): boolean {
    return this.#leading;
  }

  get synced(): boolean {
    return this.#synced;
  }

  stats(): AuctioneerStats {
    return { pending: this.queue.size, joined: this.cells.joined, rounds: this.#rounds, claimed: this.#claimed };
  }

  onEvent(event: PendingEvent__Output): void {
    switch (event.event) {
      case 'reset':
        // Until the list is whole, nothing may be said of what is not yet in it.
        this.#synced = false;
        this.queue.beginList();
        this.cells.beginList();
        return;
      case 'pending':
        if (event.pending !== null && event.pending !== undefined) this.#add(pendingFromWire(event.pending));
        return;
      case 'gone':
        if (event.gone !== null && event.gone !== undefined) this.queue.remove(event.gone.task_guid);
        return;
      case 'synced':
        this.queue.endList();
        if (this.cells.endList()) this.#lostCell();
        this.#synced = true;
        this.#kick();
        return;
      case 'cell':
        if (event.cell?.offer === null || event.cell?.offer === undefined) return;
        this.#firstCellAt ??= this.#deps.clock.monotonicMs();
        this.cells.registered(event.cell.offer.cell_id, offerFromWire(event.cell.offer), BigInt(event.cell.epoch));
        // Waiting "for any cell at all" is over, and a kind that nobody offered may be offered now.
        this.#withhold();
        this.#kick();
        return;
      case 'cell_gone':
        if (event.cell_gone === null || event.cell_gone === undefined) return;
        this.cells.unregistered(event.cell_gone.cell_id, BigInt(event.cell_gone.epoch));
        this.#lostCell();
        return;
      case undefined:
        return;
    }
  }

  /** Lets the round at work finish, within the time given; begins none after it. */
  async stop(graceMs: number): Promise<void> {
    const loop = this.#loop;
    this.#ending.abort();
    clearTimeout(this.#dueTimer);
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    if (loop !== undefined) await bounded(loop, graceMs, 'the last round').catch(() => {});
  }

  #add(pending: ReturnType<typeof pendingFromWire>): void {
    const { task, refusal } = this.queue.add(pending);
    this.#noter.seen(task);
    // Others that ask for the same are waiting already.
    if (refusal === undefined) this.#kick();
    else if (!this.#standby()) this.#noter.waits(task, refusal, '');
  }

  /** Another one leads, or the cells are still on their way here. */
  #standby(): boolean {
    return !this.#leading || (this.cells.joined === 0 && this.cells.census().known > 0);
  }

  /** A cell may only be restarting: nothing is refused for good in its absence for a while, then everything is looked at again. */
  #lostCell(): void {
    this.#unsettledSince = this.#deps.clock.monotonicMs();
    this.#withhold();
  }

  /** Everything that waits is to be judged again as soon as the registrations are settled. */
  #withhold(): void {
    this.#withheld = true;
    if (this.#settleTimer) return;
    this.#settleTimer = true;
    this.#later(this.#settleMs + 5, () => {
      this.#settleTimer = false;
      this.#kick();
    });
  }

  /** Whether "no registered cell could ever take it" may be said: the registrations are all there and not in motion. */
  #settled(): boolean {
    if (!this.#synced || this.cells.joined === 0 || this.#firstCellAt === undefined || this.cells.strangers)
      return false;
    const now = this.#deps.clock.monotonicMs();
    if (now - this.#unsettledSince < this.#settleMs) return false;
    return now - this.#firstCellAt >= this.#settleMs || this.cells.census().missing === 0;
  }

  #kick(): void {
    if (this.#ending.signal.aborted) return;
    this.#kicked = true;
    this.#loop ??= this.#work().finally(() => {
      this.#loop = undefined;
      // An event may come between the loop's last look and here.
      if (this.#kicked) this.#kick();
    });
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    while (this.#kicked && !this.#ending.signal.aborted) {
      await this.#gather();
      this.#kicked = false;
      try {
        if (await this.#round()) this.#kicked = true;
      } catch (error) {
        this.#deps.log.error({ err: error }, 'round.failed');
        this.#pauseRounds();
      }
    }
  }

  /**
   * What came in the same turn of the event loop goes into the same round. Under load also what comes within the next
   * moment: a call to the BBS costs about the same for one task as for many. A task that comes alone never waits for that.
   */
  async #gather(): Promise<void> {
    const busy = this.#deps.clock.monotonicMs() - this.#lastRoundMs < GATHER_MS;
    if (busy && !this.queue.readyAtLeast(ROUND_TASKS)) await sleep(GATHER_MS);
    else await nextTurn();
  }

  /** @returns whether another round may find work. */
  async #round(): Promise<boolean> {
    const { clock } = this.#deps;
    const { queue } = this;
    if (!this.#synced || clock.monotonicMs() < this.#notBefore) return false;
    if (this.#standby()) return false;
    const now = clock.nowMs();
    for (const { task, refusal } of queue.due(now)) this.#noter.waits(task, refusal, '');
    this.#wake();
    const parts = queue.take(ROUND_TASKS, now);
    this.#watchDue();
    if (parts.length === 0) return false;
    this.#rounds += 1;
    const begun = clock.monotonicMs();
    const tasks = parts.reduce((sum, part) => sum + part.length, 0);
    const refused = await traced('auction round', { attributes: { 'gavel.tasks': tasks } }, async () => {
      const judged = parts.map((part) => place(part, this.index));
      const [placed, not] = [judged.flatMap((one) => one.placed), judged.flatMap((one) => one.refused)];
      this.#refuse(not);
      if (placed.length > 0) await this.#claim(placed);
      return not;
    });
    this.#lastRoundMs = clock.monotonicMs();
    const neverFits = refused.filter((one) => one.neverFits).length;
    this.#deps.onRound?.({ ms: this.#lastRoundMs - begun, neverFits, notNow: refused.length - neverFits });
    return queue.readyAtLeast(1) || this.#roomFreed;
  }

  #wake(): void {
    if (this.#withheld && (this.#settled() || this.cells.joined === 0)) {
      this.#withheld = false;
      this.queue.wakeAll();
    }
    if (this.#withheld) this.#withhold();
    if (!this.#roomFreed) return;
    const woken = this.queue.wake(WOKEN_LOTS, (needs, memoryMb, diskMb) => this.index.hasRoom(needs, memoryMb, diskMb));
    // Each lot woken has room for one at least; when they are served there may be room for more kinds.
    this.#roomFreed = woken === WOKEN_LOTS;
  }

  #refuse(refused: readonly Refused<Waiting>[]): void {
    if (refused.length === 0) return;
    const settled = this.#settled();
    const now = this.#deps.clock.monotonicMs();
    for (const { task, neverFits, reason, waitingFor } of refused) {
      if (neverFits && settled) {
        this.#noter.never(task, reason);
        continue;
      }
      if (neverFits) this.#withhold();
      for (const told of this.queue.park(task, reason, now)) {
        this.#noter.waits(told, reason, neverFits ? 'cells are still joining' : waitingFor);
      }
    }
  }

  async #claim(placed: readonly Placed<Waiting>[]): Promise<void> {
    const { placement, log } = this.#deps;
    const holds = placed.map(({ task, cellId }) => this.cells.hold(cellId, task));
    const items = placed.map(({ task, cellId, epoch }) => ({
      task_guid: task.guid,
      uid: task.uid,
      cell_id: cellId,
      epoch,
    }));
    let verdicts: Awaited<ReturnType<typeof placement.ClaimTasks>>['verdicts'];
    try {
      const call = placement.ClaimTasks({ items }, { timeoutMs: CLAIM_MS });
      ({ verdicts } = await bounded(call, CLAIM_MS + 1_000, 'ClaimTasks'));
    } catch (error) {
      // What was committed all the same leaves the pending list by itself, and its cell hears of it from the BBS.
      log.warn({ error: errorText(error), tasks: placed.length }, 'claims.failed');
      for (const hold of holds) this.cells.release(hold);
      for (const { task } of placed) this.queue.putBack(task);
      this.#pauseRounds();
      return;
    }
    this.#callPause = CALL_PAUSE_FIRST_MS;
    for (const [i, { task, cellId }] of placed.entries()) {
      const hold = holds[i] as Hold;
      const code = verdicts[i]?.verdict?.code ?? 'internal';
      if (code !== '') {
        log.debug({ task: task.guid, cell: cellId, code, message: verdicts[i]?.verdict?.message }, 'claim.refused');
        this.cells.release(hold);
        // If it is not pending any more, the event that says so removes it before the pause is over.
        this.#pauseTask(task);
        continue;
      }
      this.#claimed += 1;
      this.queue.placed(task);
      this.cells.claimed(hold, verdicts[i]?.attempt ?? '');
    }
  }

  #pauseTask(task: Waiting): void {
    const pause = Math.min(TASK_PAUSE_FIRST_MS * 2 ** task.failures, TASK_PAUSE_MOST_MS);
    task.failures += 1;
    this.queue.delayUntil(task, this.#deps.clock.nowMs() + pause);
    this.#watchDue();
  }

  /** The BBS does not answer: try again in a while, all of it. */
  #pauseRounds(): void {
    this.#notBefore = this.#deps.clock.monotonicMs() + this.#callPause;
    this.#later(this.#callPause + 5, () => this.#kick());
    this.#callPause = Math.min(this.#callPause * 2, CALL_PAUSE_MOST_MS);
  }

  /** One timer for all delayed tasks, set for the first of them. A round that it begins sets the next. */
  #watchDue(): void {
    const due = this.queue.nextDueMs;
    if (due === undefined || (due >= this.#dueAt && this.#dueTimer !== undefined)) return;
    clearTimeout(this.#dueTimer);
    this.#dueAt = due;
    const ms = Math.min(Math.max(1, due - this.#deps.clock.nowMs() + 1), 60_000);
    this.#dueTimer = setTimeout(() => {
      this.#dueTimer = undefined;
      this.#dueAt = Number.POSITIVE_INFINITY;
      this.#kick();
    }, ms);
  }

  #later(ms: number, then: () => void): void {
    if (this.#ending.signal.aborted) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      then();
    }, ms);
    this.#timers.add(timer);
  }
}
