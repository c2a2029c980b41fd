import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { z } from 'zod';
import { attemptFileName, forget, readRecords, writeDurably } from './files.ts';
import type { RunTerms } from './terms.ts';

const termsSchema = z.object({
  amounts: z.object({ memoryMb: z.number(), diskMb: z.number(), containers: z.number(), cpuWeight: z.number() }),
  resultFile: z.string(),
  outputs: z.array(z.string()).readonly().default([]),
  source: z.string(),
  suppressOutput: z.boolean(),
  stopSignal: z.string(),
  stopGraceMs: z.number(),
  maxRunMs: z.number().optional(),
  logBytesPerSecond: z.number().optional(),
});

const entrySchema = z.object({
  guid: z.string(),
  uid: z.string(),
  attempt: z.string(),
  container: z.string(),
  /** `prepared`: a start may have been sent; `running`: the engine said that it runs. */
  phase: z.enum(['prepared', 'running']),
  /** UNIX nanoseconds as digits, as the engine told when it first ran: another number later means that somebody ran it again. */
  startedAt: z.string().optional(),
  /** When the command began in a container that was prepared before; until it is here, nobody knows that it did. */
  begunAt: z.string().optional(),
  /** Which life of the engine it runs in; left out where that cannot be known. */
  engine: z.string().optional(),
  terms: termsSchema,
});

type Parsed = z.infer<typeof entrySchema>;
export type JournalEntry = Readonly<Omit<Parsed, 'terms'>> & {
  readonly terms: RunTerms;
};

/** What a restarted cell must know of each attempt, one small file each, written before anything can have been started. */
export class Journal {
  readonly #folder: string;
  readonly #log: Logger;
  /** Writes of one attempt come one after the other, and none after its removal. */
  readonly #lines = new Map<string, Promise<void>>();

  constructor(stateDir: string, log: Logger) {
    this.#folder = join(stateDir, 'journal');
    this.#log = log;
  }

  async load(): Promise<readonly JournalEntry[]> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const bad = (file: string, why: string) => this.#log.warn({ file, why }, 'journal.entry-unreadable');
    const entries: JournalEntry[] = [];
    for (const record of await readRecords(this.#folder, bad)) {
      const parsed = entrySchema.safeParse(record);
      if (parsed.success) {
        entries.push({
          ...parsed.data,
          terms: { maxRunMs: undefined, logBytesPerSecond: undefined, ...parsed.data.terms },
        });
      } else bad('?', parsed.error.message);
    }
    return entries;
  }

  async write(entry: JournalEntry): Promise<void> {
    await this.#inLine(entry.attempt, async () => {
      await writeDurably(this.#path(entry.guid, entry.attempt), JSON.stringify(entry));
    });
  }

  async remove(guid: string, attempt: string): Promise<void> {
    await this.#inLine(attempt, async () => {
      await forget(this.#path(guid, attempt));
    });
    this.#lines.delete(attempt);
  }

  async #inLine(attempt: string, work: () => Promise<void>): Promise<void> {
    const before = this.#lines.get(attempt) ?? Promise.resolve();
    // A failed write is told to its own caller; the next one starts anew.
    const mine = before.catch(() => undefined).then(work);
    this.#lines.set(attempt, mine);
    await mine;
  }

  #path(guid: string, attempt: string): string {
    return join(this.#folder, `${attemptFileName(guid, attempt)}.json`);
  }
}
