import { msToNanos } from '../../src/domain/duration.ts';
import type { Identity } from '../../src/rpc/identity.ts';

/** Who the caller is, under the names of the wire. */
export function whoAmI({ name, role, domains, proof, expiresAtMs }: Identity) {
  return {
    name,
    role: role ?? '',
    domains: [...(domains ?? [])].toSorted(),
    proof,
    expires_at: msToNanos(expiresAtMs),
  };
}
