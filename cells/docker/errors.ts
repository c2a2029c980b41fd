import { DomainError, type ErrorCode } from '../../src/domain/errors.ts';

/** The engine answered, and the answer was no. Keeps the status and the engine's own words for the code around the call. */
export class EngineError extends DomainError {
  readonly status: number;
  readonly words: string;

  constructor(what: string, status: number, words: string) {
    const { code, text } = classify(status, words);
    super(code, `cannot ${what}: ${text}`);
    this.name = 'EngineError';
    this.status = status;
    this.words = words;
  }
}

export function isEngineError(error: unknown, status?: number): error is EngineError {
  return error instanceof EngineError && (status === undefined || error.status === status);
}

/** Nothing came back, or not in time: what was asked may or may not have happened. */
export function noAnswer(what: string, why: string, cause?: unknown): DomainError {
  return new DomainError('unavailable', `cannot ${what}: the container engine ${why}`, { cause });
}

/** Nobody is at the engine's address, or the connection to it broke: an engine that only stands still keeps its connections. */
export function isGone(error: unknown): boolean {
  const cause = error instanceof DomainError ? error.cause : undefined;
  const code = cause instanceof Error && 'code' in cause ? cause.code : '';
  return typeof code === 'string' && ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE'].includes(code);
}

/**
 * Docker answers 500 for faults of the request too; these are told by their words, so that they are not tried again elsewhere.
 * What is not known here and is a 5xx counts as `unavailable`: the disk is full, the daemon shuts down, a driver failed.
 */
const REFUSALS: readonly { readonly words: RegExp; readonly text: (match: RegExpExecArray) => string }[] = [
  {
    words: /unable to find (user|group) (.+): no matching entries/,
    text: (match) => `${match[1] ?? 'user'} "${match[2] ?? ''}" is not in the image`,
  },
  {
    words: /Cannot mkdir: (.+) is not a directory/,
    text: (match) => `the directory ${match[1] ?? ''} is not a directory`,
  },
  { words: /too many (links|levels of symbolic links)/i, text: () => 'a loop of links' },
  { words: /unable to apply caps/, text: () => 'this cell cannot run privileged containers' },
  { words: /uids and gids must be in range/, text: (match) => match[0] },
  // The engine's own program has to open files in the container before the process can begin.
  {
    words: /OCI runtime create failed: .*too many open files/,
    text: () => 'the limit of open files (nofile) is too low for a process to begin',
  },
  { words: /--storage-opt is (not )?supported/, text: () => 'a disk limit is not possible with this storage driver' },
];

function classify(status: number, words: string): { code: ErrorCode; text: string } {
  for (const refusal of REFUSALS) {
    const match = refusal.words.exec(words);
    if (match !== null) return { code: 'invalid_argument', text: `${refusal.text(match)} (${words})` };
  }
  const text = words === '' ? `the container engine answered ${status}` : words;
  if (status === 404) return { code: 'not_found', text };
  if (status === 409) return { code: 'conflict', text };
  if (status === 429 || status >= 500) return { code: 'unavailable', text };
  return { code: 'invalid_argument', text };
}

const AGAIN =
  /toomanyrequests|rate limit|too many requests|connection refused|i\/o timeout|deadline exceeded|server error|: 5\d\d\b|status: 5\d\d|no such host|EOF|no space left/i;
const NEVER =
  /manifest unknown|manifest for .* not found|not found: manifest|pull access denied|repository .*not (exist|found)|name unknown|unauthorized|no basic auth credentials|authentication required|access (to the resource )?is denied|\bdenied\b|forbidden|no matching manifest|does not match the specified platform|unsupported manifest/i;

/** A pull's failure: the registry does not have it or refuses it (`not_found`, for good), or it may work later (`unavailable`). */
export function pullError(reference: string, status: number, words: string): DomainError {
  const message = `cannot pull ${reference}: ${words === '' ? `the container engine answered ${status}` : words}`;
  if (status === 400) return new DomainError('invalid_argument', message);
  // Asked first, because a rate limit's text also speaks of (un)authenticated pulls.
  if (status === 429 || AGAIN.test(words)) return new DomainError('unavailable', message);
  if ([401, 403, 404].includes(status) || NEVER.test(words)) return new DomainError('not_found', message);
  return new DomainError('unavailable', message);
}
