import type { ContainerCreateOptions, HostConfig } from 'dockerode';
import { DomainError } from '../../src/domain/errors.ts';
import type { ContainerSpec } from '../executor/runtime.ts';
import { helperMount } from './helper.ts';
import { type DiskQuota, hostLimits } from './limits.ts';

export const CELL_LABEL = 'gavel.cell';

/**
 * What root inside keeps of Docker's own default set: being able to install files, to become another user and to signal its
 * children. Left out on purpose: NET_RAW, MKNOD, SYS_CHROOT, AUDIT_WRITE, SETFCAP, SETPCAP (ways out or at others),
 * NET_BIND_SERVICE and FSETID (of no use without setuid programs and without incoming connections).
 */
const CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'KILL', 'SETGID', 'SETUID'];

/** What a container needs at its creation to be held by the cell's firewall. */
export interface Guard {
  readonly network: string;
  readonly mac: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface ProfileContext {
  readonly cellId: string;
  readonly quota: DiskQuota;
  readonly imageBytes: number;
  /** For a container whose own process is our helper: the volume with it. */
  readonly helperVolume?: string;
  /** Its helper waits on its stdin for the command of the user, which it becomes. */
  readonly waits?: boolean;
  /** For a container on the cell's own network. */
  readonly guard?: Guard;
  /** The control group around the container's own. */
  readonly cgroupParent?: string;
  readonly apiVersion: string;
}

/** The body of the engine's create call: everything a task's container may and may not do. */
export function containerBody(spec: ContainerSpec, context: ProfileContext): ContainerCreateOptions {
  refuseNul(spec);
  const { helperVolume, waits = false } = context;
  const host: HostConfig = {
    ...hostLimits(spec.limits, context.quota, context.imageBytes),
    NetworkMode: context.guard?.network ?? spec.network,
    ...(context.cgroupParent === undefined ? {} : { CgroupParent: context.cgroupParent }),
    // An init as pid 1: it reaps, and hands on signals that a plain pid 1 would ignore.
    Init: true,
    // The executor drains the streams itself; nothing is written to the host's disk.
    LogConfig: { Type: 'none', Config: {} },
    // A second run by the engine would break "at most once".
    RestartPolicy: { Name: 'no' },
    // Kept until the completion is acknowledged; the result is read after the exit.
    AutoRemove: false,
    PublishAllPorts: false,
    SecurityOpt: ['no-new-privileges'],
    ...(helperVolume === undefined ? {} : { Mounts: [helperMount(helperVolume, true)] }),
    ...(spec.privileged ? { Privileged: true } : { CapDrop: ['ALL'], CapAdd: CAPABILITIES }),
  };
  return {
    Image: spec.image,
    // The image's own entrypoint and command play no part.
    Entrypoint: [spec.path, ...spec.args],
    Cmd: [],
    // The init hands a signal on to the whole process group of the command, not only to its leader.
    Env: lastWins(helperVolume === undefined || waits ? [...spec.env, 'TINI_KILL_PROCESS_GROUP=1'] : spec.env),
    Labels: { ...spec.labels, ...context.guard?.labels, [CELL_LABEL]: context.cellId },
    ...addressOf(context),
    ...(spec.dir === undefined ? {} : { WorkingDir: spec.dir }),
    ...(spec.user === undefined ? {} : { User: spec.user }),
    // An image's health check would start processes of its own inside a task.
    Healthcheck: { Test: ['NONE'] },
    Tty: false,
    OpenStdin: waits,
    // Closed for good when the one who opened it goes: nobody else can ever complete a command.
    StdinOnce: waits,
    AttachStdin: waits,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: host,
  };
}

/** The engine's API moved it from the container to its network. */
function addressOf({ guard, apiVersion }: ProfileContext): ContainerCreateOptions {
  if (guard === undefined) return {};
  const { network, mac } = guard;
  if (Number(apiVersion.split('.')[1]) < 44) return { MacAddress: mac };
  return { NetworkingConfig: { EndpointsConfig: { [network]: { MacAddress: mac } } } };
}

/** The C library takes the first of two entries with one name, our contract the last. */
export function lastWins(env: readonly string[]): string[] {
  const byName = new Map<string, string>();
  for (const entry of env) {
    const at = entry.indexOf('=');
    const name = at < 0 ? entry : entry.slice(0, at);
    byName.delete(name);
    byName.set(name, entry);
  }
  return [...byName.values()];
}

/** Past the engine, a NUL would cut the text short without a word. */
export function refuseNul(spec: ContainerSpec): void {
  const texts = [spec.path, ...spec.args, ...spec.env, spec.dir ?? '', spec.user ?? ''];
  if (spec.path === '') throw new DomainError('invalid_argument', 'the path of the command is empty');
  if (texts.some((text) => text.includes('\0'))) {
    throw new DomainError('invalid_argument', 'a NUL character in the path, arguments, environment, dir or user');
  }
}
