import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { bounded, type Running, runGroup } from '../platform/group.ts';
import { createLogger, type LogLevel } from '../platform/log.ts';
import { Metrics } from '../platform/metrics.ts';
import { startTracing } from '../platform/trace.ts';
import type { GlobalFlags } from './context.ts';
import {
  auctioneerSettings,
  bbsSettings,
  cellSettings,
  checked,
  DEFAULT_BBS,
  type RoleFlags,
  type RoleName,
  stateDir,
} from './role-config.ts';

// The one place that knows where the roles are (test/unit/architecture.test.ts); loaded only when a role is started.
const loadBbs = async () => ({ ...(await import('../../bbs/config.ts')), ...(await import('../../bbs/main.ts')) });
const loadCell = async () => ({ ...(await import('../../cells/config.ts')), ...(await import('../../cells/main.ts')) });
const loadAuctioneer = async () => ({
  ...(await import('../auctioneer/config.ts')),
  ...(await import('../auctioneer/main.ts')),
});

const DEFAULT_HTTP = '127.0.0.1:8880';

type Flags = RoleFlags & GlobalFlags;
type Env = Readonly<Record<string, string | undefined>>;

const LAST_SPANS_MS = 3_000;

/** Starts a role; it runs until it is stopped. */
export async function startRole(name: RoleName, flags: Flags, env: Env): Promise<Running> {
  const tracing = await startTracing(`gavel-${name}`, env);
  // A collector that is away must not hold up the end.
  const stopTracing = async () => await bounded(tracing.stop(), LAST_SPANS_MS, 'the last spans').catch(() => {});
  try {
    const running = await start(name, flags, env);
    const stop = async () => {
      try {
        await running.stop();
      } finally {
        await stopTracing();
      }
    };
    return { ...running, stop };
  } catch (error) {
    await stopTracing();
    throw error;
  }
}

async function start(name: RoleName, flags: Flags, env: Env): Promise<Running> {
  switch (name) {
    case 'bbs': {
      const { bbsConfig, startBbs } = await loadBbs();
      const config = checked(bbsConfig, bbsSettings(flags, env));
      return await startBbs(config, { log: createLogger('bbs', config.logLevel) });
    }
    case 'auctioneer': {
      const { auctioneerConfig, startAuctioneer } = await loadAuctioneer();
      const config = checked(auctioneerConfig, auctioneerSettings(flags, env));
      return await startAuctioneer(config, { log: createLogger('auctioneer', config.logLevel) });
    }
    case 'cell': {
      const { cellConfig, LogRing, startCell } = await loadCell();
      const config = checked(cellConfig, cellSettings(flags, env));
      const ring = new LogRing();
      return await startCell(config, { log: createLogger('cell', config.logLevel, ring.take), ring });
    }
    default:
      return await startDev(flags, env);
  }
}

/** What tasks may ask for in the one-machine system without anything being set: the stack of Diego's sample, the sample rootfs. */
const DEV_CELL = { stack: ['lucid64'], preloaded: ['busybox=gavel/busybox:latest'] };

/**
 * A cell removes every container that carries its name and that it does not know. Two systems on one engine, each with a state of its own, must not
 * take each other's for theirs.
 */
export function devCellId(flags: Flags, env: Env): string {
  const folder = resolve(stateDir(flags, env));
  return env['GAVEL_CELL_ID'] ?? `cell-${createHash('sha256').update(folder).digest('hex').slice(0, 4)}`;
}

/** REST is on where one machine is the whole system. A system on another port than the usual one is not the only one here. */
function devBbsSettings(flags: Flags, env: Env) {
  const settings = bbsSettings(flags, env);
  if (settings['http'] !== undefined) return settings;
  const alone = flags.listen === undefined && env['GAVEL_LISTEN'] === undefined;
  return { ...settings, http: { listen: alone ? DEFAULT_HTTP : '127.0.0.1:0' } };
}

/** All roles in one process. They talk gRPC all the same: there is one code path. */
async function startDev(flags: Flags, env: Env): Promise<Running> {
  const level: LogLevel = (flags.logLevel ?? 'info') as LogLevel;
  const [bbs, auctioneer, cell] = await Promise.all([loadBbs(), loadAuctioneer(), loadCell()]);
  const log = createLogger('dev', level);
  let bbsAddress = flags.listen ?? DEFAULT_BBS;
  let auctioneerAddress = '';
  let rest: string | undefined;
  // One process, one set of metrics: all of it is served beside REST.
  const metrics = new Metrics();
  const running = await runGroup(log, [
    {
      name: 'bbs',
      start: async () => {
        const config = checked(bbs.bbsConfig, devBbsSettings(flags, env));
        const started = await bbs.startBbs(config, { log: createLogger('bbs', level), metrics });
        bbsAddress = started.address;
        rest = started.httpAddress;
        return started;
      },
    },
    {
      name: 'auctioneer',
      start: async () => {
        const config = checked(auctioneer.auctioneerConfig, {
          listen: '127.0.0.1:0',
          bbs: [bbsAddress],
          logLevel: level,
        });
        const started = await auctioneer.startAuctioneer(config, { log: createLogger('auctioneer', level), metrics });
        auctioneerAddress = started.address;
        return started;
      },
    },
    {
      name: 'cell',
      start: async () => {
        const given = { id: devCellId(flags, env), ...DEV_CELL, ...flags };
        const settings = cellSettings({ ...given, bbs: [bbsAddress], auctioneer: [auctioneerAddress] }, env);
        const config = checked(cell.cellConfig, settings);
        const ring = new cell.LogRing();
        const own = createLogger('cell', level, ring.take);
        return await cell.startCell(config, { log: own, ring, killOnStop: true, metrics });
      },
    },
  ]);
  log.info({ server: bbsAddress, http: rest }, 'dev.ready');
  return running;
}
