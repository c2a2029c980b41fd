import type { Command } from 'commander';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import {
  contextPath,
  findContext,
  PLACE_FIELDS,
  type Place,
  readContexts,
  type Setting,
  settingsOf,
  writeContexts,
} from '../contexts.ts';
import { pairsText, printList, printOne } from '../output.ts';

/** `gavel context`: named clusters. */
export function addContext(program: Command, cli: Cli): void {
  const group = program
    .command('context')
    .description('named clusters: which servers, which certificates, which domain');
  const ls = group.command('ls', { isDefault: true }).alias('list').description('list the contexts there are');
  handle(cli, ls, async (context) => {
    const known = readContexts(context.io.env);
    const items = Object.entries(known.contexts).map(([name, place]) => ({
      name,
      place,
      current: name === known.current,
    }));
    await printList(context, {
      kind: 'context',
      items,
      columns: [
        { title: 'Current', value: ({ current }) => (current ? '*' : '') },
        { title: 'Name', whole: true, value: ({ name }) => name },
        { title: 'Server', value: ({ place }) => place.server ?? '' },
        { title: 'Domain', value: ({ place }) => place.domain ?? '' },
        { title: 'TLS', value: ({ place }) => (place.tls_ca === undefined ? '' : 'yes') },
      ],
      toObject: ({ name, place, current }) => ({ schema: 'context/v1', kind: 'context', name, current, ...place }),
      name: ({ name }) => name,
      footer: `kept in ${contextPath(context.io.env) ?? 'no file: HOME is not set'}`,
    });
    return undefined;
  });

  const use = group.command('use <name>').description('use this context from now on');
  handle(cli, use, async (context, [name = '']) => {
    const known = readContexts(context.io.env);
    findContext(known, name);
    writeContexts(context.io.env, { ...known, current: name });
    await done(context, name, `Using context '${name}'`);
    return undefined;
  });

  const set = group
    .command('set <name>')
    .description('make or change a context from --server, --domain and --tls-ca, --tls-cert, --tls-key')
    .option('--domain <name>', 'domain of tasks that name none');
  examples(set, 'gavel context set prod --server bbs-1:8889,bbs-2:8889 --tls-ca ca.pem', 'gavel context use prod');
  handle<{ readonly domain?: string }>(cli, set, async (context, [name = ''], flags) => {
    const known = readContexts(context.io.env);
    const given: Place = {
      ...(flags.server === undefined ? {} : { server: flags.server }),
      ...(flags.domain === undefined ? {} : { domain: flags.domain }),
      ...(flags.tlsCa === undefined ? {} : { tls_ca: flags.tlsCa }),
      ...(flags.tlsCert === undefined ? {} : { tls_cert: flags.tlsCert }),
      ...(flags.tlsKey === undefined ? {} : { tls_key: flags.tlsKey }),
    };
    const contexts = { ...known.contexts, [name]: { ...known.contexts[name], ...given } };
    writeContexts(context.io.env, { ...known, contexts });
    await done(context, name, `Context '${name}' is set; use it with: gavel context use ${name}`);
    return undefined;
  });

  const rm = group.command('rm <name>').description('forget a context');
  handle(cli, rm, async (context, [name = '']) => {
    const known = readContexts(context.io.env);
    findContext(known, name);
    const { [name]: _gone, ...contexts } = known.contexts;
    const { current, ...rest } = known;
    const kept = current === undefined || current === name ? {} : { current };
    writeContexts(context.io.env, { ...rest, ...kept, contexts });
    await done(context, name, `Context '${name}' is forgotten`);
    return undefined;
  });

  const show = group
    .command('show')
    .description('what holds for a command given here')
    .option('--origin', 'and where each value comes from');
  handle<{ readonly origin?: boolean }>(cli, show, async (context, _args, flags) => {
    const { context: name, values } = settingsOf(flags, context.io.env, process.cwd());
    const told = (setting: Setting | undefined) =>
      setting === undefined ? '' : `${setting.value}${flags.origin === true ? `  (${setting.origin})` : ''}`;
    const object = { schema: 'settings/v1', kind: 'settings', context: name ?? null, values };
    const text = pairsText([
      [
        ['context', name ?? 'none'],
        ...PLACE_FIELDS.map((field) => [field.replace('_', ' '), told(values[field])] as const),
      ],
    ]);
    await printOne(context, object, name ?? '', text);
    return undefined;
  });
}

/** What was changed: the context as it is kept now, or without a place when it is gone. */
async function done(context: Context, name: string, text: string): Promise<void> {
  const { contexts, current } = readContexts(context.io.env);
  const object = { schema: 'context/v1', kind: 'context', name, current: name === current, ...contexts[name] };
  await printOne(context, object, name, text);
}
