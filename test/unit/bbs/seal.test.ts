import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PREFIX } from '../../../bbs/keys.ts';
import { SORTED } from '../../../bbs/sealing.ts';
import { readStoreKeys, Seal, SealError, sealedBy, storeKeys } from '../../../bbs/store/seal.ts';

const [first, second] = [randomBytes(32), randomBytes(32)];
const keys = (...named: [string, Buffer][]) => new Seal(new Map(named));
const value = Buffer.from('{"v":1,"env":[{"name":"TOKEN","value":"canary"}]}');

describe('sealed values', () => {
  it('are opened by each process that has the key, and tell nothing to others', () => {
    const sealed = keys(['2026', first]).seal('spec/a', value);
    expect(sealed.includes('canary')).toBe(false);
    expect(sealedBy(sealed)).toBe('2026');
    expect(keys(['2026', first]).open('spec/a', sealed)).toEqual(value);
    expect(keys(['2027', second], ['2026', first]).open('spec/a', sealed)).toEqual(value);
    expect(keys(['2026', first]).open('spec/a', keys(['2026', first]).seal('spec/a', Buffer.alloc(0)))).toEqual(
      Buffer.alloc(0),
    );
  });

  it('are never the same twice, and share no nonce', () => {
    const seal = keys(['k', first]);
    const nonces = new Set(Array.from({ length: 1_000 }, () => seal.seal('a', value).toString('latin1').slice(22, 34)));
    expect(nonces.size).toBe(1_000);
    expect(keys(['k', first]).seal('a', value)).not.toEqual(keys(['k', first]).seal('a', value));
  });

  it('are refused in another place, changed in any byte, cut short, or with another key of the name', () => {
    const seal = keys(['k', first]);
    const sealed = seal.seal('task/a', value);
    expect(() => seal.open('task/b', sealed)).toThrow(SealError);
    for (let at = 6; at < sealed.length; at++) {
      const changed = Buffer.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => seal.open('task/a', changed), `byte ${at}`).toThrow(SealError);
    }
    for (const length of [6, 10, 22, 34, 40, sealed.length - 1])
      expect(() => seal.open('task/a', sealed.subarray(0, length)), `${length} bytes`).toThrow(SealError);
    expect(() => keys(['k', second]).open('task/a', sealed)).toThrow(SealError);
    expect(() => keys(['other', first]).open('task/a', sealed)).toThrow(/store key "k", which storeKeys does not name/);
  });

  it('leave what was stored in the clear as it is', () => {
    const seal = keys(['k', first]);
    for (const bytes of [value, Buffer.alloc(0), Buffer.of(0), Buffer.from([0x1b, 0xff])])
      expect(seal.open('task/a', bytes)).toBe(bytes);
  });
});

describe('keys of a store', () => {
  it('are 32 bytes in base64, each name once', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gavel-keys-'));
    const file = (text: string) => {
      const path = join(folder, 'key');
      writeFileSync(path, text);
      return [{ name: 'k', file: path }];
    };
    expect(readStoreKeys(file(`${first.toString('base64')}\n`)).active).toBe('k');
    for (const wrong of ['', 'a passphrase', randomBytes(31).toString('base64'), first.toString('hex')])
      expect(() => readStoreKeys(file(wrong))).toThrow(/"k": .* must be 32 random bytes in base64.*openssl/);
    expect(() => readStoreKeys([{ name: 'k', file: join(folder, 'none') }])).toThrow(/cannot read .*none/);
    rmSync(folder, { recursive: true });
    expect(() => storeKeys.parse([...file2('a'), ...file2('a')])).toThrow(/each name once/);
    expect(() => storeKeys.parse(file2('a b'))).toThrow(/must be 1 to 32/);
  });
  const file2 = (name: string) => [{ name, file: '/f' }];

  it('know of every kind of record whether it is sealed anew', () => {
    expect(SORTED.flat().sort()).toEqual(Object.values(PREFIX).sort());
  });
});
