import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import type { Ending } from '../../src/domain/task-machine.ts';
import { taskFromWire } from '../../src/rpc/codec.ts';
import type { CompleteItem } from '../../src/rpc/gen/gavel/v1/CompleteItem.ts';
import type { InputPiece__Output } from '../../src/rpc/gen/gavel/v1/InputPiece.ts';
import type { ReleaseItem } from '../../src/rpc/gen/gavel/v1/ReleaseItem.ts';
import type { StartItem } from '../../src/rpc/gen/gavel/v1/StartItem.ts';
import type { TimelineEvent } from '../../src/rpc/gen/gavel/v1/TimelineEvent.ts';
import type { Verdict__Output } from '../../src/rpc/gen/gavel/v1/Verdict.ts';
import { Batcher } from './batcher.ts';
import type { Membership } from './membership.ts';
import type { Peers } from './peers.ts';
import { Backoff } from './retry.ts';
import { type BbsAttempt, type Claim, cellTaskFromWire, claimToWire, endingToWire } from './wire.ts';

/** What the BBS made of one item. `code` empty = done. `epoch` is the one it was asked under. */
export interface Judged {
  readonly code: string;
  readonly message: string;
  readonly epoch: string;
}

export interface Fetched extends Judged {
  readonly task: Task | undefined;
}

/** These say for good that the attempt is no longer ours to change. */
const DEAD: ReadonlySet<string> = new Set(['stale_attempt', 'not_found', 'invalid_transition']);

/** Nothing was decided: a full store, too, is emptied some time, and until then nobody else can take the task. */
const PASSING: ReadonlySet<string> = new Set(['unavailable', 'conflict', 'deadline', 'overloaded']);

export function isDead(judged: Judged): boolean {
  return DEAD.has(judged.code);
}

const TIMEOUT_MS = 5_000;
const INPUT_TIMEOUT_MS = 60_000;
const PAUSES = { firstMs: 50, mostMs: 5_000 };

type Head = { readonly cell_id: string; readonly epoch: string };

/** The calls about tasks. Those that wait together go together; each waits for an epoch to be made under. */
export class Calls {
  readonly #peers: Peers;
  readonly #membership: Membership;
  readonly #cellId: string;
  readonly #signal: AbortSignal;
  readonly #fetches: Batcher<Claim, Fetched>;
  readonly #starts: Batcher<StartItem, Judged>;
  readonly #releases: Batcher<ReleaseItem, Judged>;
  readonly #completes: Batcher<CompleteItem, Judged>;
  readonly #adopts: Batcher<Claim, Judged>;

