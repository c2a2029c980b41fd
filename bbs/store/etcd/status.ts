import { AlarmAction, AlarmType, type IStatusResponse } from 'etcd3';
import type { StoreStatus } from '../store.ts';
import type { Members } from './client.ts';
import type { Keys } from './keys.ts';

/** Below these, etcd has faults that matter here (stale reads after a pause, lost watch events): reliability F9. */
const FLOORS = ['3.5.28', '3.6.9'] as const;

/** Asks for a linearizable read too: a member without a majority still tells its version. */
export async function etcdStatus(members: Members, keys: Keys, timeoutMs: number): Promise<StoreStatus> {
  const deadline = { deadline: Date.now() + timeoutMs };
  const [read, status, alarms] = await Promise.all([
    members.call((client) => client.kv.range({ key: keys.encode('ping'), count_only: true }, deadline)),
    members.call<IStatusResponse>((client) => client.maintenance.status(deadline)),
    members.call((client) =>
      client.maintenance.alarm({ action: AlarmAction.Get, memberID: 0, alarm: AlarmType.None }, deadline),
    ),
  ]);
  const warnings: string[] = [];
  if (isBelowFloor(status.version)) {
    warnings.push(`etcd ${status.version} has known faults; use ${FLOORS.join(' or ')}, or later`);
  }
  for (const { alarm } of alarms.alarms) {
    const name = alarm.toUpperCase();
    if (name === 'NOSPACE') warnings.push('etcd is full (alarm NOSPACE): compact, defragment, then disarm the alarm');
    else if (name !== 'NONE') warnings.push(`etcd raised the alarm ${name}`);
  }
  return { kind: 'etcd', version: status.version, revision: Number(read.header.revision), warnings };
}

export function isBelowFloor(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  if (major !== 3) return major < 3;
  if (minor === 5) return patch < 28;
  if (minor === 6) return patch < 9;
  return minor < 5;
}
