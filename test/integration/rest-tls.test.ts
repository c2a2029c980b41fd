import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { startTestBbs } from '../support/bbs.ts';
import { makeAuthority } from '../support/certificates.ts';
import { tlsGet } from '../support/rest.ts';

describe('the REST mirror under TLS', () => {
  it('gives each certificate its role', async () => {
    const authority = makeAuthority();
    const server = authority.issue('server', 'gavel://bbs/one');
    const bbs = await startTestBbs({ http: { listen: '127.0.0.1:0' }, tls: { ca: authority.ca, ...server } });
    try {
      const as = (name: string, uri: string) => {
        const { cert, key } = authority.issue(name, uri);
        return { ca: readFileSync(authority.ca), cert: readFileSync(cert), key: readFileSync(key) };
      };
      const url = `https://${bbs.bbs.httpAddress}/v1/tasks`;
      const viewer = as('viewer', 'gavel://viewer/eve');
      expect((await tlsGet(url, viewer)).status).toBe(200);
      expect((await tlsGet(`${url}/x/cancel`, viewer, 'POST')).status).toBe(403);
      expect((await tlsGet(url, as('cell', 'gavel://cell/cell-1'))).status).toBe(403);
      expect((await tlsGet(`${url}/x/cancel`, as('client', 'gavel://client/ada'), 'POST')).status).toBe(404);
      await expect(tlsGet(url, { ca: readFileSync(authority.ca) })).rejects.toThrow(/certificate|socket|closed|reset/i);
    } finally {
      await bbs.stop();
      authority.remove();
    }
  });
});
