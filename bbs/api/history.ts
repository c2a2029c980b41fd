import { DomainError } from '../../src/domain/errors.ts';
import { taskToWire } from '../../src/rpc/codec.ts';
import type { HistoryRecord } from '../../src/rpc/gen/gavel/v1/HistoryRecord.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import type { FinishedTask, History } from '../history/history.ts';
import { pageSize } from './tasks.ts';

const PAGE_DEFAULT = 30;
const PAGE_MOST = 1_000;

export function historyApi(history: History): Handlers<'HistoryService'> {
  return {
    ListHistory: async ({ page_size, page_token, domain }) => {
      const { records, next } = await history.list(pageSize(page_size, PAGE_DEFAULT, PAGE_MOST), page_token, domain);
      return { records: records.map(toWire), next_page_token: next };
    },
    GetHistory: async ({ task_guid }) => {
      const found = await history.get(task_guid);
      if (found === undefined) throw new DomainError('not_found', `no task ${task_guid} in history`);
      return toWire(found);
    },
  };
}

function toWire({ task, record }: FinishedTask): HistoryRecord {
  return {
    task: taskToWire(task),
    resolved_at: record.resolved_at,
    resolved_by: record.resolved_by,
    delivery: record.delivery ?? null,
  };
}
