import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { DomainError, errorText } from '../src/domain/errors.ts';
import type { Task } from '../src/domain/task.ts';
import { type Clock, systemClock } from '../src/platform/clock.ts';
import { type Running, runGroup } from '../src/platform/group.ts';
import { Metrics } from '../src/platform/metrics.ts';
import { readTls } from '../src/platform/tls.ts';
import { readTokenKeys } from '../src/platform/token.ts';
import type { Domains } from '../src/rpc/identity.ts';
import { type RunningServer, serve } from '../src/rpc/server.ts';
import { AlertRules } from './alerts/rules.ts';
import { AlertWatcher } from './alerts/watcher.ts';
import { alertApi } from './api/alerts.ts';
import { callbackApi } from './api/callbacks.ts';
import { cellApi } from './api/cells.ts';
import { clusterApi } from './api/cluster.ts';
import { findTask } from './api/find.ts';
import { historyApi } from './api/history.ts';
import { placementApi } from './api/placement.ts';
import { taskApi } from './api/tasks.ts';
import { AuctionLead } from './auction-lead.ts';
import { Ledger } from './callbacks/ledger.ts';
import { isAcknowledged } from './callbacks/schedule.ts';
import { CallbackSecrets } from './callbacks/secrets.ts';
import { deliverCallbacks } from './callbacks/worker.ts';
import { CellData } from './cell-data.ts';
import { CellList } from './cell-list.ts';
import { Cells } from './cells.ts';
import type { BbsConfig } from './config.ts';
import { Control } from './control.ts';
import { converge } from './converger.ts';
import { DomainBook } from './domains.ts';
import { Events } from './events.ts';
import { Archive, keepHistory } from './history/archive.ts';
import { History } from './history/history.ts';
import { Pins } from './history/pins.ts';
import { Holds } from './holds.ts';
import { serveHttp } from './http/server.ts';
import { Inputs } from './inputs.ts';
import { whileLeader } from './leader.ts';
import { LogRelay } from './logs.ts';
import { MassLoss } from './mass-loss.ts';
import { callbackMeter, measureTasks } from './metrics.ts';
import { Numbers } from './numbers.ts';
import { Outputs } from './outputs.ts';
import type { OutboxRecord } from './records.ts';
import { Requests } from './requests.ts';
import { Room } from './room.ts';
import { admitSeal, keepSealed } from './sealing.ts';
import { openEmbeddedStore } from './store/embedded.ts';
import { encrypted } from './store/encrypted.ts';
import type { EtcdAddress } from './store/etcd/client.ts';
import { EtcdRoom } from './store/etcd/room.ts';
import { openEtcdStore } from './store/etcd.ts';
import { measured } from './store/measured.ts';
import { readStoreKeys, type Seal } from './store/seal.ts';
import type { Store } from './store/store.ts';
import { Tasks } from './tasks.ts';
import { Timelines } from './timelines.ts';
import { Usages } from './usages.ts';
import { View } from './view.ts';

export interface RunningBbs extends Running {
  /** `host:port` really bound. */
  readonly address: string;
  /** Of the REST mirror; undefined where none is served. */
  readonly httpAddress: string | undefined;
}

const STORE_WAIT_MS = 30_000;
const READY_MS = 2_000;

