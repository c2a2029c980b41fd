import type { EnvironmentVariable, RunAction } from '../../src/domain/action.ts';
import { DomainError } from '../../src/domain/errors.ts';
import type { TaskDefinition } from '../../src/domain/task.ts';
import { processOf } from './actions/root.ts';
import type { ContainerLimits, ContainerSpec, ExecSpec, IdleSpec, ImageInfo, RuntimeInfo } from './runtime.ts';

const MIB = 1_024 * 1_024;

export const LABELS = {
  cell: 'gavel.cell',
  guid: 'gavel.guid',
  uid: 'gavel.uid',
  attempt: 'gavel.attempt',
  /** Present on a container that idles while a tree of actions runs in it: nobody can take that up after a restart. */
  steps: 'gavel.steps',
  /** On a container that was made before its task was known: by which process of the cell. Name and journal say whose it is. */
  prepared: 'gavel.prepared',
} as const;

/** Before the names of the task's network properties, which are labels of its container as they are properties of one of Diego's. */
const PROPERTY = 'network.';

/** Whether the container has to be made for its task, for labels cannot be changed later. */
export function hasProperties(labels: Readonly<Record<string, string>>): boolean {
  return Object.keys(labels).some((name) => name.startsWith(PROPERTY));
}

function propertiesOf(task: TaskDefinition): Record<string, string> {
  const entries = Object.entries(task.network?.properties ?? {});
  return Object.fromEntries(entries.map(([name, value]) => [`${PROPERTY}${name}`, value]));
}

export interface CellPolicy {
  readonly cellId: string;
  readonly allowPrivileged: boolean;
  readonly defaultNetwork: 'none' | 'bridge';
  /** The cell's own address, for CF_INSTANCE_IP. */
  readonly instanceIp: string;
  /** Whether the cell has certificates to give to tasks that name a place for them. */
  readonly hasCertificates: boolean;
}

export interface Placement {
  readonly uid: string;
  readonly attempt: string;
}

/** The same name for every try of one attempt: an engine that created it behind our back is found, not doubled. */
export function containerName({ uid, attempt }: Placement): string {
  return `gavel-${uid}-${attempt}`;
}

/** The container whose own process is the run action. @throws DomainError `permission_denied` for what this cell does not allow. */
export function runSpec(
  task: TaskDefinition,
  run: RunAction,
  placement: Placement,
  image: string,
  cell: CellPolicy,
): ContainerSpec {
  const idle = idleSpec(task, placement, image, cell);
  const { [LABELS.steps]: _idle, ...labels } = idle.labels;
  return {
    ...idle,
    labels,
    path: run.path,
    args: run.args,
    env: [...idle.env, ...processEnvironment(task, run, placement, cell, UNKNOWN)],
    dir: run.dir === '' ? undefined : run.dir,
    user: run.user === '' ? undefined : run.user,
    limits: { ...idle.limits, nofile: run.resource_limits?.nofile ?? 0 },
  };
}

/** The container in which the steps of a tree run. @throws DomainError as `runSpec`. */
export function idleSpec(task: TaskDefinition, placement: Placement, image: string, cell: CellPolicy): IdleSpec {
  if (task.privileged && !cell.allowPrivileged) {
    throw new DomainError(
      'permission_denied',
      `privileged: cell ${cell.cellId} runs no privileged tasks (its setting allowPrivileged is off)`,
    );
  }
  return {
    name: containerName(placement),
    image,
    labels: {
      ...propertiesOf(task),
      [LABELS.cell]: cell.cellId,
      [LABELS.guid]: task.task_guid,
      [LABELS.uid]: placement.uid,
      [LABELS.attempt]: placement.attempt,
      [LABELS.steps]: '1',
    },
    env: containerEnvironment(task, cell),
    privileged: task.privileged,
    limits: limitsOf(task),
    network: networkOf(task, cell),
    ...(task.egress_rules.length === 0 ? {} : { egress: task.egress_rules }),
  };
}

/** One run action of a tree, in the container of `idleSpec`, which has that address of its own (empty = none). */
export function execSpec(
  task: TaskDefinition,
  run: RunAction,
  placement: Placement,
  cell: CellPolicy,
  address: string,
): ExecSpec {
  return {
    path: run.path,
    args: run.args,
    env: processEnvironment(task, run, placement, cell, address),
    dir: run.dir === '' ? undefined : run.dir,
    user: run.user === '' ? undefined : run.user,
    nofile: run.resource_limits?.nofile ?? 0,
  };
}

