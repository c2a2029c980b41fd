import { CellTree } from './cell-tree.ts';
import { Kind, kindKey, MISMATCH_ORDER, type Mismatch, type Needs, type Offer, type Resources } from './needs.ts';
import { keyOf, load, type Policy, type Scale, scaleOf } from './score.ts';

/** `open` takes work; `closed` is there but takes none (draining, unhealthy); `absent` is registered and not connected. */
export type Standing = 'open' | 'closed' | 'absent';

export interface Cell {
  readonly id: string;
  /** Which registration of the cell; passed through, never looked at. */
  readonly epoch: string;
  readonly offer: Offer;
  readonly free: Resources;
  /** Sum of the CPU weights of what is reserved there. */
  readonly cpuWeight: number;
  readonly standing: Standing;
  /** For people: why it is closed. */
  readonly note?: string;
}

/** Cells with the same constraints and about the same ratio of disk to memory, in one tree. */
export class CellGroup {
  readonly key: string;
  readonly kind: Kind;
  readonly tree = new CellTree();
  readonly members: (Member | undefined)[] = [];
  /** How many cells have each capacity: the few sizes there are answer whether an empty cell could ever take a task. */
  readonly sizes = new Map<string, { readonly capacity: Resources; count: number }>();

  constructor(key: string, kind: Kind) {
    this.key = key;
    this.kind = kind;
  }
}

export interface Member {
  cell: Cell;
  readonly group: CellGroup;
  readonly leaf: number;
  readonly scale: Scale;
  memory: number;
  disk: number;
  containers: number;
  cpuWeight: number;
}

/** Which groups could take a task with certain needs; where none could, the mismatch that got furthest. */
export interface Match {
  readonly groups: readonly CellGroup[];
  readonly mismatch: Mismatch | undefined;
}

/** More different needs than this at once are matched again rather than remembered: tags are free text of users. */
const MATCHES_KEPT = 10_000;

/**
 * All registered cells, kept up to date by single changes. Cells are grouped by what they offer, so a placement asks
 * each group that fits once; the cost per placement grows with the number of groups, not with the number of cells.
 */
export class CellIndex {
  readonly policy: Policy;
  readonly #members = new Map<string, Member>();
  readonly #groups = new Map<string, CellGroup>();
  readonly #matches = new Map<string, Match>();
  #capacityMemory = 0;
  #capacityDisk = 0;

  constructor(policy: Policy = 'spread') {
    this.policy = policy;
  }

  get size(): number {
    return this.#members.size;
  }

  /** MB of disk that go with one MB of memory in this cluster: what makes the size of a task one number. */
  get diskPerMemory(): number {
    return this.#capacityMemory > 0 ? this.#capacityDisk / this.#capacityMemory : 1;
  }

  cells(): IterableIterator<Member> {
    return this.#members.values();
  }

  get(id: string): Member | undefined {
    return this.#members.get(id);
  }

  upsert(cell: Cell): void {
    let member = this.#members.get(cell.id);
    // A summary mostly carries the very offer of the one before; then the keys need not be made again.
    if (member !== undefined && member.cell.offer !== cell.offer && !sameOffer(member, cell.offer)) {
      this.remove(cell.id);
      member = undefined;
    }
    member ??= this.#add(cell);
    member.cell = cell;
    member.memory = Math.max(0, cell.free.memoryMb);
    member.disk = Math.max(0, cell.free.diskMb);
    member.containers = Math.max(0, cell.free.containers);
    member.cpuWeight = Math.max(0, cell.cpuWeight);
    this.#write(member);
  }

  remove(id: string): boolean {
    const member = this.#members.get(id);
    if (member === undefined) return false;
    const { group } = member;
    this.#members.delete(id);
    group.tree.remove(member.leaf);
    group.members[member.leaf] = undefined;
    const { capacity } = member.scale;
    this.#capacityMemory -= capacity.memoryMb;
    this.#capacityDisk -= capacity.diskMb;
    const size = group.sizes.get(sizeKey(capacity));
    if (size !== undefined && --size.count === 0) group.sizes.delete(sizeKey(capacity));
    if (group.sizes.size === 0) {
      this.#groups.delete(group.key);
      this.#matches.clear();
    }
    return true;
  }

  /** Takes room on a cell (a negative amount gives it back). */
  reserve(member: Member, memoryMb: number, diskMb: number, containers: number, cpuWeight: number): void {
    member.memory -= memoryMb;
    member.disk -= diskMb;
    member.containers -= containers;
    member.cpuWeight += cpuWeight;
    this.#write(member);
  }

  match(needs: Needs): Match {
    const known = this.#matches.get(needs.key);
    if (known !== undefined) return known;
    if (this.#matches.size >= MATCHES_KEPT) this.#matches.clear();
    const groups: CellGroup[] = [];
    let furthest = -1;
    for (const group of this.#groups.values()) {
      const mismatch = group.kind.mismatch(needs);
      if (mismatch === undefined) groups.push(group);
      else furthest = Math.max(furthest, MISMATCH_ORDER.indexOf(mismatch));
    }
    const match: Match = { groups, mismatch: groups.length > 0 ? undefined : MISMATCH_ORDER[furthest] };
    this.#matches.set(needs.key, match);
    return match;
  }

  /** Whether some open cell could take this right now. */
  hasRoom(needs: Needs, memoryMb: number, diskMb: number): boolean {
    for (const group of this.match(needs).groups) {
      if (group.tree.find(memoryMb, diskMb) >= 0) return true;
    }
    return false;
  }

  #add(cell: Cell): Member {
    const kind = kindKey(cell.offer);
    const key = `${kind} ${shapeBucket(cell.offer.capacity)}`;
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = new CellGroup(key, new Kind(cell.offer));
      this.#groups.set(key, group);
      this.#matches.clear();
    }
    const { capacity } = cell.offer;
    const size = group.sizes.get(sizeKey(capacity));
    if (size === undefined) group.sizes.set(sizeKey(capacity), { capacity, count: 1 });
    else size.count += 1;
    this.#capacityMemory += capacity.memoryMb;
    this.#capacityDisk += capacity.diskMb;
    const leaf = group.tree.add(cell.id);
    const member = { cell, group, leaf, scale: scaleOf(capacity), memory: 0, disk: 0, containers: 0, cpuWeight: 0 };
    group.members[leaf] = member;
    this.#members.set(cell.id, member);
    return member;
  }

  #write(member: Member): void {
    const { group, leaf, memory, disk, containers } = member;
    if (member.cell.standing !== 'open') {
      group.tree.shut(leaf);
      return;
    }
    const key = keyOf(this.policy, load(member.scale, memory, disk, containers, member.cpuWeight));
    group.tree.set(leaf, key, memory, disk, containers);
  }
}

function sizeKey(capacity: Resources): string {
  return `${capacity.memoryMb}/${capacity.diskMb}/${capacity.containers}`;
}

/** Half steps of the binary logarithm of disk per memory: cells whose tasks should have another shape get another tree. */
function shapeBucket(capacity: Resources): number {
  return Math.round(2 * Math.log2((capacity.diskMb + 1) / (capacity.memoryMb + 1)));
}

function sameOffer(member: Member, offer: Offer): boolean {
  return (
    sizeKey(member.scale.capacity) === sizeKey(offer.capacity) &&
    member.group.key === `${kindKey(offer)} ${shapeBucket(offer.capacity)}`
  );
}
