import type { Logger } from 'pino';
import { errorText } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import { durationMsFromWire, taskFromWire } from '../../src/rpc/codec.ts';
import type { DataWanted__Output } from '../../src/rpc/gen/gavel/v1/DataWanted.ts';
import type { DrainState__Output } from '../../src/rpc/gen/gavel/v1/DrainState.ts';
import type { LogsWanted__Output } from '../../src/rpc/gen/gavel/v1/LogsWanted.ts';
import type { Membership } from './membership.ts';
import type { CellClient, Peer } from './peers.ts';
import { Backoff } from './retry.ts';
import { type Claim, claimFromWire } from './wire.ts';

export interface ControlLinkDeps {
  readonly peer: Peer;
  readonly cellId: string;
  readonly membership: Membership;
  readonly log: Logger;
  /** The stream was away for a while under the same epoch: hints may have been missed. */
  readonly onBack: () => void;
  readonly onStop: (attempt: string, graceMs: number | undefined) => void;
  readonly onCheckpoint: (attempt: string) => void;
  readonly onDrain: (state: DrainState__Output) => void;
  readonly onClaimed: (claim: Claim) => void;
  readonly onPlaced: (task: Task) => void;
  readonly onLogsWanted: (wanted: LogsWanted__Output, client: CellClient) => void;
  readonly onDataWanted: (wanted: DataWanted__Output, client: CellClient) => void;
}

/** What one BBS has to tell this cell. Hints only: whatever gets lost here, the periodic reconcile finds. */
export class ControlLink {
  readonly #deps: ControlLinkDeps;
  readonly #stopped = new AbortController();
  #loop: Promise<void> = Promise.resolve();
  #stream: AbortController | undefined;

  constructor(deps: ControlLinkDeps) {
    this.#deps = deps;
  }

  start(): void {
    this.#loop = this.#run().catch(() => undefined);
  }

  /** A stream is opened under an epoch; with a new one it is opened anew. */
  reopen(): void {
    this.#stream?.abort();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  async #run(): Promise<void> {
    const { peer, membership, log } = this.#deps;
    const signal = this.#stopped.signal;
    const backoff = new Backoff({ firstMs: 100, mostMs: 3_000 });
    let said = false;
    let last = '';
    for (;;) {
      const epoch = await membership.registered(signal);
      try {
        await this.#follow(epoch, signal, () => {
          backoff.reset();
          said = false;
          if (last === epoch) this.#deps.onBack();
          last = epoch;
        });
      } catch (error) {
        signal.throwIfAborted();
        if (!said) log.info({ bbs: peer.address, error: errorText(error) }, 'control.stream-broke');
        said = true;
      }
      if (membership.epoch === epoch) await backoff.pause(signal);
    }
  }

  async #follow(epoch: string, signal: AbortSignal, open: () => void): Promise<void> {
    const { peer, cellId } = this.#deps;
    this.#stream = new AbortController();
    // A peer that is gone without a word is noticed by the connection's own keepalive.
    const options = { signal: AbortSignal.any([signal, this.#stream.signal]) };
    let first = true;
    for await (const message of peer.client.Control({ cell_id: cellId, epoch }, options)) {
      if (first) open();
      first = false;
      this.#handle(message);
    }
  }

  #handle(message: Awaited<ReturnType<CellClient['Control']>> extends AsyncIterable<infer M> ? M : never): void {
    const { peer, onStop, onCheckpoint, onDrain, onClaimed, onPlaced, onLogsWanted, onDataWanted } = this.#deps;
    if (message.placed !== undefined && message.placed !== null) {
      for (const task of message.placed.tasks) onPlaced(taskFromWire(task));
    } else if (message.stop !== undefined && message.stop !== null) {
      const claim = claimFromWire(message.stop.claim);
      if (claim === undefined) return;
      if (message.stop.at_checkpoint) onCheckpoint(claim.attempt);
      else onStop(claim.attempt, durationMsFromWire(message.stop.grace));
    } else if (message.claimed !== undefined && message.claimed !== null) {
      const claim = claimFromWire(message.claimed);
      if (claim !== undefined) onClaimed(claim);
    } else if (message.logs_wanted !== undefined && message.logs_wanted !== null) {
      onLogsWanted(message.logs_wanted, peer.client);
    } else if (message.data_wanted !== undefined && message.data_wanted !== null) {
      onDataWanted(message.data_wanted, peer.client);
    } else if (message.drain !== undefined && message.drain !== null) {
      onDrain(message.drain);
    }
  }
}
