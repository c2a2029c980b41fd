import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Action, childrenOf, type MountedFile } from '../../src/domain/action.ts';
import { DomainError, errorText } from '../../src/domain/errors.ts';
import type { CachedDependency, TaskDefinition } from '../../src/domain/task.ts';
import type { LocalFile } from './actions/step.ts';
import type { ContainerRuntime, FileEntry } from './runtime.ts';
import { formatBytes } from './transfers/bytes.ts';
import { ChecksumError } from './transfers/checksum.ts';
import { HttpError } from './transfers/http.ts';
import type { CellTransfers } from './transfers/transfers.ts';
import { archiveEntries } from './transfers/unpack.ts';

/** Where the files of `volume_mounted_files` lie, whatever their paths: none of them is anywhere else. */
export const MOUNTED_FILES_ROOT = '/etc/cf-service-bindings';
const CERTIFICATES_MAX_BYTES = 16 * 2 ** 20;

export interface SetupDeps {
  readonly runtime: ContainerRuntime;
  readonly task: TaskDefinition;
  /** The cell's folder of certificates; empty = none. */
  readonly certificates: string;
  readonly transfers: CellTransfers;
  readonly maxBytes: number;
  readonly source: string;
  readonly say: (source: string, text: string) => void;
}

export interface Dependencies {
  readonly files: readonly { readonly dependency: CachedDependency; readonly file: LocalFile }[];
  release(): Promise<void>;
}

/**
 * Brings the task's cached dependencies to the cell, all at once.
 * @throws DomainError `unavailable` when another try (or cell) may have more luck, `invalid_argument` when none will.
 */
export async function fetchDependencies(deps: SetupDeps, signal: AbortSignal): Promise<Dependencies> {
  const { cached_dependencies } = deps.task;
  const failed = new AbortController();
  const giveUp = (): void => failed.abort(signal.reason);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    const fetched = await Promise.allSettled(
      cached_dependencies.map(async (dependency) => {
        try {
          return { dependency, file: await fetchOne(deps, dependency, failed.signal) };
        } catch (error) {
          // The first failure ends the others.
          failed.abort(error);
          throw error;
        }
      }),
    );
    const files = fetched.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const release = async (): Promise<void> => {
      for (const { file } of files) await file.release();
    };
    if (files.length === cached_dependencies.length) return { files, release };
    await release();
    signal.throwIfAborted();
    throw unfetched(failed.signal.reason);
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function fetchOne(deps: SetupDeps, dependency: CachedDependency, signal: AbortSignal): Promise<LocalFile> {
  const { transfers, say } = deps;
  const { name, from, cache_key, log_source, checksum_algorithm, checksum_value } = dependency;
  const note = (text: string): void => {
    if (name !== '') say(log_source === '' ? deps.source : log_source, text);
  };
  const leave = await transfers.slot('download', signal);
  try {
    note(`Downloading ${name}...`);
    const cacheKey = cache_key === '' ? from : cache_key;
    const request = { url: from, cacheKey, checksumAlgorithm: checksum_algorithm, checksumValue: checksum_value };
    const file = await transfers.download(request, signal);
    note(file.cached ? `Downloaded ${name}` : `Downloaded ${name} (${formatBytes(file.sizeBytes)})`);
    return file;
  } catch (error) {
    if (!signal.aborted) note(`Downloading ${name} failed: ${errorText(error)}`);
    throw error;
  } finally {
    leave();
  }
}

function unfetched(error: unknown): DomainError {
  const final = error instanceof ChecksumError || (error instanceof HttpError && !error.passing);
  const text = `failed to download cached artifacts: ${errorText(error)}`;
  return new DomainError(final ? 'invalid_argument' : 'unavailable', text, { cause: error });
}

/** Whether `fillContainer` has anything to do. */
export function hasFiles({ task, certificates }: SetupDeps): boolean {
  if (task.cached_dependencies.length > 0 || mountedFilesOf(task).length > 0) return true;
  return certificates !== '' && task.trusted_system_certificates_path !== '';
}

/** Everything that has to lie in the container before its first process: all of it belongs to root. */
export async function fillContainer(
  deps: SetupDeps,
  container: string,
  dependencies: Dependencies,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, task, certificates, maxBytes } = deps;
  const mounted = mountedFilesOf(task);
  if (mounted.length > 0) {
    const entries = mounted.map(({ path, content }): FileEntry => {
      return { name: path.replace(/^\/+/, ''), kind: 'file', content: Buffer.from(content) };
    });
    await runtime.writeFiles(container, MOUNTED_FILES_ROOT, { entries }, { owner: '0:0', signal });
  }
  if (certificates !== '' && task.trusted_system_certificates_path !== '') {
    const entries = await certificateFiles(certificates);
    await runtime.writeFiles(container, task.trusted_system_certificates_path, { entries }, { owner: '0:0', signal });
  }
  for (const { dependency, file } of dependencies.files) {
    const entries = archiveEntries(file.path, signal);
    await runtime.writeFiles(container, dependency.to, { entries }, { owner: '0:0', maxBytes, signal });
  }
}

/** The task's own and those of all its run actions; one that is named twice has the content that is named last. */
function mountedFilesOf(task: TaskDefinition): readonly MountedFile[] {
  const byPath = new Map<string, MountedFile>();
  const visit = (action: Action): void => {
    if ('run' in action) for (const file of action.run.volume_mounted_files) byPath.set(file.path, file);
    for (const child of childrenOf(action)) visit(child);
  };
  for (const file of task.volume_mounted_files) byPath.set(file.path, file);
  visit(task.action);
  return [...byPath.values()];
}

/** The files of the folder itself, in order; what a link in it leads to counts as the file. */
async function certificateFiles(folder: string): Promise<FileEntry[]> {
  const entries: FileEntry[] = [];
  let left = CERTIFICATES_MAX_BYTES;
  for (const name of (await readdir(folder)).toSorted()) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile() !== true) continue;
    left -= found.size;
    if (left < 0) throw new DomainError('too_large', `${folder}: more than ${CERTIFICATES_MAX_BYTES} bytes`);
    entries.push({ name, kind: 'file', content: await readFile(path) });
  }
  return entries;
}
