import { describe, expect, it } from 'vitest';
import { digestsOf } from '../../../cells/docker/images.ts';
import { dockerReference, imageSource } from '../../../cells/executor/image-ref.ts';

const DIGEST = `sha256:${'a1'.repeat(32)}`;

describe('root_fs as an image', () => {
  it.each([
    ['docker:///busybox', 'docker.io/library/busybox:latest'],
    ['docker:///busybox#1.36', 'docker.io/library/busybox:1.36'],
    ['docker:///busybox:1.36', 'docker.io/library/busybox:1.36'],
    ['docker:///org/image', 'docker.io/org/image:latest'],
    ['docker:///org/image#tag', 'docker.io/org/image:tag'],
    ['docker:///a/b/c-d__e:v1', 'docker.io/a/b/c-d__e:v1'],
    ['docker://docker.io/busybox', 'docker.io/library/busybox:latest'],
    ['docker://host/image', 'host/image:latest'],
    ['docker://host:5000/org/image#tag', 'host:5000/org/image:tag'],
    ['docker://host:5000/org/image:tag', 'host:5000/org/image:tag'],
    [`docker://host:5000/org/image@${DIGEST}`, `host:5000/org/image@${DIGEST}`],
    [`docker:///org/image#${DIGEST}`, `docker.io/org/image@${DIGEST}`],
    [`docker:///org/image:tag@${DIGEST}`, `docker.io/org/image:tag@${DIGEST}`],
  ])('%s is %s', (rootFs, reference) => {
    expect(dockerReference(rootFs)).toBe(reference);
  });

  it.each([
    'docker:',
    'docker://host',
    'docker:///',
    'docker:///Upper',
    'docker:///a//b',
    'docker:///../etc',
    'docker:///image#',
    'docker:///image:a#b',
    'docker:///image@sha256:short',
    'docker:///image:ta g',
    'http://host/image',
    '/var/rootfs',
    '',
  ])('%s is refused by name', (rootFs) => {
    expect(() => dockerReference(rootFs)).toThrow(`root_fs: ${rootFs}`);
  });

  it('looks preloaded names up in the table of the cell, and nowhere else', () => {
    const table = { cflinuxfs4: 'local/fs4:1' };
    expect(imageSource('preloaded:cflinuxfs4', table)).toEqual({ kind: 'preloaded', image: 'local/fs4:1' });
    expect(() => imageSource('preloaded:toString', table)).toThrow('no preloaded rootfs "toString"');
  });

  it('carries a login only when there is one', () => {
    const login = { username: 'alice', password: 'sesame' };
    expect(imageSource('docker://r:5000/a', {}, login)).toEqual({
      kind: 'registry',
      reference: 'r:5000/a:latest',
      ...login,
    });
    expect(imageSource('docker://r:5000/a', {})).toEqual({ kind: 'registry', reference: 'r:5000/a:latest' });
  });
});

it.each([
  ['docker.io/library/busybox:1', 'busybox'],
  ['docker.io/org/image:1', 'org/image'],
  ['host:5000/org/image:1', 'host:5000/org/image'],
  ['host:5000/org/image', 'host:5000/org/image'],
  [`host/image@${DIGEST}`, 'host/image'],
])('the digest of %s is the one that the engine has of %s', (reference, repository) => {
  const others = [`other/image@${DIGEST}`, `host:5000/org@${DIGEST}`];
  expect(digestsOf({ RepoDigests: [...others, `${repository}@${DIGEST}`] }, reference)).toEqual([
    `${repository}@${DIGEST}`,
  ]);
  expect(digestsOf({ RepoDigests: others }, reference)).toEqual([]);
});
