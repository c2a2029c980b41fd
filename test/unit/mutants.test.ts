import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';

interface Patch {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}
interface Mutant extends Patch {
  readonly name: string;
  readonly also?: readonly Patch[];
  readonly tests: readonly string[];
}

const ROOT = resolve(import.meta.dirname, '../..');
const { MUTANTS } = (await import(pathToFileURL(resolve(ROOT, '.make/mutants.mjs')).href)) as {
  readonly MUTANTS: readonly Mutant[];
};

/** A guard that was written anew is not broken by the old patch any more, and then nobody knows whether a test would notice. */
describe('a mutant', () => {
  it.each(MUTANTS)('applies once: $name', ({ tests, ...first }) => {
    const text = new Map<string, string>();
    for (const { file, from, to } of [first, ...(first.also ?? [])]) {
      const before = text.get(file) ?? readFileSync(resolve(ROOT, file), 'utf8');
      expect(before.split(from)).toHaveLength(2);
      text.set(
        file,
        before.replace(from, () => to),
      );
    }
    expect(tests.filter((test) => !existsSync(resolve(ROOT, test)))).toEqual([]);
  });
});
