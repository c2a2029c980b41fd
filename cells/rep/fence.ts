/** What a BBS tells a cell of its place, both counted from the sending of the last call that was answered. */
export interface PlaceTerms {
  /** Its lease. */
  readonly ttlMs: number;
  /** What runs under its epoch may be called lost so long after, and not before. */
  readonly lostAfterMs: number;
}

/** From the order to stop to the moment at which the tasks may be called lost: a third for SIGTERM, two thirds for SIGKILL to be seen. */
const ROOM_MOST_MS = 15_000;
/** A cell without contact for so much of its lease begins nothing more. */
const UNSURE_AT = 0.8;

/** While nothing is known, and of a BBS that tells no more than the lease. */
export const TTL_FIRST_MS = 10_000;
export const lostAfterUntold = (ttlMs: number): number => 3 * ttlMs;

export function unsureAtMs({ ttlMs }: PlaceTerms): number {
  return UNSURE_AT * ttlMs;
}

/** When a cell without contact stops what it runs: as late as can be, so that an outage of the BBS or its store ends nothing that it need not. */
export function fencedAtMs(terms: PlaceTerms): number {
  return Math.max(unsureAtMs(terms), terms.lostAfterMs - roomMs(terms));
}

/** For a process that found work of an earlier one: so long it asks first whether that still counts. */
export function firstAskMs(terms: PlaceTerms): number {
  return roomMs(terms) / 3;
}

/** From SIGTERM to SIGKILL, for a cell that stops its tasks when the last sign of its BBS is so old. */
export function fencedGraceMs(terms: PlaceTerms, ageMs: number): number {
  return Math.max(0, Math.min(ROOM_MOST_MS, terms.lostAfterMs - ageMs) / 3);
}

function roomMs({ lostAfterMs }: PlaceTerms): number {
  return Math.min(ROOM_MOST_MS, lostAfterMs / 2);
}
