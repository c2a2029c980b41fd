import { z } from 'zod';
import { LOG_LEVELS } from '../platform/log.ts';
import { tlsConfig } from '../platform/tls.ts';

export const auctioneerConfig = z.strictObject({
  listen: z.string().default('127.0.0.1:8892').describe('address that cells join at'),
  bbs: z.array(z.string()).min(1).default(['127.0.0.1:8889']).describe('addresses of equal BBS servers'),
  metricsListen: z.string().optional().describe('address of /metrics, /healthz and /readyz; left out = none'),
  policy: z
    .enum(['spread', 'binpack'])
    .default('spread')
    .describe('level the load over the cells, or fill one after the other'),
  tls: tlsConfig.optional(),
  insecure: z.boolean().default(false).describe('serve other machines in the clear'),
  logLevel: z.enum(LOG_LEVELS).default('info'),
});
export type AuctioneerConfig = z.infer<typeof auctioneerConfig>;
