import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import {
  allContexts,
  type ContextFile,
  contextPath,
  findContext,
  type Place,
  readContexts,
  SETTING_FIELDS,
  type Setting,
  settingsOf,
  writeContexts,
} from '../../client/contexts.ts';
import { DomainError } from '../../domain/errors.ts';
import { expiryOf } from '../../platform/token-expiry.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { pairsText, printList, printOne } from '../output.ts';

/** `gavel context`: named clusters. */
export function addContext(program: Command, cli: Cli): void {
  const group = program
    .command('context')
    .description('named clusters: which servers, which certificates, which domain');
  const ls = group.command('ls', { isDefault: true }).alias('list').description('list the contexts there are');
  handle(cli, ls, async (context) => {
    const used = settingsOf(context.flags, context.io.env, process.cwd()).context?.value;
    const items = [...allContexts(context.io.env, context.flags.config)].map(([name, { place, path }]) => ({
      name,
      place,
      path,
      current: name === used,
    }));
    await printList(context, {
      kind: 'context',
      items,
      columns: [
        { title: 'Current', value: ({ current }) => (current ? '*' : '') },
        { title: 'Name', whole: true, value: ({ name }) => name },
        { title: 'Server', value: ({ place }) => place.server ?? '' },
        { title: 'Domain', value: ({ place }) => place.domain ?? '' },
        { title: 'Token', value: ({ place }) => tokenText(place.token) },
        { title: 'TLS', value: ({ place }) => (place.tls_ca === undefined ? '' : 'yes') },
        { title: 'Kept in', wide: true, value: ({ path }) => path },
      ],
      toObject: ({ name, place, path, current }) => ({ ...contextObject(name, place, current), path }),
      name: ({ name }) => name,
      footer: `kept in ${contextPath(context.io.env, context.flags.config) ?? 'no file: HOME is not set'}`,
    });
    return undefined;
  });

  const use = group.command('use <name>').description('use this context from now on');
  handle(cli, use, async (context, [name = '']) => {
    findContext(context.io.env, name, context.flags.config);
    write(context, { ...read(context), current: name });
    await done(context, name, `Using context '${name}'`);
    return undefined;
  });

  const set = group
    .command('set <name>')
    .description('make or change a context from --server, --domain and --tls-ca, --tls-cert, --tls-key')
    .option('--domain <name>', 'domain of tasks that name none');
  examples(set, 'gavel context set prod --server bbs-1:8889,bbs-2:8889 --tls-ca ca.pem', 'gavel context use prod');
  handle<{ readonly domain?: string }>(cli, set, async (context, [name = ''], flags) => {
    const known = read(context);
    const given: Place = {
      ...(flags.server === undefined ? {} : { server: flags.server }),
      ...(flags.domain === undefined ? {} : { domain: flags.domain }),
      ...(flags.tlsCa === undefined ? {} : { tls_ca: flags.tlsCa }),
      ...(flags.tlsCert === undefined ? {} : { tls_cert: flags.tlsCert }),
      ...(flags.tlsKey === undefined ? {} : { tls_key: flags.tlsKey }),
    };
    const contexts = { ...known.contexts, [name]: { ...known.contexts[name], ...given } };
    write(context, { ...known, contexts });
    await done(context, name, `Context '${name}' is set; use it with: gavel context use ${name}`);
    return undefined;
  });

  const rm = group.command('rm <name>').description('forget a context');
  handle(cli, rm, async (context, [name = '']) => {
    const known = read(context);
    const { path } = findContext(context.io.env, name, context.flags.config);
    if (known.contexts[name] === undefined)
      throw new DomainError('invalid_argument', `context ${name} is kept in ${path}; take it out of that file`);
    const { [name]: _gone, ...contexts } = known.contexts;
    const { current, ...rest } = known;
    const kept = current === undefined || current === name ? {} : { current };
    write(context, { ...rest, ...kept, contexts });
    await done(context, name, `Context '${name}' is forgotten`);
    return undefined;
  });

  const show = group
    .command('show')
    .description('what holds for a command given here')
    .option('--origin', 'and where each value comes from')
    .addHelpText(
      'after',
      '\nA flag wins over the environment (GAVEL_SERVER, ...), that over ./.gavel.yaml, that over the file of the user (GAVEL_CONFIG, else\n' +
        '~/.config/gavel/config.yaml), that over those of the system (/etc/xdg/gavel/config.yaml, /etc/gavel/config.yaml). A context ranks where its\n' +
        'name was said. The files hold server, domain, tls_ca, tls_cert, tls_key, on_interrupt; those but ./.gavel.yaml also contexts and current.',
    );
  examples(show, 'gavel context show --origin');
  handle<{ readonly origin?: boolean }>(cli, show, async (context, _args, flags) => {
    const { context: name, values, token } = settingsOf(flags, context.io.env, process.cwd());
    const told = (setting: Setting | undefined) =>
      setting === undefined ? '' : `${setting.value}${flags.origin === true ? `  (${setting.origin})` : ''}`;
    const shown = token === undefined ? undefined : { ...token, value: tokenText(token.value) };
    const all = { ...values, ...(shown === undefined ? {} : { token: shown }) };
    const object = { schema: 'settings/v1', kind: 'settings', context: name?.value ?? null, values: all };
    const text = pairsText([
      [
        ['context', name === undefined ? 'none' : told(name)],
        ...SETTING_FIELDS.map((field) => [field.replace('_', ' '), told(values[field])] as const),
        ['token', told(shown)],
      ],
    ]);
    await printOne(context, object, name?.value ?? '', text);
    return undefined;
  });
}

function read({ io, flags }: Context): ContextFile {
  // A file named with --config that is to be made by `context set` need not be there yet.
  return existsSync(flags.config ?? '') || flags.config === undefined
    ? readContexts(io.env, flags.config)
    : { contexts: {} };
}

function write({ io, flags }: Context, contexts: ContextFile): void {
  writeContexts(io.env, contexts, flags.config);
}

/** What was changed: the context as it is kept now, or without a place when it is gone. */
async function done(context: Context, name: string, text: string): Promise<void> {
  const { contexts, current } = read(context);
  const object = contextObject(name, contexts[name] ?? {}, name === current);
  await printOne(context, object, name, text);
}

/** A token itself is never printed. */
function contextObject(name: string, { token, ...place }: Place, current: boolean): object {
  const shown = token === undefined ? {} : { token: tokenText(token) };
  return { schema: 'context/v1', kind: 'context', name, current, ...place, ...shown };
}

function tokenText(token: string | undefined): string {
  if (token === undefined) return '';
  const until = expiryOf(token);
  if (until === undefined) return 'yes';
  return `${until > Date.now() ? 'until' : 'expired'} ${new Date(until).toISOString()}`;
}
