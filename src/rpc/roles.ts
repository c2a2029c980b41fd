import { DomainError } from '../domain/errors.ts';
import type { MethodName, ServiceName } from './descriptors.ts';
import type { Identity, Role } from './identity.ts';

export interface Access {
  readonly roles: readonly Role[];
  /** What it tells or does is not of one domain: whoever is limited to some may not call it. Of all others the handler answers what is of the caller's. */
  readonly everyDomain?: true;
  /** It changes something, so that what operators did by it is told in the log. */
  readonly changes?: true;
}

const READ: Access = { roles: ['client', 'viewer', 'operator', 'bbs'] };
const WRITE: Access = { roles: ['client', 'operator'], changes: true };
const OPERATOR: Access = { roles: ['operator'], changes: true };
const CLUSTER: Access = { roles: ['operator'], everyDomain: true, changes: true };
const ANYBODY: Access = { roles: ['client', 'viewer', 'operator', 'cell', 'auctioneer', 'bbs'] };
const CELL: Access = { roles: ['cell'], everyDomain: true };
const AUCTIONEER: Access = { roles: ['auctioneer'], everyDomain: true };

/** Every RPC with the roles that may call it. A new RPC without an entry does not compile. */
export const ROLES = {
  TaskService: {
    DesireTask: WRITE,
    DesireTasks: WRITE,
    GetTask: READ,
    ListTasks: READ,
    CancelTask: WRITE,
    KillTask: WRITE,
    ResolveTask: WRITE,
    DeleteTask: WRITE,
    ResolveTasks: WRITE,
    DeleteTasks: WRITE,
    WatchTasks: READ,
    FollowLogs: READ,
    GetTimeline: READ,
    ListOutputs: READ,
    DownloadOutputs: READ,
    ExplainPlacement: READ,
    PlanPlacement: READ,
    ListUsage: READ,
    ExecTask: WRITE,
    AnnotateTask: WRITE,
    UploadInput: WRITE,
    HoldTasks: WRITE,
  },
  HistoryService: { ListHistory: READ, GetHistory: READ, PinTask: WRITE, PurgeHistory: OPERATOR },
  CallbackService: {
    ListCallbacks: READ,
    GetCallback: READ,
    ResendCallback: OPERATOR,
    TestCallback: CLUSTER,
    RotateCallbackSecret: CLUSTER,
    ListCallbackSecrets: CLUSTER,
  },
  CellService: {
    Register: CELL,
    Renew: CELL,
    Leave: CELL,
    FetchTasks: CELL,
    StartTasks: CELL,
    ReleaseTasks: CELL,
    CompleteTasks: CELL,
    AdoptTasks: CELL,
    FetchInput: CELL,
    ListMyTasks: CELL,
    Control: CELL,
    Calls: CELL,
    PushLogs: CELL,
    PushData: CELL,
    NoteEvents: CELL,
  },
  PlacementService: {
    WatchPending: AUCTIONEER,
    ClaimTasks: AUCTIONEER,
    RejectTasks: AUCTIONEER,
    Lead: AUCTIONEER,
  },
  ClusterService: {
    ListCells: READ,
    DrainCell: CLUSTER,
    UndrainCell: CLUSTER,
    FollowCellLog: CLUSTER,
    ListDomains: READ,
    GetDomain: READ,
    SetDomain: CLUSTER,
    WhoAmI: ANYBODY,
  },
  AlertService: { ListAlerts: CLUSTER, PutAlert: CLUSTER, DeleteAlert: CLUSTER, TestAlert: CLUSTER },
  AuctionService: { Join: CELL },
} as const satisfies { [S in ServiceName]: Record<MethodName<S>, Access> };

type Caller = Pick<Identity, 'role' | 'name' | 'domains'>;

/** @throws DomainError `permission_denied`. */
export function requireAccess({ role, name, domains }: Caller, access: Access | undefined, call: string): void {
  if (role !== undefined && access?.roles.some((one) => one === role) !== true)
    throw new DomainError('permission_denied', `${call} is not for ${role} ${name}`);
  if (domains !== undefined && access?.everyDomain === true)
    throw new DomainError('permission_denied', `${call} is about all domains, and ${name} is limited to some`);
}

/** Of any method that a service is asked for. */
export function accessOf(service: ServiceName, method: string): Access | undefined {
  const table: Readonly<Record<string, Access>> = ROLES[service];
  return table[method];
}
