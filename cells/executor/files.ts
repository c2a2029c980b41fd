import { constants } from 'node:fs';
import { access, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DomainError, errorText } from '../../src/domain/errors.ts';
import { bounded } from '../../src/platform/group.ts';

/** A network folder may hang, and Node's recursive mkdir never ends below /proc. */
const PREPARE_MS = 10_000;

/** On disk when this resolves, whole or not at all: written beside, synced, renamed, and the folder's entry synced. */
export async function writeDurably(path: string, text: string): Promise<void> {
  const beside = join(dirname(path), `.${basename(path)}.new`);
  const file = await open(beside, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.datasync();
  } finally {
    await file.close();
  }
  await rename(beside, path);
  const folder = await open(dirname(path), 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Gone already is no error. */
export async function forget(path: string): Promise<void> {
  await rm(path, { force: true });
}

/** Every record of a folder, as JSON; what cannot be read is told to `onBad` and left where it is. */
export async function readRecords(folder: string, onBad: (name: string, why: string) => void): Promise<unknown[]> {
  const records: unknown[] = [];
  for (const name of await readdir(folder)) {
    if (!name.endsWith('.json') || name.startsWith('.')) continue;
    try {
      records.push(JSON.parse(await readFile(join(folder, name), 'utf8')));
    } catch (error) {
      onBad(name, errorText(error));
    }
  }
  return records;
}

/** @throws DomainError `invalid_argument` naming the folder when the cell could not keep its records there. */
export async function requireWritable(folder: string, setting: string): Promise<void> {
  try {
    await bounded(prepareFolder(folder), PREPARE_MS, 'making the folder and writing to it');
  } catch (error) {
    throw new DomainError('invalid_argument', `${setting}: cannot write to ${folder}: ${errorText(error)}`, {
      cause: error,
    });
  }
}

async function prepareFolder(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await access(folder, constants.W_OK | constants.X_OK);
  await probe(folder);
}

/** Writes, syncs and removes a small file: permission bits alone tell nothing of a full or read-only disk. */
export async function probe(folder: string): Promise<void> {
  const path = join(folder, '.probe.json');
  await writeDurably(path, '{}');
  await forget(path);
}

/** Attempts are unique alone; the guid's beginning is there for people. Never longer than a file name may be, never a path. */
export function attemptFileName(guid: string, attempt: string): string {
  const plain = (text: string, most: number) => text.replaceAll(/[^A-Za-z0-9_-]/g, '_').slice(0, most);
  return `${plain(guid, 120)}.${plain(attempt, 80)}`;
}
