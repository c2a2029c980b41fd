import type { Connection } from './connection.ts';
import { taskError } from './errors.ts';

export interface ExecOptions {
  /** On top of the task's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Left out: the container's own. */
  readonly dir?: string;
  /** Left out: the task's. */
  readonly user?: string;
  readonly signal?: AbortSignal;
}

export type ExecOutput =
  | { readonly type: 'stdout' | 'stderr'; readonly bytes: Buffer }
  /** The last one. `error`: why nothing ran. */
  | { readonly type: 'end'; readonly exit_code: number; readonly error: string };

/** Sent once, never repeated: what was begun and then not heard of may have run. */
export async function* execIn(
  connection: Connection,
  id: string,
  [path = '', ...args]: readonly string[],
  { env = {}, dir = '', user = '', signal }: ExecOptions,
): AsyncGenerator<ExecOutput, void, undefined> {
  const variables = Object.entries(env).map(([name, value]) => ({ name, value }));
  const request = { task_guid: id, path, args: [...args], env: variables, dir, user };
  const call = { retry: false, ...(signal === undefined ? {} : { signal }) };
  for await (const { stdout, stderr, end } of connection.tasks.ExecTask(request, call)) {
    if (end) {
      yield { type: 'end', ...end };
      return;
    }
    // Empty ones only tell that the command goes on.
    if (stdout && stdout.length > 0) yield { type: 'stdout', bytes: stdout };
    if (stderr && stderr.length > 0) yield { type: 'stderr', bytes: stderr };
  }
  throw taskError('unavailable', 'the connection to the command was lost; it may have been broken off');
}
