import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';

export interface Checksum {
  readonly algorithm: 'md5' | 'sha1' | 'sha256';
  /** Lower-case hex. */
  readonly value: string;
}

/** A wrong checksum: asking again would bring the same bytes. */
export class ChecksumError extends Error {}

const HEX_LENGTH = { md5: 32, sha1: 40, sha256: 64 } as const;

/** What the request asks for; quotes around the value are tolerated, as by Diego. @returns undefined when it asks for nothing. */
export function wantedChecksum(algorithm: string, value: string): Checksum | undefined {
  if (algorithm === '' && value === '') return undefined;
  const name = algorithm.toLowerCase();
  if (name !== 'md5' && name !== 'sha1' && name !== 'sha256')
    throw new ChecksumError('Checksum failed: invalid algorithm');
  const hex = value.replaceAll('"', '').toLowerCase();
  if (hex.length !== HEX_LENGTH[name] || !/^[0-9a-f]+$/.test(hex)) {
    throw new ChecksumError(`Checksum failed: the value is no ${name} of ${HEX_LENGTH[name]} hexadecimal digits`);
  }
  return { algorithm: name, value: hex };
}

export function requireMatch(wanted: Checksum, got: string): void {
  if (wanted.value === got) return;
  throw new ChecksumError(`Checksum failed: 'checksum mismatch', expected '${wanted.value}', got '${got}'`);
}

/** The file's digests as it is on the disk now, lower-case hex, all in one reading. */
export async function digestsOf<A extends string>(path: string, algorithms: readonly A[]): Promise<Record<A, string>> {
  const hashes = algorithms.map((algorithm) => [algorithm, createHash(algorithm)] as const);
  await pipeline(createReadStream(path), async (pieces: AsyncIterable<Buffer>) => {
    for await (const piece of pieces) for (const [, hash] of hashes) hash.update(piece);
  });
  return Object.fromEntries(hashes.map(([algorithm, hash]) => [algorithm, hash.digest('hex')])) as Record<A, string>;
}
