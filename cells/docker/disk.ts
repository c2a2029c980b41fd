import { spawn } from 'node:child_process';
import type { Stats } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** What most tasks leave is less, and is counted here: to start `du` costs this process 5 ms and `du` itself some more. */
const FEW_ENTRIES = 50;
const BLOCK_BYTES = 512;

/**
 * Blocks on the disk of all that lies in a folder and on its file system, in whole KiB. Undefined when it cannot be told.
 * `du` does it for a folder of many files (0.2 s for 20,000).
 */
export async function diskOf(folder: string, deadlineMs: number): Promise<number | undefined> {
  return (await countFew(folder).catch(() => undefined)) ?? (await countAll(folder, deadlineMs));
}

/** As `du` counts. Undefined when there are too many. */
async function countFew(folder: string): Promise<number | undefined> {
  const top = await lstat(folder);
  const counted = new Set<number>();
  const folders = [folder];
  let { blocks } = top;
  let left = FEW_ENTRIES;
  for (let next = folders.pop(); next !== undefined; next = folders.pop()) {
    const names = await readdir(next).catch(() => []);
    left -= names.length;
    if (left < 0) return undefined;
    for (const name of names) {
      const path = join(next, name);
      const found = await lstat(path).catch(vanished);
      if (found === undefined || found.dev !== top.dev || counted.has(found.ino)) continue;
      // A file of several names takes its blocks once.
      if (found.nlink > 1 && !found.isDirectory()) counted.add(found.ino);
      if (found.isDirectory()) folders.push(path);
      blocks += found.blocks;
    }
  }
  return Math.ceil((blocks * BLOCK_BYTES) / 1_024) * 1_024;
}

/** Between the list and the look. */
function vanished(): Stats | undefined {
  return undefined;
}

/** What vanishes while it looks makes du complain, and still sum up. */
async function countAll(folder: string, deadlineMs: number): Promise<number | undefined> {
  return await new Promise<number | undefined>((resolve) => {
    const child = spawn('du', ['-skx', folder], {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: deadlineMs,
      killSignal: 'SIGKILL',
    });
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      out += text;
    });
    child.on('error', () => resolve(undefined));
    child.on('close', () => {
      const told = /^(\d+)\s/.exec(out)?.[1];
      resolve(told === undefined ? undefined : Number(told) * 1_024);
    });
  });
}
