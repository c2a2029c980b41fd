import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { newKeyPair, signToken, type TokenClaims } from '../../src/platform/token.ts';

export interface TokenMaker {
  /** File of the public key, for `tokens.keys`. */
  readonly publicKey: string;
  readonly privateKey: string;
  make(over?: Partial<TokenClaims> & { readonly ttlMs?: number; readonly audience?: string }): Promise<string>;
  remove(): void;
}

/** A pair of keys of the test's own. */
export function makeTokenMaker(): TokenMaker {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-token-'));
  const { privatePem, publicPem } = newKeyPair();
  const files = { publicKey: join(folder, 'token.key.pub'), privateKey: join(folder, 'token.key') };
  writeFileSync(files.publicKey, publicPem);
  writeFileSync(files.privateKey, privatePem);
  const key = createPrivateKey(privatePem);
  return {
    ...files,
    make: async ({ ttlMs = 60_000, audience = 'gavel', ...over } = {}) => {
      const claims = { name: 'ada', role: 'client', domains: undefined, expiresAtMs: Date.now() + ttlMs } as const;
      return await signToken({ ...claims, ...over }, key, audience);
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