/** The state service: opens the store, follows it, serves. Read from top to bottom, this is how the parts depend on each other. */
export async function startBbs(
  config: BbsConfig,
  deps: { readonly log: Logger; readonly clock?: Clock; readonly metrics?: Metrics },
): Promise<RunningBbs> {
  const { log, metrics = new Metrics() } = deps;
  const clock = deps.clock ?? systemClock();
  const tls = readTls(config.tls);
  const seal = config.storeKeys.length === 0 ? undefined : readStoreKeys(config.storeKeys);
  const bare = await openStore(config, seal, log);
  const store = measured(seal === undefined ? bare : encrypted(bare, seal, log), metrics);
  const tokens = readTokenKeys(config.tokens);
  const view = new View(store, log);
  try {
    await view.open();
  } catch (error) {
    await store.close();
    throw error;
  }
  const events = new Events(view, config.eventsKept);
  const { massLoss: massLossPolicy, tasks: policy } = config;
  const { lostGraceMs } = policy;
  // What goes by one fault goes within a lease or two; and until the grace is over none of their tasks has been failed.
  const windowMs = Math.min(lostGraceMs, 2 * config.cellLeaseMs);
  const massLoss = new MassLoss({ view, clock, policy: massLossPolicy, windowMs, log });
  metrics.gauge({ name: 'gavel_cells_held', help: 'Cells that went at once and whose tasks are spared' }, (gauge) =>
    gauge.set(massLoss.size),
  );
  const unmeasure = measureTasks(view, metrics);
  const leading = metrics.gauge({ name: 'gavel_leader', help: '1 while this BBS does the duties of the leader' });
  leading.set(0);
  const control = new Control(view);
  const logs = new LogRelay(control);
  const data = new CellData(control);
  const history = new History(store, view);
  const timelines = new Timelines({ store, view, history, control, data });
  const outputs = new Outputs(view, control, data);
  const usages = new Usages(view, control, data);
  const cellList = new CellList({ view, massLoss, clock });
  const cells = new Cells(store, view, clock, config.cellLeaseMs);
  const requests = new Requests(store, clock);
  const room = config.store.kind === 'etcd' ? new Room(new EtcdRoom(etcdOf(config.store)), log) : undefined;
  const domains = new DomainBook({ store, view, clock, keepMs: config.history.keepMs });
  const tasks = new Tasks({
    store,
    view,
    clock,
    history,
    numbers: new Numbers(store),
    requests,
    room,
    domains,
  });
  const historyDeps = {
    history,
    clock,
    pins: new Pins(store),
    archive: new Archive({ store, view, clock, log, policy: config.history }),
    find: async (id: string, within: Domains) =>
      await findTask({ view, tasks, events, history, logs }, id, true, within),
  };
  const { scheduleMs: schedule, secret, ...post } = config.callbacks;
  const secrets = new CallbackSecrets(store, secret);
  const webhooks = { secrets, post, clock, sealed: seal !== undefined };
  const rules = new AlertRules(store);
  const alerts = new AlertWatcher({ view, rules, secrets, post, clock, log });
  const ledger = new Ledger({ store, view, tasks, history });
  const holds = new Holds({ store, tasks });
  const inputs = new Inputs({ store, view, tasks, room });

  const onDead = (job: OutboxRecord, task: () => Task) => alerts.dead(job, task);
  const onTried = callbackMeter(metrics, isAcknowledged);

  let server: RunningServer | undefined;
  let httpAddress: string | undefined;
  const group = await runGroup(log, [
    { name: 'store', start: () => ({ stop: () => store.close() }) },
    { name: 'view', start: () => ({ stop: () => view.close() }) },
    {
      name: 'leader',
      start: () =>
        whileLeader(store, log, async (signal) => {
          leading.set(1);
          await Promise.all([
            converge({ view, tasks, clock, policy, sparedMs: (id) => massLoss.heldMs(id), log }, signal),
            deliverCallbacks(
              { store, view, tasks, history, clock, log, schedule, post, secrets, onTried, onDead },
              signal,
            ),
            keepHistory({ store, view, clock, log, policy: config.history }, signal),
            alerts.run(signal),
            requests.prune(log, signal),
            holds.sweep(log, signal),
            inputs.sweep(log, signal),
            room?.lead(signal),
            seal === undefined ? undefined : keepSealed({ store: bare, seal, log }, metrics, signal),
          ]).finally(() => leading.set(0));
        }),
    },
    {
      name: 'room',
      start: () => {
        const stopping = new AbortController();
        const kept = room?.keep(stopping.signal);
        return {
          stop: async () => {
            stopping.abort();
            await kept;
          },
        };
      },
    },
    {
      name: 'streams',
      start: () => ({
        stop: async () => {
          unmeasure();
          domains.close();
          events.close();
          control.close();
        },
      }),
    },
    {
      name: 'grpc',
      start: async () => {
        const running = await serve({
          listen: config.listen,
          tls,
          insecure: config.insecure,
          tokens,
          log,
          metrics,
          services: {
            TaskService: taskApi({ view, tasks, events, history, logs, holds, inputs, timelines, outputs, usages }),
            HistoryService: historyApi(historyDeps),
            AlertService: alertApi({ rules, webhooks }),
            CallbackService: callbackApi({ ledger, webhooks }),
            CellService: cellApi({ view, tasks, cells, control, logs, data, timelines, inputs, clock, lostGraceMs }),
            PlacementService: placementApi({ view, tasks, events, control, lead: new AuctionLead(store) }),
            ClusterService: clusterApi({ cells, cellList, clock, data, domains, tasks }),
          },
        });
        server = running;
        return { stop: () => running.stop() };
      },
    },
    {
      name: 'http',
      start: async () => {
        const { listen } = config.http;
        if (listen === undefined) return { stop: async () => {} };
        const { insecure } = config;
        const ping = () => store.ping(READY_MS);
        const running = await serveHttp({
          listen,
          tls,
          insecure,
          tokens,
          log,
          metrics,
          ping,
          view,
          tasks,
          events,
          ...historyDeps,
          ledger,
          webhooks,
          rules,
          timelines,
          outputs,
          usages,
          logs,
          cells,
          cellList,
          domains,
          data,
          holds,
          inputs,
        });
        httpAddress = running.address;
        return running;
      },
    },
  ]);
  if (server === undefined) throw new DomainError('internal', 'the server did not start');
  log.info(
    { address: server.address, http: httpAddress, store: config.store.kind, tasks: view.taskCount },
    'bbs.started',
  );
  return { ...group, address: server.address, httpAddress };
}

/** As it lies there, its values unopened. */
async function openStore(config: BbsConfig, seal: Seal | undefined, log: Logger): Promise<Store> {
  const store = await waitForStore(config, log);
  try {
    await admitSeal(store, seal);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** A store that is not there yet is waited for, within a bound: the machines of a cluster start in any order. */
async function waitForStore({ store }: BbsConfig, log: Logger): Promise<Store> {
  if (store.kind === 'embedded') return openEmbeddedStore({ path: store.path });
  const address = etcdOf(store);
  const until = performance.now() + STORE_WAIT_MS;
  for (;;) {
    try {
      return await openEtcdStore({ ...address, prefix: store.prefix, log });
    } catch (error) {
      if (performance.now() > until) {
        throw new DomainError('unavailable', `etcd at ${store.hosts.join(', ')} does not answer: ${errorText(error)}`, {
          cause: error,
        });
      }
      log.warn({ hosts: store.hosts, error: errorText(error) }, 'store.waiting');
      await sleep(1_000);
    }
  }
}

function etcdOf(store: Extract<BbsConfig['store'], { kind: 'etcd' }>): EtcdAddress {
  const { ca, cert, key } = readTls(store.tls) ?? {};
  if (ca === undefined) return { hosts: store.hosts };
  return { hosts: store.hosts, tls: { ca, ...(cert === undefined || key === undefined ? {} : { cert, key }) } };
}
