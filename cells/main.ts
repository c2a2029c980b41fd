import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { statfs } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { errorText } from '../src/domain/errors.ts';
import { type Clock, systemClock } from '../src/platform/clock.ts';
import { bounded, type Running } from '../src/platform/group.ts';
import { acquireLock } from '../src/platform/lock-file.ts';
import { Metrics } from '../src/platform/metrics.ts';
import { serveOps } from '../src/platform/ops-server.ts';
import { readTls } from '../src/platform/tls.ts';
import type { CellConfig } from './config.ts';
import { openDockerRuntime } from './docker/docker-runtime.ts';
import { Capacity, type Total } from './executor/capacity.ts';
import type { CellPolicy } from './executor/container-spec.ts';
import { requireWritable } from './executor/files.ts';
import { Gate } from './executor/gate.ts';
import { Journal } from './executor/journal.ts';
import { Spools } from './executor/logs/spools.ts';
import { Outbox } from './executor/outbox.ts';
import { PreparedContainers } from './executor/prepared.ts';
import type { ContainerRuntime, RuntimeInfo } from './executor/runtime.ts';
import { Timelines } from './executor/timeline.ts';
import { CellTransfers } from './executor/transfers/transfers.ts';
import { sweepImages } from './image-sweep.ts';
import { measureCell, measuredRuntime } from './metrics.ts';
import { isShared, openOutputs } from './output-store.ts';
import { AuctionLink } from './rep/auction-link.ts';
import { Calls } from './rep/calls.ts';
import { ControlLink } from './rep/control-link.ts';
import { pushData } from './rep/data-push.ts';
import { EngineCalls } from './rep/engine-calls.ts';
import { findRemains } from './rep/found.ts';
import { Health } from './rep/health.ts';
import { Inside } from './rep/inside.ts';
import { KeptLease } from './rep/kept-lease.ts';
import { pushLogs } from './rep/log-push.ts';
import { LogRing } from './rep/log-ring.ts';
import { Membership } from './rep/membership.ts';
import { Peers } from './rep/peers.ts';
import { Rep } from './rep/rep.ts';

export interface CellDeps {
  readonly log: Logger;
  /** The newest lines of `log`, for operators who ask for them. */
  readonly ring?: LogRing;
  readonly clock?: Clock;
  /** In place of the Docker Engine of the settings; closed with the cell. */
  readonly runtime?: ContainerRuntime;
  /** Shared where several roles run in one process. */
  readonly metrics?: Metrics;
  /** At `stop`, end this cell's tasks and leave no container behind (one-machine mode). Otherwise they run on, to be adopted. */
  readonly killOnStop?: boolean;
  /** How long a start without an answer may take to show in the container; default 30 s. */
  readonly confirmStartMs?: number;
}

export { LogRing };

/** Well within the time after which what runs under an epoch of before is called lost: whatever missed its adoption is asked for again. */
const RECONCILE_MS = 8_000;
const CONFIRM_START_MS = 30_000;
const STOP_MS = 7_000;
const KILL_STOP_MS = 4_000;
const REMOVE_ALL_MS = 3_000;
/** What cannot be taken up again by the next process: how long it may go on after the order to stop, and from its stop signal to SIGKILL. */
const TREES_MS = 2_500;
const TREE_GRACE_MS = 2_000;
const LEAVE_MS = 1_000;
const LET_GO_MS = 500;
const KILL_GRACE_MS = 1_000;
const CONTAINERS_AUTO = 250 - 1;

export interface RunningCell extends Running {
  /** Of /metrics; undefined where none is served. */
  readonly metricsAddress: string | undefined;
}

