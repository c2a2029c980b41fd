import { readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';

/**
 * One life of an engine on this machine: the machine's boot, and, unless its containers outlive it, when its socket and its pid file were
 * made (the socket may be systemd's, which stays). The engine itself does not tell when it began.
 * @param host the engine's address; empty is answered for one that may be another machine's.
 */
export async function engineInstance(host: string, liveRestore: boolean, bootIdFile = BOOT_ID): Promise<string> {
  if (!host.startsWith('unix://')) return '';
  const boot = await readFile(bootIdFile, 'utf8').catch(() => '');
  if (liveRestore) return boot.trim();
  const socket = host.slice('unix://'.length);
  const made = await Promise.all(
    [socket, join(dirname(socket), 'docker.pid')].map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      return found === undefined ? '-' : `${found.ino}:${found.ctimeMs}`;
    }),
  );
  return [boot.trim(), ...made].join(' ');
}
