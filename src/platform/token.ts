import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { errors, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { DomainError, errorText } from '../domain/errors.ts';

/*
 * Bearer tokens: JSON Web Tokens signed with Ed25519. Whoever has the private key makes them; a server has the public key, and can make none.
 */

/** Roles that a token can give. What runs the system shows certificates. */
export const TOKEN_ROLES = ['client', 'viewer', 'operator'] as const;
export type TokenRole = (typeof TOKEN_ROLES)[number];

export interface TokenClaims {
  readonly name: string;
  readonly role: TokenRole;
  /** Undefined = all. */
  readonly domains: readonly string[] | undefined;
  /** UNIX milliseconds. */
  readonly expiresAtMs: number;
}

export const TOKEN_NAME = /^[A-Za-z0-9._@-]{1,255}$/;
export const DEFAULT_AUDIENCE = 'gavel';
/** `EdDSA` is what most programs still call it. */
const ALGORITHMS = ['EdDSA', 'Ed25519'];
const SKEW_S = 30;
/** Verified ones that are remembered: a signature costs a quarter of a millisecond. */
const KNOWN_MOST = 1_000;
const LONGEST = 8_192;
const HINT = 'log in again: gavel token (who has the key) | gavel login';

const payload = z.object({
  sub: z.string().regex(TOKEN_NAME),
  role: z.enum(TOKEN_ROLES),
  // No domains at all would be a token for nothing, and most likely a mistake of its maker.
  domains: z.array(z.string().min(1).max(255)).min(1).max(100).optional(),
  iat: z.number(),
  exp: z.number(),
});

export interface TokenRules {
  readonly keys: readonly KeyObject[];
  readonly audience: string;
  /** A token that holds for longer is refused, however it was signed. */
  readonly maxTtlMs: number;
}

/** What a server makes of the tokens that come to it. */
export class TokenVerifier {
  readonly #rules: TokenRules;
  readonly #known = new Map<string, TokenClaims>();

  constructor(rules: TokenRules) {
    this.#rules = rules;
  }

  /**
   * At once for one that was seen before, and with a promise for a new one.
   * @throws DomainError `unauthenticated`.
   */
  verify(token: string): TokenClaims | Promise<TokenClaims> {
    const known = this.#known.get(token);
    if (known === undefined) return this.#verifyNew(token);
    if (known.expiresAtMs > Date.now()) return known;
    this.#known.delete(token);
    throw expired(known.expiresAtMs);
  }

  async #verifyNew(token: string): Promise<TokenClaims> {
    if (token.length > LONGEST) throw refused('it is too long');
    const { sub, role, domains, iat, exp } = await this.#payload(token);
    if ((exp - iat) * 1_000 > this.#rules.maxTtlMs)
      throw refused(`it holds for longer than the ${this.#rules.maxTtlMs / 1_000} s that this server allows`);
    const claims = { name: sub, role, domains, expiresAtMs: exp * 1_000 };
    if (claims.expiresAtMs <= Date.now()) throw expired(claims.expiresAtMs);
    const oldest = this.#known.keys().next();
    if (this.#known.size >= KNOWN_MOST && oldest.done !== true) this.#known.delete(oldest.value);
    this.#known.set(token, claims);
    return claims;
  }

  async #payload(token: string): Promise<z.output<typeof payload>> {
    const { keys, audience } = this.#rules;
    let failure = refused('there is no key to check it with');
    for (const key of keys) {
      try {
        const options = { audience, algorithms: ALGORITHMS, clockTolerance: SKEW_S };
        const verified = await jwtVerify(token, key, options);
        return payload.parse(verified.payload);
      } catch (error) {
        failure = failureOf(error, audience);
        if (!(error instanceof errors.JWSSignatureVerificationFailed)) break;
      }
    }
    throw failure;
  }
}

function failureOf(error: unknown, audience: string): DomainError {
  if (error instanceof errors.JWTExpired) return expired((error.payload.exp ?? 0) * 1_000);
  if (error instanceof errors.JWSSignatureVerificationFailed)
    return refused('none of the keys that this server trusts has signed it');
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud')
    return refused(`it is for another audience than ${audience}`);
  if (error instanceof errors.JWTClaimValidationFailed) return refused(error.message);
  if (error instanceof z.ZodError)
    return refused(`its ${error.issues.map(({ path }) => path.join('.')).join(', ')} cannot be understood`);
  return refused('it is garbled');
}

function refused(why: string): DomainError {
  return new DomainError('unauthenticated', `the token is refused: ${why}; ${HINT}`);
}

function expired(atMs: number): DomainError {
  return new DomainError('unauthenticated', `the token has expired (${new Date(atMs).toISOString()}); ${HINT}`);
}

/** From a server's settings; undefined where no key is trusted. @throws DomainError `invalid_argument` naming the file that is no key. */
export function readTokenKeys({
  keys,
  ...rules
}: Omit<TokenRules, 'keys'> & { readonly keys: readonly string[] }): TokenVerifier | undefined {
  if (keys.length === 0) return undefined;
  const read = (file: string) => {
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new DomainError('invalid_argument', `tokens.keys: cannot read ${file}: ${errorText(error)}`);
    }
  };
  return new TokenVerifier({ keys: keys.map((file) => publicKeyOf(read(file), `tokens.keys: ${file}`)), ...rules });
}

/** @throws DomainError `invalid_argument` naming the file. */
export function publicKeyOf(pem: string, file: string): KeyObject {
  return ed25519(file, () => createPublicKey(pem));
}

/** @throws DomainError `invalid_argument` naming the file. */
export function privateKeyOf(pem: string, file: string): KeyObject {
  return ed25519(file, () => createPrivateKey(pem));
}

function ed25519(file: string, read: () => KeyObject): KeyObject {
  let key: KeyObject;
  try {
    key = read();
  } catch (error) {
    throw new DomainError('invalid_argument', `${file}: is no key that can be used: ${errorText(error)}`);
  }
  if (key.asymmetricKeyType === 'ed25519') return key;
  throw new DomainError(
    'invalid_argument',
    `${file}: must be an Ed25519 key, not ${key.asymmetricKeyType ?? 'one of no kind'}`,
  );
}

/** A new pair, as PEM. */
export function newKeyPair(): { readonly privatePem: string; readonly publicPem: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    privatePem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    publicPem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

export async function signToken(
  { name, role, domains, expiresAtMs }: TokenClaims,
  key: KeyObject,
  audience: string,
): Promise<string> {
  return await new SignJWT({ role, ...(domains === undefined ? {} : { domains: [...domains] }) })
    .setProtectedHeader({ alg: 'EdDSA', typ: 'JWT' })
    .setSubject(name)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(Math.floor(expiresAtMs / 1_000))
    .sign(key);
}
