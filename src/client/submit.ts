import { createHash, randomBytes } from 'node:crypto';
import { AWAITING_INPUT, type TaskDefinition } from '../domain/task.ts';
import { parseTaskSpec, type TaskSpec } from '../platform/task-spec.ts';
import { definitionToWire } from '../rpc/codec.ts';
import type { Connection } from './connection.ts';
import { checking, taskError } from './errors.ts';
import { uploadInput } from './input.ts';
import { type TaskView, taskView } from './task-view.ts';

export interface RunOptions {
  /** A submit repeated under the same key creates nothing new and answers the first one's task. One is made up if not given. */
  readonly key?: string;
  /** A folder to upload: the task waits for it, and finds it unpacked in its `input_dir` (`/input` if the spec names none). */
  readonly inputs?: string;
  /** Told of the bytes that were uploaded so far, packed. */
  readonly onUpload?: (bytes: number) => void;
  /** Creates nothing and answers whether and where it would be placed: `explain`. */
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
}

/** Durable, and with `inputs` released, when this answers. */
export async function submitSpec(connection: Connection, spec: TaskSpec, options: RunOptions): Promise<TaskView> {
  const { inputs, onUpload: onProgress, signal } = options;
  const request = definitionToWire(checking(() => named(withInput(parseTaskSpec(spec), inputs), options.key)));
  const task = taskView(await connection.tasks.DesireTask(request, connection.call(signal)));
  // A repeated submit may find that its input is there already.
  if (inputs === undefined || !task.waiting_for.startsWith(AWAITING_INPUT)) return task;
  const upload = { ...(onProgress === undefined ? {} : { onProgress }), ...(signal === undefined ? {} : { signal }) };
  return await uploadInput(connection, task.task_guid, inputs, upload);
}

const INPUT_DIR = '/input';

function withInput(definition: TaskDefinition, inputs: string | undefined): TaskDefinition {
  return inputs === undefined || definition.input_dir !== '' ? definition : { ...definition, input_dir: INPUT_DIR };
}

/** Gives the definition its guid and key. A guid made up under a given key follows from the key, so that a repeat asks for the very same task. */
export function named(definition: TaskDefinition, key: string | undefined): TaskDefinition {
  const given = key ?? definition.request_key;
  if (key !== undefined && definition.request_key !== '' && definition.request_key !== key) {
    throw taskError('invalid_argument', 'request_key: the spec and the option name two different keys');
  }
  const hash = () => createHash('sha256').update(`${definition.domain}\0${given}`).digest('hex').slice(0, 32);
  const made = () => (given === '' ? randomBytes(16).toString('hex') : hash());
  return {
    ...definition,
    task_guid: definition.task_guid === '' ? made() : definition.task_guid,
    request_key: given === '' ? randomBytes(16).toString('hex') : given,
  };
}