/** Starts the cell role. @throws DomainError when the engine does not answer, or `stateDir` cannot be written or is another process's. */
export async function startCell(config: CellConfig, deps: CellDeps): Promise<RunningCell> {
  const { log, clock = systemClock(), killOnStop = false } = deps;
  const tls = readTls(config.tls);
  for (const folder of ['', 'journal', 'outbox', 'logs', 'timeline'])
    await requireWritable(join(config.stateDir, folder), 'stateDir');
  const outputs = await openOutputs(config, clock, log);
  const metrics = deps.metrics ?? new Metrics();
  const engineOptions = {
    host: config.dockerHost,
    cellId: config.cellId,
    log,
    egress: config.egress,
    imageIndex: join(config.stateDir, 'images.json'),
  };
  const runtime = measuredRuntime(deps.runtime ?? (await openDockerRuntime(engineOptions)), metrics);
  const leaving = new AbortController();
  // Everything that waits listens to it, and there is no upper limit to what waits.
  setMaxListeners(0, leaving.signal);
  const peers = new Peers(config.bbs, tls);
  const incarnation = randomUUID();
  let release = () => {};
  try {
    const lock = acquireLock(join(config.stateDir, 'owner.lock'), `stateDir: ${config.stateDir}`, incarnation);
    release = lock.release;
    const engine = await runtime.info();
    const total = await totalOf(config, engine);
    const journal = new Journal(config.stateDir, log);
    const outbox = new Outbox(config.stateDir, log);
    const { maxMb, keepAttempts, keepHours } = config.logs;
    const limits = { maxBytes: maxMb * 2 ** 20, keepAttempts, keepMs: keepHours * 3_600_000 };
    const spools = new Spools(config.stateDir, limits, clock, log);
    await spools.load();
    const timelines = new Timelines(config.stateDir, limits, clock, log);
    await timelines.load();
    const { downloads, uploads, maxMb: transferMb, cacheMb } = config.transfers;
    const unpackMaxBytes = transferMb * 2 ** 20;
    const transfers = await CellTransfers.open({
      folder: join(config.stateDir, 'transfers'),
      downloads,
      uploads,
      maxBytes: unpackMaxBytes,
      cacheBytes: cacheMb * 2 ** 20,
      log,
    });
    const found = await findRemains({ runtime, journal, outbox, spools, log });

    const capacity = new Capacity(total);
    const prepared = new PreparedContainers({
      runtime,
      most: config.preparedContainers,
      diskQuota: engine.diskLimit === 'quota',
      quiet: () => rep.quiet && closedReason() === '',
      clock,
      log,
    });
    const offer = offerOf(config, total, engine);
    let stopping = false;
    const changed = () => auction.changed();
    const health = new Health(runtime, engine, config.stateDir, log, changed);
    const controls: ControlLink[] = [];
    const lease = new KeptLease(config.stateDir, log);
    const membership: Membership = new Membership({
      peers,
      offer,
      incarnation,
      replaces: lock.inherited,
      clock,
      log,
      last: await lease.load(),
      onVouched: (terms, ageMs) => lease.keep(terms, ageMs),
      onEpoch: async (epoch) => {
        for (const control of controls) control.reopen();
        await rep.reconcile(epoch);
        await rep.removeStrays().catch((error: unknown) => {
          // Looked for again with every reconcile.
          log.warn({ error: errorText(error) }, 'cell.strays-unknown');
        });
      },
      onFenced: (graceMs) => rep.stopAll('fenced', graceMs),
      onDrainDeadline: () => rep.stopAll('cell_drained'),
      onChange: changed,
    });
    const calls = new Calls(peers, membership, config.cellId, leaving.signal);
    const policy: CellPolicy = {
      cellId: config.cellId,
      allowPrivileged: config.allowPrivileged,
      defaultNetwork: config.network,
      instanceIp: config.instanceIp === '' ? ownAddress() : config.instanceIp,
      hasCertificates: config.trustedCertificates !== '',
    };
    const engineCalls = new EngineCalls(runtime);
    const rep: Rep = new Rep({
      policy,
      preloaded: config.preloaded,
      runtime,
      engine: () => health.engine,
      capacity,
      journal,
      outbox,
      spools,
      timelines,
      engineCalls,
      outputs,
      starts: new Gate(config.maxStarts),
      removals: new Gate(config.maxStarts),
      prepared,
      transfers,
      certificates: config.trustedCertificates,
      unpackMaxBytes,
      calls,
      membership,
      clock,
      log,
      confirmStartMs: deps.confirmStartMs ?? CONFIRM_START_MS,
      leaving: leaving.signal,
      changed,
      accounted: (attempt) => auction.accounted(attempt),
    });
    const closedReason = (): string => {
      if (stopping) return 'the cell is stopping';
      if (membership.epoch === undefined) return 'the cell is not registered';
      if (!membership.sure) return 'the cell has lost contact with the BBS';
      return membership.draining ? 'the cell is draining' : health.trouble;
    };
    const auction = new AuctionLink({
      addresses: config.auctioneer,
      tls,
      log,
      offer,
      held: () => capacity.holders,
      summary: () => {
        const reason = closedReason();
        const { memoryMb: memory_mb, diskMb: disk_mb, containers } = capacity.free;
        return {
          epoch: membership.epoch ?? '0',
          free: { memory_mb, disk_mb, containers },
          cpu_weight_reserved: capacity.used.cpuWeight,
          closed: reason !== '',
          closed_reason: reason,
        };
      },
    });
    const { allowExec } = config;
    const asked = { rep, timelines, engineCalls, leaving: leaving.signal, log };
    const inside = new Inside({ ...asked, runtime, calls, policy, allowExec, clock });
    const pushDeps = { ...asked, cellId: config.cellId, spools, outputs, inside, ring: deps.ring };
    for (const peer of peers.all) {
      controls.push(
        new ControlLink({
          peer,
          cellId: config.cellId,
          membership,
          log,
          onBack: () => void reconcile(),
          onStop: (attempt, graceMs) => rep.stop(attempt, 'ended', graceMs),
          onCheckpoint: (attempt) => rep.find(attempt)?.stopAtCheckpoint(),
          onDrain: (state) => membership.drain(state),
          onClaimed: (claim) => rep.take(claim),
          onPlaced: (task) => rep.take({ guid: task.task_guid, attempt: task.attempt }, task),
          onLogsWanted: (wanted, client) => void pushLogs(pushDeps, wanted, client),
          onDataWanted: (wanted, client) => void pushData(pushDeps, wanted, client),
        }),
      );
    }

    measureCell(metrics, { capacity, closedReason, tasks: () => rep.size });
    const { metricsListen: listen, insecure } = config;
    const ops =
      listen === undefined ? undefined : await serveOps({ listen, tls, insecure, metrics, notReady: closedReason });
    rep.restore(found);
    membership.start();
    health.start();
    const keep = Object.values(config.preloaded);
    void sweepImages({ runtime, budgetBytes: config.images.keepMb * 2 ** 20, keep, log, signal: leaving.signal });
    for (const control of controls) control.start();
    // Work is taken only when what was here before has been looked after.
    void membership.settled(leaving.signal).then(
      () => auction.start(),
      () => undefined,
    );
    const chores = setInterval(() => void reconcile(), RECONCILE_MS);
    const reconcile = async (): Promise<void> => {
      try {
        const { epoch } = membership;
        if (epoch !== undefined) {
          await rep.reconcile(epoch);
          // Without a place nothing is a stray: another process may be this cell, and its containers carry our label, too.
          await rep.removeStrays();
        }
        await spools.prune();
        await timelines.prune();
        await outputs.prune();
      } catch (error) {
        // The next round repairs what this one could not.
        log.warn({ error: errorText(error) }, 'cell.reconcile-failed');
      }
    };
    log.info(
      { cell: config.cellId, total, engine: engine.version, metrics: ops?.address, found: found.containers.length },
      'cell.started',
    );

    const stop = async (): Promise<void> => {
      stopping = true;
      clearInterval(chores);
      health.stop();
      await auction.stop();
      rep.close();
      if (killOnStop) rep.stopAll('cell_stopped', KILL_GRACE_MS);
      // Claims go back, and with killOnStop tasks end and are reported; what is left running runs on.
      const done = killOnStop ? rep.settled() : rep.handedBack(TREES_MS, TREE_GRACE_MS);
      await bounded(done, killOnStop ? KILL_STOP_MS : STOP_MS, 'handing back work').catch((error: unknown) => {
        log.warn({ error: errorText(error), left: rep.size }, 'cell.stop-unfinished');
      });
      await bounded(prepared.stop(), REMOVE_ALL_MS, 'removing prepared containers').catch((error: unknown) => {
        // Found and removed by the next process of this cell.
        log.warn({ error: errorText(error), left: prepared.waiting }, 'cell.prepared-left');
      });
      leaving.abort();
      if (killOnStop && rep.size > 0) {
        // What could not be reported stays in the outbox; its container need not.
        await bounded(rep.removeAll(), REMOVE_ALL_MS, 'removing containers').catch((error: unknown) => {
          log.warn({ error: errorText(error) }, 'cell.containers-left');
        });
      }
      await Promise.all(controls.map(async (control) => await control.stop()));
      await bounded(membership.leave(LEAVE_MS), LEAVE_MS, 'leaving').catch((error: unknown) => {
        log.warn({ error: errorText(error) }, 'cell.leave-failed');
      });
      await bounded(rep.settled(), LET_GO_MS, 'letting go of tasks').catch((error: unknown) => {
        log.warn({ error: errorText(error), left: rep.size }, 'cell.not-let-go');
      });
      await spools.detachAll();
      await timelines.settled();
      await lease.settled();
      peers.close();
      await runtime.close();
      await ops?.stop();
      release();
      log.info({ left: rep.size }, 'cell.stopped');
    };
    let stopped: Promise<void> | undefined;
    return { metricsAddress: ops?.address, stop: async () => await (stopped ??= stop()) };
  } catch (error) {
    leaving.abort();
    peers.close();
    await runtime.close();
    release();
    throw error;
  }
}

