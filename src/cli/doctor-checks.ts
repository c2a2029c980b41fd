import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { performance } from 'node:perf_hooks';
import type { Cell, TaskClient } from '../client/index.ts';
import { errorText, isDomainError } from '../domain/errors.ts';

/** What one check found. Whatever is not in order has its way to mend it. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly text: string;
  readonly mend: string;
}

const SKEW_WARN_MS = 1_000;
const SKEW_FAIL_MS = 30_000;
const EXPIRY_WARN_DAYS = 30;
const ENGINE_MS = 3_000;
const NODE_LEAST = [20, 19] as const;

const ok = (check: string, text: string): Finding => ({ check, state: 'ok', text, mend: '' });
const warn = (check: string, text: string, mend: string): Finding => ({ check, state: 'warn', text, mend });
const fail = (check: string, text: string, mend: string): Finding => ({ check, state: 'fail', text, mend });

export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const fits = major > NODE_LEAST[0] || (major === NODE_LEAST[0] && minor >= NODE_LEAST[1]);
  return fits
    ? ok('node', `Node ${version}`)
    : fail('node', `Node ${version}`, `install Node ${NODE_LEAST.join('.')} or newer`);
}

/** Server, cells and clock, from one question. */
export async function checkServer(client: TaskClient, signal: AbortSignal): Promise<readonly Finding[]> {
  const sent = Date.now();
  const began = performance.now();
  try {
    const { cells, serverTimeMs } = await client.cells.census(signal);
    const took = performance.now() - began;
    return [
      ok('server', `${client.endpoint} answers in ${took.toFixed(0)} ms`),
      ...cells.filter(({ note }) => note !== '').map(checkCell),
      cells.length === 0
        ? warn('cells', 'no cell is registered: tasks stay PENDING', 'start one: gavel cell, or all at once: gavel dev')
        : ok('cells', `${cells.length} registered: ${cells.map(({ cell_id }) => cell_id).join(', ')}`),
      checkClock(serverTimeMs, sent + took / 2),
    ];
  } catch (error) {
    const { why, mend } = noAnswer(errorText(error));
    if (isDomainError(error, 'permission_denied') || isDomainError(error, 'unauthenticated')) {
      return [
        fail(
          'server',
          why,
          'give a token that may read (gavel login) or a certificate (--tls-cert and --tls-key); gavel whoami says who you are',
        ),
      ];
    }
    return [fail('server', `no answer from ${client.endpoint}: ${why}`, mend)];
  }
}

/** A cell that there is something to say about. */
function checkCell({ cell_id, state, note }: Cell): Finding {
  const mend = state === 'away' ? 'look at that machine' : `when it may work again: gavel cells undrain ${cell_id}`;
  return warn('cell', `${cell_id} is ${state}: ${note}`, mend);
}

export function checkClock(serverMs: number | undefined, ownMs: number): Finding {
  if (serverMs === undefined) return warn('clock', 'the server does not tell its time', 'update the server');
  const skew = Math.round(ownMs - serverMs);
  const text = `this clock is ${Math.abs(skew)} ms ${skew < 0 ? 'behind' : 'ahead of'} the server's`;
  const mend = 'set both by NTP: timedatectl set-ntp true';
  if (Math.abs(skew) > SKEW_FAIL_MS) return fail('clock', text, mend);
  return Math.abs(skew) > SKEW_WARN_MS ? warn('clock', text, mend) : ok('clock', text);
}

/** A question that only the store can answer: whether a task is there that the server's own view does not have. */
export async function checkStore(client: TaskClient, signal: AbortSignal): Promise<Finding> {
  const began = performance.now();
  const answered = () => ok('store', `it answers a read in ${(performance.now() - began).toFixed(0)} ms`);
  try {
    await client.tasks.get('gavel-doctor-asks-for-nothing', signal);
    return answered();
  } catch (error) {
    if (isDomainError(error, 'not_found')) return answered();
    return fail('store', errorText(error), 'see the log of the BBS; with etcd: etcdctl endpoint health');
  }
}

