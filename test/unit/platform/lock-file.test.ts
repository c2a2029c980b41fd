import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { acquireLock } from '../../../src/platform/lock-file.ts';

describe('the lock of a folder', () => {
  let folder: string;
  let file: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gavel-lock-'));
    file = join(folder, 'owner.lock');
  });
  afterEach(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  /** What a process of this machine leaves that ends without a word: our own line, with a start that is not ours. */
  async function leftBehind(change: (line: string) => string): Promise<void> {
    acquireLock(file, 'it', 'former');
    await writeFile(file, change((await readFile(file, 'utf8')).replace(/:\d+ /, ':1 ')));
  }

  it('has one owner at a time', () => {
    const lock = acquireLock(file, 'it');
    expect(() => acquireLock(file, 'it')).toThrow(/is in use by process/);
    lock.release();
    expect(acquireLock(file, 'it').inherited).toBeUndefined();
  });

  it('hands on the note of an owner that died here', async () => {
    await leftBehind((line) => line);
    expect(acquireLock(file, 'it', 'next').inherited).toBe('former');
    expect(await readFile(file, 'utf8')).toMatch(/ next$/);
  });

  it.each([
    ['on another machine, or before a reboot', (line: string) => line.replace(/ [0-9a-f-]{36}:/, ' 0-0:')],
    ['in another container', (line: string) => line.replace(/pid:\[\d+\]/, 'pid:[1]')],
    ['under a version that noted nothing', (line: string) => line.split(' ').slice(0, 2).join(' ')],
    [
      'where nothing was known of its start',
      (line: string) => line.replace(/ \S+ pid:/, ' - pid:').replace(/^\d+/, '0'),
    ],
  ])('hands on nothing of an owner that was %s, who may live unseen', async (_where, change) => {
    await leftBehind(change);
    expect(acquireLock(file, 'it').inherited).toBeUndefined();
  });
});