/** One more command in the container of a task that runs: what the task's own process sees, and what was asked for on top. */
export function furtherSpec(
  task: TaskDefinition,
  asked: Pick<RunAction, 'path' | 'args' | 'env' | 'dir' | 'user'>,
  placement: Placement,
  cell: CellPolicy,
): ExecSpec {
  const own = processOf(task.action);
  const { path, args, dir, user } = asked;
  const env = [
    ...containerEnvironment(task, cell),
    ...(own === undefined ? [] : entriesOf(own.env)),
    ...processEnvironment(task, asked, placement, cell, UNKNOWN),
  ];
  return { path, args, env, dir: dir === '' ? undefined : dir, user: user === '' ? undefined : user, nofile: 0 };
}

/*
 * Diego's order, later entries win: the image's (from the engine), the task's, CF_SYSTEM_CERT_PATH, the action's, and at the end
 * what no task may forge. Ports are of no use to a task, so there are none; they are named because programs look for them.
 */
function containerEnvironment(task: TaskDefinition, cell: CellPolicy): string[] {
  const path = task.trusted_system_certificates_path;
  const certificates = path !== '' && cell.hasCertificates ? [`CF_SYSTEM_CERT_PATH=${path}`] : [];
  return [...entriesOf(task.env), ...certificates];
}

/** A container gets its address when it starts, which for its own process is too late. */
const UNKNOWN = '';

function processEnvironment(
  task: TaskDefinition,
  run: Pick<RunAction, 'env'>,
  { attempt }: Placement,
  cell: CellPolicy,
  address: string,
): string[] {
  return [
    ...entriesOf(run.env),
    `CF_INSTANCE_IP=${cell.instanceIp}`,
    `CF_INSTANCE_INTERNAL_IP=${address}`,
    'CF_INSTANCE_PORT=',
    'CF_INSTANCE_ADDR=',
    'CF_INSTANCE_PORTS=[]',
    `GAVEL_TASK_GUID=${task.task_guid}`,
    `GAVEL_TASK_ATTEMPT=${attempt}`,
    `GAVEL_CELL_ID=${cell.cellId}`,
  ];
}

function entriesOf(env: readonly EnvironmentVariable[]): string[] {
  return env.map(({ name, value }) => `${name}=${value}`);
}

export function networkOf(task: TaskDefinition, cell: CellPolicy): 'none' | 'bridge' {
  const mode = task.network?.mode ?? '';
  return mode === 'none' || mode === 'bridge' ? mode : cell.defaultNetwork;
}

export function limitsOf(task: TaskDefinition): ContainerLimits {
  return {
    memoryBytes: task.memory_mb * MIB,
    diskBytes: task.disk_mb * MIB,
    cpuShares: Math.floor((1_024 * task.cpu_weight) / 100),
    pids: task.max_pids,
    nofile: 0,
  };
}

/** What will really hold this task in, for its record: a limit that is asked for but cannot be kept says so. */
export function limitsInForce(spec: IdleSpec, task: TaskDefinition, engine: RuntimeInfo): Record<string, string> {
  const { memoryBytes, diskBytes, cpuShares, pids, nofile } = spec.limits;
  return {
    ...(memoryBytes > 0 ? { memory: `${task.memory_mb} MB, no swap` } : {}),
    ...(cpuShares > 0 ? { cpu_shares: String(cpuShares) } : {}),
    ...(pids > 0 ? { pids: String(pids) } : {}),
    ...(nofile > 0 ? { nofile: String(nofile) } : {}),
    ...(diskBytes > 0 ? { disk: diskLimit(task.disk_mb, engine) } : {}),
    network: spec.network,
    ...(spec.network === 'bridge' ? { egress: egressInForce(spec, engine) } : {}),
    ...(spec.privileged ? { privileged: 'true' } : {}),
  };
}

function egressInForce(spec: IdleSpec, { egress, egressReason }: RuntimeInfo): string {
  if (egress === 'open') return `not enforced: ${egressReason}`;
  const rules = spec.egress?.length ?? 0;
  return rules === 0 ? 'denied' : `${rules} ${rules === 1 ? 'rule' : 'rules'}`;
}

function diskLimit(diskMb: number, engine: RuntimeInfo): string {
  if (engine.diskLimit === 'quota') return `${diskMb} MB (quota)`;
  const on = engine.backingFilesystem === '' ? '' : ` on ${engine.backingFilesystem}`;
  return `${diskMb} MB (measured: storage driver ${engine.storageDriver}${on} has no quota)`;
}

/** `sha256:...` of what really ran, for the task's record. */
export function digestOf(image: ImageInfo): string {
  return image.digest === '' ? image.id : image.digest;
}
