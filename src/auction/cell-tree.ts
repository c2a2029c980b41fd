/**
 * A tournament over cells: each inner node knows the best cell under it and the most free memory, disk and containers
 * that any cell under it has. The best cell is mostly one with room, so a look-up mostly reads the root; where it has
 * none, whole subtrees without enough room (or without a better cell) are passed over. An update costs log2(n) steps.
 *
 * Best = lowest key, ties by cell id: the answer does not depend on the order in which cells came.
 */
export class CellTree {
  #width = 1;
  #used = 0;
  #free: number[] = [];
  #ids: string[] = [];
  #key = new Float64Array(1);
  #winner = new Int32Array(2).fill(-1);
  #memory = new Float64Array(2).fill(-1);
  #disk = new Float64Array(2).fill(-1);
  #containers = new Float64Array(2).fill(-1);
  /** The best so far of the running look-up; a field, so that the recursion allocates nothing. */
  #best = -1;

  get mostMemory(): number {
    return this.#memory[1] as number;
  }
  get mostDisk(): number {
    return this.#disk[1] as number;
  }
  get mostContainers(): number {
    return this.#containers[1] as number;
  }

  add(id: string): number {
    const leaf = this.#free.pop() ?? this.#used++;
    if (leaf >= this.#width) this.#grow();
    this.#ids[leaf] = id;
    return leaf;
  }

  remove(leaf: number): void {
    this.shut(leaf);
    this.#free.push(leaf);
  }

  /** A cell that takes nothing for now. */
  shut(leaf: number): void {
    this.#write(leaf, -1, 0, -1, -1, -1);
  }

  set(leaf: number, key: number, memory: number, disk: number, containers: number): void {
    this.#write(leaf, leaf, key, memory, disk, containers);
  }

  /** The best cell with this much room and a container to spare, or -1. */
  find(memory: number, disk: number): number {
    this.#best = -1;
    this.#search(1, memory, disk);
    return this.#best;
  }

  key(leaf: number): number {
    return this.#key[leaf] as number;
  }
  memory(leaf: number): number {
    return this.#memory[this.#width + leaf] as number;
  }
  disk(leaf: number): number {
    return this.#disk[this.#width + leaf] as number;
  }
  id(leaf: number): string {
    return this.#ids[leaf] as string;
  }

  #search(node: number, memory: number, disk: number): void {
    if ((this.#memory[node] as number) < memory) return;
    if ((this.#disk[node] as number) < disk || (this.#containers[node] as number) < 1) return;
    const winner = this.#winner[node] as number;
    if (this.#best >= 0 && !this.#before(winner, this.#best)) return;
    const leaf = this.#width + winner;
    if (
      (this.#memory[leaf] as number) >= memory &&
      (this.#disk[leaf] as number) >= disk &&
      (this.#containers[leaf] as number) >= 1
    ) {
      this.#best = winner;
      return;
    }
    if (node >= this.#width) return;
    const left = node * 2;
    // The side of the better cell first: what it finds lets most of the other side be passed over.
    const first = winner === this.#winner[left] ? left : left + 1;
    this.#search(first, memory, disk);
    this.#search(first ^ 1, memory, disk);
  }

  #before(a: number, b: number): boolean {
    const ka = this.#key[a] as number;
    const kb = this.#key[b] as number;
    return ka < kb || (ka === kb && (this.#ids[a] as string) < (this.#ids[b] as string));
  }

  #write(leaf: number, winner: number, key: number, memory: number, disk: number, containers: number): void {
    const node = this.#width + leaf;
    this.#key[leaf] = key;
    this.#winner[node] = winner;
    this.#memory[node] = memory;
    this.#disk[node] = disk;
    this.#containers[node] = containers;
    for (let up = node >> 1; up > 0; up >>= 1) this.#pull(up);
  }

  #pull(node: number): void {
    const l = node * 2;
    const r = l + 1;
    const a = this.#winner[l] as number;
    const b = this.#winner[r] as number;
    this.#winner[node] = a < 0 ? b : b < 0 || this.#before(a, b) ? a : b;
    const m = this.#memory;
    const d = this.#disk;
    const c = this.#containers;
    m[node] = (m[l] as number) > (m[r] as number) ? (m[l] as number) : (m[r] as number);
    d[node] = (d[l] as number) > (d[r] as number) ? (d[l] as number) : (d[r] as number);
    c[node] = (c[l] as number) > (c[r] as number) ? (c[l] as number) : (c[r] as number);
  }

  /** Doubles the leaves, so the cost of growing is constant per cell added. */
  #grow(): void {
    const old = this.#width;
    const width = old * 2;
    const key = new Float64Array(width);
    key.set(this.#key);
    const winner = new Int32Array(width * 2).fill(-1);
    const memory = new Float64Array(width * 2).fill(-1);
    const disk = new Float64Array(width * 2).fill(-1);
    const containers = new Float64Array(width * 2).fill(-1);
    winner.set(this.#winner.subarray(old), width);
    memory.set(this.#memory.subarray(old), width);
    disk.set(this.#disk.subarray(old), width);
    containers.set(this.#containers.subarray(old), width);
    this.#width = width;
    this.#key = key;
    this.#winner = winner;
    this.#memory = memory;
    this.#disk = disk;
    this.#containers = containers;
    for (let node = width - 1; node > 0; node--) this.#pull(node);
  }
}
