import { describe, expect, it } from 'vitest';
import { CallBook } from '../../../cells/docker/call-book.ts';
import { EngineError } from '../../../cells/docker/errors.ts';
import type { RuntimeCall } from '../../../cells/executor/runtime.ts';

const get = (path: string, query?: Record<string, string>) => ({
  what: 'x',
  method: 'GET' as const,
  path,
  deadlineMs: 1,
  ...(query && { query }),
});
const post = (path: string, query: Record<string, string>, body?: object) => ({
  what: 'x',
  method: 'POST' as const,
  path,
  query,
  deadlineMs: 1,
  ...(body && { body }),
});
const brief = (calls: readonly RuntimeCall[]) => calls.map(({ method, path, status }) => `${method} ${path} ${status}`);

describe('the book of engine calls', () => {
  it('knows a container by its name until it has an id, and its processes by theirs', () => {
    const book = new CallBook();
    book.begin(post('/containers/create', { name: 'n' }, { Image: 'i' }))?.(201, { Id: 'c1', Warnings: [] });
    book.begin(post('/containers/c1/exec', {}, { Cmd: ['ls'] }))?.(201, { Id: 'e1' });
    book.begin(get('/exec/e1/json'))?.(200, { ExitCode: 0 });
    book.begin(get('/containers/c2/json'))?.(200, { State: { Status: 'running' }, Config: { Env: ['A=b'] } });
    expect(book.begin(get('/events'))).toBeUndefined();
    expect(book.begin(get('/containers/json'))).toBeUndefined();
    // One that is under way has nothing to tell yet.
    book.begin(post('/containers/c1/start', {}));
    expect(brief(book.told('c1', '', 0))).toEqual([
      'POST /containers/create?name=n 201',
      'POST /containers/c1/exec? 201',
      'GET /exec/e1/json 200',
    ]);
    expect(book.told('c2', '', 0)).toMatchObject([{ body: '', answer: '{"Status":"running"}' }]);
  });

  it('shows no value of an environment, no tar, and not more than a page', () => {
    const book = new CallBook();
    const body = { Env: ['TOKEN=hunter2\nmore', 'PLAIN=1'], Cmd: ['x'.repeat(5_000)], HostConfig: { Env: [7] } };
    book.begin(post('/containers/create', { name: 'n' }, body))?.(201, { Id: 'c' });
    book.begin({ ...post('/containers/c/archive', {}), tar: Buffer.alloc(9) })?.(200, Buffer.alloc(0));
    const [created, filled] = book.told('c', '', 0);
    expect(created?.body).toContain('"Env":["TOKEN=***","PLAIN=***"]');
    expect(created?.body).not.toMatch(/hunter2|more/);
    expect(created?.body.length).toBeLessThan(2_100);
    expect(filled).toMatchObject({ body: '(a tar of 9 bytes)', answer: '' });
  });

  it('keeps what failed with why, and of many calls the first and the last', () => {
    const book = new CallBook();
    book.begin(get('/containers/c/json'))?.(0, undefined, new EngineError('inspect', 404, 'no such container'));
    for (let n = 1; n <= 300; n += 1) book.begin(get('/containers/c/json', { n: String(n) }))?.(200, {});
    const calls = book.told('c', '', 0);
    expect(calls).toHaveLength(100);
    expect(calls[0]).toMatchObject({ status: 404, answer: expect.stringContaining('no such container') as string });
    expect(calls.at(-1)?.path).toBe('/containers/c/json?n=300');
    for (let n = 0; n < 500; n += 1) book.begin(get(`/containers/other-${n}/json`))?.(200, {});
    expect(book.told('c', '', 0)).toEqual([]);
  });

  it('tells of an image only what was asked for it, and since when', () => {
    const book = new CallBook();
    book.begin(post('/images/create', { fromImage: 'docker.io/library/busybox:1.36' }))?.(200, undefined);
    book.begin(get('/images/alpine/json'))?.(200, {});
    expect(brief(book.told('', 'docker:///library/busybox#1.36', 0))).toEqual([
      'POST /images/create?fromImage=docker.io%2Flibrary%2Fbusybox%3A1.36 200',
    ]);
    expect(book.told('', 'library/busybox:1.36', Date.now() + 60_000)).toEqual([]);
  });
});
