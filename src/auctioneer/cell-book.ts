import type { Cell, CellIndex } from '../auction/cell-index.ts';
import type { Demand, Offer, Resources } from '../auction/needs.ts';

export interface Summary {
  readonly cellId: string;
  readonly epoch: bigint;
  readonly offer: Offer;
  readonly free: Resources;
  readonly cpuWeight: number;
  readonly closed: boolean;
  readonly closedReason: string;
  /** Attempts that `free` accounts for since the summary before. */
  readonly accounted: readonly string[];
}

export interface CellStream {
  /** Another stream of the same cell took its place. */
  replaced(): void;
}

/** Room taken for a placement that the cell's own figures do not show yet. */
export interface Hold {
  readonly cellId: string;
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly cpuWeight: number;
  /** What the claim was given; unset until the BBS has answered. */
  attempt: string | undefined;
  /** Monotonic; past it the cell is taken to have heard of it some other way, or never. */
  expiresMs: number;
}

interface Joined {
  readonly stream: CellStream;
  summary: Summary;
}

interface Entry {
  readonly id: string;
  known: { readonly offer: Offer; readonly epoch: bigint } | undefined;
  /** What it offered when it lost its place; until then (monotonic) it is away rather than gone. */
  away: { readonly offer: Offer; readonly epoch: bigint; readonly untilMs: number } | undefined;
  generation: number;
  /** Registrations up to this one are over. */
  goneEpoch: bigint;
  joined: Joined | undefined;
  holds: Hold[];
  /** Accounted for by the cell before the BBS had told us which attempts we made: it tells the cell first. */
  early: Set<string>;
}

/** A cell that never acknowledges is broken; its room must not be held for ever. */
const UNACKNOWLEDGED_MS = 120_000;
/** After a broken stream: time for work that was on its way to show up in the cell's own figures. */
const CARRIED_MS = 5_000;

/** So long a cell that holds tasks, and of which nothing else is known, is waited for before anything is called impossible. */
const STRANGER_MS = 60_000;

export interface CellBookDeps {
  readonly index: CellIndex;
  /** Some cell has more room than before, or is new. */
  readonly onRoom: () => void;
  readonly monotonicMs: () => number;
  /** Asks to call `expire` after this time. */
  readonly expireIn: (ms: number) => void;
  readonly awayMs: number;
}

/** All cells, as the BBS knows them and as they joined here, kept in the index. */
export class CellBook {
  readonly #deps: CellBookDeps;
  readonly #cells = new Map<string, Entry>();
  /** Cells that are away since before anybody here knew what they offer, and until when they are waited for. */
  readonly #strangers = new Map<string, number>();
  #generation = 0;
  #joined = 0;

  constructor(deps: CellBookDeps) {
    this.#deps = deps;
  }

  /** Cells that joined here under a registration that still holds. */
  get joined(): number {
    return this.#joined;
  }

  /** Cells that the BBS says are registered, and those of them that have not joined. */
  census(): { known: number; missing: number } {
    let known = 0;
    let missing = 0;
    for (const entry of this.#cells.values()) {
      if (entry.known === undefined) continue;
      known += 1;
      if (!usable(entry)) missing += 1;
    }
    return { known, missing };
  }

