import { CommanderError } from 'commander';
import { type DomainError, type ErrorCode, errorText, isDomainError } from '../domain/errors.ts';
import { safe } from '../platform/format.ts';
import { toJson } from '../platform/json.ts';

/** What to try next, for each kind of error. */
const NEXT: Readonly<Partial<Record<ErrorCode, string>>> = {
  invalid_argument: 'gavel help, or the command with --help',
  not_found: 'gavel tasks recent',
  already_exists: 'gavel task show ID, or submit without a guid',
  invalid_transition: 'gavel task show ID',
  stale_attempt: 'gavel task show ID',
  unauthenticated: 'gavel login with a token, or the command with --tls-ca, --tls-cert and --tls-key',
  permission_denied: 'gavel whoami, then the command with a token or certificate of another role',
  unavailable: 'gavel dev (starts a system on this machine), or name a server with --server HOST:PORT',
  deadline: 'the command with a longer --timeout',
  overloaded: 'the same command a little later',
  conflict: 'the same command again',
  too_large: 'something smaller; a large input is for a download action',
  compacted: 'the command with a later time or cursor, or gavel tasks recent',
  unimplemented: 'gavel version (server and client may be of different versions)',
};
const DOCS = 'docs/task-reference.md#errors';
const ELSE = 'gavel help, and the log of the server';

export interface Told {
  readonly message: string;
  readonly code: string;
  readonly faults: DomainError['faults'];
  readonly next: string;
  /** Where it is written what this means. */
  readonly docs: string;
  /** Under which the servers' logs tell of it; empty where none answered. */
  readonly trace: string;
}

/** An error in words: what is wrong, every fault, what to try. `command` is what was run, as people type it. */
export function tell(error: unknown, command: string): Told {
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '');
    return { message, code: 'USAGE', faults: [], next: `${command} --help`, docs: 'docs/cli.md', trace: '' };
  }
  if (!isDomainError(error))
    return { message: errorText(error), code: 'INTERNAL', faults: [], next: ELSE, docs: DOCS, trace: '' };
  const { code, faults, traceId } = error;
  const count = faults.length === 1 ? 'one fault' : `${faults.length} faults`;
  // The faults follow one by one; the message would only say them again.
  const isRole = /^gavel (dev|bbs|auctioneer|cell)$/.test(command);
  const what = isRole ? 'settings have' : 'request has';
  const message = code === 'invalid_argument' && faults.length > 0 ? `the ${what} ${count}:` : error.message;
  const ownHelp = code === 'invalid_argument' || (isRole && code === 'unavailable');
  const list = code === 'not_found' ? /^gavel (cells|callbacks|context|domains)\b/.exec(command)?.[0] : undefined;
  const next = ownHelp ? `${command} --help` : (list ?? NEXT[code] ?? ELSE);
  return { message, code: code.toUpperCase(), faults, next, docs: DOCS, trace: traceId };
}

export function errorLines({ message, code, faults, next, trace }: Told): string {
  const lines = [
    ...message.split('\n').map(safe),
    ...faults.map((fault) => `  ${safe(fault.field)}: ${safe(fault.message)}`),
    `try: ${next}`,
    ...(code === 'INTERNAL' && trace !== '' ? [`the server's log tells of it under ${safe(trace)}`] : []),
  ];
  return lines.map((line) => `gavel: ${line}\n`).join('');
}

export function errorJson({ message, code, faults, next, docs, trace }: Told): string {
  return `${toJson({ error: { code, message, details: faults, hint: next, docs, trace } })}\n`;
}