  /** @param signal aborts when the cell goes. */
  constructor(peers: Peers, membership: Membership, cellId: string, signal: AbortSignal) {
    this.#peers = peers;
    this.#membership = membership;
    this.#cellId = cellId;
    this.#signal = signal;
    const options = { timeoutMs: TIMEOUT_MS };
    this.#fetches = this.#batcher(async (head, items) => {
      const request = { ...head, claims: items.map(claimToWire) };
      const { tasks } = await peers.call(async (client) => await client.FetchTasks(request, options));
      return tasks.map(({ task, verdict }) => {
        const judged = judge(verdict, head.epoch);
        if (task === null) return { ...judged, code: judged.code === '' ? 'not_found' : judged.code, task: undefined };
        return { ...judged, task: taskFromWire(task) };
      });
    });
    this.#starts = this.#batcher(async (head, items) => {
      const request = { ...head, items: [...items] };
      const { verdicts } = await peers.call(async (client) => await client.StartTasks(request, options));
      return verdicts.map((verdict) => judge(verdict, head.epoch));
    });
    this.#releases = this.#batcher(async (head, items) => {
      const request = { ...head, items: [...items] };
      const { verdicts } = await peers.call(async (client) => await client.ReleaseTasks(request, options));
      return verdicts.map((verdict) => judge(verdict, head.epoch));
    });
    this.#completes = this.#batcher(async (head, items) => {
      const request = { ...head, items: [...items] };
      const { verdicts } = await peers.call(async (client) => await client.CompleteTasks(request, options));
      return verdicts.map((verdict) => judge(verdict, head.epoch));
    });
    this.#adopts = this.#batcher(async (head, items) => {
      const request = { ...head, claims: items.map(claimToWire) };
      const { verdicts } = await peers.call(async (client) => await client.AdoptTasks(request, options));
      return verdicts.map((verdict) => judge(verdict, head.epoch));
    });
  }

  /** The task's input, as often as `take` has to begin anew because a server went. One try at each server. */
  async input<T>(
    claim: Claim,
    take: (pieces: AsyncIterable<InputPiece__Output>) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T> {
    const request = { cell_id: this.#cellId, claim: claimToWire(claim) };
    const options = { signal, timeoutMs: INPUT_TIMEOUT_MS };
    return await this.#peers.call(async (client) => await take(client.FetchInput(request, options)));
  }

  async fetch(claim: Claim, signal: AbortSignal): Promise<Fetched> {
    return await answered(async () => await this.#fetches.call(claim), signal);
  }

  /** Asks with this very nonce until there is an answer: an answer that got lost must not cost the task. */
  async start(item: StartItem, signal: AbortSignal): Promise<Judged> {
    return await answered(async () => await this.#starts.call(item), signal);
  }

  async release(
    claim: Claim,
    code: string,
    reason: string,
    events: TimelineEvent[],
    signal: AbortSignal,
  ): Promise<Judged> {
    const item = { claim: claimToWire(claim), code, reason, events };
    return await answered(async () => await this.#releases.call(item), signal);
  }

  /** Until the BBS has it, or has said for good that it is not ours; nothing else lets a finished task go. */
  async complete(claim: Claim, ending: Ending, events: TimelineEvent[], signal: AbortSignal): Promise<Judged> {
    const item = { claim: claimToWire(claim), outcome: endingToWire(ending), events };
    const backoff = new Backoff({ firstMs: 100, mostMs: PAUSES.mostMs });
    for (;;) {
      await this.#membership.settled(signal);
      const judged = await answered(async () => await this.#completes.call(item), signal);
      if (judged.code === '') return judged;
      // Under an epoch that has ended meanwhile it says nothing: ask again under the new one.
      if (isDead(judged) && judged.epoch === this.#membership.epoch) return judged;
      await backoff.pause(signal);
    }
  }

  async adopt(claim: Claim, signal: AbortSignal): Promise<Judged> {
    return await answered(async () => await this.#adopts.call(claim), signal);
  }

  /** @throws when it is not taken at once. */
  async noteEvents(claim: Claim, events: TimelineEvent[], timeoutMs: number): Promise<void> {
    const request = { cell_id: this.#cellId, claim: claimToWire(claim), events };
    await this.#peers.call(async (client) => await client.NoteEvents(request, { timeoutMs, signal: this.#signal }));
  }

  async list(epoch: string): Promise<readonly BbsAttempt[]> {
    const request = { cell_id: this.#cellId, epoch };
    const { tasks } = await this.#peers.call(
      async (client) => await client.ListMyTasks(request, { timeoutMs: 2 * TIMEOUT_MS, signal: this.#signal }),
    );
    return tasks.map(cellTaskFromWire).filter((task) => task !== undefined);
  }

  #batcher<I, O>(send: (head: Head, items: readonly I[]) => Promise<readonly O[]>): Batcher<I, O> {
    return new Batcher(async (items) => {
      const epoch = await this.#membership.registered(this.#signal);
      return await send({ cell_id: this.#cellId, epoch }, items);
    });
  }
}

function judge(verdict: Verdict__Output | null, epoch: string): Judged {
  return { code: verdict?.code ?? '', message: verdict?.message ?? '', epoch };
}

/** Asks until there is a real answer. A refusal of the whole call counts as its item's verdict. */
async function answered<T extends Judged>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const backoff = new Backoff(PAUSES);
  for (;;) {
    try {
      const judged = await orAborted(ask(), signal);
      if (!PASSING.has(judged.code)) return judged;
    } catch (error) {
      signal.throwIfAborted();
      const passing =
        !isDomainError(error) || error.retryable || error.code === 'internal' || error.code === 'cancelled';
      // Every Judged is made of these fields; what else T has is optional in a refusal.
      if (!passing) return { code: error.code, message: error.message, epoch: '', task: undefined } as unknown as T;
    }
    await backoff.pause(signal);
  }
}

/** The caller's end of waiting; the call itself goes on in its batch. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw aborted(signal);
  return await new Promise<T>((resolve, reject) => {
    const abort = () => reject(aborted(signal));
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function aborted(signal: AbortSignal): Error {
  return signal.reason instanceof Error ? signal.reason : new DomainError('cancelled', 'given up');
}
