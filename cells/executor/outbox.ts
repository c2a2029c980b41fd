import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { OUTCOMES } from '../../src/domain/task.ts';
import type { Ending } from '../../src/domain/task-machine.ts';
import { attemptFileName, forget, readRecords, writeDurably } from './files.ts';

const entrySchema = z.object({
  guid: z.string(),
  attempt: z.string(),
  ending: z.object({
    outcome: z.enum(OUTCOMES),
    failure_reason: z.string(),
    failure_code: z.string(),
    exit_code: z.number().optional(),
    oom_killed: z.boolean(),
    result: z.string(),
    result_truncated: z.boolean(),
    result_bytes: z.number(),
    usage: z
      .object({
        cpu_time: z.string().optional(),
        run_time: z.string().optional(),
        peak_memory_bytes: z.number(),
        disk_bytes: z.number(),
      })
      .optional(),
  }),
});

export interface OutboxEntry {
  readonly guid: string;
  readonly attempt: string;
  readonly ending: Ending;
}

/** What became of each attempt, on disk from before the first try to tell it until the BBS has acknowledged it. */
export class Outbox {
  readonly #folder: string;
  readonly #log: Logger;

  constructor(stateDir: string, log: Logger) {
    this.#folder = join(stateDir, 'outbox');
    this.#log = log;
  }

  async load(): Promise<readonly OutboxEntry[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const bad = (file: string, why: string) => this.#log.error({ file, why }, 'outbox.entry-unreadable');
    const entries: OutboxEntry[] = [];
    for (const record of await readRecords(this.#folder, bad)) {
      const parsed = entrySchema.safeParse(record);
      // zod spells optional fields `T | undefined`; JSON has no undefined, so absent is absent.
      if (parsed.success) entries.push(parsed.data as OutboxEntry);
      else bad('?', parsed.error.message);
    }
    return entries;
  }

  async put(entry: OutboxEntry): Promise<void> {
    await writeDurably(this.#path(entry), JSON.stringify(entry));
  }

  async remove(entry: Pick<OutboxEntry, 'guid' | 'attempt'>): Promise<void> {
    await forget(this.#path(entry));
  }

  #path({ guid, attempt }: Pick<OutboxEntry, 'guid' | 'attempt'>): string {
    return join(this.#folder, `${attemptFileName(guid, attempt)}.json`);
  }
}