/** The engine a cell on this machine would use. */
export async function checkEngine(host: string | undefined): Promise<Finding> {
  const address = host === undefined || host === '' ? 'unix:///var/run/docker.sock' : host;
  const mend = 'start the engine (systemctl start docker), or name it: DOCKER_HOST=unix:///path; only cells need one';
  try {
    const { Version, ApiVersion } = (await askEngine(address)) as { Version?: string; ApiVersion?: string };
    return ok('engine', `${address}: ${Version ?? 'unknown version'}, API ${ApiVersion ?? 'unknown'}`);
  } catch (error) {
    return warn('engine', `${address} does not answer: ${errorText(error)}`, mend);
  }
}

function askEngine(address: string): Promise<unknown> {
  const target = address.startsWith('unix://')
    ? { socketPath: address.slice('unix://'.length), path: '/version' }
    : `${address.replace(/^tcp:/, 'http:')}/version`;
  return new Promise((resolve, reject) => {
    const call = request(target as string, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        body += piece;
      });
      response.on('error', reject);
      response.on('end', () => {
        try {
          resolve(JSON.parse(body));
        } catch (error) {
          reject(error instanceof Error ? error : new Error('no JSON'));
        }
      });
    });
    call.setTimeout(ENGINE_MS, () => call.destroy(new Error(`no answer within ${ENGINE_MS / 1_000} s`)));
    call.on('error', reject);
    call.end();
  });
}

/** The PEM files of the client, as far as they are named. */
export function checkCertificate(path: string | undefined, what: 'ca' | 'cert', nowMs: number): Finding | undefined {
  if (path === undefined) return undefined;
  const check = what === 'ca' ? 'authority' : 'certificate';
  try {
    const certificate = new X509Certificate(readFileSync(path));
    const days = Math.floor((Date.parse(certificate.validTo) - nowMs) / 86_400_000);
    const until = `${path}: ${certificate.subject.replaceAll('\n', ' ')}, valid until ${certificate.validTo}`;
    if (days < 0)
      return fail(check, `${path} is not valid any more, since ${certificate.validTo}`, 'have it made anew');
    if (Date.parse(certificate.validFrom) > nowMs) {
      return fail(check, `${path} is not valid yet, from ${certificate.validFrom}`, 'set the clock, or wait');
    }
    return days < EXPIRY_WARN_DAYS ? warn(check, until, `have it made anew within ${days} days`) : ok(check, until);
  } catch (error) {
    return fail(check, `${path}: ${errorText(error)}`, 'name a PEM file that can be read');
  }
}

const START = 'start one: gavel dev; or name it: --server HOST:PORT, or: gavel context set NAME --server HOST:PORT';
const KNOWN =
  /connect E[A-Z]+|unable to get local issuer certificate|self.signed certificate[a-z ]*|certificate has expired|Hostname\/IP does not match[^:.]*/i;

/** Of what the library and OpenSSL say, the part that a person can use, and what to do about it. */
export function noAnswer(text: string): { readonly why: string; readonly mend: string } {
  if (/wrong version number|packet length too long/.test(text))
    return { why: 'it speaks no TLS, and was asked for it', mend: 'leave out --tls-ca, --tls-cert and --tls-key' };
  if (/certificate required|bad certificate|handshake failure/.test(text))
    return { why: 'it asks for a certificate', mend: 'give yours: --tls-cert and --tls-key' };
  if (/Last error: Failed to connect/.test(text))
    return { why: 'it takes the connection and says nothing', mend: 'if it speaks TLS, name its authority: --tls-ca' };
  const why = KNOWN.exec(text)?.[0] ?? text.split(/\. Resolution note|\n/)[0] ?? text;
  return { why, mend: /certificate|TLS|SSL/i.test(why) ? 'name the authority of the server: --tls-ca' : START };
}
