import { isIPv4, isIPv6 } from 'node:net';
import { DomainError } from '../../src/domain/errors.ts';
import type { EgressAllow } from '../executor/runtime.ts';

/** Never reached, whatever a rule says: link-local addresses, where clouds keep the credentials of the machine. */
const NEVER = ['169.254.0.0/16'];
const DENY = '-j REJECT --reject-with icmp-port-unreachable';
/** What one rule of the kernel takes; a range counts twice. */
const PORTS_AT_ONCE = 15;
const MOST_LINES = 4_000;

export interface ContainerChains {
  /** To other machines and containers. */
  readonly forward: readonly string[];
  /** To this machine itself. */
  readonly input: readonly string[];
}

/**
 * A task's rules as iptables has them. What is allowed goes back to whoever called the chain, so that an operator's own rules and
 * the engine's still have their say. This machine itself, and other containers on the bridge, are opened only by a rule that names
 * one address: a block as wide as 0.0.0.0/0 means the world, not the cell's own ports and not its other tasks.
 */
export function containerChains(id: string, bridge: string, rules: readonly EgressAllow[]): ContainerChains {
  const denials = NEVER.map((block) => `-d ${block} ${DENY}`);
  const named: string[] = [];
  const wide: string[] = [];
  for (const rule of rules) {
    for (const destination of rule.destinations.flatMap((list) => list.split(','))) {
      const target = parseDestination(destination.trim());
      // There is no IPv6 on a cell's network, so nothing goes there anyway.
      if (target === undefined) continue;
      const lines = matches(rule).flatMap((match) => allow(`${target.match} ${match}`, rule.log, id));
      if (target.single) named.push(...lines);
      else wide.push(...lines);
    }
    if (named.length + wide.length > MOST_LINES) throw new DomainError('invalid_argument', 'egress_rules: too many');
  }
  return {
    forward: [...denials, ...named, `-o ${bridge} ${DENY}`, ...wide, DENY],
    input: [...denials, ...named, DENY],
  };
}

function allow(match: string, log: boolean, id: string): string[] {
  const line = match.trim();
  const logged = `${line} -m conntrack --ctstate NEW -j LOG --log-prefix "gavel ${id.slice(0, 12)} "`;
  return log ? [logged, `${line} -j RETURN`] : [`${line} -j RETURN`];
}

/** Nothing of a request gets into a line unless it was read as an address or a number here. */
function parseDestination(text: string): { readonly match: string; readonly single: boolean } | undefined {
  if (isIPv6(text.split(/[-/]/)[0] ?? '')) return undefined;
  const [from = '', to] = text.split('-');
  if (to !== undefined) {
    if (!isIPv4(from) || !isIPv4(to) || toNumber(from) > toNumber(to)) throw bad('destinations', text);
    return from === to
      ? { match: `-d ${from}/32`, single: true }
      : { match: `-m iprange --dst-range ${from}-${to}`, single: false };
  }
  const [address = '', bits = '32', more] = text.split('/');
  const length = /^\d{1,2}$/.test(bits) ? Number(bits) : 33;
  if (!isIPv4(address) || length > 32 || more !== undefined) throw bad('destinations', text);
  return { match: length === 0 ? '' : `-d ${address}/${length}`, single: length === 32 };
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

function matches(rule: EgressAllow): string[] {
  switch (rule.protocol) {
    case 'all':
      return [''];
    case 'icmp': {
      const { type, code } = rule.icmp_info ?? { type: -1, code: -1 };
      if (!isByte(type) || !isByte(code)) throw bad('icmp_info', `${type}/${code}`);
      if (type === -1) return ['-p icmp'];
      return [`-p icmp --icmp-type ${code === -1 ? type : `${type}/${code}`}`];
    }
    case 'icmpv6':
      return [];
    case 'tcp':
    case 'udp':
      return portGroups(rule).map((ports) => `-p ${rule.protocol} -m multiport --dports ${ports}`);
    default:
      throw bad('protocol', rule.protocol);
  }
}

function isByte(value: number): boolean {
  return Number.isInteger(value) && value >= -1 && value <= 255;
}

function portGroups({ ports, port_range: range }: EgressAllow): string[] {
  if (range !== undefined) {
    if (!isPort(range.start) || !isPort(range.end) || range.start > range.end) {
      throw bad('port_range', `${range.start}-${range.end}`);
    }
    return [`${range.start}:${range.end}`];
  }
  const wrong = ports.find((port) => !isPort(port));
  if (wrong !== undefined) throw bad('ports', String(wrong));
  const groups: string[] = [];
  for (let at = 0; at < ports.length; at += PORTS_AT_ONCE) groups.push(ports.slice(at, at + PORTS_AT_ONCE).join(','));
  return groups;
}

function isPort(value: number): boolean {
  return Number.isInteger(value) && value >= 1 && value <= 65_535;
}

function bad(field: string, text: string): DomainError {
  return new DomainError('invalid_argument', `egress_rules: ${field}: ${JSON.stringify(text)} is not one`);
}
