import { z } from 'zod';
import { ERRORS } from '../../src/domain/errors.ts';
import { answerSchemas, ref, type Schema } from './answers.ts';
import type { AnyRoute } from './route.ts';
import { ROUTES } from './routes.ts';

type Operation = Readonly<Record<string, unknown>>;
type Properties = Readonly<Record<string, Schema>>;

let made: object | undefined;

/** The OpenAPI document, of the route table that is served and the schemas that check what comes in. */
export function openApi(): object {
  made ??= build();
  return made;
}

function build(): object {
  const schemas: Record<string, Schema> = {};
  for (const { body } of ROUTES) if (body !== undefined) Object.assign(schemas, bodySchemas(body.name, body.schema));
  const request = schemas['TaskCreateRequest'] ?? {};
  const asked = request['properties'] as Properties;
  const required = request['required'] as readonly string[];
  Object.assign(schemas, answerSchemas(asked));
  // Diego's other name of a field, which the reader takes before its schema sees it.
  schemas['TaskCreateRequest'] = {
    ...request,
    properties: { ...asked, rootfs: { type: 'string', description: 'another name of root_fs' } },
    required: required.filter((name) => name !== 'root_fs'),
    anyOf: [{ required: ['root_fs'] }, { required: ['rootfs'] }],
  };
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of ROUTES) {
    const path = route.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operation(route) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Gavel',
      version: '1',
      summary: 'Submit a task; it runs at most once in a container, and you are called back.',
      description:
        'The REST mirror of the gRPC calls that clients make. Times are UNIX nanoseconds as number literals of 19 digits: read them with a JSON reader that keeps them.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    paths: { ...paths, ...OWN_PATHS },
    components: { schemas: sorted(schemas), responses: { Error: errorResponse() } },
  };
}

/** The schema of a body, and those it names. */
function bodySchemas(name: string, schema: z.ZodType): Record<string, Schema> {
  const { $schema: _dialect, $defs = {}, ...own } = z.toJSONSchema(schema, { io: 'input' });
  const text = JSON.stringify({ ...$defs, [name]: own }).replaceAll('#/$defs/', '#/components/schemas/');
  return JSON.parse(text) as Record<string, Schema>;
}

function operation(route: AnyRoute<never>): Operation {
  const { id, summary, description, access, query, body, uploads, answer } = route;
  const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name]) => name);
  const inPath = names.map((name) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  const shape = z.toJSONSchema(query, { io: 'input' }).properties ?? {};
  const inQuery = Object.entries(shape as Properties).map(
    ([name, { default: _default, description: told, ...schema }]) => ({
      name,
      in: 'query',
      description: told,
      schema,
      // `a=1,2` and `a=1&a=2` are the same.
      ...(schema['type'] === 'array' && { style: 'form', explode: false }),
    }),
  );
  const types = answer.streams ?? ['application/json'];
  const content = (type: string) =>
    type === 'text/plain' || type === 'application/octet-stream'
      ? { schema: { type: 'string', ...(type === 'text/plain' ? {} : { format: 'binary' }) } }
      : { schema: ref(answer.schema ?? '') };
  return {
    operationId: id,
    summary,
    ...(description !== undefined && { description }),
    'x-roles': access.roles,
    parameters: [...inPath, ...inQuery],
    ...(body !== undefined && {
      requestBody: { required: body.required, content: { 'application/json': { schema: ref(body.name) } } },
    }),
    ...(uploads !== undefined && {
      requestBody: {
        required: true,
        content: Object.fromEntries(uploads.map((type) => [type, { schema: { type: 'string', format: 'binary' } }])),
      },
    }),
    responses: {
      [answer.status]: {
        description:
          answer.streams === undefined || answer.schema === undefined
            ? 'Done'
            : 'A stream; each event has data of this schema',
        ...((answer.schema ?? answer.streams) !== undefined && {
          content: Object.fromEntries(types.map((type) => [type, content(type)])),
        }),
      },
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

function errorResponse(): Schema {
  const lines = Object.entries(ERRORS)
    .filter(([code]) => code !== 'task_failed')
    .map(([code, { http, retry }]) => `${code}: ${http}${retry ? ', may be tried again' : ''}`);
  return {
    description: `What is wrong. Status by code: ${lines.join('; ')}.`,
    content: { 'application/json': { schema: ref('Error') } },
  };
}

const plain = (summary: string, type: string): Operation => ({
  get: {
    summary,
    responses: {
      200: { description: 'Done', content: { [type]: { schema: { type: 'string' } } } },
      default: { $ref: '#/components/responses/Error' },
    },
  },
});

const OWN_PATHS = {
  '/openapi.json': plain('This document', 'application/json'),
  '/metrics': plain('Metrics in the Prometheus text format', 'text/plain'),
  '/healthz': plain('Whether the process answers', 'text/plain'),
  '/readyz': plain('Whether the store answers', 'text/plain'),
};

function sorted<T>(of: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(of).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
