import type { ContainerInspectInfo } from 'dockerode';
import type { ContainerExit, ContainerState } from '../executor/runtime.ts';

export const MISSING: ContainerState = {
  status: 'missing',
  startedAt: undefined,
  finishedAt: undefined,
  exit: undefined,
  restartCount: 0,
};

/** The engine's record in our words. Paused and restarting count as running, dead and being removed as exited. */
export function toState(info: ContainerInspectInfo): ContainerState {
  const { State: state } = info;
  const startedAt = unixNanoseconds(state.StartedAt);
  const running = state.Running || state.Paused || state.Restarting;
  const status = running ? 'running' : startedAt === undefined ? 'created' : 'exited';
  const exit: ContainerExit | undefined =
    status === 'exited' ? { exitCode: state.ExitCode, oomKilled: state.OOMKilled, error: state.Error } : undefined;
  const address = Object.values(info.NetworkSettings.Networks).find(({ IPAddress }) => IPAddress !== '')?.IPAddress;
  return {
    status,
    startedAt,
    // A container that was started again still carries the end of its run before.
    finishedAt: status === 'exited' ? unixNanoseconds(state.FinishedAt) : undefined,
    exit,
    // The engine counts only what its own policy did; one that runs and has an end behind it was started again by somebody.
    restartCount: info.RestartCount + (running && unixNanoseconds(state.FinishedAt) !== undefined ? 1 : 0),
    ...(running && address !== undefined ? { address } : {}),
  };
}

/** `2026-11-21T01:31:19.38588402Z` to UNIX nanoseconds; Go leaves out trailing zeros, and its zero time means "never". */
export function unixNanoseconds(text: string): bigint | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/.exec(text);
  if (match === null || text.startsWith('0001-')) return undefined;
  const milliseconds = Date.parse(`${match[1] ?? ''}${match[3] ?? 'Z'}`);
  if (Number.isNaN(milliseconds)) return undefined;
  return BigInt(milliseconds) * 1_000_000n + BigInt((match[2] ?? '').padEnd(9, '0'));
}