async function totalOf(config: CellConfig, engine: RuntimeInfo): Promise<Total> {
  const memoryMb = config.memoryMb === 'auto' ? Math.floor(engine.memoryBytes / 2 ** 20) : config.memoryMb;
  const containers = config.containers === 'auto' ? CONTAINERS_AUTO : config.containers;
  if (config.diskMb !== 'auto') return { memoryMb, diskMb: config.diskMb, containers };
  const { bavail, bsize } = await statfs(config.stateDir);
  return { memoryMb, diskMb: Math.floor((bavail * bsize) / 2 ** 20), containers };
}

function ownAddress(): string {
  const addresses = Object.values(networkInterfaces()).flat();
  return addresses.find((address) => address?.family === 'IPv4' && !address.internal)?.address ?? '127.0.0.1';
}

function offerOf(config: CellConfig, total: Total, engine: RuntimeInfo) {
  return {
    cell_id: config.cellId,
    zone: config.zone,
    stacks: config.stacks,
    preloaded_rootfs: Object.keys(config.preloaded),
    rootfs_schemes: config.rootfsSchemes,
    placement_tags: config.placementTags,
    optional_placement_tags: config.optionalPlacementTags,
    capacity: { memory_mb: total.memoryMb, disk_mb: total.diskMb, containers: total.containers },
    versions: {
      engine: engine.version,
      ...engine.components,
      egress: engine.egress,
      ...(isShared(config) ? { output_store: config.outputs.store } : {}),
    },
  };
}
