import { randomUUID } from 'node:crypto';
import { access, constants, mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CGROUPS, type Cgroup, cgroupAt } from './cgroups.ts';
import { cellHash } from './firewall.ts';

/**
 * A control group of our own around each container. The container's own goes with its last process, and with it what was counted;
 * the one around it stays, counts the same, and can be read when the container is over.
 *
 * Only where the engine names cgroups itself (cgroupfs; systemd throws an empty slice away) and we may write them.
 */
export class CgroupParents {
  readonly #folder: string;
  readonly #v2: boolean;

  private constructor(folder: string, v2: boolean) {
    this.#folder = folder;
    this.#v2 = v2;
  }

  static async open(cellId: string, engine: { local: boolean; cgroupDriver: string; v2: boolean }) {
    if (!engine.local || engine.cgroupDriver !== 'cgroupfs' || process.getuid?.() !== 0) return undefined;
    const roots = engine.v2 ? [CGROUPS] : ['cpu', 'cpuacct', 'memory'].map((name) => join(CGROUPS, name));
    try {
      for (const root of roots) await access(root, constants.W_OK);
      // Without it a group does not count what groups below it use.
      const counts = engine.v2 || (await readFile(join(CGROUPS, 'memory/memory.use_hierarchy'), 'utf8')).trim() === '1';
      return counts ? new CgroupParents(`/gavel/${cellHash(cellId)}`, engine.v2) : undefined;
    } catch {
      return undefined;
    }
  }

  /** For a new container. */
  name(): string {
    return `${this.#folder}/${randomUUID()}`;
  }

  /** Before the container is started; its weight among all others is that of the group around it. */
  async make(parent: string, cpuShares: number): Promise<void> {
    for (const root of this.#v2 ? [CGROUPS] : [join(CGROUPS, 'cpu')])
      await mkdir(join(root, parent), { recursive: true });
    await this.setShares(parent, cpuShares);
  }

  async setShares(parent: string, cpuShares: number): Promise<void> {
    const shares = cpuShares || 1_024;
    if (!this.#v2) return await writeFile(join(CGROUPS, 'cpu', parent, 'cpu.shares'), String(shares));
    // The scale of the kernel's newer interface, as the engine's runtime converts to it.
    const weight = 1 + Math.floor(((Math.max(2, shares) - 2) * 9_999) / 262_142);
    // Not there until the engine has turned the controller on for the first container.
    await writeFile(join(CGROUPS, parent, 'cpu.weight'), String(weight)).catch(() => undefined);
  }

  owns(parent: string): boolean {
    return parent.startsWith(`${this.#folder}/`);
  }

  read(parent: string): Cgroup {
    const v2 = this.#v2;
    return cgroupAt(v2, (controller) => join(CGROUPS, v2 ? '' : controller, parent));
  }

  async drop(parent: string): Promise<void> {
    for (const root of await this.#roots()) await rmdir(join(root, parent)).catch(() => undefined);
  }

  /** Of containers that went while the cell was away. One with something in it cannot be removed, and is not. */
  async sweep(keep: ReadonlySet<string>): Promise<void> {
    for (const root of await this.#roots()) {
      for (const name of await readdir(join(root, this.#folder)).catch(() => [])) {
        const parent = `${this.#folder}/${name}`;
        if (!keep.has(parent)) await rmdir(join(root, parent)).catch(() => undefined);
      }
    }
  }

  /** The last cell takes its folders away. */
  async close(): Promise<void> {
    for (const root of await this.#roots()) {
      await rmdir(join(root, this.#folder)).catch(() => undefined);
      await rmdir(join(root, '/gavel')).catch(() => undefined);
    }
  }

  /** The engine makes the group in every hierarchy there is. */
  async #roots(): Promise<string[]> {
    if (this.#v2) return [CGROUPS];
    return (await readdir(CGROUPS)).map((name) => join(CGROUPS, name));
  }
}
