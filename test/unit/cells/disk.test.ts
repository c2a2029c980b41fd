import { execFileSync } from 'node:child_process';
import { link, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskOf } from '../../../cells/docker/disk.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gavel-disk-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const du = (): number => Number(execFileSync('du', ['-skx', folder]).toString().split('\t')[0]) * 1_024;

/** A bit of everything. */
async function fill(): Promise<void> {
  await mkdir(join(folder, 'a/b/c'), { recursive: true });
  await writeFile(join(folder, 'a/file'), Buffer.alloc(100_000, 1));
  await link(join(folder, 'a/file'), join(folder, 'a/b/again'));
  await symlink('/usr', join(folder, 'a/b/c/out'));
  await writeFile(join(folder, 'sparse'), 'x');
  await truncate(join(folder, 'sparse'), 1e9);
}

describe('what a folder takes on the disk', () => {
  it('is what du says, of few files and of many', async () => {
    await fill();
    const few = await diskOf(folder, 10_000);
    expect(few).toBe(du());
    expect(few).toBeGreaterThan(100_000);
    expect(few).toBeLessThan(300_000);
    for (let n = 0; n < 200; n += 1) await writeFile(join(folder, 'a/b', String(n)), 'x');
    expect(await diskOf(folder, 10_000)).toBe(du());
  });

  it('is not told of a folder that is not there', async () => {
    expect(await diskOf(join(folder, 'nope'), 10_000)).toBeUndefined();
  });
});
