import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Command } from 'commander';
import { callbacks } from '../../client/index.ts';
import { DomainError, errorText, isDomainError } from '../../domain/errors.ts';
import { parseJson, toJson } from '../../platform/json.ts';
import { type Cli, examples, gatherList, handle } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { addCallbackLedger } from './callback-ledger.ts';
import { addCallbackSecrets, addCallbackTest } from './callback-test.ts';
import { count } from './list.ts';

interface ListenFlags {
  readonly port: string;
  readonly host: string;
  readonly count?: string;
  readonly secret?: readonly string[];
}

const BODY_MAX_BYTES = 8 * 1024 * 1024;

export function addCallbacks(program: Command, cli: Cli): void {
  const group = program.command('callbacks').description('completion callbacks: what is owed or was given up');
  addCallbackLedger(group, cli);
  addCallbackTest(group, cli);
  addCallbackSecrets(group, cli);
  const listen = group
    .command('listen')
    .description('receive callbacks and print each body as one line of JSON')
    .option('--port <port>', 'port to listen on; 0 takes a free one', '9000')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--count <n>', 'stop after so many')
    .option('--secret <whsec,...>', 'refuse what none of these signed (GAVEL_CALLBACK_SECRET)', gatherList);
  examples(
    listen,
    'gavel callbacks listen --port 9000 --count 1',
    'gavel callbacks listen --secret "$(cat secret.txt)"',
  );
  handle<ListenFlags>(cli, listen, async (context, _args, flags) => {
    const wanted = flags.count === undefined ? Number.POSITIVE_INFINITY : count(flags.count, '--count');
    if (!/^\d{1,5}$/.test(flags.port) || Number(flags.port) > 65_535) {
      throw new DomainError('invalid_argument', `--port must be a number from 0 to 65535; it is ${flags.port}`);
    }
    const fromEnv = context.io.env['GAVEL_CALLBACK_SECRET'] ?? '';
    const secrets = flags.secret ?? (fromEnv === '' ? [] : [fromEnv]);
    let received = 0;
    const enough = new AbortController();
    const server = createServer((request, response) => {
      void (async () => {
        try {
          const body = await bodyOf(request);
          if (secrets.length > 0) callbacks.verify(body, request.headers, secrets);
          await context.print(oneLine(body));
          response.writeHead(200).end();
          received += 1;
          if (received >= wanted) response.once('close', () => enough.abort());
        } catch (error) {
          context.complain(`a callback could not be taken: ${errorText(error)}`);
          response.writeHead(isDomainError(error, 'unauthenticated') ? 401 : 400).end();
        }
      })();
    });
    server.listen(Number(flags.port), flags.host);
    await once(server, 'listening').catch((error: unknown) => {
      throw new DomainError(
        'invalid_argument',
        `--port: cannot listen on ${flags.host}:${flags.port}: ${errorText(error)}`,
      );
    });
    const { port } = server.address() as AddressInfo;
    context.say(`listening on http://${flags.host}:${port}/`);
    // Without --count it listens until it is interrupted, as it was asked to.
    const ended = AbortSignal.any([enough.signal, context.signal]);
    if (!ended.aborted) await once(ended, 'abort');
    server.closeAllConnections();
    server.close();
    return enough.signal.aborted ? EXIT.ok : undefined;
  });
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > BODY_MAX_BYTES) throw new DomainError('too_large', `the body has more than ${BODY_MAX_BYTES} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** As it came, but on one line; what is no JSON becomes a JSON text. */
function oneLine(body: string): string {
  try {
    return toJson(parseJson(body));
  } catch {
    return toJson(body);
  }
}
