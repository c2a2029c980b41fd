import { isDomainError } from '../domain/errors.ts';
import type { Identity } from './identity.ts';
import type { Access } from './roles.ts';

/** The log's event of what operators did or tried to do. */
export const AUDIT_EVENT = 'operator.acted';

/** Names of what a call is about. Nothing else of a request is told: there may be secrets in it. */
const NAMES = ['task_guid', 'cell_id', 'domain', 'name', 'before', 'reason'] as const;
const LONGEST = 200;

/** Calls for operators only, whoever makes them; and whatever an operator changes by calls that clients have, too. */
export function isAudited(access: Access | undefined, { role }: Identity): boolean {
  if (access?.changes !== true) return false;
  return role === 'operator' || !access.roles.includes('client');
}

/** @param about the request, or what its path names. */
export function auditOf(
  call: string,
  { name, role, proof }: Identity,
  about: unknown,
  failure: unknown,
  requestId: string,
): object {
  const fields =
    typeof about === 'object' && about !== null ? new Map<string, unknown>(Object.entries(about)) : new Map();
  const named = NAMES.flatMap((field): [string, string][] => {
    const value: unknown = fields.get(field);
    return typeof value === 'string' && value !== '' ? [[field, value.slice(0, LONGEST)]] : [];
  });
  const guids: unknown = fields.get('task_guids') ?? fields.get('tasks');
  const code = failure === undefined ? 'ok' : isDomainError(failure) ? failure.code : 'internal';
  return {
    call,
    by: name,
    role: role ?? 'any',
    proof,
    ...Object.fromEntries(named),
    ...(Array.isArray(guids) ? { tasks: guids.length } : {}),
    code,
    requestId,
  };
}
