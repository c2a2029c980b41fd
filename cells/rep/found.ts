import type { Logger } from 'pino';
import { LABELS } from '../executor/container-spec.ts';
import type { Journal } from '../executor/journal.ts';
import type { Spool } from '../executor/logs/spool.ts';
import type { Spools } from '../executor/logs/spools.ts';
import type { Outbox, OutboxEntry } from '../executor/outbox.ts';
import type { ContainerRuntime } from '../executor/runtime.ts';
import { type RunTerms, UNKNOWN_TERMS } from '../executor/terms.ts';
import type { Claim } from './wire.ts';

export interface FoundContainer {
  readonly claim: Claim;
  readonly uid: string;
  readonly container: string;
  /** Made, and never started. */
  readonly created: boolean;
  /** It idles for a tree of actions, whose state went with the process that ran it. */
  readonly steps: boolean;
  readonly terms: RunTerms;
  readonly startedAt: bigint | undefined;
  readonly begunAt: bigint | undefined;
  /** It ran in an earlier life of the engine, and has ended since. */
  readonly unwatched: boolean;
  readonly spool: Spool;
}

export interface Found {
  readonly containers: readonly FoundContainer[];
  readonly outbox: readonly OutboxEntry[];
}

export interface FindDeps {
  readonly runtime: ContainerRuntime;
  readonly journal: Journal;
  readonly outbox: Outbox;
  readonly spools: Spools;
  readonly log: Logger;
}

/** What an earlier process of this cell left behind: in the engine, and on the disk. */
export async function findRemains({ runtime, journal, outbox, spools, log }: FindDeps): Promise<Found> {
  const notes = new Map((await journal.load()).map((entry) => [entry.attempt, entry]));
  // A prepared container was made before its task was known, and is found by the name it was given.
  const byName = new Map([...notes.values()].map((entry) => [entry.container, entry]));
  const containers: FoundContainer[] = [];
  const { instance } = await runtime.info();
  for (const { id, name, labels } of await runtime.listOwned()) {
    const prepared = labels[LABELS.prepared] === undefined ? undefined : byName.get(name);
    const attempt = prepared?.attempt ?? labels[LABELS.attempt];
    const guid = prepared?.guid ?? labels[LABELS.guid];
    // Carries our label and no attempt: removed as a stray later.
    if (attempt === undefined || guid === undefined) continue;
    const note = notes.get(attempt);
    notes.delete(attempt);
    if (note === undefined) log.warn({ container: name, guid }, 'journal.entry-missing');
    const { status, startedAt } = await runtime.inspect(id);
    if (status === 'missing') continue;
    containers.push({
      claim: { guid, attempt },
      uid: prepared?.uid ?? labels[LABELS.uid] ?? '',
      container: id,
      // Of one that was running ahead of its task only the note of its begin tells that the command was sent.
      created: status === 'created' || (prepared !== undefined && prepared.begunAt === undefined),
      steps: labels[LABELS.steps] !== undefined,
      terms: note?.terms ?? UNKNOWN_TERMS,
      startedAt: nanoseconds(note?.startedAt) ?? startedAt,
      begunAt: nanoseconds(note?.begunAt),
      unwatched: status === 'exited' && note?.engine !== undefined && note.engine !== instance,
      spool: await spools.resume(guid, attempt),
    });
  }
  // Notes without a container: their attempts never had one, or it is gone; the BBS's list decides.
  for (const { guid, attempt } of notes.values()) await journal.remove(guid, attempt);
  return { containers, outbox: await outbox.load() };
}

function nanoseconds(digits: string | undefined): bigint | undefined {
  return digits === undefined ? undefined : BigInt(digits);
}