  /** Whether some cell is away that may offer anything. */
  get strangers(): boolean {
    const now = this.#deps.monotonicMs();
    for (const [id, untilMs] of this.#strangers) if (untilMs <= now) this.#strangers.delete(id);
    return this.#strangers.size > 0;
  }

  registered(id: string, offer: Offer, epoch: bigint): void {
    this.#strangers.delete(id);
    const entry = this.#entry(id);
    // In a new list the server's word counts whatever was before: its store may have been put back to an older state.
    const listed = entry.generation !== this.#generation;
    entry.generation = this.#generation;
    if (entry.known !== undefined && entry.known.epoch > epoch && !listed) return;
    this.#change(entry, () => {
      entry.known = { offer, epoch };
      entry.away = undefined;
      if (entry.goneEpoch >= epoch) entry.goneEpoch = epoch - 1n;
    });
  }

  unregistered(id: string, epoch: bigint): void {
    const entry = this.#cells.get(id);
    if (entry === undefined) {
      this.#strangers.set(id, this.#deps.monotonicMs() + Math.min(STRANGER_MS, this.#deps.awayMs));
      return;
    }
    this.#change(entry, () => {
      if (epoch > entry.goneEpoch) entry.goneEpoch = epoch;
      if (entry.known === undefined || entry.known.epoch > epoch) return;
      entry.away = { ...entry.known, untilMs: this.#deps.monotonicMs() + this.#deps.awayMs };
      entry.known = undefined;
      this.#deps.expireIn(this.#deps.awayMs);
    });
  }

  /** A whole list follows: registrations it does not name are over when it ends. */
  beginList(): void {
    this.#strangers.clear();
    this.#generation += 1;
  }

  /** @returns whether a registration was lost. */
  endList(): boolean {
    let lost = false;
    for (const entry of this.#cells.values()) {
      if (entry.known === undefined || entry.generation === this.#generation) continue;
      lost = true;
      this.unregistered(entry.id, entry.known.epoch);
    }
    return lost;
  }

  join(stream: CellStream, summary: Summary): void {
    const entry = this.#entry(summary.cellId);
    const old = entry.joined?.stream;
    this.#change(entry, () => {
      this.#carry(entry);
      entry.joined = { stream, summary };
      account(entry, summary);
    });
    old?.replaced();
  }

  update(stream: CellStream, summary: Summary): void {
    const entry = this.#cells.get(summary.cellId);
    const joined = entry?.joined;
    if (entry === undefined || joined === undefined || joined.stream !== stream) return;
    this.#change(entry, () => {
      joined.summary = summary;
      account(entry, summary);
    });
  }

  leave(stream: CellStream, id: string): void {
    const entry = this.#cells.get(id);
    if (entry?.joined?.stream !== stream) return;
    this.#change(entry, () => {
      this.#carry(entry);
      entry.joined = undefined;
    });
  }

  /** Notes what `place` has just taken in the index. */
  hold(cellId: string, { memoryMb, diskMb, cpuWeight }: Demand): Hold {
    const expiresMs = this.#deps.monotonicMs() + UNACKNOWLEDGED_MS;
    const hold: Hold = { cellId, memoryMb, diskMb, cpuWeight, attempt: undefined, expiresMs };
    this.#cells.get(cellId)?.holds.push(hold);
    return hold;
  }

  release(hold: Hold): void {
    const entry = this.#cells.get(hold.cellId);
    if (entry === undefined) return;
    this.#change(entry, () => {
      entry.holds = entry.holds.filter((other) => other !== hold);
    });
  }

  /** The claim was made: the room is held until the cell accounts for this attempt. */
  claimed(hold: Hold, attempt: string): void {
    hold.attempt = attempt;
    if (this.#cells.get(hold.cellId)?.early.delete(attempt) === true) this.release(hold);
  }

  /** Gives back what is held beyond its time, and forgets who was away for too long. @returns whether it forgot one. */
  expire(): boolean {
    const now = this.#deps.monotonicMs();
    let forgot = false;
    for (const entry of this.#cells.values()) {
      if (entry.away !== undefined && entry.away.untilMs <= now) {
        forgot = true;
        this.#change(entry, () => {
          entry.away = undefined;
        });
      }
      if (!entry.holds.some((hold) => hold.expiresMs <= now)) continue;
      this.#change(entry, () => {
        entry.holds = entry.holds.filter((hold) => hold.expiresMs > now);
      });
    }
    return forgot;
  }

  #entry(id: string): Entry {
    let entry = this.#cells.get(id);
    if (entry === undefined) {
      const empty = { known: undefined, away: undefined, joined: undefined, holds: [], early: new Set<string>() };
      entry = { id, generation: this.#generation, goneEpoch: -1n, ...empty };
      this.#cells.set(id, entry);
    }
    return entry;
  }

  /** What was under way when a stream ended: what the cell accounted for since may not have come. */
  #carry(entry: Entry): void {
    if (entry.holds.length === 0) return;
    const expiresMs = this.#deps.monotonicMs() + CARRIED_MS;
    for (const hold of entry.holds) {
      hold.expiresMs = Math.min(hold.expiresMs, expiresMs);
    }
    this.#deps.expireIn(CARRIED_MS);
  }

  /** Applies a change and carries it over into the index. */
  #change(entry: Entry, change: () => void): void {
    const { index, onRoom } = this.#deps;
    const usableBefore = usable(entry);
    const before = index.get(entry.id);
    const had =
      before?.cell.standing === 'open'
        ? { memory: before.memory, disk: before.disk, containers: before.containers }
        : undefined;
    change();
    this.#joined += Number(usable(entry)) - Number(usableBefore);
    const cell = cellOf(entry);
    if (cell === undefined) {
      index.remove(entry.id);
      if (entry.joined === undefined) this.#cells.delete(entry.id);
      return;
    }
    index.upsert(cell);
    const now = index.get(entry.id);
    if (now === undefined || cell.standing !== 'open') return;
    const more = had === undefined || now.memory > had.memory || now.disk > had.disk || now.containers > had.containers;
    if (more) onRoom();
  }
}

/** The cell's figures contain these by now. */
function account(entry: Entry, { accounted }: Summary): void {
  const counted = new Set(accounted);
  const open = entry.holds.some(({ attempt }) => attempt === undefined);
  entry.early = new Set(open ? [...entry.early, ...counted] : []);
  if (counted.size === 0) return;
  entry.holds = entry.holds.filter(({ attempt }) => attempt === undefined || !counted.has(attempt));
}

/** Joined, and under a registration that is not over: the BBS would accept claims for it. */
function usable({ joined, known, goneEpoch }: Entry): boolean {
  if (joined === undefined) return false;
  const { epoch } = joined.summary;
  return epoch > goneEpoch && (known === undefined || known.epoch <= epoch);
}

function cellOf(entry: Entry): Cell | undefined {
  const { id, known, away, joined, holds } = entry;
  if (joined !== undefined && usable(entry)) {
    const { offer, epoch, closed, closedReason, free, cpuWeight } = joined.summary;
    const held = { memoryMb: 0, diskMb: 0, cpuWeight: 0 };
    for (const hold of holds) {
      held.memoryMb += hold.memoryMb;
      held.diskMb += hold.diskMb;
      held.cpuWeight += hold.cpuWeight;
    }
    return {
      id,
      epoch: epoch.toString(),
      offer,
      free: {
        memoryMb: free.memoryMb - held.memoryMb,
        diskMb: free.diskMb - held.diskMb,
        containers: free.containers - holds.length,
      },
      cpuWeight: cpuWeight + held.cpuWeight,
      standing: closed ? 'closed' : 'open',
      note: closedReason,
    };
  }
  const seen = known ?? away;
  if (seen === undefined) return undefined;
  const { offer, epoch } = seen;
  return { id, epoch: epoch.toString(), offer, free: offer.capacity, cpuWeight: 0, standing: 'absent' };
}
