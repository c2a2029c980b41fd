import { createHmac } from 'node:crypto';
import { lookup } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { DomainError, errorText } from '../../src/domain/errors.ts';
import { TRACEPARENT_KEY, traceparent } from '../../src/platform/trace.ts';

export interface PostOptions {
  /** Whole time for one try. */
  readonly timeoutMs: number;
  /** `whsec_...` of Standard Webhooks, of each a signature; unsigned when there are none. */
  readonly secrets: readonly string[];
  /** Addresses never connected to, as CIDR blocks. */
  readonly deny: readonly string[];
}

export interface Delivered {
  /** HTTP status, 0 when there was no answer. */
  readonly status: number;
  readonly error: string;
  /** Milliseconds the receiver asked us to wait (`Retry-After`). */
  readonly retryAfterMs: number | undefined;
  /** Headers that went out, and that came back. */
  readonly sent: Readonly<Record<string, string>>;
  readonly received: Readonly<Record<string, string>>;
}

const READ_MAX_BYTES = 65_536;
const HEADER_MAX_BYTES = 16_384;

/** Link-local and cloud metadata addresses, also as NAT64 and 6to4 spell them: what runs there trusts whoever can reach it. */
export const DEFAULT_DENY = [
  '169.254.0.0/16',
  '100.100.100.200/32',
  'fe80::/10',
  'fd00:ec2::254/128',
  '64:ff9b::a9fe:0/112',
  '64:ff9b::6464:64c8/128',
  '2002:a9fe::/32',
  '2002:6464:64c8::/48',
];

/**
 * One try to hand over a body. Redirects are not followed, answers are not decompressed and read to 64 KiB at most, and
 * the address really connected to is checked, so that neither a name nor a redirect leads inside (reliability F16, 5.5).
 * Never throws: what went wrong is the answer.
 */
export async function post(
  url: string,
  body: string,
  id: string,
  nowMs: number,
  options: PostOptions,
): Promise<Delivered> {
  let request: http.ClientRequest | undefined;
  let timer: NodeJS.Timeout | undefined;
  const bytes = Buffer.from(body);
  const sent = headersFor(id, bytes, nowMs, options.secrets);
  try {
    const target = new URL(url);
    const denied = denyList(options.deny);
    const host = target.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && isDenied(denied, host))
      throw new DomainError('permission_denied', `address ${host} is on the deny list`);
    const make = target.protocol === 'https:' ? https.request : http.request;
    const answer = await new Promise<http.IncomingMessage>((resolve, reject) => {
      // Covers name, connection, headers and body together: a receiver that drips bytes cannot stretch it.
      timer = setTimeout(
        () => reject(new DomainError('deadline', `no complete answer within ${options.timeoutMs} ms`)),
        options.timeoutMs,
      );
      request = make(
        target,
        {
          method: 'POST',
          headers: { ...sent, 'content-length': bytes.length },
          lookup: checkedLookup(denied),
          maxHeaderSize: HEADER_MAX_BYTES,
          agent: false,
        },
        (response) => {
          let read = 0;
          const done = () => resolve(response);
          response.on('data', (chunk: Buffer) => {
            read += chunk.length;
            if (read > READ_MAX_BYTES) done();
          });
          response.on('end', done);
          response.on('error', reject);
        },
      );
      request.on('error', reject);
      request.end(bytes);
    });
    const { headers, statusCode: status = 0 } = answer;
    const received = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    return { status, error: '', retryAfterMs: retryAfter(headers['retry-after'], nowMs), sent, received };
  } catch (error) {
    return { status: 0, error: describe(error), retryAfterMs: undefined, sent, received: {} };
  } finally {
    clearTimeout(timer);
    request?.destroy();
  }
}

/** Headers of Standard Webhooks 1.0.0: the id is the same on every try, so that a receiver can drop a repeat. */
function headersFor(id: string, body: Buffer, nowMs: number, secrets: readonly string[]): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const span = traceparent();
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'gavel',
    ...(span === undefined ? {} : { [TRACEPARENT_KEY]: span }),
    'webhook-id': id,
    'webhook-timestamp': timestamp,
  };
  if (secrets.length === 0) return headers;
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64')}`;
  });
  return { ...headers, 'webhook-signature': signatures.join(' ') };
}

function denyList(blocks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const block of blocks) {
    const [address = '', prefix = ''] = block.split('/');
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    list.addSubnet(address, prefix === '' ? (family === 'ipv6' ? 128 : 32) : Number(prefix), family);
  }
  return list;
}

function isDenied(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/** Resolves a name and hands out only addresses that may be connected to: checked and connected are the same address, so no second answer of a hostile name server counts. */
function checkedLookup(denied: BlockList): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return callback(error, []);
      const allowed = addresses.filter(({ address }) => !isDenied(denied, address));
      if (allowed.length === 0) {
        return callback(
          Object.assign(new Error(`every address of ${hostname} is on the deny list`), { code: 'EACCES' }),
          [],
        );
      }
      if (options.all === true) return callback(null, allowed);
      const [first] = allowed;
      callback(null, first?.address ?? '', first?.family);
    });
  };
}

function retryAfter(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

/** Short and without the body: an error text of a connection may be shown to operators. */
function describe(error: unknown): string {
  const inner = error instanceof AggregateError && error.errors.length > 0 ? error.errors[0] : error;
  const text = errorText(inner);
  return text === '' ? 'connection failed' : text.slice(0, 300);
}
