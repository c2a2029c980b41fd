import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { parseDuration } from '../../domain/duration.ts';
import { DomainError, errorText } from '../../domain/errors.ts';
import { type Cli, examples, gather, handle } from '../command.ts';
import { printOne } from '../output.ts';

interface TokenFlags {
  readonly key?: string;
  readonly name?: string;
  readonly role: 'client' | 'viewer' | 'operator';
  readonly domain?: readonly string[];
  readonly ttl: string;
  readonly audience: string;
}

/** Loaded when a token is made: no other command has to do with signatures. */
const signing = async () => await import('../../platform/token.ts');

/** `gavel token`: makes bearer tokens, for who has the private key. No server is asked. */
export function addToken(program: Command, cli: Cli): void {
  const group = program.command('token').description('make bearer tokens, for clients without certificates');
  const make = group
    .command('make', { isDefault: true })
    .description('make one and print it; no server is asked')
    .option('--key <file>', 'private key that the servers trust the public half of (GAVEL_TOKEN_KEY)')
    .option('--name <name>', 'who it is for (USER)')
    .addOption(
      new Option('--role <role>', 'what it allows').choices(['client', 'viewer', 'operator']).default('client'),
    )
    .option('--domain <name>', 'only tasks of this domain (may be repeated; all when it is left out)', gather)
    .option('--ttl <span>', 'how long it holds; servers take none for longer than 24h unless told so', '1h')
    .option('--audience <name>', 'which servers it is for: their setting tokens.audience', 'gavel')
    .addHelpText(
      'after',
      '\nA token cannot be taken back before its time is over, but by taking the key from the servers.',
    );
  examples(
    make,
    'gavel token key token.key                            the pair, once; then gavel bbs --token-keys token.key.pub',
    'gavel token --key token.key --name ada --domain team-a --ttl 8h > ada.token',
    'gavel login < ada.token',
  );
  handle<TokenFlags>(cli, make, async (context, _args, flags) => {
    const { privateKeyOf, signToken, TOKEN_NAME } = await signing();
    const file = flags.key ?? context.io.env['GAVEL_TOKEN_KEY'];
    if (file === undefined || file === '')
      throw new DomainError(
        'invalid_argument',
        '--key: name the private key, or make a pair with: gavel token key FILE',
      );
    const name = flags.name ?? context.io.env['USER'] ?? '';
    if (!TOKEN_NAME.test(name))
      throw new DomainError(
        'invalid_argument',
        `--name: ${name === '' ? 'is required, and' : name} must be of letters, digits and . _ @ -`,
      );
    const ttlMs = parseDuration(flags.ttl);
    if (ttlMs === undefined || ttlMs < 1_000)
      throw new DomainError(
        'invalid_argument',
        `--ttl: ${flags.ttl} is no time span of a second or more, for example 8h`,
      );
    const { role, domain: domains } = flags;
    const expiresAtMs = Date.now() + ttlMs;
    const key = privateKeyOf(readText(file, '--key'), '--key');
    const token = await signToken({ name, role, domains, expiresAtMs }, key, flags.audience);
    const expires_at = new Date(expiresAtMs).toISOString();
    const about = { name, role, domains: domains ?? [], expires_at };
    await printOne(context, { schema: 'token/v1', kind: 'token', token, ...about }, token, token);
    context.say(`for ${name}, ${role} of ${domains?.join(', ') ?? 'all domains'}, until ${expires_at}`);
    return undefined;
  });

  const pair = group
    .command('key <file>')
    .description('make a pair of keys: FILE signs tokens, FILE.pub is for the servers');
  examples(pair, 'gavel token key token.key', 'gavel bbs --token-keys token.key.pub');
  handle(cli, pair, async (context, [file = '']) => {
    const { newKeyPair } = await signing();
    const taken = [file, `${file}.pub`].find((one) => existsSync(one));
    if (taken !== undefined) throw new DomainError('already_exists', `${taken} is there already; it is left as it is`);
    const { privatePem, publicPem } = newKeyPair();
    try {
      writeFileSync(file, privatePem, { mode: 0o600, flag: 'wx' });
      chmodSync(file, 0o600);
      writeFileSync(`${file}.pub`, publicPem, { flag: 'wx' });
    } catch (error) {
      throw new DomainError('invalid_argument', `cannot write ${file}: ${errorText(error)}`);
    }
    const text = `${file} signs tokens: keep it to yourself. ${file}.pub is for gavel bbs --token-keys`;
    const object = { schema: 'token-key/v1', kind: 'token-key', private_key: file, public_key: `${file}.pub` };
    await printOne(context, object, file, text);
    return undefined;
  });
}

function readText(file: string, flag: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new DomainError('invalid_argument', `${flag}: ${errorText(error)}`);
  }
}
