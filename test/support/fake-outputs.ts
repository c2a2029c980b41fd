import { createHash } from 'node:crypto';
import { DomainError } from '../../src/domain/errors.ts';
import type { DownloadOutputsRequest__Output } from '../../src/rpc/gen/gavel/v1/DownloadOutputsRequest.ts';
import type { OutputChunk } from '../../src/rpc/gen/gavel/v1/OutputChunk.ts';
import type { OutputsInfo } from '../../src/rpc/gen/gavel/v1/OutputsInfo.ts';

export interface FakeFile {
  readonly path: string;
  readonly content?: Buffer;
  readonly mode?: number;
  readonly linkTarget?: string;
}

const PIECE = 64 * 1_024;

/** What finished tasks of a FakeCluster left behind. */
export class FakeOutputs {
  readonly #files = new Map<string, readonly FakeFile[]>();
  readonly asked: DownloadOutputsRequest__Output[] = [];
  notes: readonly string[] = [];
  /** The next download breaks off after so many bytes, once. */
  breakAfter: number | undefined;
  /** The next download's bytes are not those that its digest tells, once. */
  spoil = false;

  put(guid: string, files: readonly FakeFile[]): void {
    this.#files.set(guid, files);
  }

  list(guid: string): OutputsInfo {
    const files = this.#find(guid).map((file) => ({
      path: file.path,
      size: contentOf(file).length,
      compressed_size: Math.ceil(contentOf(file).length / 2),
      mode: file.mode ?? 0o644,
      link_target: file.linkTarget ?? '',
      sha256: digest(contentOf(file)),
    }));
    const total_bytes = files.reduce((sum, { size }) => sum + size, 0);
    return { task_guid: guid, archive_bytes: 268_288, total_bytes, files, notes: [...this.notes], sealed_at: 1 };
  }

  async *download(guid: string, request: DownloadOutputsRequest__Output): AsyncGenerator<OutputChunk> {
    this.asked.push(request);
    await Promise.resolve();
    const { names } = request;
    const all = this.#find(guid);
    const archive: FakeFile = { path: 'g.zip', content: Buffer.concat(all.map(contentOf)) };
    const files = names.length === 0 ? [archive] : all.filter(({ path }) => names.includes(path));
    if (files.length === 0) throw new DomainError('not_found', `the outputs hold no file or folder ${names[0]}`);
    let offset = Number(request.offset);
    let left = this.breakAfter ?? Number.POSITIVE_INFINITY;
    this.breakAfter = undefined;
    for (const file of files) {
      const content = contentOf(file);
      yield { start: { path: file.path, size: content.length, mode: file.mode ?? 0o644, offset } };
      for (let at = offset; at < content.length; at += PIECE) {
        const piece = Buffer.from(content.subarray(at, at + Math.min(PIECE, left)));
        if (this.spoil && piece[0] !== undefined) piece[0] ^= 1;
        this.spoil = false;
        left -= piece.length;
        yield { data: piece };
        if (left <= 0) throw new DomainError('unavailable', 'the connection broke');
      }
      yield { end: { path: file.path, sha256: digest(content) } };
      offset = 0;
    }
  }

  #find(guid: string): readonly FakeFile[] {
    const files = this.#files.get(guid);
    if (files === undefined) throw new DomainError('not_found', `no outputs of ${guid}`);
    return files;
  }
}

function contentOf({ content, linkTarget }: FakeFile): Buffer {
  return content ?? Buffer.from(linkTarget ?? '');
}

export function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
