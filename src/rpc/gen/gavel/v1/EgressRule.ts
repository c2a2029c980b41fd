// Original file: proto/gavel/v1/task.proto

import type { PortRange as _gavel_v1_PortRange, PortRange__Output as _gavel_v1_PortRange__Output } from '../../gavel/v1/PortRange.ts';
import type { IcmpInfo as _gavel_v1_IcmpInfo, IcmpInfo__Output as _gavel_v1_IcmpInfo__Output } from '../../gavel/v1/IcmpInfo.ts';

export interface EgressRule {
  /**
   * tcp, udp, icmp, icmpv6 or all.
   */
  'protocol'?: (string);
  /**
   * Addresses, CIDR blocks or ranges a-b.
   */
  'destinations'?: (string)[];
  'ports'?: (number)[];
  'port_range'?: (_gavel_v1_PortRange | null);
  'icmp_info'?: (_gavel_v1_IcmpInfo | null);
  'log'?: (boolean);
}

export interface EgressRule__Output {
  /**
   * tcp, udp, icmp, icmpv6 or all.
   */
  'protocol': (string);
  /**
   * Addresses, CIDR blocks or ranges a-b.
   */
  'destinations': (string)[];
  'ports': (number)[];
  'port_range': (_gavel_v1_PortRange__Output | null);
  'icmp_info': (_gavel_v1_IcmpInfo__Output | null);
  'log': (boolean);
}
