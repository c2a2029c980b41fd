import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestAuthority {
  readonly ca: string;
  /** A certificate for 127.0.0.1 whose holder is `uri`, for example `gavel://cell/cell-1`; without one for a bare server. */
  issue(
    name: string,
    uri?: string,
    over?: { readonly days?: number; readonly host?: string },
  ): { cert: string; key: string };
  remove(): void;
}

/** A certificate authority of the test's own, made with openssl. */
export function makeAuthority(): TestAuthority {
  const folder = mkdtempSync(join(tmpdir(), 'gavel-ca-'));
  const path = (name: string) => join(folder, name);
  const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', '-x509', ...key, '-days', '2', '-subj', '/CN=test', '-keyout', path('ca.key'), '-out', path('ca.pem'));
  return {
    ca: path('ca.pem'),
    issue: (name, uri, { days = 2, host = 'IP:127.0.0.1,DNS:localhost' } = {}) => {
      const names = [host, ...(uri === undefined ? [] : [`URI:${uri}`])];
      writeFileSync(path(`${name}.ext`), `subjectAltName=${names.join(',')}\n`);
      openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', path(`${name}.key`), '-out', path(`${name}.csr`));
      openssl(
        'x509',
        '-req',
        '-in',
        path(`${name}.csr`),
        '-CA',
        path('ca.pem'),
        '-CAkey',
        path('ca.key'),
        '-CAcreateserial',
        '-days',
        String(days),
        '-extfile',
        path(`${name}.ext`),
        '-out',
        path(`${name}.pem`),
      );
      return { cert: path(`${name}.pem`), key: path(`${name}.key`) };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
