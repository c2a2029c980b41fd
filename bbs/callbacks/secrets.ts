import { createHash, randomBytes } from 'node:crypto';
import { DomainError } from '../../src/domain/errors.ts';
import { decodeRecord, encodeRecord } from '../codec.ts';
import { CALLBACK_SECRETS_KEY } from '../keys.ts';
import type { Entry, Store } from '../store/store.ts';

/** A secret that signs. */
interface SecretRecord {
  /** `whsec_...` */
  readonly secret: string;
  /** UNIX milliseconds. */
  readonly since: number;
  readonly by: string;
  /** UNIX milliseconds at which it signs no more; 0 = it is the present one. */
  readonly until: number;
}

interface SecretsRecord {
  /** The newest first. */
  readonly secrets: readonly SecretRecord[];
}

/** What may be told of a secret. */
export interface SecretInfo {
  /** The beginning of its SHA-256, by which a receiver's can be compared. */
  readonly fingerprint: string;
  readonly since: number;
  readonly by: string;
  readonly until: number;
}

const READ_MS = 5_000;
const BYTES = 32;
/** Every one is a signature more on each callback. */
const MOST = 4;
const TRIES = 5;

/**
 * What signs callbacks: the secret of the settings, until a secret was made here, which is in the store because any BBS may come to lead. For a
 * while after an exchange the ones before sign too, so that receivers can take the new one when it suits them (reliability H12).
 */
export class CallbackSecrets {
  readonly #store: Store;
  readonly #configured: string;
  #read: { readonly record: SecretsRecord; readonly at: number } | undefined;

  constructor(store: Store, configured: string) {
    this.#store = store;
    this.#configured = configured;
  }

  /** Those that sign now, the newest first. An exchange at another BBS is noticed within 5 s. */
  async signing(nowMs: number): Promise<readonly string[]> {
    if (this.#read === undefined || Math.abs(nowMs - this.#read.at) > READ_MS)
      this.#read = { record: recordIn(await this.#store.get(CALLBACK_SECRETS_KEY)), at: nowMs };
    return this.#all(this.#read.record, nowMs).map(({ secret }) => secret);
  }

  async list(nowMs: number): Promise<readonly SecretInfo[]> {
    return this.#all(recordIn(await this.#store.get(CALLBACK_SECRETS_KEY)), nowMs).map(infoOf);
  }

  /** Makes a new one; those before go on signing for `overlapMs`. @returns the secret, which is told this once. */
  async rotate(overlapMs: number, by: string, nowMs: number): Promise<{ secret: string; until: number }> {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const entry = await this.#store.get(CALLBACK_SECRETS_KEY);
      const until = nowMs + overlapMs;
      const before = this.#all(recordIn(entry), nowMs)
        .map((one) => ({ ...one, until: one.until === 0 ? until : Math.min(one.until, until) }))
        .filter((one) => one.until > nowMs);
      const secret = `whsec_${randomBytes(BYTES).toString('base64')}`;
      const record: SecretsRecord = { secrets: [{ secret, since: nowMs, by, until: 0 }, ...before].slice(0, MOST) };
      const { committed } = await this.#store.commit({
        guards: [{ key: CALLBACK_SECRETS_KEY, modRevision: entry?.modRevision ?? 0 }],
        writes: [{ put: CALLBACK_SECRETS_KEY, value: encodeRecord(record) }],
      });
      this.#read = undefined;
      if (committed) return { secret, until: before.length === 0 ? 0 : until };
    }
    throw new DomainError('conflict', 'the callback secrets change too fast; try again');
  }

  #all({ secrets }: SecretsRecord, nowMs: number): readonly SecretRecord[] {
    if (secrets.length > 0) return secrets.filter(({ until }) => until === 0 || until > nowMs);
    return this.#configured === '' ? [] : [{ secret: this.#configured, since: 0, by: 'settings', until: 0 }];
  }
}

function recordIn(entry: Entry | undefined): SecretsRecord {
  return entry === undefined
    ? { secrets: [] }
    : decodeRecord<SecretsRecord>(entry.value, ({ secrets }) => Array.isArray(secrets));
}

function infoOf({ secret, since, by, until }: SecretRecord): SecretInfo {
  return { fingerprint: createHash('sha256').update(secret).digest('hex').slice(0, 12), since, by, until };
}
