import { type Command, Option } from 'commander';
import type { CallbackTest } from '../../client/index.ts';
import { parseDuration } from '../../domain/duration.ts';
import { DomainError } from '../../domain/errors.ts';
import { OUTCOMES, type Outcome } from '../../domain/task.ts';
import { rfc3339, safe, timeText } from '../../platform/format.ts';
import { confirm } from '../ask.ts';
import { type Cli, examples, handle } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-code.ts';
import { pairsText, printList, printOne } from '../output.ts';

/** `gavel callbacks test URL`: one sample, by the way callbacks go. */
export function addCallbackTest(callbacks: Command, cli: Cli): void {
  const command = callbacks
    .command('test <url>')
    .description('post a sample of a finished task there, signed, from the server; shows what came back')
    .addOption(new Option('--outcome <word>', 'how the sample ended').choices(OUTCOMES).default('succeeded'));
  examples(
    command,
    'gavel callbacks test https://ci.example/hook',
    'gavel callbacks test http://127.0.0.1:9000/ --outcome timed_out',
  );
  handle<{ readonly outcome: Outcome }>(cli, command, async (context, [url = ''], { outcome }) => {
    const { signal } = context;
    const test = await context.client().callbacks.test(url, { outcome, signal });
    return await tellTest(context, test, url);
  });
}

/** What was sent, and what came back. */
export async function tellTest(context: Context, test: CallbackTest, url?: string): Promise<number> {
  const headers = (of: Readonly<Record<string, string>>) =>
    Object.entries(of).map(([name, value]) => [`  ${name}`, value] as const);
  const text = [
    pairsText([
      [
        ['Answer', test.status === 0 ? test.error : String(test.status)],
        ['Took', `${test.milliseconds.toFixed(1)} ms`],
        ['Acknowledged', test.acknowledged ? 'yes' : 'no: a callback would be tried again'],
      ],
    ]),
    `Sent (${Buffer.byteLength(test.body)} bytes)`,
    pairsText([headers(test.sent_headers)]),
    ...(test.status === 0 ? [] : ['Received', pairsText([headers(test.received_headers)])]),
  ].join('\n\n');
  await printOne(
    context,
    { schema: 'callback-test/v1', kind: 'callback-test', ...(url === undefined ? {} : { url }), ...test },
    test.webhook_id,
    text,
  );
  if (test.sent_headers['webhook-signature'] === undefined)
    context.say('it was not signed: the BBS has no secret; make one with: gavel callbacks secrets rotate');
  return test.acknowledged ? EXIT.ok : EXIT.ours;
}

/** `gavel callbacks secrets`: what signs, and its exchange. */
export function addCallbackSecrets(callbacks: Command, cli: Cli): void {
  const group = callbacks.command('secrets').description('what signs callbacks');
  const ls = group.command('ls', { isDefault: true }).alias('list').description('those that sign now, by fingerprint');
  handle(cli, ls, async (context) => {
    const { local } = context.flags;
    const items = await context.client().callbacks.secrets(context.signal);
    await printList(context, {
      kind: 'callback-secret',
      items,
      columns: [
        { title: 'Fingerprint', whole: true, value: ({ fingerprint }) => fingerprint },
        { title: 'Since', whole: true, value: ({ since }) => timeText(since, local) },
        { title: 'By', value: ({ by }) => by },
        { title: 'Signs until', whole: true, value: ({ until }) => (until === 0n ? 'on' : timeText(until, local)) },
      ],
      toObject: (secret) => ({
        schema: 'callback-secret/v1',
        kind: 'callback-secret',
        ...secret,
        since_rfc3339: rfc3339(secret.since),
        until_rfc3339: rfc3339(secret.until),
      }),
      name: ({ fingerprint }) => fingerprint,
      footer:
        items.length === 0
          ? 'Callbacks are not signed. Make a secret with: gavel callbacks secrets rotate'
          : 'Of a receiver\'s: printf %s "$SECRET" | sha256sum | cut -c1-12',
    });
    return undefined;
  });
  const rotate = group
    .command('rotate')
    .description('make a new secret and print it, this once; those before it go on signing for a while')
    .option('--overlap <span>', 'for so long (24h; 0s: they end at once)')
    .addHelpText(
      'after',
      '\nDuring the overlap each callback has a signature of each secret: give receivers the new one in that time. The secret is kept in the\nstore, and from now on counts instead of that of the settings (--callback-secret), at every BBS.',
    );
  examples(rotate, 'gavel callbacks secrets rotate', 'gavel callbacks secrets rotate --overlap 7d -y > secret.txt');
  handle<{ readonly overlap?: string }>(cli, rotate, async (context, _args, { overlap }) => {
    const overlapMs = overlap === undefined ? undefined : parseDuration(overlap);
    if (overlap !== undefined && overlapMs === undefined)
      throw new DomainError('invalid_argument', `--overlap: ${overlap} is no time span, for example 24h`);
    const { signal } = context;
    const now = await context.client().callbacks.secrets(signal);
    const hit = now.map(({ fingerprint, by }) => `${fingerprint} (${safe(by)})`);
    if (hit.length > 0 && !(await confirm(context, 'replace', hit, false, 'secret'))) {
      context.say('nothing was done');
      return EXIT.ok;
    }
    const rotated = await context
      .client()
      .callbacks.rotateSecret({ signal, ...(overlapMs === undefined ? {} : { overlapMs }) });
    const { former_until, stored_in_clear } = rotated;
    await printOne(
      context,
      { schema: 'rotated-secret/v1', kind: 'rotated-secret', ...rotated, former_until_rfc3339: rfc3339(former_until) },
      rotated.secret,
      rotated.secret,
    );
    if (former_until > 0n) context.say(`those before sign until ${timeText(former_until, context.flags.local)}`);
    if (stored_in_clear)
      context.say('the store keeps it in the clear: nothing seals what is there (storeKeys of the BBS)');
    return EXIT.ok;
  });
}
