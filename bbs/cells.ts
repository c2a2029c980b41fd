import { DomainError, isDomainError } from '../src/domain/errors.ts';
import type { Clock } from '../src/platform/clock.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import { cellKey, drainKey } from './keys.ts';
import type { CellOffer, CellRecord, DrainRecord } from './records.ts';
import type { Store } from './store/store.ts';
import type { View } from './view.ts';

/** For what runs on a cell that is to be drained, where nothing else is said. */
const DRAIN_MS = 10 * 60_000;
const DRAIN_MOST_MS = 7 * 24 * 60 * 60_000;
const DRAIN_TRIES = 5;

const ID = /^[A-Za-z0-9._-]{1,100}$/;

/** Who is a cell of this cluster: presence keys under leases, whose create revision is the cell's epoch. */
export class Cells {
  readonly #store: Store;
  readonly #view: View;
  readonly #clock: Clock;
  readonly leaseTtlMs: number;

  constructor(store: Store, view: View, clock: Clock, leaseTtlMs: number) {
    this.#store = store;
    this.#view = view;
    this.#clock = clock;
    this.leaseTtlMs = leaseTtlMs;
  }

  /**
   * Takes the cell's place. The same process may ask again (its answer was lost) and gets the same epoch.
   * @param replaces the incarnation whose place may be taken although its lease has not ended; '' = none. That epoch ends, for every
   *   claim and start, in a commit before the one that begins the new epoch: were that process alive after all, it could begin nothing.
   * @throws DomainError `already_exists` while another process holds the place.
   */
  async register(offer: CellOffer, incarnation: string, replaces = ''): Promise<number> {
    const faults = [
      ...(ID.test(offer.cell_id) ? [] : [{ field: 'offer.cell_id', message: 'must be 1 to 100 of A-Z a-z 0-9 . _ -' }]),
      ...(incarnation === '' ? [{ field: 'incarnation', message: 'is required' }] : []),
      ...(offer.capacity.containers > 0 ? [] : [{ field: 'offer.capacity.containers', message: 'must be at least 1' }]),
    ];
    if (faults.length > 0) throw new DomainError('invalid_argument', 'the cell cannot be registered', { faults });
    const held = await this.#held(offer.cell_id, incarnation, replaces);
    if (held !== undefined) return held;
    const lease = await this.#store.grantLease(this.leaseTtlMs);
    const record: CellRecord = { offer, incarnation, lease, registered_at: this.#clock.nowNanos().toString() };
    try {
      const { committed, revision } = await this.#store.commit({
        guards: [{ key: cellKey(offer.cell_id), modRevision: 0 }],
        writes: [{ put: cellKey(offer.cell_id), value: encodeRecord(record), lease }],
      });
      if (committed) {
        // The cell's next calls compare its epoch with this view.
        await this.#view.reached(revision);
        return revision;
      }
    } catch (error) {
      if (!isDomainError(error, 'unavailable') && !isDomainError(error, 'deadline')) throw error;
      // The answer was lost: the incarnation tells whether the place is ours; an unused lease ends by itself.
    }
    const winner = await this.#held(offer.cell_id, incarnation);
    if (winner !== undefined) return winner;
    throw new DomainError('unavailable', `cell ${offer.cell_id} could not be registered; try again`);
  }

  /** @throws DomainError `not_found` when the place is gone: register again. */
  async renew(id: string, epoch: number): Promise<void> {
    const record = await this.#own(id, epoch);
    if (!(await this.#store.renewLease(record.lease))) throw gone(id);
  }

  async leave(id: string, epoch: number): Promise<void> {
    const record = await this.#own(id, epoch);
    await this.#store.revokeLease(record.lease);
  }

  /**
   * Takes the cell out of the auction until `undrain`. Asked again, a given deadline counts anew; without one nothing changes.
   * @param deadlineMs for what runs, from now.
   * @throws DomainError `not_found` when nothing is known of such a cell; `invalid_argument` for a deadline out of bounds.
   */
  async drain(id: string, deadlineMs: number | undefined, by: string): Promise<void> {
    if (deadlineMs !== undefined && !(deadlineMs >= 0 && deadlineMs <= DRAIN_MOST_MS)) {
      const faults = [{ field: 'deadline', message: 'must be 0s to 7 days' }];
      throw new DomainError('invalid_argument', 'deadline: must be 0s to 7 days', { faults });
    }
    const known = this.#view.cell(id) !== undefined || this.#view.tasksOfCell(id).length > 0;
    for (let attempt = 0; attempt < DRAIN_TRIES; attempt += 1) {
      const entry = await this.#store.get(drainKey(id));
      if (entry === undefined && !known) throw new DomainError('not_found', `there is no cell ${id}`);
      if (entry !== undefined && deadlineMs === undefined) return await this.#view.reached(entry.modRevision);
      const record: DrainRecord = { deadline_at: this.#clock.nowMs() + (deadlineMs ?? DRAIN_MS), by };
      const { committed, revision } = await this.#store.commit({
        guards: [{ key: drainKey(id), modRevision: entry?.modRevision ?? 0 }],
        writes: [{ put: drainKey(id), value: encodeRecord(record) }],
      });
      if (committed) return await this.#view.reached(revision);
    }
    throw new DomainError('conflict', `cell ${id} is being drained by others at this moment; try again`);
  }

  /** The cell takes work again. @throws DomainError `not_found` when nothing is known of such a cell. */
  async undrain(id: string): Promise<void> {
    const entry = await this.#store.get(drainKey(id));
    if (entry === undefined && this.#view.cell(id) === undefined)
      throw new DomainError('not_found', `there is no cell ${id}`);
    const { revision } = await this.#store.commit({ guards: [], writes: [{ delete: drainKey(id) }] });
    await this.#view.reached(revision);
  }

  /** @throws DomainError `stale_attempt` when the caller's epoch is not the one of the view. */
  requireEpoch(id: string, epoch: number): void {
    const cell = this.#view.cell(id);
    if (cell?.epoch !== epoch)
      throw new DomainError('stale_attempt', `cell ${id} is not registered under epoch ${epoch}`);
  }

  async #own(id: string, epoch: number): Promise<CellRecord> {
    const seen = this.#view.cell(id);
    if (seen?.epoch === epoch) return seen.record;
    const entry = await this.#store.get(cellKey(id));
    if (entry === undefined || entry.createRevision !== epoch) throw gone(id);
    return decodeRecord<CellRecord>(entry.value);
  }

  async #held(id: string, incarnation: string, replaces = ''): Promise<number | undefined> {
    const entry = await this.#store.get(cellKey(id));
    if (entry === undefined) return undefined;
    const holder = decodeRecord<CellRecord>(entry.value);
    if (holder.incarnation === incarnation) return entry.createRevision;
    // By its lease, which nobody else's place hangs on: whoever took the place meanwhile keeps it.
    if (replaces !== '' && holder.incarnation === replaces) {
      await this.#store.revokeLease(holder.lease);
      return undefined;
    }
    throw new DomainError(
      'already_exists',
      `another process is cell ${id}; its lease ends ${this.leaseTtlMs} ms after it stops`,
    );
  }
}

function gone(id: string): DomainError {
  return new DomainError('not_found', `cell ${id} has no place under this epoch; register again`);
}
