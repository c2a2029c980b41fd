import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { type BbsConfigInput, bbsConfig } from '../../bbs/config.ts';
import { type RunningBbs, startBbs } from '../../bbs/main.ts';
import { Channel } from '../../src/rpc/client.ts';
import type { TaskCreateRequest } from '../../src/rpc/gen/gavel/v1/TaskCreateRequest.ts';
import type { Client } from '../../src/rpc/types.ts';

export interface TestBbs {
  readonly bbs: RunningBbs;
  readonly channel: Channel;
  readonly tasks: Client<'TaskService'>;
  readonly cells: Client<'CellService'>;
  readonly placement: Client<'PlacementService'>;
  readonly history: Client<'HistoryService'>;
  readonly callbacks: Client<'CallbackService'>;
  readonly cluster: Client<'ClusterService'>;
  stop(): Promise<void>;
}

/** A BBS of the test's own on a free port; on an embedded store in a folder of its own unless told otherwise. */
export async function startTestBbs(over: Partial<BbsConfigInput> = {}, log = silent()): Promise<TestBbs> {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-bbs-'));
  const config = bbsConfig.parse({
    listen: '127.0.0.1:0',
    store: { kind: 'embedded', path: folder },
    callbacks: { scheduleMs: [50, 100, 100, 200], timeoutMs: 1_000 },
    ...over,
  });
  const clear = () => rmSync(folder, { recursive: true, force: true });
  const bbs = await startBbs(config, { log }).catch((error: unknown) => {
    clear();
    throw error;
  });
  const channel = new Channel({ addresses: [bbs.address] });
  return {
    bbs,
    channel,
    tasks: channel.client('TaskService'),
    cells: channel.client('CellService'),
    placement: channel.client('PlacementService'),
    history: channel.client('HistoryService'),
    callbacks: channel.client('CallbackService'),
    cluster: channel.client('ClusterService'),
    stop: async () => {
      channel.close();
      await bbs.stop();
      clear();
    },
  };
}

const silent = () => pino({ level: process.env['GAVEL_TEST_LOG'] ?? 'silent' });

export function request(over: Partial<TaskCreateRequest> = {}): TaskCreateRequest {
  return {
    task_guid: `task-${Math.random().toString(36).slice(2)}`,
    domain: 'test',
    root_fs: 'preloaded:busybox',
    memory_mb: 64,
    action: { run: { path: '/bin/true' } },
    ...over,
  };
}
