import type { TlsFiles } from '../platform/tls.ts';
import type { MethodName, ServiceName } from './descriptors.ts';

/** Who may call. `viewer` only reads; `operator` may do what a client may and more. */
export type Role = 'client' | 'viewer' | 'operator' | 'cell' | 'auctioneer' | 'bbs';

const READ = ['client', 'viewer', 'operator', 'bbs'] as const;
const WRITE = ['client', 'operator'] as const;
const OPERATOR = ['operator'] as const;
const CELL = ['cell'] as const;
const AUCTIONEER = ['auctioneer'] as const;

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
    TestCallback: OPERATOR,
    RotateCallbackSecret: OPERATOR,
    ListCallbackSecrets: OPERATOR,
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
  ClusterService: { ListCells: READ, DrainCell: OPERATOR, UndrainCell: OPERATOR },
  AuctionService: { Join: CELL },
} as const satisfies { [S in ServiceName]: Record<MethodName<S>, readonly Role[]> };

/** The caller, as its certificate says. */
export interface Identity {
  /** Undefined where callers cannot be told apart (plaintext on loopback): every role is granted. */
  readonly role: Role | undefined;
  readonly name: string;
}

/** Who a caller is. In the clear nobody can be told apart: all roles on loopback (or by `--insecure`). TLS without client certificates grants `client` only. */
export class Authority {
  readonly #mutual: boolean;
  readonly #plain: Identity;

  constructor(tls: TlsFiles | undefined, trusted: boolean) {
    this.#mutual = tls?.cert !== undefined && tls.ca !== undefined;
    const anonymous = tls?.cert === undefined && trusted;
    this.#plain = anonymous ? { role: undefined, name: 'local' } : { role: 'client', name: 'tls' };
  }

  /** The certificate's names are looked at only where there are certificates. */
  identify(subjectAltName: () => string | undefined): Identity {
    return this.#mutual ? identityOfCertificate(subjectAltName()) : this.#plain;
  }
}

export function mayCall(identity: Identity, service: ServiceName, method: string): boolean {
  if (identity.role === undefined) return true;
  const table: Readonly<Record<string, readonly Role[]>> = ROLES[service];
  return table[method]?.includes(identity.role) ?? false;
}

/**
 * Role and name from a certificate's subject alternative names, for example `URI:gavel://cell/cell-1`. The common name is ignored.
 * A certificate without such a name is a plain client.
 */
export function identityOfCertificate(subjectAltName: string | undefined): Identity {
  const match = /URI:gavel:\/\/(client|viewer|operator|cell|auctioneer|bbs)\/([A-Za-z0-9._-]{1,255})/.exec(
    subjectAltName ?? '',
  );
  if (match === null) return { role: 'client', name: 'unnamed certificate' };
  return { role: match[1] as Role, name: match[2] ?? '' };
}
