import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { DomainError, errorText } from '../../src/domain/errors.ts';

/*
 * How a value is sealed: AES-256-GCM, its key in the store authenticated with it, so that nobody can put one record in another's place.
 *
 *   "\0gv1" | length of the name | name of the key | salt (16) | counter (12) | sealed bytes | tag (16)
 *
 * No process uses a configured key itself: it derives its own from it and a random salt (HKDF), and counts its values. So two values never
 * share key and nonce, however many there are, which random nonces under one key do not promise beyond 2^32 of them (NIST SP 800-38D 8.3).
 */

const MAGIC = Buffer.from('\0gv1', 'latin1');
const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const SALT_BYTES = 16;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const DERIVED_KEPT = 1_000;

export const storeKeys = z
  .array(
    z.strictObject({
      name: z
        .string()
        .regex(/^[A-Za-z0-9._-]{1,32}$/, 'must be 1 to 32 of A-Z a-z 0-9 . _ -')
        .describe('told beside each value, so that its key is found again'),
      file: z.string().min(1).describe('32 random bytes in base64: openssl rand -base64 32'),
    }),
  )
  .refine((keys) => new Set(keys.map(({ name }) => name)).size === keys.length, 'each name once');
export type StoreKeysConfig = z.infer<typeof storeKeys>;

/** A value that is not what was sealed under its key in the store. */
export class SealError extends Error {
  override readonly name = 'SealError';
}

/** The keys of a store: the first seals, all of them open. */
export class Seal {
  readonly #keys: ReadonlyMap<string, Buffer>;
  readonly #derived = new Map<string, Buffer>();
  readonly #head: Buffer;
  readonly #own: Buffer;
  readonly #counter = Buffer.alloc(NONCE_BYTES);
  #count = 0;
  readonly active: string;

  /** @param keys at least one, of 32 bytes each. */
  constructor(keys: ReadonlyMap<string, Buffer>) {
    const [active] = keys.keys();
    if (active === undefined) throw new DomainError('invalid_argument', 'storeKeys: at least one key is needed');
    this.#keys = keys;
    this.active = active;
    const name = Buffer.from(active, 'latin1');
    const salt = randomBytes(SALT_BYTES);
    this.#head = Buffer.concat([MAGIC, Buffer.of(name.length), name, salt]);
    this.#own = this.#derive(active, salt);
  }

  knows(name: string): boolean {
    return this.#keys.has(name);
  }

  seal(key: string, value: Buffer): Buffer {
    this.#count += 1;
    this.#counter.writeUIntBE(this.#count, NONCE_BYTES - 6, 6);
    const cipher = createCipheriv(ALGORITHM, this.#own, this.#counter);
    cipher.setAAD(Buffer.from(key));
    return Buffer.concat([this.#head, this.#counter, cipher.update(value), cipher.final(), cipher.getAuthTag()]);
  }

  /**
   * What was stored before there were keys is given back as it is.
   * @throws DomainError `unavailable` for a store key that is not here, SealError for bytes that were tampered with.
   */
  open(key: string, bytes: Buffer): Buffer {
    const name = sealedBy(bytes);
    if (name === undefined) return bytes;
    if (!this.#keys.has(name)) {
      throw new DomainError(
        'unavailable',
        `${key} is sealed with the store key "${name}", which storeKeys does not name`,
      );
    }
    const at = MAGIC.length + 1 + name.length;
    const nonceAt = at + SALT_BYTES;
    const end = bytes.length - TAG_BYTES;
    const secret = this.#derive(name, bytes.subarray(at, nonceAt));
    try {
      const decipher = createDecipheriv(ALGORITHM, secret, bytes.subarray(nonceAt, nonceAt + NONCE_BYTES));
      decipher.setAAD(Buffer.from(key));
      decipher.setAuthTag(bytes.subarray(end));
      return Buffer.concat([decipher.update(bytes.subarray(nonceAt + NONCE_BYTES, end)), decipher.final()]);
    } catch {
      throw new SealError(`${key} is not what was sealed there with the store key "${name}", or that is another key`);
    }
  }

  #derive(name: string, salt: Buffer): Buffer {
    const id = name + salt.toString('latin1');
    const known = this.#derived.get(id);
    if (known !== undefined) return known;
    const derived = Buffer.from(hkdfSync('sha256', this.#keys.get(name) ?? '', salt, 'gavel store', KEY_BYTES));
    if (this.#derived.size >= DERIVED_KEPT) this.#derived.clear();
    this.#derived.set(id, derived);
    return derived;
  }
}

/** The name of the key that a value was sealed with; undefined = it is in the clear. */
export function sealedBy(bytes: Buffer): string | undefined {
  if (bytes.length < MAGIC.length || bytes.compare(MAGIC, 0, MAGIC.length, 0, MAGIC.length) !== 0) return undefined;
  const from = MAGIC.length + 1;
  return bytes.toString('latin1', from, from + (bytes[MAGIC.length] ?? 0));
}

/** @throws DomainError `invalid_argument` naming the file that cannot be read or is no key. */
export function readStoreKeys(config: StoreKeysConfig): Seal {
  return new Seal(new Map(config.map(({ name, file }) => [name, readKey(name, file)])));
}

function readKey(name: string, file: string): Buffer {
  let text: string;
  try {
    text = readFileSync(file, 'latin1').trim();
  } catch (error) {
    throw new DomainError('invalid_argument', `storeKeys "${name}": cannot read ${file}: ${errorText(error)}`);
  }
  const key = Buffer.from(text, 'base64');
  if (key.length !== KEY_BYTES || key.toString('base64') !== text) {
    throw new DomainError(
      'invalid_argument',
      `storeKeys "${name}": ${file} must be ${KEY_BYTES} random bytes in base64; make one with: openssl rand -base64 ${KEY_BYTES}`,
    );
  }
  return key;
}
