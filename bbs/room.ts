import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DomainError, errorText } from '../src/domain/errors.ts';
import { aborted } from '../src/platform/group.ts';
import type { Fullness, StoreRoom } from './store/store.ts';

/** New tasks leave this much to what ends tasks, which is written, too. */
const USED_MOST = 0.85;
/** Etcd stops when its file is at the quota, however much of it is free: large values leave gaps that fit none. */
const FILE_MOST = 0.9;
/** A defragmentation is worth its while. */
const GAPS_LEAST = 0.05;
const LOOK_MS = 2_000;
const AGAIN_MS = 5_000;
/** A task is written again at each of its moves, and etcd keeps every version for a while. */
const GROWTH = 3;

/**
 * Keeps etcd from becoming so full that nothing can end any more (its own alarm does not see commits that travel as a group, and stops
 * those that do not). New tasks are refused before that; what was deleted is
 * compacted away; a file with many gaps is defragmented, and when etcd has raised its alarm all the same, that is ended as soon as there is room.
 * One BBS does this, and any of them while etcd is full, since no new leader can be elected then. Done twice it does no harm.
 */
export class Room {
  readonly #store: StoreRoom;
  readonly #log: Logger;
  #seen: Fullness = { used: 0, file: 0, quota: 0, full: false, revision: 0 };
  /** Of tasks that were taken since the last look. */
  #taken = 0;
  #scarce = false;
  #leading = false;
  #compacted = 0;

  constructor(store: StoreRoom, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  /** Before a task of so many bytes is stored. @throws DomainError `overloaded`. */
  take(bytes: number): void {
    const { used, file, quota, full } = this.#seen;
    const more = quota === 0 ? 0 : (this.#taken + bytes * GROWTH) / quota;
    if (full || used + more > USED_MOST || file > FILE_MOST) {
      const state = full ? 'full' : `${Math.round(Math.max(used, file) * 100)} % full`;
      throw new DomainError('overloaded', `the store is ${state}: it takes new tasks again when others have ended`, {
        retryAfterMs: AGAIN_MS,
      });
    }
    this.#taken += bytes * GROWTH;
  }

  /** While this process is the leader. */
  async lead(signal: AbortSignal): Promise<void> {
    this.#leading = true;
    await aborted(signal);
    this.#leading = false;
  }

  /** Looks after it until the signal aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#look().catch((error: unknown) => {
        // A store that does not answer is told by every call; whether it is full is seen when it does.
        this.#log.warn({ error: errorText(error) }, 'store.room-unknown');
      });
      // Jitter, so that of several BBS one finds it done.
      const pause = this.#scarce ? AGAIN_MS : LOOK_MS;
      await sleep(pause * (0.7 + Math.random() * 0.6), undefined, { signal }).catch(() => {});
    }
    this.#store.close();
  }

  async #look(): Promise<void> {
    const before = this.#seen;
    this.#seen = await this.#store.look();
    this.#taken = 0;
    const { used, file, full, revision } = this.#seen;
    const scarce = full || used > USED_MOST || file > FILE_MOST;
    if (scarce !== this.#scarce) this.#log.warn({ used, file, full }, scarce ? 'store.scarce' : 'store.has-room');
    this.#scarce = scarce;
    if (!scarce || !(this.#leading || full)) return;
    // Up to the last look only: whoever follows the changes has come by there.
    const upTo = Math.min(before.revision, revision);
    if (upTo > this.#compacted) await this.#store.compact(upTo);
    this.#compacted = upTo;
    if (used > USED_MOST) return;
    if (file - used > GAPS_LEAST) {
      this.#log.warn({ used, file }, 'store.defragmenting');
      await this.#store.defragment();
    }
    if (full) {
      await this.#store.disarm();
      this.#log.warn({ used }, 'store.alarm-ended');
    }
  }
}
