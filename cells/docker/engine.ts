import * as http from 'node:http';
import { Agent, type IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { DomainError, errorText } from '../../src/domain/errors.ts';
import { CallBook } from './call-book.ts';
import { EngineError, noAnswer } from './errors.ts';

export interface EngineAddress {
  /** `unix:///path`, or `tcp://host:port` / `http://host:port`. */
  readonly host: string;
}

export interface EngineRequest {
  /** Completes "cannot ...", for the error's text. */
  readonly what: string;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: object;
  /** A tar as the body, in place of `body`. A stream that fails takes the request with it. */
  readonly tar?: Buffer | Readable;
  readonly auth?: { readonly username: string; readonly password: string; readonly serveraddress: string };
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/**
 * The one door to the engine. Every request goes out exactly once (docker-modem and node:http repeat nothing; the integration
 * test counts) and is over by its deadline, whatever the engine does.
 *
 * It dials dockerode's modem instead of calling dockerode's methods, because those put a create's whole body, secrets too, into
 * the URL as well, cannot tell when a wait is registered, and never settle when an answer breaks off in the middle.
 */
export class Engine {
  readonly #modem: Docker['modem'];
  readonly #agent: Agent;
  readonly #where: Pick<Docker.DockerOptions, 'socketPath' | 'port'> & { readonly host: string | undefined };
  readonly #running = new Set<AbortController>();
  /** What was asked about containers, and the answers. */
  readonly calls = new CallBook();
  #closed = false;

  constructor(address: EngineAddress) {
    this.#agent = new QuietAgent({ keepAlive: true });
    // host and socketPath are named even when undefined: otherwise DOCKER_HOST of the environment would win.
    const unix = address.host.startsWith('unix://');
    const url = unix ? undefined : new URL(address.host.replace(/^tcp:/, 'http:'));
    const socketPath = unix ? address.host.slice('unix://'.length) : undefined;
    this.#where = { socketPath, host: url?.hostname ?? undefined, port: url?.port };
    const options: Docker.DockerOptions & { agent: Agent } = { ...this.#where, protocol: 'http', agent: this.#agent };
    this.#modem = new Docker(options).modem;
  }

  /** All requests from now on speak this version of the API, `1.41` for example. */
  useVersion(version: string): void {
    (this.#modem as { version?: string }).version = `v${version}`;
  }

  /** The whole answer, as JSON. */
  async json(request: EngineRequest): Promise<unknown> {
    return await this.#send(request, false);
  }

  /** Resolves with the answer's headers; the body is the caller's to read or to destroy, and has no deadline. */
  async open(request: EngineRequest): Promise<IncomingMessage> {
    return (await this.#send(request, true)) as IncomingMessage;
  }

  /**
   * A connection of both ways, without the modem: that cannot ask for one and send nothing. What is written goes to the other end;
   * it has no deadline once it is there.
   */
  async duplex(request: Pick<EngineRequest, 'what' | 'path' | 'deadlineMs'> & { query: Record<string, string> }) {
    const { what, path, query, deadlineMs } = request;
    if (this.#closed) throw noAnswer(what, 'connection is closed');
    const { version = '' } = this.#modem as { version?: string };
    const prefix = version === '' ? '' : `/${version}`;
    const controller = new AbortController();
    this.#running.add(controller);
    const timer = setTimeout(() => controller.abort(), deadlineMs);
    const ended = this.calls.begin({ ...request, method: 'POST' });
    try {
      const connection = await new Promise<Duplex>((resolve, reject) => {
        const call = http.request({
          ...this.#where,
          method: 'POST',
          path: `${prefix}${path}?${new URLSearchParams(query).toString()}`,
          headers: { connection: 'Upgrade', upgrade: 'tcp', 'content-length': '0' },
          agent: this.#agent,
          signal: controller.signal,
        });
        call.on('upgrade', (_answer, socket: Duplex, head: Buffer) => {
          if (head.length > 0) socket.unshift(head);
          resolve(socket);
        });
        call.on('response', (answer) => {
          answer.resume();
          reject(new EngineError(what, answer.statusCode ?? 0, `no connection: ${answer.statusMessage ?? ''}`));
        });
        call.on('error', (error) => reject(noAnswer(what, `cannot be reached: ${errorText(error)}`, error)));
        call.end();
      });
      ended?.(101, undefined);
      const onClose = (): void => void connection.destroy();
      controller.signal.addEventListener('abort', onClose, { once: true });
      connection.on('error', () => undefined);
      connection.once('close', () => this.#running.delete(controller));
      return connection;
    } catch (error) {
      ended?.(0, undefined, error);
      this.#running.delete(controller);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#closed = true;
    for (const controller of this.#running) controller.abort();
    this.#agent.destroy();
  }

  async #send(request: EngineRequest, isStream: boolean): Promise<unknown> {
    const { what, signal } = request;
    if (this.#closed) throw noAnswer(what, 'connection is closed');
    if (signal?.aborted === true) throw cancelled(what);
    return await new Promise<unknown>((resolve, reject) => {
      const controller = new AbortController();
      const ended = this.calls.begin(request);
      // Rejects by itself and not through the abort, because the modem forgets its callback when a begun answer breaks off.
      const stop = (error: DomainError): void => {
        ended?.(0, undefined, error);
        release();
        reject(error);
        controller.abort();
      };
      const onAbort = (): void => stop(cancelled(what));
      const timer = setTimeout(
        () => stop(noAnswer(what, `did not answer within ${request.deadlineMs} ms`)),
        request.deadlineMs,
      );
      const release = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#running.delete(controller);
      };
      this.#running.add(controller);
      signal?.addEventListener('abort', onAbort, { once: true });
      const accepted = new Accepted();
      this.#modem.dial(
        {
          path: request.path + (request.query === undefined && request.body === undefined ? '' : '?'),
          method: request.method,
          // Without both, the modem would send the query as a body, too.
          ...(request.query === undefined && request.body === undefined
            ? {}
            : { options: { _query: request.query ?? {}, _body: request.body ?? {} } }),
          ...(request.tar === undefined ? {} : { file: request.tar }),
          ...(request.auth === undefined ? {} : { authconfig: { ...request.auth } }),
          isStream,
          // It is only ever asked for the status that came.
          statusCodes: accepted as Accepted & Record<number, true>,
          abortSignal: controller.signal,
        },
        (error: Error | null, result: unknown) => {
          release();
          if (error !== null) {
            const failure = translate(error, what, this.#closed);
            ended?.(0, undefined, failure);
            reject(failure);
            return;
          }
          ended?.(accepted.status, isStream ? undefined : result);
          if (isStream) {
            this.#follow(result as IncomingMessage, controller, signal);
            resolve(result);
          } else {
            resolve(result);
          }
        },
      );
    });
  }

  /** An open body stays under the caller's signal and under close(). */
  #follow(body: IncomingMessage, controller: AbortController, signal: AbortSignal | undefined): void {
    const onAbort = (): void => {
      body.destroy();
      controller.abort();
    };
    this.#running.add(controller);
    signal?.addEventListener('abort', onAbort, { once: true });
    // A broken connection is told by `close` without `end`; nobody has to listen to `error` for the process to live on.
    body.on('error', () => undefined);
    body.once('close', () => {
      this.#running.delete(controller);
      signal?.removeEventListener('abort', onAbort);
    });
    if (signal?.aborted === true || this.#closed) onAbort();
  }
}

/** The statuses that are no error. The modem asks for the one that came, and tells it nobody else: so it is noted here. */
class Accepted {
  status = 0;

  get 200(): true {
    return this.#saw(200);
  }

  get 201(): true {
    return this.#saw(201);
  }

  get 204(): true {
    return this.#saw(204);
  }

  get 304(): true {
    return this.#saw(304);
  }

  #saw(status: number): true {
    this.status = status;
    return true;
  }
}

export function cancelled(what: string): DomainError {
  return new DomainError('cancelled', `cannot ${what}: cancelled`);
}

function translate(error: Error, what: string, closed: boolean): DomainError {
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number') {
    // The modem's own frame around the engine's words: "(HTTP code 404) unexpected - no such image ".
    const words = errorText(error).replace(/^\(HTTP code \d+\) .*? - /, '');
    return new EngineError(what, status, words.trim());
  }
  return noAnswer(what, closed ? 'connection is closed' : `cannot be reached: ${errorText(error)}`, error);
}

/**
 * docker-modem describes every request for a debug line, printed or not, with all that hangs on its options: of an agent that is
 * every open socket with its buffers, more work than everything else a cell does. So this one describes itself in a word.
 */
class QuietAgent extends Agent {
  [inspect.custom](): string {
    return 'Agent';
  }
}
