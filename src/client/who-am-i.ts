import type { Connection } from './connection.ts';

/** Who a caller is to the servers. */
export interface WhoAmI {
  readonly name: string;
  /** client, viewer, operator, ...; empty = nobody is told apart there, and everybody may do everything. */
  readonly role: string;
  /** Whose tasks the caller may see and change; empty = all. */
  readonly domains: readonly string[];
  /** token, certificate, tls (an encrypted connection, nothing was asked for), loopback, or none. */
  readonly proof: string;
  /** UNIX nanoseconds; 0 = does not end. */
  readonly expires_at: bigint;
}

export async function whoAmI(connection: Connection, signal?: AbortSignal): Promise<WhoAmI> {
  const { expires_at, ...rest } = await connection.cluster.WhoAmI({}, connection.call(signal));
  return { ...rest, expires_at: BigInt(expires_at) };
}
