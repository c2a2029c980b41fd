import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { DomainError, errorText } from '../domain/errors.ts';

/** TLS settings of a role, as file paths (PEM). With `ca`, a server asks for client certificates (mutual TLS). */
export const tlsConfig = z.strictObject({
  ca: z.string().optional().describe('certificate authority that the other side must be signed by'),
  cert: z.string().optional().describe('own certificate (chain)'),
  key: z.string().optional().describe('private key of the certificate'),
});
export type TlsConfig = z.infer<typeof tlsConfig>;

export interface TlsFiles {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/** Reads the files. Undefined when nothing is set. @throws DomainError `invalid_argument` naming the file that is missing or unreadable. */
export function readTls(config: TlsConfig | undefined): TlsFiles | undefined {
  if (config === undefined || (config.ca === undefined && config.cert === undefined && config.key === undefined))
    return undefined;
  if ((config.cert === undefined) !== (config.key === undefined)) {
    throw new DomainError('invalid_argument', 'tls: cert and key go together; one of them is missing');
  }
  const read = (name: string, path: string | undefined): Buffer | undefined => {
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (error) {
      throw new DomainError('invalid_argument', `tls.${name}: cannot read ${path}: ${errorText(error)}`);
    }
  };
  return { ca: read('ca', config.ca), cert: read('cert', config.cert), key: read('key', config.key) };
}

/** Whether an address to listen on can be reached from this machine only. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1' || host === '[::1]') return true;
  return isIP(host) === 4 && host.startsWith('127.');
}

/**
 * Refuses to serve strangers in the clear.
 * @throws DomainError `invalid_argument` when `listen` is not loopback, TLS is not set, and `insecure` was not asked for.
 */
export function requireSafeListen(listen: string, tls: TlsFiles | undefined, insecure: boolean): void {
  const host = listen.slice(0, Math.max(0, listen.lastIndexOf(':')));
  if (tls?.cert !== undefined || insecure || isLoopback(host)) return;
  throw new DomainError(
    'invalid_argument',
    `listen: ${listen} can be reached from other machines and TLS is not set. Set --tls-cert, --tls-key and --tls-ca, listen on 127.0.0.1, or say --insecure`,
  );
}
