import { z } from 'zod';
import { DEFAULT_POLICY } from '../src/domain/deadlines.ts';
import { LOG_LEVELS } from '../src/platform/log.ts';
import { tlsConfig } from '../src/platform/tls.ts';
import { DEFAULT_AUDIENCE } from '../src/platform/token.ts';
import { DEFAULT_DENY } from './callbacks/post.ts';
import { DEFAULT_SCHEDULE_MS } from './callbacks/schedule.ts';
import { DEFAULT_HISTORY } from './history/archive.ts';
import { storeKeys } from './store/seal.ts';

const ms = () => z.number().int().min(1);

export const bbsConfig = z.strictObject({
  listen: z.string().default('127.0.0.1:8889').describe('address that clients, cells and auctioneers call'),
  store: z
    .discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('embedded'), path: z.string().min(1).describe('folder of the data files') }),
      z.strictObject({
        kind: z.literal('etcd'),
        hosts: z.array(z.string()).min(1).describe('members, http(s)://host:2379'),
        prefix: z.string().default('/gavel/v1/'),
        tls: tlsConfig.optional(),
      }),
    ])
    .describe('where the state is kept'),
  storeKeys: storeKeys
    .default([])
    .describe('values in the store are sealed with the first of these; the others open what was sealed before'),
  http: z
    .strictObject({
      listen: z
        .string()
        .optional()
        .describe(
          'address of the REST mirror, metrics and health; left out = none. TLS and insecure are those of `listen`',
        ),
    })
    .prefault({}),
  tls: tlsConfig.optional(),
  insecure: z.boolean().default(false).describe('serve other machines in the clear'),
  tokens: z
    .strictObject({
      keys: z
        .array(z.string())
        .default([])
        .describe('files of Ed25519 public keys (PEM) whose bearer tokens are taken; two while one replaces the other'),
      audience: z.string().min(1).default(DEFAULT_AUDIENCE).describe('who tokens must be for'),
      maxTtlMs: ms()
        .default(24 * 3_600_000)
        .describe('a token that holds for longer is refused'),
    })
    .prefault({}),
  logLevel: z.enum(LOG_LEVELS).default('info'),
  cellLeaseMs: ms().min(2_000).default(10_000).describe('a cell that is silent for so long is lost'),
  massLoss: z
    .strictObject({
      cells: z.int().min(0).default(3).describe('fewer cells than this at once are no mass loss; 0 = there is none'),
      share: z.number().min(0).max(1).default(0.5).describe('nor is it one unless they are more than this part of all'),
      holdMs: ms()
        .default(5 * 60_000)
        .describe('how long what runs on them is spared at most'),
    })
    .prefault({})
    .describe('when many cells vanish at once, their running tasks are not failed for a while'),
  eventsKept: z.int().min(16).default(20_000).describe('newest changes kept for readers of events'),
  tasks: z
    .strictObject({
      placementDeadlineMs: ms().default(DEFAULT_POLICY.placementDeadlineMs),
      claimDeadlineMs: ms().default(DEFAULT_POLICY.claimDeadlineMs),
      resolvingTimeoutMs: ms().default(DEFAULT_POLICY.resolvingTimeoutMs),
      retentionMs: ms().default(DEFAULT_POLICY.retentionMs),
      lostGraceMs: ms().default(DEFAULT_POLICY.lostGraceMs),
    })
    .prefault({}),
  callbacks: z
    .strictObject({
      scheduleMs: z
        .array(ms())
        .default([...DEFAULT_SCHEDULE_MS])
        .describe('pauses before each try after the first'),
      // Shorter than the time after which a silent resolver loses the task, so that one try never overlaps the next.
      timeoutMs: ms().max(25_000).default(10_000).describe('whole time for one try'),
      secret: z.string().default('').describe('whsec_... signs callbacks by Standard Webhooks'),
      deny: z
        .array(z.string())
        .default([...DEFAULT_DENY])
        .describe('CIDR blocks never connected to'),
    })
    .prefault({}),
  history: z
    .strictObject({
      keepMs: ms().default(DEFAULT_HISTORY.keepMs).describe('how long after its resolution a record is kept'),
      keepCount: ms().default(DEFAULT_HISTORY.keepCount).describe('records kept'),
      keepBytes: ms().default(DEFAULT_HISTORY.keepBytes).describe('what archived records may take of the store'),
    })
    .prefault({}),
});
export type BbsConfig = z.infer<typeof bbsConfig>;
export type BbsConfigInput = z.input<typeof bbsConfig>;
