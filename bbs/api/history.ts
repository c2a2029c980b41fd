import { DomainError } from '../../src/domain/errors.ts';
import type { Task } from '../../src/domain/task.ts';
import type { Clock } from '../../src/platform/clock.ts';
import { taskToWire } from '../../src/rpc/codec.ts';
import type { HistoryRecord } from '../../src/rpc/gen/gavel/v1/HistoryRecord.ts';
import { type Domains, type Identity, isWithin } from '../../src/rpc/identity.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import type { Archive } from '../history/archive.ts';
import type { FinishedTask, History, HistoryPage } from '../history/history.ts';
import type { Pins } from '../history/pins.ts';
import { pageSize } from './tasks.ts';

const PAGE_DEFAULT = 30;
const PAGE_MOST = 1_000;

export interface HistoryApiDeps {
  readonly history: History;
  readonly pins: Pins;
  readonly archive: Archive;
  readonly clock: Clock;
  /** Live or finished. */
  readonly find: (id: string, within: Domains) => Promise<Task>;
}

export function historyApi(deps: HistoryApiDeps): Handlers<'HistoryService'> {
  return {
    ListHistory: async ({ page_size, page_token, domain }, { identity }) => {
      const within = narrowed(identity.domains, domain);
      const page = await listHistory(deps, pageSize(page_size, PAGE_DEFAULT, PAGE_MOST), page_token, within);
      return { records: page.records.map((found) => toWire(found, page.pins)), next_page_token: page.next };
    },
    GetHistory: async ({ task_guid }, { identity }) => {
      const { found, pins } = await getHistory(deps, task_guid, identity.domains);
      return toWire(found, pins);
    },
    PinTask: async ({ task_guid, pinned }, { identity }) => {
      const task = await pinTask(deps, task_guid, pinned, identity);
      return { task_guid: task.task_guid, number: task.number, pinned };
    },
    PurgeHistory: async ({ before, domain, dry_run }, { identity, signal }) => {
      const within = narrowed(identity.domains, domain);
      return await purgeHistory(deps, { before: BigInt(before), within, dryRun: dry_run }, signal);
    },
  };
}

/** What is left of the domains when one was asked for; '' = none was. */
export function narrowed(within: Domains, domain: string): Domains {
  if (domain === '') return within;
  return new Set(isWithin(within, domain) ? [domain] : []);
}

type Pinned = { readonly pins: ReadonlySet<number> };

/** One page, and which of its tasks are pinned. */
export async function listHistory(
  { history, pins }: Pick<HistoryApiDeps, 'history' | 'pins'>,
  size: number,
  token: string,
  within: Domains,
): Promise<HistoryPage & Pinned> {
  const page = await history.list(size, token, within);
  const [highest, lowest] = [page.records[0], page.records.at(-1)];
  if (highest === undefined || lowest === undefined) return { ...page, pins: new Set() };
  return { ...page, pins: await pins.between(lowest.record.number, highest.record.number) };
}

/** @throws DomainError `not_found`. */
export async function getHistory(
  { history, pins }: Pick<HistoryApiDeps, 'history' | 'pins'>,
  id: string,
  within: Domains,
): Promise<{ readonly found: FinishedTask } & Pinned> {
  const found = await history.get(id, within);
  if (found === undefined) throw new DomainError('not_found', `no task ${id} in history`);
  const { number } = found.record;
  return { found, pins: await pins.between(number, number) };
}

/** @throws DomainError `not_found`, also when the record went at this moment. */
export async function pinTask(
  { pins, find, clock }: Pick<HistoryApiDeps, 'pins' | 'find' | 'clock'>,
  id: string,
  pinned: boolean,
  { name: by, domains }: Identity,
): Promise<Task> {
  const task = await find(id, domains);
  await pins.set(task.number, pinned, by, clock.nowMs());
  if (!pinned) return task;
  try {
    return await find(String(task.number), domains);
  } catch (error) {
    // It was being dropped: a pin of nothing must not stay.
    await pins.set(task.number, false, by, clock.nowMs());
    throw error;
  }
}

/** @throws DomainError `invalid_argument`. */
export async function purgeHistory(
  { archive, clock }: Pick<HistoryApiDeps, 'archive' | 'clock'>,
  { before, within, dryRun }: { readonly before: bigint; readonly within: Domains; readonly dryRun: boolean },
  signal: AbortSignal,
): Promise<{ readonly records: number; readonly pinned: number }> {
  if (before <= 0n || before > clock.nowNanos()) {
    const message = 'must be a time that is over';
    throw new DomainError('invalid_argument', `before: ${message}`, { faults: [{ field: 'before', message }] });
  }
  return await archive.purge({ beforeNanos: before, within, dryRun }, signal);
}

function toWire({ task, record }: FinishedTask, pins: ReadonlySet<number>): HistoryRecord {
  return {
    task: taskToWire(task),
    resolved_at: record.resolved_at,
    resolved_by: record.resolved_by,
    delivery: record.delivery ?? null,
    pinned: pins.has(record.number),
  };
}
