import { access } from 'node:fs/promises';
import type { ContainerInspectInfo } from 'dockerode';
import { DomainError } from '../../src/domain/errors.ts';
import type { ContainerUsage, UsageNow } from '../executor/runtime.ts';
import type { CgroupParents } from './cgroup-parents.ts';
import { type Cgroup, findCgroup } from './cgroups.ts';
import { diskOf } from './disk.ts';
import type { Engine } from './engine.ts';

interface SizedInfo extends ContainerInspectInfo {
  readonly SizeRw?: number;
}

/** What does not change while the container is there. */
interface Place {
  /** The group around its own. */
  readonly parent: string;
  /** Of its writable layer; empty when the engine does not tell. */
  readonly upper: string;
}

interface StatsAnswer {
  readonly cpu_stats?: { readonly cpu_usage?: { readonly total_usage?: number } };
  readonly memory_stats?: { readonly max_usage?: number; readonly usage?: number };
  readonly pids_stats?: { readonly current?: number };
}

/** Measures what containers use: by the files of this machine where they are seen, else by the engine's own figures. */
export class Meter {
  readonly #engine: Engine;
  readonly #local: boolean;
  readonly #deadlineMs: number;
  readonly #parents: CgroupParents | undefined;
  readonly #places = new Map<string, Place>();
  readonly #folders = new Map<string, string>();

  constructor(engine: Engine, options: { local: boolean; deadlineMs: number; parents: CgroupParents | undefined }) {
    this.#parents = options.parents;
    this.#engine = engine;
    this.#local = options.local;
    this.#deadlineMs = options.deadlineMs;
  }

  /** From an answer that somebody had of the engine, so that it is not asked again at the end of each task. */
  note(id: string, { HostConfig: host, GraphDriver: driver }: ContainerInspectInfo): void {
    if (this.#places.has(id)) return;
    const data = driver.Data as { UpperDir?: string } | null;
    const upper = driver.Name === 'overlay2' ? (data?.UpperDir ?? '') : '';
    this.#places.set(id, { parent: host.CgroupParent ?? '', upper });
  }

  async usage(id: string): Promise<ContainerUsage> {
    const [times, diskBytes] = await Promise.all([this.#times(id), this.disk(id).catch(() => undefined)]);
    return { ...times, diskBytes };
  }

  /** @throws DomainError `not_found`; `conflict` when it does not run. */
  async now(id: string): Promise<UsageNow> {
    const info = await this.#inspect(id, false);
    if (!info.State.Running) throw new DomainError('conflict', `cannot measure container ${id}: it is not running`);
    const [figures, diskBytes] = await Promise.all([this.#figures(id, info), this.disk(id).catch(() => undefined)]);
    return { ...figures, diskBytes };
  }

  async #figures(id: string, info: ContainerInspectInfo): Promise<Omit<UsageNow, 'diskBytes'>> {
    const cgroup = (await this.#groupAround(id)) ?? (await this.#groupOf(info));
    if (cgroup === undefined) return await this.#stats(id);
    const [cpuNanoseconds, peakMemoryBytes, memoryBytes, pids] = await Promise.all([
      cgroup.cpuNanoseconds(),
      cgroup.peakMemoryBytes(),
      cgroup.memoryBytes(),
      cgroup.tasks(),
    ]);
    return { cpuNanoseconds, peakMemoryBytes, memoryBytes, pids };
  }

  /**
   * Blocks on the disk, counted in the writable layer. The engine's own figure is the second choice: it counts a sparse file as if
   * it were full.
   */
  async disk(id: string): Promise<number> {
    const folder = await this.#folderOf(id);
    const told = folder === '' ? undefined : await diskOf(folder, this.#deadlineMs);
    return told ?? (await this.#inspect(id, true)).SizeRw ?? 0;
  }

  /** Its writable layer as a folder of this machine, if that is known without asking; else empty. */
  async layer(id: string): Promise<string> {
    return this.#places.has(id) ? await this.#folderOf(id) : '';
  }

  forget(id: string): void {
    this.#places.delete(id);
    this.#folders.delete(id);
  }

  async #times(id: string): Promise<Omit<ContainerUsage, 'diskBytes'>> {
    const around = await this.#groupAround(id);
    if (around !== undefined) return await timesOf(around);
    const info = await this.#inspect(id, false);
    const own = await this.#groupOf(info);
    if (own !== undefined) return await timesOf(own);
    if (!info.State.Running) return { cpuNanoseconds: undefined, peakMemoryBytes: undefined };
    const { cpuNanoseconds, peakMemoryBytes } = await this.#stats(id);
    return { cpuNanoseconds, peakMemoryBytes };
  }

  async #groupAround(id: string): Promise<Cgroup | undefined> {
    const { parent } = await this.#placeOf(id);
    return this.#parents?.owns(parent) === true ? this.#parents.read(parent) : undefined;
  }

  async #groupOf({ Id: id, State: state }: ContainerInspectInfo): Promise<Cgroup | undefined> {
    return this.#local ? await findCgroup(state.Pid, id) : undefined;
  }

  async #placeOf(id: string): Promise<Place> {
    if (!this.#places.has(id)) this.note(id, await this.#inspect(id, false));
    return this.#places.get(id) ?? { parent: '', upper: '' };
  }

  async #stats(id: string): Promise<Omit<UsageNow, 'diskBytes'>> {
    const answer = await this.#engine.json({
      what: `measure container ${id}`,
      method: 'GET',
      path: `/containers/${id}/stats`,
      query: { stream: '0', 'one-shot': '1' },
      deadlineMs: this.#deadlineMs,
    });
    const { cpu_stats: cpu, memory_stats: memory, pids_stats: pids } = answer as StatsAnswer;
    const cpuTime = cpu?.cpu_usage?.total_usage;
    return {
      cpuNanoseconds: cpuTime === undefined || cpuTime === 0 ? undefined : BigInt(cpuTime),
      peakMemoryBytes: memory?.max_usage,
      memoryBytes: memory?.usage,
      pids: pids?.current,
    };
  }

  /** The writable layer as a folder of this machine; empty when there is none that this cell sees. */
  async #folderOf(id: string): Promise<string> {
    if (!this.#local) return '';
    const known = this.#folders.get(id);
    if (known !== undefined) return known;
    const { upper } = await this.#placeOf(id);
    const folder = upper !== '' && (await isSeen(upper)) ? upper : '';
    this.#folders.set(id, folder);
    return folder;
  }

  async #inspect(id: string, size: boolean): Promise<SizedInfo> {
    const info = await this.#engine.json({
      what: `measure container ${id}`,
      method: 'GET',
      path: `/containers/${encodeURIComponent(id)}/json`,
      ...(size ? { query: { size: '1' } } : {}),
      deadlineMs: this.#deadlineMs,
    });
    return info as SizedInfo;
  }
}

async function timesOf(cgroup: Cgroup): Promise<Omit<ContainerUsage, 'diskBytes'>> {
  const [cpuNanoseconds, peakMemoryBytes] = await Promise.all([cgroup.cpuNanoseconds(), cgroup.peakMemoryBytes()]);
  return { cpuNanoseconds, peakMemoryBytes };
}

async function isSeen(folder: string): Promise<boolean> {
  return await access(folder).then(
    () => true,
    () => false,
  );
}
