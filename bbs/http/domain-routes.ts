import { z } from 'zod';
import { parseDuration } from '../../src/domain/duration.ts';
import { duration } from '../../src/platform/spec-fields.ts';
import { ROLES } from '../../src/rpc/roles.ts';
import { type DomainsApiDeps, domainObject, getDomain, listDomains } from '../api/domains.ts';
import { body } from './input.ts';
import { type AnyRoute, route } from './route.ts';

/* Domains: what lives in them, and what operators set for them. */

const { ClusterService: CLUSTER } = ROLES;
const nothing = z.strictObject({});
const setBody = z.strictObject({
  retention: duration().meta({
    description:
      'how long history keeps its records; 0s = as long as those of all others. Stays as it is when left out',
  }),
  max_pending: z.int().optional().meta({
    description: 'tasks that may be PENDING at once; 0 = any number. Stays as it is when left out',
  }),
});

export const DOMAIN_ROUTES: readonly AnyRoute<DomainsApiDeps>[] = [
  route({
    method: 'get',
    path: '/v1/domains',
    id: 'listDomains',
    summary: 'Domains that have live tasks, or that something was set for',
    access: CLUSTER.ListDomains,
    query: nothing,
    answer: { status: 200, schema: 'DomainList' },
    run: async (deps, { identity }) => ({
      json: { domains: (await listDomains(deps, identity.domains)).map(domainObject) },
    }),
  }),
  route({
    method: 'get',
    path: '/v1/domains/:domain',
    id: 'getDomain',
    summary: 'One of them',
    access: CLUSTER.GetDomain,
    query: nothing,
    answer: { status: 200, schema: 'Domain' },
    run: async (deps, { domain, identity }) => ({
      json: domainObject(await getDomain(deps, domain, identity.domains)),
    }),
  }),
  route({
    method: 'put',
    path: '/v1/domains/:domain',
    id: 'setDomain',
    summary: 'Set how long history keeps records of a domain, and how many of its tasks may wait',
    access: CLUSTER.SetDomain,
    query: nothing,
    body: { ...body('SetDomainRequest', setBody), required: true },
    answer: { status: 200, schema: 'Domain' },
    run: async ({ domains }, { domain, body: { retention, max_pending: maxPending }, identity }) => {
      const retentionMs = retention === undefined ? undefined : parseDuration(retention);
      return { json: domainObject(await domains.set(domain, { retentionMs, maxPending }, identity.name)) };
    },
  }),
];
