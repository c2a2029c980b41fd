import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TASK_FIELDS } from '../../src/platform/task-json.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

describe('docs/diego.md', () => {
  const page = read('docs/diego.md');

  it('names only tests that are there', () => {
    const named = [...page.matchAll(/`(test\/[^`]+\.test\.ts)`((?:;? "(?:[^|;])+")*)/g)];
    expect(named.length).toBeGreaterThan(30);
    const missing = named.flatMap(([, file = '', names = '']) => {
      const source = read(file).replaceAll(String.raw`\'`, "'");
      const titles = names.split(/;? "(?=\S)/).flatMap((one) => (one === '' ? [] : [one.replace(/"$/, '')]));
      return titles.filter((title) => !source.includes(title)).map((title) => `${file}: ${title}`);
    });
    expect(missing).toEqual([]);
  });

  it('has every field of a request', () => {
    const asked = Object.keys(TASK_FIELDS).slice(0, Object.keys(TASK_FIELDS).indexOf('state'));
    expect(asked.filter((field) => !page.includes(`\`${field}`))).toEqual([]);
  });
});

it('links of the documentation lead somewhere', () => {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  const pages = [
    'README.md',
    'CONTRIBUTING.md',
    ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name)),
  ];
  const broken = pages.flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(ROOT, dirname(page), target)))
      .map((target) => `${page}: ${target}`),
  );
  expect(broken).toEqual([]);
});
