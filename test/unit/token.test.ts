import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKeyPair, privateKeyOf, publicKeyOf, TokenVerifier } from '../../src/platform/token.ts';
import { expiryOf } from '../../src/platform/token-expiry.ts';
import { makeTokenMaker, type TokenMaker } from '../support/tokens.ts';

describe('bearer tokens', () => {
  let mine: TokenMaker;
  let verifier: TokenVerifier;
  beforeAll(() => {
    mine = makeTokenMaker();
    verifier = verifierOf(mine);
  });
  afterAll(() => mine.remove());

  const verifierOf = (...makers: TokenMaker[]) =>
    new TokenVerifier({
      keys: makers.map(({ publicKey }) => publicKeyOf(readFileSync(publicKey, 'utf8'), publicKey)),
      audience: 'gavel',
      maxTtlMs: 3_600_000,
    });
  const why = async (token: string, by = verifier) =>
    await Promise.resolve()
      .then(() => by.verify(token))
      .then(
        () => 'taken',
        (error: Error & { code: string }) => `${error.code}: ${error.message}`,
      );

  it('say who, what, of which domains and until when; one that was seen before is known at once', async () => {
    const expiresAtMs = Math.floor(Date.now() / 1_000) * 1_000 + 60_000;
    const token = await mine.make({ role: 'operator', domains: ['a', 'b'], expiresAtMs });
    const first = await verifier.verify(token);
    expect(first).toEqual({ name: 'ada', role: 'operator', domains: ['a', 'b'], expiresAtMs });
    expect(verifier.verify(token)).toBe(first);
    expect(expiryOf(token)).toBe(expiresAtMs);
  });

  it('are refused with what is wrong with them', async () => {
    const stranger = makeTokenMaker();
    expect(await why('')).toContain('garbled');
    expect(await why('not.a.token')).toContain('garbled');
    expect(await why((await mine.make()).slice(0, -4))).toMatch(/^unauthenticated: the token is refused/);
    expect(await why(await stranger.make())).toContain('none of the keys');
    expect(await why(await mine.make({ ttlMs: -60_000 }))).toMatch(
      /^unauthenticated: the token has expired .*gavel login/,
    );
    expect(await why(await mine.make({ audience: 'staging' }))).toContain('another audience than gavel');
    expect(await why(await mine.make({ ttlMs: 7_200_000 }))).toContain('longer than the 3600 s');
    expect(await why(await mine.make({ domains: [] }))).toContain('its domains');
    expect(await why(await mine.make({ name: 'a b' }))).toContain('its sub');
    expect(await why(await mine.make({ role: 'cell' as 'client' }))).toContain('its role');
    expect(await why('x'.repeat(10_000))).toContain('too long');
    stranger.remove();
  });

  it('are refused unsigned, or signed with the public key as a secret', async () => {
    const claims = Buffer.from(JSON.stringify({ sub: 'x', role: 'operator', aud: 'gavel', iat: 1, exp: 9e9 }));
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${claims.toString('base64url')}.`;
    expect(await why(none)).toMatch(/^unauthenticated/);
    const secret = createPublicKey(readFileSync(mine.publicKey, 'utf8')).export({ type: 'spki', format: 'pem' });
    const confused = await new SignJWT({ role: 'operator' })
      .setProtectedHeader({ alg: 'HS256' })
      .setSubject('x')
      .setAudience('gavel')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(Buffer.from(secret));
    expect(await why(confused)).toMatch(/^unauthenticated/);
  });

  it('are taken by either key while one replaces the other', async () => {
    const next = makeTokenMaker();
    const both = verifierOf(next, mine);
    expect(await why(await mine.make(), both)).toBe('taken');
    expect(await why(await next.make(), both)).toBe('taken');
    expect(await why(await mine.make(), verifierOf(next))).toContain('none of the keys');
    next.remove();
  });

  it('are forgotten in time, the oldest first', async () => {
    const short = await mine.make({ expiresAtMs: Date.now() + 2_000 });
    await verifier.verify(short);
    await expect.poll(async () => await why(short), { timeout: 5_000 }).toContain('has expired');
    const first = await mine.make({ name: 'first' });
    await verifier.verify(first);
    for (let at = 0; at < 1_000; at += 1) await verifier.verify(await mine.make({ name: `n${at}` }));
    expect(verifier.verify(first)).toBeInstanceOf(Promise);
  });

  it('want Ed25519 keys', () => {
    expect(() => publicKeyOf('nonsense', 'tokens.keys: x')).toThrow(/tokens\.keys: x: is no key/);
    expect(() => privateKeyOf(newKeyPair().publicPem, '--key')).toThrow(/--key: is no key/);
  });
});
