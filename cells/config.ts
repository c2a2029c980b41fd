import { z } from 'zod';
import { LOG_LEVELS } from '../src/platform/log.ts';
import { tlsConfig } from '../src/platform/tls.ts';

const address = z.string().regex(/^\S+:\d+$/, 'want host:port');
const amount = z.union([z.literal('auto'), z.int().min(0)]).default('auto');

/** Settings of the cell role. */
export const cellConfig = z.strictObject({
  cell_id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,255}$/, 'want letters, digits, dot, underscore, dash')
    .describe('name of this cell, unique in the cluster'),
  zone: z.string().default('').describe('failure zone; tasks spread over zones'),
  bbs: z.array(address).min(1).describe('addresses of all BBS'),
  auctioneer: z.array(address).min(1).describe('addresses of all auctioneers'),
  docker_host: z.string().default('unix:///var/run/docker.sock').describe('address of the container engine'),
  stacks: z.array(z.string().min(1)).default([]).describe('stacks that tasks may ask for here'),
  preloaded: z
    .record(z.string(), z.string())
    .default({})
    .describe('images of the engine that `preloaded:NAME` stands for'),
  rootfs_schemes: z.array(z.string()).default(['docker']).describe('schemes of root_fs this cell runs'),
  placement_tags: z.array(z.string()).default([]).describe('a task must name them all to be placed here'),
  optional_placement_tags: z.array(z.string()).default([]).describe('a task may name them'),
  memory_mb: amount.describe('memory for tasks; auto = what the engine has'),
  disk_mb: amount.describe('disk for tasks; auto = what is free below state_dir at the start'),
  containers: z
    .union([z.literal('auto'), z.int().min(1)])
    .default('auto')
    .describe('most tasks at once; auto = 249'),
  state_dir: z.string().min(1).describe('folder of journal, outbox and logs; on a disk that survives a restart'),
  allow_privileged: z.boolean().default(false).describe('run tasks that ask to be privileged'),
  network: z.enum(['none', 'bridge']).default('bridge').describe('network of tasks that name none'),
  max_starts: z.int().min(1).default(4).describe('containers created or started at the same time'),
  instance_ip: z
    .string()
    .default('')
    .describe('address of this machine that tasks see as CF_INSTANCE_IP; empty = the first that is not loopback'),
  trusted_certificates: z
    .string()
    .default('')
    .describe('folder whose files are copied to where a task wants its trusted_system_certificates_path; empty = none'),
  transfers: z
    .strictObject({
      downloads: z.int().min(1).default(5).describe('downloads at the same time'),
      uploads: z.int().min(1).default(5).describe('uploads at the same time'),
      max_mb: z.int().min(1).default(10_240).describe('most of one download or upload, and of what it unpacks to'),
      cache_mb: z.int().min(0).default(9_536).describe('disk for downloads that are kept, below state_dir'),
    })
    .prefault({}),
  logs: z
    .strictObject({
      max_mb: z.int().min(1).default(64).describe('most output kept of one task'),
      keep_attempts: z.int().min(0).default(500).describe('finished tasks whose output is kept'),
      keep_hours: z.number().min(0).default(24).describe('how long it is kept'),
    })
    .prefault({}),
  outputs: z
    .strictObject({
      store: z
        .string()
        .regex(/^(cell|dir:\/.+)$/, 'want cell, or dir:/folder for one that several cells share')
        .default('cell')
        .describe('where archives are kept'),
      max_mb: z.int().min(1).max(3_500).default(1_024).describe('most of the files of one task, before compression'),
      max_files: z.int().min(1).max(10_000).default(10_000).describe('most files of one task'),
      max_seconds: z.int().min(1).default(120).describe('longest time to archive them; the task counts as running'),
      keep_attempts: z.int().min(0).default(500).describe('finished tasks whose archive is kept'),
      keep_hours: z.number().min(0).default(24).describe('how long it is kept'),
      keep_mb: z.int().min(1).default(10_240).describe('most of all archives together'),
    })
    .prefault({}),
  metrics_listen: z.string().optional().describe('address of /metrics, /healthz and /readyz; left out = none'),
  tls: tlsConfig.optional(),
  insecure: z.boolean().default(false).describe('serve metrics to other machines in the clear'),
  log_level: z.enum(LOG_LEVELS).default('info'),
});

export type CellConfig = z.infer<typeof cellConfig>;
