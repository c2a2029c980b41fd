import { z } from 'zod';
import { LOG_LEVELS } from '../src/platform/log.ts';
import { tlsConfig } from '../src/platform/tls.ts';

const address = z.string().regex(/^\S+:\d+$/, 'want host:port');
const amount = z.union([z.literal('auto'), z.int().min(0)]).default('auto');

/** Settings of the cell role. */
export const cellConfig = z.strictObject({
  cellId: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,255}$/, 'want letters, digits, dot, underscore, dash')
    .describe('name of this cell, unique in the cluster'),
  zone: z.string().default('').describe('failure zone; tasks spread over zones'),
  bbs: z.array(address).min(1).describe('addresses of all BBS'),
  auctioneer: z.array(address).min(1).describe('addresses of all auctioneers'),
  dockerHost: z
    .string()
    .regex(/^(unix:\/\/\/.+|(tcp|http):\/\/[^/\s]+)/, 'must be unix:///path, tcp://host:port or http://host:port')
    .default('unix:///var/run/docker.sock')
    .describe('address of the container engine'),
  stacks: z.array(z.string().min(1)).default([]).describe('stacks that tasks may ask for here'),
  preloaded: z
    .record(z.string(), z.string())
    .default({})
    .describe('images of the engine that `preloaded:NAME` stands for'),
  rootfsSchemes: z.array(z.string()).default(['docker']).describe('schemes of root_fs this cell runs'),
  placementTags: z.array(z.string()).default([]).describe('a task must name them all to be placed here'),
  optionalPlacementTags: z.array(z.string()).default([]).describe('a task may name them'),
  memoryMb: amount.describe('memory for tasks; auto = what the engine has'),
  diskMb: amount.describe('disk for tasks; auto = what is free below stateDir at the start'),
  containers: z
    .union([z.literal('auto'), z.int().min(1)])
    .default('auto')
    .describe('most tasks at once; auto = 249'),
  stateDir: z.string().min(1).describe('folder of journal, outbox and logs; on a disk that survives a restart'),
  allowPrivileged: z.boolean().default(false).describe('run tasks that ask to be privileged'),
  allowExec: z
    .boolean()
    .default(false)
    .describe('let clients and operators run further commands in running tasks (gavel tasks exec)'),
  network: z.enum(['none', 'bridge']).default('bridge').describe('network of tasks that name none'),
  egress: z
    .enum(['auto', 'enforced', 'open'])
    .default('auto')
    .describe(
      'what tasks may reach over the bridge: enforced = what their egress_rules allow, auto = so where it can be',
    ),
  maxStarts: z.int().min(1).default(4).describe('containers created or started at the same time'),
  preparedContainers: z
    .int()
    .min(0)
    .max(64)
    .default(2)
    .describe('containers of popular images kept ready for tasks, about 10 MB each beside memoryMb; 0 = none'),
  instanceIp: z
    .string()
    .default('')
    .describe('address of this machine that tasks see as CF_INSTANCE_IP; empty = the first that is not loopback'),
  trustedCertificates: z
    .string()
    .default('')
    .describe('folder whose files are copied to where a task wants its trusted_system_certificates_path; empty = none'),
  images: z
    .strictObject({
      keepMb: z.int().min(0).default(20_480).describe('disk for images that the cell pulled; the longest unused go'),
    })
    .prefault({}),
  transfers: z
    .strictObject({
      downloads: z.int().min(1).default(5).describe('downloads at the same time'),
      uploads: z.int().min(1).default(5).describe('uploads at the same time'),
      maxMb: z.int().min(1).default(10_240).describe('most of one download or upload, and of what it unpacks to'),
      cacheMb: z.int().min(0).default(9_536).describe('disk for downloads that are kept, below stateDir'),
    })
    .prefault({}),
  logs: z
    .strictObject({
      maxMb: z.int().min(1).default(64).describe('most output kept of one task'),
      keepAttempts: z.int().min(0).default(500).describe('finished tasks whose output is kept'),
      keepHours: z.number().min(0).default(24).describe('how long it is kept'),
    })
    .prefault({}),
  outputs: z
    .strictObject({
      store: z
        .string()
        .regex(
          /^(cell|dir:\/.+|s3:\/\/[a-z0-9][a-z0-9.-]+(\/[A-Za-z0-9_.-]+)*)$/,
          'want cell, or dir:/folder or s3://bucket/prefix for one that several cells share',
        )
        .default('cell')
        .describe('where archives are kept'),
      s3: z
        .strictObject({
          endpoint: z
            .string()
            .regex(/^https?:\/\/[^/\s?#]+$/, 'want http(s)://host:port')
            .default('https://s3.amazonaws.com')
            .describe('an S3-compatible store; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment open it'),
          region: z.string().min(1).default('us-east-1'),
        })
        .prefault({}),
      maxMb: z.int().min(1).max(3_500).default(1_024).describe('most of the files of one task, before compression'),
      maxFiles: z.int().min(1).max(10_000).default(10_000).describe('most files of one task'),
      maxSeconds: z.int().min(1).default(120).describe('longest time to archive them; the task counts as running'),
      keepAttempts: z.int().min(0).default(500).describe('finished tasks whose archive is kept'),
      keepHours: z.number().min(0).default(24).describe('how long it is kept'),
      keepMb: z.int().min(1).default(10_240).describe('most of all archives together'),
    })
    .prefault({}),
  metricsListen: z.string().optional().describe('address of /metrics, /healthz and /readyz; left out = none'),
  tls: tlsConfig.optional(),
  insecure: z.boolean().default(false).describe('serve metrics to other machines in the clear'),
  logLevel: z.enum(LOG_LEVELS).default('info'),
});

export type CellConfig = z.infer<typeof cellConfig>;
