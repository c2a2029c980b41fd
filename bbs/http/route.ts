import type { z } from 'zod';
import type { Identity } from '../../src/rpc/identity.ts';
import type { Access } from '../../src/rpc/roles.ts';
import { checked } from './input.ts';

export interface Answer {
  readonly json?: object;
  readonly stream?: StreamAnswer;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface StreamAnswer {
  readonly type: string;
  readonly chunks: (signal: AbortSignal) => AsyncGenerator<string | Uint8Array>;
  readonly idle?: string;
  /** What a reader is told when the stream breaks; undefined = the connection breaks off. */
  readonly failure: (error: unknown) => string | undefined;
}

/** What a handler gets of its request. */
export interface Call<Q, B> {
  /** Of the path; empty where it has none. */
  readonly guid: string;
  readonly cell: string;
  readonly domain: string;
  readonly hold: string;
  readonly alert: string;
  readonly query: Q;
  readonly body: B;
  /** The body's bytes as they come, of a route with `uploads`; they are the handler's to read. */
  readonly upload: AsyncIterable<Uint8Array>;
  readonly identity: Identity;
  readonly requestId: string;
  readonly accept: string;
  readonly lastEventId: string;
}

interface Body<B> {
  readonly schema: z.ZodType;
  /** In the OpenAPI document. */
  readonly name: string;
  readonly required: boolean;
  /** 1 MiB when left out. */
  readonly mostBytes?: number;
  readonly read: (text: string) => B;
}

interface RouteHead {
  readonly method: 'get' | 'post' | 'put' | 'delete';
  readonly path: string;
  readonly id: string;
  readonly summary: string;
  readonly description?: string;
  readonly access: Access;
  /** The body is bytes of one of these types, which the handler reads. */
  readonly uploads?: readonly string[];
  readonly answer: {
    readonly status: 200 | 201 | 204;
    /** A schema of the OpenAPI document: of the body, or of the data of each event. */
    readonly schema?: string;
    readonly streams?: readonly string[];
  };
}

interface Route<D, Q extends z.ZodObject, B> extends RouteHead {
  readonly query: Q;
  readonly body?: Body<B>;
  readonly run: (deps: D, call: Call<z.output<Q>, B>) => Promise<Answer> | Answer;
}

/** A route whose handler's types have been checked and are no longer needed. */
export interface AnyRoute<D> extends RouteHead {
  readonly query: z.ZodObject;
  readonly body?: Omit<Body<never>, 'read'>;
  readonly run: (deps: D, call: Call<unknown, string>) => Promise<Answer>;
}

export function route<D, Q extends z.ZodObject, B = undefined>(made: Route<D, Q, B>): AnyRoute<D> {
  return {
    ...made,
    run: async (deps, call) => {
      const query = checked(made.query, call.query);
      // Without a body there is no B to read, and B is undefined.
      const body = made.body === undefined ? (undefined as B) : made.body.read(call.body);
      return await made.run(deps, { ...call, query, body });
    },
  };
}
