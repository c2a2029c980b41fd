import { lookup as dnsLookup, type LookupAddress, type LookupOptions } from 'node:dns';
import { BlockList, isIP } from 'node:net';
import { DomainError } from '../../../src/domain/errors.ts';

/**
 * Where no transfer may go: link-local addresses and those under which clouds hand a machine its credentials. A transfer is made by
 * the cell, so without this a task could read what is meant for the cell alone.
 */
const DENIED = new BlockList();
DENIED.addSubnet('169.254.0.0', 16, 'ipv4');
DENIED.addAddress('100.100.100.200', 'ipv4');
DENIED.addSubnet('0.0.0.0', 8, 'ipv4');
DENIED.addSubnet('fe80::', 10, 'ipv6');
DENIED.addAddress('fd00:ec2::254', 'ipv6');
DENIED.addAddress('::', 'ipv6');
// The same, where NAT64 or 6to4 leads there.
DENIED.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
DENIED.addAddress('64:ff9b::6464:64c8', 'ipv6');
DENIED.addSubnet('2002:a9fe::', 32, 'ipv6');
DENIED.addSubnet('2002:6464:64c8::', 48, 'ipv6');

export function isDenied(address: string): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  return DENIED.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** @throws DomainError when the URL names a denied address outright: Node resolves no names for those. */
export function refuseDenied(url: URL): void {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isDenied(host)) throw denied(host);
}

function denied(address: string): DomainError {
  return new DomainError('permission_denied', `the address ${address} may not be connected to`);
}

type Answer = (error: NodeJS.ErrnoException | null, address: string | LookupAddress[], family?: number) => void;

/** DNS for transfers: what a name leads to is looked at before it is connected to. */
export function guardedLookup(hostname: string, options: LookupOptions, answer: Answer): void {
  dnsLookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return answer(error, '');
    const bad = addresses.find(({ address }) => isDenied(address));
    if (bad !== undefined) return answer(denied(bad.address), '');
    const [first] = addresses;
    if (options.all === true) return answer(null, addresses);
    return answer(null, first?.address ?? '', first?.family ?? 4);
  });
}
