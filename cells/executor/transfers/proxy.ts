import type { Agent } from 'node:http';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { getProxyForUrl } from 'proxy-from-env';
import { DomainError } from '../../../src/domain/errors.ts';

/**
 * The way that the cell's environment (HTTP_PROXY, HTTPS_PROXY, NO_PROXY) has for this URL: an agent through a proxy, or false
 * for a connection of its own. Each agent serves one request; the signal ends its connection, also while the proxy has not answered.
 * @throws DomainError `unavailable` when the variable holds no URL.
 */
export function agentFor({ href, protocol }: URL, signal: AbortSignal): Agent | false {
  const proxy = getProxyForUrl(href);
  if (proxy === '') return false;
  if (!URL.canParse(proxy)) throw new DomainError('unavailable', "the proxy in the cell's environment is no URL");
  return protocol === 'https:' ? new HttpsProxyAgent(proxy, { signal }) : new HttpProxyAgent(proxy, { signal });
}
