import { formatSeconds } from '../../src/domain/duration.ts';
import { durationMsFromWire, durationToWire } from '../../src/rpc/codec.ts';
import type { Domain as WireDomain } from '../../src/rpc/gen/gavel/v1/Domain.ts';
import type { Domains } from '../../src/rpc/identity.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import type { DomainBook, DomainInfo } from '../domains.ts';
import type { Tasks } from '../tasks.ts';

export interface DomainsApiDeps {
  readonly domains: DomainBook;
  readonly tasks: Tasks;
}

export function domainsApi(
  deps: DomainsApiDeps,
): Pick<Handlers<'ClusterService'>, 'ListDomains' | 'GetDomain' | 'SetDomain'> {
  return {
    ListDomains: async (_request, { identity }) => ({
      domains: (await listDomains(deps, identity.domains)).map(domainToWire),
    }),
    GetDomain: async ({ domain }, { identity }) => domainToWire(await getDomain(deps, domain, identity.domains)),
    SetDomain: async ({ domain, retention, max_pending, _max_pending }, { identity }) => {
      const maxPending = _max_pending === undefined ? undefined : max_pending;
      const change = { retentionMs: durationMsFromWire(retention), maxPending };
      return domainToWire(await deps.domains.set(domain, change, identity.name));
    },
  };
}

export async function listDomains({ domains, tasks }: DomainsApiDeps, within: Domains): Promise<readonly DomainInfo[]> {
  await tasks.caughtUp();
  return domains.list(within);
}

/** @throws DomainError `not_found`. */
export async function getDomain(
  { domains, tasks }: DomainsApiDeps,
  domain: string,
  within: Domains,
): Promise<DomainInfo> {
  await tasks.caughtUp();
  return domains.get(domain, within);
}

function domainToWire({ domain, tasks, retentionMs, retentionInForceMs, maxPending }: DomainInfo): WireDomain {
  return {
    domain,
    tasks: { ...tasks },
    retention: retentionMs === undefined ? null : durationToWire(retentionMs),
    retention_in_force: durationToWire(retentionInForceMs),
    max_pending: maxPending,
  };
}

/** As JSON tells it. */
export function domainObject({ domain, tasks, retentionMs, retentionInForceMs, maxPending }: DomainInfo): object {
  return {
    domain,
    tasks,
    retention: retentionMs === undefined ? null : formatSeconds(retentionMs),
    retention_in_force: formatSeconds(retentionInForceMs),
    max_pending: maxPending,
  };
}
