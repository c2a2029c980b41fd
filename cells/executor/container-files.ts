import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { extract } from 'tar-stream';
import { DomainError, errorText } from '../../src/domain/errors.ts';
import type { ContainerFiles, LocalFile } from './actions/step.ts';
import type { ContainerRuntime } from './runtime.ts';
import { archiveEntries } from './transfers/unpack.ts';

export interface ContainerFilesDeps {
  readonly runtime: ContainerRuntime;
  readonly container: string;
  /** Most bytes that one archive may unpack to, or one upload may take. */
  readonly maxBytes: number;
  readonly temporary: () => { readonly path: string; release(): Promise<void> };
}

/** The files of one task's container, as download and upload actions handle them. */
export function containerFiles({ runtime, container, maxBytes, temporary }: ContainerFilesDeps): ContainerFiles {
  return {
    unpack: async (file, to, user, signal) => {
      const entries = archiveEntries(file.path, signal);
      const owner = user === '' ? {} : { owner: user };
      await runtime.writeFiles(container, to, { entries }, { ...owner, maxBytes, signal });
    },
    takeOut: async (path, _user, signal) => {
      let tar;
      try {
        tar = await runtime.readTar(container, path, { maxBytes, signal });
      } catch (error) {
        throw told('Failed to establish stream from container', error);
      }
      const kept = temporary();
      try {
        return await firstFile(tar, kept);
      } catch (error) {
        await kept.release();
        throw error;
      } finally {
        tar.destroy();
      }
    },
  };
}

async function firstFile(
  tar: NodeJS.ReadableStream,
  kept: { readonly path: string; release(): Promise<void> },
): Promise<LocalFile> {
  const entries = extract();
  tar.on('error', (error: Error) => entries.destroy(error));
  tar.pipe(entries);
  try {
    for await (const entry of entries) {
      if (entry.header.type !== 'file' && entry.header.type !== 'contiguous-file') {
        entry.resume();
        continue;
      }
      const sizeBytes = entry.header.size ?? 0;
      await pipeline(entry, createWriteStream(kept.path, { mode: 0o600 }));
      return { ...kept, sizeBytes, cached: false };
    }
  } catch (error) {
    throw told('Failed to copy stream contents into temp file', error);
  } finally {
    entries.destroy();
  }
  throw new DomainError('not_found', 'Failed to find first item in tar stream');
}

/** Diego's words first, since clients match them; then the reason. */
function told(what: string, error: unknown): DomainError {
  return new DomainError('unavailable', `${what}: ${errorText(error)}`, { cause: error });
}
