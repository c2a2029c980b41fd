import type { Logger } from 'pino';
import type { ContainerSpec, IdleSpec } from '../executor/runtime.ts';
import type { CgroupParents } from './cgroup-parents.ts';
import type { EgressPolicy } from './egress-policy.ts';
import type { Engine } from './engine.ts';
import { HELPER, type HelperVolume } from './helper.ts';
import type { Images } from './images.ts';
import { containerBody, type ProfileContext } from './profile.ts';
import { removeContainer } from './removal.ts';
import type { EngineFacts } from './survey.ts';

export interface CreationDeps {
  readonly engine: Engine;
  readonly cellId: string;
  readonly log: Logger;
  readonly facts: EngineFacts;
  readonly images: Images;
  readonly helper: HelperVolume;
  readonly egress: EgressPolicy;
  readonly parents: CgroupParents | undefined;
  readonly createDeadlineMs: number;
  readonly removeDeadlineMs: number;
}

/** Makes containers, and what lies around one: its rules in the kernel, its control group, our helper in it. */
export class Creation {
  readonly #deps: CreationDeps;
  /** The control group around each container of this process's own making. */
  readonly #parentOf = new Map<string, string>();

  constructor(deps: CreationDeps) {
    this.#deps = deps;
  }

  async createIdle(spec: IdleSpec): Promise<string> {
    const helperVolume = await this.#deps.helper.ready(spec.image);
    // As root, so that no process of another user can end it.
    const process = { path: HELPER, args: ['idle'], dir: undefined, user: '0:0' };
    return await this.#create({ ...spec, ...process }, { helperVolume });
  }

  /** As the user that the command will have, so that all the engine does for a user is done. */
  async createWaiting(spec: ContainerSpec): Promise<string> {
    const helperVolume = await this.#deps.helper.ready(spec.image);
    return await this.#create({ ...spec, path: HELPER, args: ['wait'], env: [] }, { helperVolume, waits: true });
  }

  async create(spec: ContainerSpec): Promise<string> {
    return await this.#create(spec, {});
  }

  async #create(spec: ContainerSpec, helper: Pick<ProfileContext, 'helperVolume' | 'waits'>): Promise<string> {
    const { engine, cellId, log, facts, images, egress, parents } = this.#deps;
    const { quota, info } = facts;
    const addImage = quota === 'with-image' && spec.limits.diskBytes > 0;
    const imageBytes = addImage ? ((await images.inspect(spec.image))?.Size ?? 0) : 0;
    const guard = egress.guard(spec);
    const cgroupParent = parents?.name();
    let id: string | undefined;
    try {
      const creating = engine.json({
        what: `create container ${spec.name}`,
        method: 'POST',
        path: '/containers/create',
        query: { name: spec.name },
        body: containerBody(spec, {
          cellId,
          quota,
          imageBytes,
          apiVersion: info.apiVersion,
          ...helper,
          ...(guard === undefined ? {} : { guard }),
          ...(cgroupParent === undefined ? {} : { cgroupParent }),
        }),
        deadlineMs: this.#deps.createDeadlineMs,
      });
      // The engine needs it at the start only, and the kernel takes its time (10 to 100 ms) while containers come and go.
      const grouping = cgroupParent === undefined ? undefined : parents?.make(cgroupParent, spec.limits.cpuShares);
      const [created, grouped] = await Promise.allSettled([creating, grouping]);
      if (created.status === 'rejected') throw created.reason;
      const { Id: made, Warnings: warnings } = created.value as { Id: string; Warnings?: string[] | null };
      id = made;
      if (warnings?.length) log.warn({ container: spec.name, warnings }, 'container engine warns');
      if (cgroupParent !== undefined) this.#parentOf.set(id, cgroupParent);
      if (grouped.status === 'rejected') throw grouped.reason;
      if (guard !== undefined) await egress.admit(id, spec, guard);
      return id;
    } catch (error) {
      if (id === undefined && cgroupParent !== undefined) await parents?.drop(cgroupParent);
      if (id !== undefined) await this.remove(id).catch(() => undefined);
      throw error;
    }
  }

  /** The weight among all containers is that of the group around it. */
  async setShares(id: string, cpuShares: number): Promise<void> {
    const parent = this.#parentOf.get(id);
    if (parent !== undefined) await this.#deps.parents?.setShares(parent, cpuShares);
  }

  async remove(id: string): Promise<void> {
    await removeContainer(this.#deps.engine, id, this.#deps.removeDeadlineMs);
    await this.#deps.egress.forget(id);
    const parent = this.#parentOf.get(id);
    this.#parentOf.delete(id);
    if (parent !== undefined) await this.#deps.parents?.drop(parent);
  }

  /** Learns of the containers of an earlier process of this cell, and cleans up after those that are gone. */
  async adopt(ids: readonly string[], parentOf: (id: string) => Promise<string>): Promise<void> {
    const { parents } = this.#deps;
    if (parents === undefined) return;
    for (const id of ids) {
      const parent = await parentOf(id);
      if (parents.owns(parent)) this.#parentOf.set(id, parent);
    }
    await parents.sweep(new Set(this.#parentOf.values()));
  }
}
