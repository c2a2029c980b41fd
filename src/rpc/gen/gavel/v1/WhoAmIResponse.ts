// Original file: proto/gavel/v1/cluster_service.proto

import type { Long } from '@grpc/proto-loader';

export interface WhoAmIResponse {
  'name'?: (string);
  /**
   * client, viewer, operator, cell, auctioneer or bbs; empty = nobody is told apart here, and everybody may do everything.
   */
  'role'?: (string);
  /**
   * Whose tasks the caller may see and change; empty = all.
   */
  'domains'?: (string)[];
  /**
   * How that was proved: token, certificate, tls (the connection is encrypted, and nothing is asked for), loopback, none.
   */
  'proof'?: (string);
  /**
   * UNIX nanoseconds; 0 = as long as the connection lasts.
   */
  'expires_at'?: (number | string | Long);
}

export interface WhoAmIResponse__Output {
  'name': (string);
  /**
   * client, viewer, operator, cell, auctioneer or bbs; empty = nobody is told apart here, and everybody may do everything.
   */
  'role': (string);
  /**
   * Whose tasks the caller may see and change; empty = all.
   */
  'domains': (string)[];
  /**
   * How that was proved: token, certificate, tls (the connection is encrypted, and nothing is asked for), loopback, none.
   */
  'proof': (string);
  /**
   * UNIX nanoseconds; 0 = as long as the connection lasts.
   */
  'expires_at': (string);
}
