/**
 * A map for what passes through: calls under way, streams that are open, writes on their way.
 *
 * V8 gives a Map a new table after about as many changes as it has entries, and the old table keeps pointing at the new one. When one of those tables has
 * grown old (a second without calls is enough) all later ones hang on it, dead as it is, with everything that was in them when they were left: the collector
 * of young objects then takes every call that was ever made for alive and moves it to the old ones. In a plain object used as a table nothing points on: half as
 * much grows old in a busy BBS, and it stays smaller (`docs/performance.md`).
 */
export class Passage<K extends string | number, V> {
  #entries: Record<K, V> = Object.create(null) as Record<K, V>;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: K): V | undefined {
    return this.#entries[key];
  }

  has(key: K): boolean {
    return key in this.#entries;
  }

  set(key: K, value: V): this {
    if (!(key in this.#entries)) this.#size += 1;
    this.#entries[key] = value;
    return this;
  }

  delete(key: K): boolean {
    if (!(key in this.#entries)) return false;
    this.#size -= 1;
    delete this.#entries[key];
    return true;
  }

  clear(): void {
    this.#entries = Object.create(null) as Record<K, V>;
    this.#size = 0;
  }

  /** As they are now: what is changed meanwhile changes nothing of it. */
  values(): V[] {
    return Object.values(this.#entries);
  }

  forEach(visit: (value: V) => void): void {
    for (const value of this.values()) visit(value);
  }
}
