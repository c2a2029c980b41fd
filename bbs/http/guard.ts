import { DomainError } from '../../src/domain/errors.ts';
import { isLoopback } from '../../src/platform/tls.ts';

/**
 * A web page that an operator looks at can make their browser send requests to this machine. Nothing here is meant for pages of
 * other sites, so whatever such a page caused is refused: by its Origin, by Sec-Fetch-Site, and, where everybody on this machine may
 * call, by a Host that is not this machine (a name that was pointed at 127.0.0.1 to get around the first two).
 * @throws DomainError `permission_denied`.
 */
export function requireOwnSite(header: (name: string) => string | undefined, local: boolean): void {
  const host = header('host') ?? '';
  const origin = header('origin');
  const foreign = origin !== undefined && (!URL.canParse(origin) || new URL(origin).host !== host);
  if (foreign || header('sec-fetch-site') === 'cross-site')
    throw new DomainError('permission_denied', 'requests from pages of other sites are refused');
  if (local && !isLoopback(host.replace(/:\d+$/, '')))
    throw new DomainError('permission_denied', `this listens on loopback and is not called ${host.slice(0, 100)}`);
}
