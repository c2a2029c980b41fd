import { DomainError } from '../../../src/domain/errors.ts';
import type { Commit, CommitResult } from '../store.ts';
import { CALL_DEADLINE_MS } from './client.ts';
import { closedError, storeError } from './errors.ts';
import { type Candidate, candidate, type Footprint, takeGroup } from './grouping.ts';

/** One group on its way while the next one gathers; the second hides the round trip. More only makes groups smaller. */
const MAX_IN_FLIGHT = 2;
const MAX_WAITING = 20_000;
const MAX_WAITING_BYTES = 128 * 1024 * 1024;

/** For metrics: commits divided by groups is how well grouping works. */
export interface CommitStats {
  readonly commits: number;
  readonly groups: number;
}

interface InFlight {
  readonly group: readonly Waiting[];
  readonly footprint: Footprint;
}

interface Waiting extends Candidate {
  readonly commit: Commit;
  readonly since: number;
  readonly resolve: (result: CommitResult) => void;
  readonly reject: (error: Error) => void;
}

/** Lets commits that wait together travel as one request, each with its own verdict: ten times the commits per second. */
export class GroupCommit {
  readonly #send: (group: readonly Commit[]) => Promise<readonly CommitResult[]>;
  readonly #queue: Waiting[] = [];
  readonly #inFlight: InFlight[] = [];
  #waitingBytes = 0;
  #scheduled = false;
  #closed = false;
  #commits = 0;
  #groups = 0;

  /** @param send makes the one request; whatever it throws becomes the answer of every commit in it. */
  constructor(send: (group: readonly Commit[]) => Promise<readonly CommitResult[]>) {
    this.#send = send;
  }

  get stats(): CommitStats {
    return { commits: this.#commits, groups: this.#groups };
  }

  add(commit: Commit, bytes: number): Promise<CommitResult> {
    if (this.#closed) return Promise.reject(closedError());
    if (this.#queue.length >= MAX_WAITING || this.#waitingBytes + bytes > MAX_WAITING_BYTES) {
      return Promise.reject(new DomainError('overloaded', 'too many commits are waiting for the store'));
    }
    return new Promise((resolve, reject) => {
      const { kind, reads, writes } = candidate(commit, bytes);
      this.#queue.push({ kind, reads, writes, bytes, commit, since: performance.now(), resolve, reject });
      this.#waitingBytes += bytes;
      this.#schedule();
    });
  }

  /** What waits is refused; what was sent may or may not have happened. Both are `unavailable`. */
  close(): void {
    this.#closed = true;
    for (const waiting of this.#queue.splice(0)) waiting.reject(closedError());
    for (const { group } of this.#inFlight) for (const waiting of group) waiting.reject(closedError());
  }

  /** Waits for the rest of this turn of the event loop, so that what was asked for in it goes together. */
  #schedule(): void {
    if (this.#scheduled || this.#inFlight.length >= MAX_IN_FLIGHT) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#refuseLate();
      while (this.#queue.length > 0 && this.#inFlight.length < MAX_IN_FLIGHT) {
        const { group, footprint } = takeGroup(
          this.#queue,
          this.#inFlight.map((each) => each.footprint),
        );
        // Everything that waits touches what is on its way: its answer schedules the next round.
        if (group.length === 0) return;
        for (const waiting of group) this.#waitingBytes -= waiting.bytes;
        const sent = { group, footprint };
        this.#inFlight.push(sent);
        // Never rejects: every fault goes to the commits of the group.
        void this.#travel(sent);
      }
    });
  }

  async #travel(sent: InFlight): Promise<void> {
    const { group } = sent;
    this.#commits += group.length;
    this.#groups += 1;
    try {
      const verdicts = await this.#send(group.map((waiting) => waiting.commit));
      for (const [at, waiting] of group.entries()) {
        const verdict = verdicts[at];
        if (verdict) waiting.resolve(verdict);
        else waiting.reject(new DomainError('unavailable', 'the answer of the store is incomplete'));
      }
    } catch (error) {
      for (const waiting of group) waiting.reject(storeError(error));
    } finally {
      this.#inFlight.splice(this.#inFlight.indexOf(sent), 1);
      this.#schedule();
    }
  }

  /** While the store hangs, each group takes a whole deadline; what waited for longer than one is told so, unsent. */
  #refuseLate(): void {
    const oldest = performance.now() - CALL_DEADLINE_MS;
    const fresh = this.#queue.findIndex((waiting) => waiting.since > oldest);
    for (const waiting of this.#queue.splice(0, fresh === -1 ? this.#queue.length : fresh)) {
      this.#waitingBytes -= waiting.bytes;
      waiting.reject(new DomainError('unavailable', 'the store did not take the commit in time'));
    }
  }
}
