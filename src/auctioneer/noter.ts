import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { errorText } from '../domain/errors.ts';
import { bounded } from '../platform/group.ts';
import type { Client } from '../rpc/types.ts';
import type { PendingQueue, Waiting } from './pending-queue.ts';

const BATCH = 500;
const CALL_MS = 10_000;
const PAUSE_MS = 1_000;
/**
 * Each note comes back as a change of its task, in one stream with the news of tasks that wait for their cell. So many may be on their way:
 * what is told to a hundred thousand would stand before the next task for long, and could drive this reader out of the ring of changes.
 */
const AHEAD = 1_000;
const ECHO_MS = 5_000;
const LOOK_MS = 10;

interface Note {
  readonly reason: string;
  readonly neverFits: boolean;
}

export interface NoterDeps {
  readonly placement: Pick<Client<'PlacementService'>, 'RejectTasks'>;
  readonly queue: PendingQueue;
  readonly signal: AbortSignal;
  readonly log: Logger;
  /** A final refusal was not taken: the task is to be tried again. */
  readonly onRefusalFailed: (task: Waiting) => void;
}

/** Tells the BBS why tasks wait, or that they never can run: in batches, beside the placing, the newest word only. */
export class Noter {
  readonly #deps: NoterDeps;
  readonly #notes = new Map<Waiting, Note>();
  /** Told, and not yet come back. */
  readonly #unseen = new Set<Waiting>();
  #working = false;

  constructor(deps: NoterDeps) {
    this.#deps = deps;
  }

  /** `reason` is Diego's text; the figures go with it but are not told again when only they change. */
  waits(task: Waiting, reason: string, figures: string): void {
    const told = this.#notes.get(task)?.reason ?? task.waitingFor;
    if (told === reason || told.startsWith(`${reason} (`)) return;
    this.#add(task, { reason: figures === '' ? reason : `${reason} (${figures})`, neverFits: false });
  }

  never(task: Waiting, reason: string): void {
    this.#add(task, { reason, neverFits: true });
  }

  /** A change of the task has come. */
  seen(task: Waiting): void {
    this.#unseen.delete(task);
  }

  #add(task: Waiting, note: Note): void {
    this.#notes.set(task, note);
    if (this.#working) return;
    this.#working = true;
    setImmediate(() => void this.#work());
  }

  /** Never rejects. */
  async #work(): Promise<void> {
    const { signal, log } = this.#deps;
    while (this.#notes.size > 0 && !signal.aborted) {
      const batch: [Waiting, Note][] = [];
      for (const entry of this.#notes) {
        if (batch.length === BATCH) break;
        this.#notes.delete(entry[0]);
        // Placed or gone meanwhile: nothing to tell.
        if (entry[0].where !== 'gone') batch.push(entry);
      }
      if (batch.length === 0) continue;
      await this.#caughtUp();
      try {
        await this.#send(batch);
      } catch (error) {
        log.warn({ error: errorText(error), tasks: batch.length }, 'notes.not-told');
        for (const [task, note] of batch) {
          if (note.neverFits) this.#deps.onRefusalFailed(task);
          else if (!this.#notes.has(task)) this.#notes.set(task, note);
        }
        await sleep(PAUSE_MS, undefined, { signal }).catch(() => {});
      }
    }
    this.#working = false;
  }

  /** Waits, within a bound, until what was told before has come back for the most part. */
  async #caughtUp(): Promise<void> {
    const { signal } = this.#deps;
    const until = performance.now() + ECHO_MS;
    while (this.#unseen.size > AHEAD - BATCH && !signal.aborted) {
      for (const task of this.#unseen) if (task.where === 'gone') this.#unseen.delete(task);
      if (performance.now() > until) this.#unseen.clear();
      else await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
    }
  }

  async #send(batch: readonly [Waiting, Note][]): Promise<void> {
    const { placement, queue, signal, log } = this.#deps;
    const items = batch.map(([task, { reason, neverFits }]) => ({
      task_guid: task.guid,
      uid: task.uid,
      reason,
      never_fits: neverFits,
    }));
    for (const [task, { neverFits }] of batch) if (!neverFits) this.#unseen.add(task);
    const call = placement.RejectTasks({ items }, { signal, timeoutMs: CALL_MS });
    const { verdicts } = await bounded(call, CALL_MS + 1_000, 'RejectTasks');
    for (const [i, [task, note]] of batch.entries()) {
      const code = verdicts[i]?.code ?? 'internal';
      if (note.neverFits) {
        log.info({ task: task.guid, reason: note.reason, code }, 'task.refused');
        if (code === '') queue.drop(task);
        else this.#deps.onRefusalFailed(task);
      } else if (code === '') {
        task.waitingFor = note.reason;
      } else {
        this.#unseen.delete(task);
      }
    }
  }
}
