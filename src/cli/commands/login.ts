import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import {
  contextPath,
  findContext,
  type Place,
  readContexts,
  settingsOf,
  writeContexts,
} from '../../client/contexts.ts';
import { TaskClient, type WhoAmI } from '../../client/index.ts';
import { DomainError, errorText, isDomainError } from '../../domain/errors.ts';
import { rfc3339, timeText } from '../../platform/format.ts';
import { expiryOf } from '../../platform/token-expiry.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { pairsText, printOne } from '../output.ts';

/** `gavel login`, `logout` and `whoami`: who this command line is to the servers. */
export function addLogin(program: Command, cli: Cli): void {
  const login = program
    .command('login')
    .description('keep a bearer token in the context in use, for every command from now on')
    .option('--token-file <file>', 'where the token is read from; stdin when it is left out')
    .addHelpText(
      'after',
      '\nThe token is sent to the server of its context only, and only over TLS or to this machine. It never stands on the command line; for one command: GAVEL_TOKEN.',
    );
  examples(login, 'gavel login < ada.token', 'gavel token --key token.key --name ada | gavel login');
  handle<{ readonly tokenFile?: string }>(cli, login, async (context, _args, { tokenFile }) => {
    const token = requireToken(tokenFile === undefined ? await fromStdin(context) : fromFile(tokenFile));
    const name = contextInUse(context);
    const restore = keep(context, name, (place) => ({ ...place, token }));
    try {
      const me = await whoWith(context);
      await printOne(context, meObject(me), me.name, `Logged in: ${sentence(me, context)}`);
    } catch (error) {
      if (isDomainError(error, 'unavailable') || isDomainError(error, 'deadline')) {
        const text = `The token is kept in context '${name}'; nobody answered to look at it (${errorText(error)})`;
        await printOne(context, { schema: 'whoami/v1', kind: 'whoami', context: name }, name, text);
        return undefined;
      }
      // Of no use: what was there before is there again.
      restore();
      throw error;
    }
    return undefined;
  });

  const logout = program.command('logout').description('forget the token of the context in use');
  handle(cli, logout, async (context) => {
    const name = contextInUse(context);
    const { token } = findContext(context.io.env, name, context.flags.config).place;
    if (token !== undefined) keep(context, name, ({ token: _gone, ...rest }) => rest);
    const text = token === undefined ? `Context '${name}' had no token` : `The token of context '${name}' is forgotten`;
    await printOne(
      context,
      { schema: 'logout/v1', kind: 'logout', context: name, had: token !== undefined },
      name,
      text,
    );
    return undefined;
  });

  const whoami = program
    .command('whoami')
    .description('who you are to the servers: name, role, domains, how that was proved, until when');
  handle(cli, whoami, async (context) => {
    const me = await context.client().whoAmI(context.signal);
    await printOne(context, meObject(me), me.name, meText(me, context));
    return undefined;
  });
}

/** Changes the context in the user's own file, where one of the system's is copied to. @returns what puts it back. */
function keep({ io, flags }: Context, name: string, change: (place: Place) => Place): () => void {
  const known = readContexts(io.env, flags.config);
  const { place } = findContext(io.env, name, flags.config);
  writeContexts(io.env, { ...known, contexts: { ...known.contexts, [name]: change(place) } }, flags.config);
  return () => writeContexts(io.env, known, flags.config);
}

/** As every command of the context will, from now on. */
async function whoWith(context: Context): Promise<WhoAmI> {
  const { flags, io } = context;
  const { values, token } = settingsOf(flags, { ...io.env, GAVEL_TOKEN: undefined }, process.cwd());
  if (token === undefined)
    throw new DomainError(
      'invalid_argument',
      `the token would not be sent: ${values.server?.value ?? 'the server'} is from ${values.server?.origin ?? 'elsewhere'}, not from the context`,
    );
  const tls = { ca: values.tls_ca?.value, cert: values.tls_cert?.value, key: values.tls_key?.value };
  const server = values.server?.value;
  const client = new TaskClient({ ...(server === undefined ? {} : { endpoint: server }), tls, token: token.value });
  try {
    return await client.whoAmI(context.signal);
  } finally {
    client.close();
  }
}

function contextInUse(context: Context): string {
  const name = context.settings.context?.value;
  if (name !== undefined) return name;
  const where = contextPath(context.io.env, context.flags.config) ?? 'GAVEL_CONFIG';
  throw new DomainError(
    'invalid_argument',
    `no context is in use (${where}): gavel context set NAME --server HOST:PORT --tls-ca FILE, then gavel context use NAME`,
  );
}

async function fromStdin({ io }: Context): Promise<string> {
  if (io.stdin.isTTY === true)
    throw new DomainError('invalid_argument', 'the token is read from stdin or --token-file; a terminal would show it');
  let text = '';
  for await (const part of io.stdin as AsyncIterable<Buffer | string>) {
    text += part.toString();
    if (text.length > 16_384) break;
  }
  return text;
}

function fromFile(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new DomainError('invalid_argument', `--token-file: ${errorText(error)}`);
  }
}

/** @throws DomainError `invalid_argument` for what is no token, or one that has ended: the mistake is told where it was made. */
function requireToken(text: string): string {
  const token = text.trim();
  const until = /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token) ? expiryOf(token) : undefined;
  if (until === undefined)
    throw new DomainError('invalid_argument', 'what was given is no token (three parts with dots)');
  if (until > Date.now()) return token;
  throw new DomainError('unauthenticated', `the token has expired (${new Date(until).toISOString()})`);
}

function meObject(me: WhoAmI): object {
  const expires = me.expires_at === 0n ? {} : { expires_at_rfc3339: rfc3339(me.expires_at) };
  return { schema: 'whoami/v1', kind: 'whoami', ...me, ...expires };
}

function meText(me: WhoAmI, context: Context): string {
  return pairsText([
    [
      ['Name', me.name],
      ['Role', me.role === '' ? 'every one (nobody is told apart here)' : me.role],
      ['Domains', me.domains.length === 0 ? 'all' : me.domains.join(', ')],
      ['Proved by', me.proof],
      ['Until', me.expires_at === 0n ? '' : timeText(me.expires_at, context.flags.local)],
    ],
  ]);
}

function sentence(me: WhoAmI, context: Context): string {
  const of = me.domains.length === 0 ? 'all domains' : me.domains.join(', ');
  return `${me.name}, ${me.role}, ${of}, until ${timeText(me.expires_at, context.flags.local)}`;
}
