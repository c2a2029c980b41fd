import { join } from 'node:path';
import type { Logger } from 'pino';
import { DomainError, errorText, isDomainError } from '../src/domain/errors.ts';
import type { Clock } from '../src/platform/clock.ts';
import type { CellConfig } from './config.ts';
import { requireWritable } from './executor/files.ts';
import { S3Archives } from './executor/outputs/s3.ts';
import { OutputStore } from './executor/outputs/store.ts';

type Env = Readonly<Record<string, string | undefined>>;

const CHECK_MS = 15_000;

/** Whether other cells may have the same store, so that they can give out what this one has kept. */
export function isShared({ outputs }: CellConfig): boolean {
  return outputs.store !== 'cell';
}

/**
 * The store of the settings.
 * @throws DomainError `invalid_argument` when its folder cannot be written, or its S3 store refuses us. One that does not answer is
 *   waited for by whoever needs it.
 */
export async function openOutputs(config: CellConfig, clock: Clock, log: Logger): Promise<OutputStore> {
  const { store } = config.outputs;
  const folder = store.startsWith('dir:') ? store.slice('dir:'.length) : join(config.stateDir, 'outputs');
  await requireWritable(folder, 'outputs.store');
  const archives = store.startsWith('s3:') ? await openS3(config, process.env, log) : undefined;
  const { maxMb, maxFiles, maxSeconds, keepAttempts, keepHours, keepMb } = config.outputs;
  const limits = {
    maxBytes: maxMb * 2 ** 20,
    maxFiles,
    maxMs: maxSeconds * 1_000,
    keepAttempts,
    keepMs: keepHours * 3_600_000,
    keepBytes: keepMb * 2 ** 20,
  };
  const outputs = new OutputStore(folder, limits, clock, log, archives);
  await outputs.load();
  return outputs;
}

async function openS3({ outputs: { store, s3 } }: CellConfig, env: Env, log: Logger): Promise<S3Archives> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_SESSION_TOKEN: token } = env;
  if (accessKeyId === undefined || secretAccessKey === undefined) {
    const text = `outputs.store: ${store} needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment`;
    throw new DomainError('invalid_argument', text);
  }
  const { hostname: bucket, pathname } = new URL(store);
  const prefix = pathname.length > 1 ? `${pathname.slice(1)}/` : '';
  const credentials = { accessKeyId, secretAccessKey, ...(token === undefined ? {} : { sessionToken: token }) };
  const archives = new S3Archives({ ...s3, bucket, prefix, credentials });
  try {
    await archives.check(AbortSignal.timeout(CHECK_MS));
  } catch (error) {
    if (isDomainError(error, 'permission_denied')) {
      throw new DomainError('invalid_argument', `outputs.store: ${error.message}`, { cause: error });
    }
    log.warn({ store, error: errorText(error) }, 'outputs.store-away');
  }
  return archives;
}
