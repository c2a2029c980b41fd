/**
 * What a task needs of a cell apart from room, and what a cell offers of it. Both are reduced to a key, so that the
 * question "may this task go there" is answered once per pair of kinds and not once per pair of task and cell.
 */

export interface Resources {
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly containers: number;
}

export interface Offer {
  readonly stacks: readonly string[];
  /** Names that `preloaded:NAME` may use here. */
  readonly preloadedRootfs: readonly string[];
  readonly rootfsSchemes: readonly string[];
  /** A task must carry every one of these. */
  readonly placementTags: readonly string[];
  /** A task may carry these as well. */
  readonly optionalPlacementTags: readonly string[];
  readonly capacity: Resources;
}

export interface Needs {
  /** Equal for equal needs. */
  readonly key: string;
  /** Empty = any. */
  readonly stack: string;
  /** `preloaded:NAME`, or the scheme alone: which image it is makes no difference to the choice of a cell. */
  readonly rootfs: string;
  /** Sorted, each once. */
  readonly tags: readonly string[];
}

/** A task as placement sees it. */
export interface Demand {
  readonly guid: string;
  /** Which life of the guid; passed through. */
  readonly uid: string;
  readonly needs: Needs;
  /** 0 = no limit, and counts as 0. */
  readonly memoryMb: number;
  readonly diskMb: number;
  readonly cpuWeight: number;
}

const PRELOADED = 'preloaded:';
const NO_TAGS: readonly string[] = [];

export function needsOf(stack: string, rootFs: string, placementTags: readonly string[]): Needs {
  const rootfs = rootFs.startsWith(PRELOADED) ? rootFs : rootFs.slice(0, Math.max(0, rootFs.indexOf(':')));
  const tags = placementTags.length === 0 ? NO_TAGS : sortedSet(placementTags);
  // JSON keeps "a,b" apart from "a" and "b".
  const key = tags.length === 0 ? `${stack}\n${rootfs}` : `${stack}\n${rootfs}\n${JSON.stringify(tags)}`;
  return { key, stack, rootfs, tags };
}

export function sortedSet(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}

/** In the order in which they are looked at: among several cells the mismatch that got furthest is the one to tell. */
export type Mismatch = 'stack' | 'rootfs' | 'tags';
export const MISMATCH_ORDER: readonly Mismatch[] = ['stack', 'rootfs', 'tags'];

/** An offer's part without its capacity, in the form that is quick to ask. */
export class Kind {
  readonly key: string;
  readonly #stacks: ReadonlySet<string>;
  readonly #rootfs: ReadonlySet<string>;
  readonly #required: ReadonlySet<string>;
  readonly #allowed: ReadonlySet<string>;

  constructor(offer: Offer) {
    this.key = kindKey(offer);
    this.#stacks = new Set(offer.stacks);
    this.#rootfs = new Set([...offer.rootfsSchemes, ...offer.preloadedRootfs.map((name) => PRELOADED + name)]);
    this.#required = new Set(offer.placementTags);
    this.#allowed = new Set([...offer.placementTags, ...offer.optionalPlacementTags]);
  }

  /** Diego's rule for tags: required ⊆ the task's ⊆ required ∪ optional. So an untagged task never lands on a cell with required tags. */
  mismatch(needs: Needs): Mismatch | undefined {
    if (needs.stack !== '' && !this.#stacks.has(needs.stack)) return 'stack';
    if (!this.#rootfs.has(needs.rootfs)) return 'rootfs';
    let required = 0;
    for (const tag of needs.tags) {
      if (!this.#allowed.has(tag)) return 'tags';
      if (this.#required.has(tag)) required += 1;
    }
    return required === this.#required.size ? undefined : 'tags';
  }
}

export function kindKey(offer: Offer): string {
  return JSON.stringify([
    sortedSet(offer.stacks),
    sortedSet(offer.preloadedRootfs),
    sortedSet(offer.rootfsSchemes),
    sortedSet(offer.placementTags),
    sortedSet(offer.optionalPlacementTags),
  ]);
}
