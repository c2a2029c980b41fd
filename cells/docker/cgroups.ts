import { readFile } from 'node:fs/promises';

export const CGROUPS = '/sys/fs/cgroup';

/** The control group of one container, as files of this machine. */
export interface Cgroup {
  /** Pids of all its processes, as this machine counts them. */
  pids(): Promise<number[]>;
  /** How many of its processes were killed for memory so far; undefined when the kernel does not tell. */
  ooms(): Promise<number | undefined>;
  cpuNanoseconds(): Promise<bigint | undefined>;
  /** The page cache counts too, up to the limit. */
  peakMemoryBytes(): Promise<number | undefined>;
  memoryBytes(): Promise<number | undefined>;
  /** Processes and threads. */
  tasks(): Promise<number | undefined>;
}

/**
 * Undefined when the container is not seen from here: its engine is elsewhere, this cell is in a container itself, or it is not
 * running. Its id has to be in the cgroup's path, for a pid alone may be anybody's.
 */
export async function findCgroup(pid: number, containerId: string): Promise<Cgroup | undefined> {
  if (pid <= 0) return undefined;
  const text = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
  const paths = parseCgroups(text);
  if (![...paths.values()].some((path) => path.includes(containerId))) return undefined;
  const unified = paths.get('');
  const v2 = !paths.has('memory') && unified !== undefined;
  const cgroup = cgroupAt(v2, (controller) =>
    v2 ? `${CGROUPS}${unified}` : `${CGROUPS}/${controller}${paths.get(controller) ?? ''}`,
  );
  // A cell that has /proc of the machine but not its cgroups sees the process and not its group.
  return (await cgroup.pids()).length > 0 ? cgroup : undefined;
}

export function cgroupAt(v2: boolean, folder: (controller: string) => string): Cgroup {
  const read = async (controller: string, file: string): Promise<string> =>
    await readFile(`${folder(controller)}/${file}`, 'utf8').catch(() => '');
  return {
    pids: async () => (await read('memory', 'cgroup.procs')).split('\n').filter(Boolean).map(Number),
    ooms: async () => oomKills(await read('memory', v2 ? 'memory.events' : 'memory.oom_control')),
    cpuNanoseconds: async () => {
      const told = v2
        ? /^usage_usec (\d+)/m.exec(await read('cpu', 'cpu.stat'))?.[1]
        : /^(\d+)/.exec(await read('cpuacct', 'cpuacct.usage'))?.[1];
      return told === undefined ? undefined : BigInt(told) * (v2 ? 1_000n : 1n);
    },
    peakMemoryBytes: async () => figure(await read('memory', v2 ? 'memory.peak' : 'memory.max_usage_in_bytes')),
    memoryBytes: async () => figure(await read('memory', v2 ? 'memory.current' : 'memory.usage_in_bytes')),
    tasks: async () => figure(await read('pids', 'pids.current')),
  };
}

function figure(text: string): number | undefined {
  const told = /^(\d+)/.exec(text)?.[1];
  return told === undefined ? undefined : Number(told);
}

/** `4:memory:/docker/ID` by controller; the unified hierarchy under the empty name. */
export function parseCgroups(text: string): Map<string, string> {
  const paths = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [, controllers, ...rest] = line.split(':');
    if (controllers === undefined) continue;
    for (const controller of controllers.split(',')) paths.set(controller, rest.join(':'));
  }
  return paths;
}

export function oomKills(text: string): number | undefined {
  const told = /^oom_kill (\d+)/m.exec(text)?.[1];
  return told === undefined ? undefined : Number(told);
}

/** Session and liveness out of `/proc/PID/stat`: "PID (NAME) STATE PPID PGRP SESSION ..."; NAME may hold anything. */
export async function sessionOf(pid: number): Promise<number | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => '');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields[0] === undefined || 'ZX'.includes(fields[0]) ? undefined : Number(fields[3]);
}
