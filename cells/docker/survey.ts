import { DomainError } from '../../src/domain/errors.ts';
import type { RuntimeInfo } from '../executor/runtime.ts';
import type { Engine } from './engine.ts';
import { type DiskQuota, diskQuota } from './limits.ts';

/** Below the floor things are missing that we rely on; above the ceiling nobody has looked yet. */
const API_FLOOR = '1.41';
const API_CEILING = '1.47';

export interface EngineFacts {
  readonly info: RuntimeInfo;
  readonly quota: DiskQuota;
  /** The engine runs on this very machine. */
  readonly local: boolean;
  /** Who names control groups: `cgroupfs` (the engine itself) or `systemd`. */
  readonly cgroupDriver: string;
  /** Containers outlive the engine's process. */
  readonly liveRestore: boolean;
}

/** Only what is used of the engine's /version and /info. */
interface VersionAnswer {
  readonly Version: string;
  readonly ApiVersion: string;
  readonly Components?: readonly { readonly Name: string; readonly Version: string }[];
}

interface InfoAnswer {
  readonly Driver: string;
  readonly DriverStatus?: readonly (readonly [string, string])[] | null;
  readonly DockerRootDir: string;
  readonly CgroupVersion?: string;
  readonly CgroupDriver?: string;
  readonly LiveRestoreEnabled?: boolean;
  readonly MemTotal: number;
  readonly NCPU: number;
  readonly OperatingSystem: string;
  readonly Architecture: string;
}

/** Asks the engine what it is and can do, and settles the version of the API that is spoken with it. */
export async function learnEngine(engine: Engine, local: boolean, deadlineMs: number): Promise<EngineFacts> {
  const get = async (path: string): Promise<unknown> =>
    await engine.json({ what: 'ask the container engine what it is', method: 'GET', path, deadlineMs });
  const version = (await get('/version')) as VersionAnswer;
  const apiVersion = chooseApiVersion(version.ApiVersion);
  engine.useVersion(apiVersion);
  const info = (await get('/info')) as InfoAnswer;
  const backing = info.DriverStatus?.find(([name]) => name === 'Backing Filesystem')?.[1] ?? '';
  const quota = await diskQuota(info.Driver, backing, info.DockerRootDir, local);
  const components = (version.Components ?? []).map((part) => [part.Name, part.Version] as const);
  return {
    quota,
    local,
    cgroupDriver: info.CgroupDriver ?? '',
    liveRestore: info.LiveRestoreEnabled ?? false,
    info: {
      name: 'docker',
      version: version.Version,
      apiVersion,
      storageDriver: info.Driver,
      backingFilesystem: backing,
      cgroupVersion: info.CgroupVersion === '2' ? 2 : 1,
      diskLimit: quota === undefined ? 'none' : 'quota',
      egress: 'open',
      egressReason: 'not asked for',
      usageAfterExit: false,
      memoryBytes: info.MemTotal,
      cpus: info.NCPU,
      os: info.OperatingSystem,
      architecture: info.Architecture,
      instance: '',
      components: Object.fromEntries(components),
    },
  };
}

function chooseApiVersion(offered: string): string {
  if (compare(offered, API_FLOOR) < 0) {
    throw new DomainError(
      'unimplemented',
      `the container engine speaks API ${offered}; ${API_FLOOR} or later is needed`,
    );
  }
  return compare(offered, API_CEILING) > 0 ? API_CEILING : offered;
}

function compare(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number);
  return leftMajor === rightMajor ? leftMinor - rightMinor : leftMajor - rightMajor;
}
