import { expect } from 'vitest';
import type { TestBbs } from './bbs.ts';

interface Named {
  readonly task_guid: string;
  readonly uid: string;
}

/** A cell that does what a test tells it, by the calls of a real one; without containers. */
export class ScriptedCell {
  readonly #bbs: TestBbs;
  readonly id: string;
  readonly epoch: string;

  private constructor(bbs: TestBbs, id: string, epoch: string) {
    this.#bbs = bbs;
    this.id = id;
    this.epoch = epoch;
  }

  /** In the place that the BBS gives it, which another of the same id must have left. */
  static async register(bbs: TestBbs, id: string, incarnation = 'one'): Promise<ScriptedCell> {
    const { epoch } = await bbs.cells.Register({ offer: offerOf(id), incarnation });
    return new ScriptedCell(bbs, id, epoch);
  }

  /** What it would say under another id or epoch. */
  as(id: string, epoch: string): ScriptedCell {
    return new ScriptedCell(this.#bbs, id, epoch);
  }

  /** What goes with every call of it. */
  get own(): { readonly cell_id: string; readonly epoch: string } {
    return { cell_id: this.id, epoch: this.epoch };
  }

  /** As the auctioneer does it. @returns the attempt. */
  async claim({ task_guid, uid }: Named): Promise<string> {
    const items = [{ task_guid, uid, ...this.own }];
    const { verdicts } = await this.#bbs.placement.ClaimTasks({ items });
    expect(verdicts[0]?.verdict?.code).toBe('');
    return verdicts[0]?.attempt ?? '';
  }

  /** @returns the code of the verdict; '' = it may start. */
  async start(task_guid: string, attempt: string, nonce = 'n1'): Promise<string | undefined> {
    const item = {
      claim: { task_guid, attempt },
      nonce,
      image_digest: 'sha256:1',
      limits_in_force: { memory: '64 MB' },
    };
    const { verdicts } = await this.#bbs.cells.StartTasks({ ...this.own, items: [item] });
    return verdicts[0]?.code;
  }

  /** @returns the code of the verdict; '' = it was taken. */
  async complete(task_guid: string, attempt: string, over: object = {}): Promise<string | undefined> {
    const outcome = { outcome: 'succeeded', exit_code: 0, result: Buffer.from('forty-two'), result_bytes: 9, ...over };
    const items = [{ claim: { task_guid, attempt }, outcome }];
    const { verdicts } = await this.#bbs.cells.CompleteTasks({ ...this.own, items });
    return verdicts[0]?.code;
  }

  /** From its claim to its end. */
  async run(task: Named, over: object = {}): Promise<void> {
    const attempt = await this.claim(task);
    expect(await this.start(task.task_guid, attempt)).toBe('');
    expect(await this.complete(task.task_guid, attempt, over)).toBe('');
  }
}

export const offerOf = (cell_id: string) => ({
  cell_id,
  preloaded_rootfs: ['busybox'],
  rootfs_schemes: ['preloaded'],
  capacity: { memory_mb: 1_000, disk_mb: 1_000, containers: 10 },
});
