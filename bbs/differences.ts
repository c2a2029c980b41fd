import { createHash } from 'node:crypto';
import { DomainError, type FieldFault } from '../src/domain/errors.ts';
import type { TaskDefinition } from '../src/domain/task.ts';

/** Names of the fields in which two requests differ; under which key they came does not matter. */
export function differences(a: TaskDefinition, b: TaskDefinition): string[] {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]) as Set<keyof TaskDefinition>;
  return [...fields].filter(
    (field) => field !== 'request_key' && JSON.stringify(a[field]) !== JSON.stringify(b[field]),
  );
}

export function differs(
  message: string,
  fields: readonly string[],
  about: Readonly<Record<string, string>>,
): DomainError {
  const faults: FieldFault[] = fields.map((field) => ({ field, message: 'differs from the existing task' }));
  const named = fields.length === 0 ? '' : `: ${fields.join(', ')}`;
  return new DomainError('already_exists', `${message}${named}`, { faults, about });
}

/** Of all that was asked but the guid, which a client may make up anew when it repeats a request. */
export function digestOf(definition: TaskDefinition): string {
  return createHash('sha256')
    .update(JSON.stringify({ ...definition, task_guid: '' }))
    .digest('hex');
}
