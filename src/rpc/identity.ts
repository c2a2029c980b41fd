import { DomainError } from '../domain/errors.ts';
import type { TlsFiles } from '../platform/tls.ts';
import type { TokenVerifier } from '../platform/token.ts';

/** Who may call. `viewer` only reads; `operator` may do what a client may and more. */
export type Role = 'client' | 'viewer' | 'operator' | 'cell' | 'auctioneer' | 'bbs';

/** The domains whose tasks somebody may see and change; undefined = all. */
export type Domains = ReadonlySet<string> | undefined;

export function isWithin(domains: Domains, domain: string): boolean {
  return domains === undefined || domains.has(domain);
}

/** `tls`: nothing but the connection's encryption, where no certificate is asked for. */
export type Proof = 'none' | 'loopback' | 'tls' | 'certificate' | 'token';

/** Who calls, and how that was proved. */
export interface Identity {
  /** Undefined where callers cannot be told apart (plaintext on loopback): every role is granted. `nobody` may do nothing. */
  readonly role: Role | 'nobody' | undefined;
  readonly name: string;
  readonly domains: Domains;
  readonly proof: Proof;
  /** UNIX milliseconds; 0 = while the connection lasts. */
  readonly expiresAtMs: number;
}

/** A caller before anything is known of it. */
export const NOBODY: Identity = { role: 'nobody', name: 'nobody', domains: undefined, proof: 'none', expiresAtMs: 0 };

/** What a caller shows. */
export interface Credentials {
  /** The certificate it came with, where it was signed by the authority asked for. */
  readonly certificate: () => { readonly subjectaltname?: string | undefined } | undefined;
  /** The `authorization` header or metadata. */
  readonly authorization: string | undefined;
}

export interface AuthorityOptions {
  readonly tls: TlsFiles | undefined;
  /** Only this machine can call. */
  readonly loopback: boolean;
  /** Serves other machines in the clear. */
  readonly insecure: boolean;
  readonly tokens: TokenVerifier | undefined;
}

/**
 * Who a caller is: by its token, else by its certificate. In the clear nobody can be told apart: all roles on loopback (or by
 * `--insecure`). TLS that asks for neither grants `client` only. Every listener, gRPC or REST, asks this and nothing else.
 */
export class Authority {
  readonly #tokens: TokenVerifier | undefined;
  readonly #mutual: boolean;
  /** Whether a token that comes this way was not read by others on its way. */
  readonly #confidential: boolean;
  /** Whoever shows nothing; undefined = is not let in. */
  readonly #plain: Identity | undefined;

  constructor({ tls, loopback, insecure, tokens }: AuthorityOptions) {
    const encrypted = tls?.cert !== undefined;
    this.#tokens = tokens;
    this.#mutual = encrypted && tls.ca !== undefined;
    this.#confidential = encrypted || loopback;
    const anonymous = { domains: undefined, expiresAtMs: 0 };
    if (!encrypted && (loopback || insecure))
      this.#plain = { role: undefined, name: 'local', proof: loopback ? 'loopback' : 'none', ...anonymous };
    else if (encrypted && !this.#mutual && tokens === undefined)
      this.#plain = { role: 'client', name: 'tls', proof: 'tls', ...anonymous };
  }

  /** Certificates are looked at only where they are asked for. @throws DomainError `unauthenticated`. */
  identify({ certificate, authorization }: Credentials): Identity | Promise<Identity> {
    if (authorization !== undefined && authorization !== '') return this.#byToken(authorization);
    if (this.#plain !== undefined) return this.#plain;
    const shown = this.#mutual ? certificate() : undefined;
    if (shown !== undefined) return identityOfCertificate(shown.subjectaltname);
    const ways = this.#tokens === undefined ? 'a certificate' : this.#mutual ? 'a certificate or a token' : 'a token';
    throw new DomainError('unauthenticated', `this server wants ${ways}: gavel login, or --tls-cert and --tls-key`);
  }

  #byToken(authorization: string): Identity | Promise<Identity> {
    const token = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (token === undefined) throw new DomainError('unauthenticated', 'authorization: must be Bearer and a token');
    if (this.#tokens === undefined)
      throw new DomainError('unauthenticated', 'this server takes no tokens: it has no tokens.keys');
    if (!this.#confidential)
      throw new DomainError(
        'unauthenticated',
        'a token was sent in the clear; it is taken over TLS only. Make a new one',
      );
    const claims = this.#tokens.verify(token);
    return claims instanceof Promise ? claims.then(identityOfToken) : identityOfToken(claims);
  }
}

type Claims = Awaited<ReturnType<TokenVerifier['verify']>>;
/** One for each token that is remembered, not one for each call. */
const identities = new WeakMap<Claims, Identity>();

function identityOfToken(claims: Claims): Identity {
  let identity = identities.get(claims);
  if (identity === undefined) {
    const { name, role, domains, expiresAtMs } = claims;
    identity = { name, role, domains: domains && new Set(domains), proof: 'token', expiresAtMs };
    identities.set(claims, identity);
  }
  return identity;
}

/**
 * Who a certificate is for by its subject alternative names: `URI:gavel://cell/cell-1`, `URI:gavel://client/ada?domain=a&domain=b`. The
 * common name is ignored. A certificate without such a name is a plain client; one whose name cannot be understood is nobody's.
 */
export function identityOfCertificate(subjectAltName: string | undefined): Identity {
  const told = { proof: 'certificate', expiresAtMs: 0 } as const;
  // A name with a comma or a quote stands there as a JSON string, whatever it says inside; none of ours has either.
  const names = (subjectAltName ?? '').replaceAll(/"(?:[^"\\]|\\.)*"/g, '');
  const uri = /(?:^|, )URI:(gavel:\/\/[^,]*)/.exec(names)?.[1];
  if (uri === undefined) return { role: 'client', name: 'unnamed certificate', domains: undefined, ...told };
  const match = /^gavel:\/\/(client|viewer|operator|cell|auctioneer|bbs)\/([A-Za-z0-9._-]{1,255})(\?.*)?$/.exec(uri);
  const [, role, name = '', query] = match ?? [];
  const domains = query === undefined ? undefined : domainsOf(query);
  if (role === undefined || domains === 'garbled') return { ...NOBODY, name: `certificate ${uri.slice(0, 100)}` };
  return { role: role as Role, name, domains, ...told };
}

function domainsOf(query: string): ReadonlySet<string> | 'garbled' {
  const given = [...new URLSearchParams(query)];
  const understood = given.length > 0 && given.every(([name, value]) => name === 'domain' && value !== '');
  return understood ? new Set(given.map(([, domain]) => domain)) : 'garbled';
}
