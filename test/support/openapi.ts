import { Ajv2020 } from 'ajv/dist/2020.js';
import { openApi } from '../../bbs/http/openapi.ts';

export interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, { readonly operationId?: string }>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
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
