import { Ajv2020 } from 'ajv/dist/2020.js';
import { openApi } from '../../bbs/http/openapi.ts';

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

interface Operation {
  readonly operationId?: string;
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: { readonly $ref?: string } }>> }>
  >;
}

export const document = JSON.parse(JSON.stringify(openApi())) as Document;

const ajv = new Ajv2020({ strict: false, allErrors: true });
ajv.addFormat('int64', true);
ajv.addSchema(document, 'openapi.json');

/** Validates against a schema of the document. @returns what is wrong; nothing = it is valid. */
export function validator(name: string): (value: unknown) => string[] {
  return (value) => {
    ajv.validate(`openapi.json#/components/schemas/${name}`, value);
    return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
  };
}

/** The operation that a call is, as the document has it. */
export function operationOf(method: string, path: string): Operation | undefined {
  const [plain = ''] = path.split('?', 1);
  const named = Object.keys(document.paths).filter((template) =>
    new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`).test(plain),
  );
  // `/v1/tasks/{guid}` is not meant where the path itself is there.
  const [template = ''] = named.toSorted((a, b) => a.split('{').length - b.split('{').length);
  return document.paths[template]?.[method.toLowerCase()];
}

/** What is wrong with an answer of a call by the document: its status, or its body. */
export function answerFaults(method: string, path: string, status: number, text: string): readonly string[] {
  const operation = operationOf(method, path);
  if (operation === undefined) return [`no operation ${method} ${path}`];
  if (status >= 400) return validator('Error')(JSON.parse(text));
  const told = operation.responses[String(status)];
  if (told === undefined) return [`${operation.operationId}: no answer ${status}`];
  const $ref = told.content?.['application/json']?.schema.$ref;
  return $ref === undefined ? [] : validator($ref.replace('#/components/schemas/', ''))(JSON.parse(text));
}
