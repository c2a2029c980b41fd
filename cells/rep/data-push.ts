import type { Logger } from 'pino';
import { DomainError, errorText, isDomainError } from '../../src/domain/errors.ts';
import type { DataWanted__Output } from '../../src/rpc/gen/gavel/v1/DataWanted.ts';
import type { OutputsInfo } from '../../src/rpc/gen/gavel/v1/OutputsInfo.ts';
import type { PushDataRequest } from '../../src/rpc/gen/gavel/v1/PushDataRequest.ts';
import type { Spools } from '../executor/logs/spools.ts';
import type { Manifest } from '../executor/outputs/manifest.ts';
import { chosen, type OutputStore } from '../executor/outputs/store.ts';
import type { Timelines } from '../executor/timeline.ts';
import type { EngineCalls } from './engine-calls.ts';
import { eventsToWire } from './events.ts';
import type { Inside } from './inside.ts';
import type { LogRing } from './log-ring.ts';
import type { CellClient } from './peers.ts';
import type { Rep } from './rep.ts';
import { type Claim, claimFromWire } from './wire.ts';

export interface DataPushDeps {
  readonly cellId: string;
  readonly rep: Pick<Rep, 'find'>;
  readonly spools: Spools;
  readonly timelines: Timelines;
  readonly engineCalls: EngineCalls;
  readonly outputs: OutputStore;
  readonly inside: Inside;
  readonly ring: LogRing | undefined;
  readonly leaving: AbortSignal;
  readonly log: Logger;
}

/** An empty message tells that the reader may have gone. */
const LOG_IDLE_MS = 5_000;
const PIECE_BYTES = 256 * 1_024;

/** Answers one `data_wanted`. */
export async function pushData(deps: DataPushDeps, wanted: DataWanted__Output, client: CellClient): Promise<void> {
  const gone = new AbortController();
  const leave = () => gone.abort();
  deps.leaving.addEventListener('abort', leave, { once: true });
  try {
    // The BBS answers when it has enough; that ends our side too.
    await client.PushData(messages(deps, wanted, gone.signal), { signal: deps.leaving });
  } catch (error) {
    deps.log.debug({ request: wanted.request_id, error: errorText(error) }, 'data.push-ended');
  } finally {
    deps.leaving.removeEventListener('abort', leave);
    gone.abort();
  }
}

async function* messages(
  deps: DataPushDeps,
  wanted: DataWanted__Output,
  gone: AbortSignal,
): AsyncGenerator<PushDataRequest> {
  // At once, so that the BBS knows that somebody answers.
  yield { request_id: wanted.request_id, cell_id: deps.cellId };
  try {
    yield* answer(deps, wanted, gone);
  } catch (error) {
    const code = isDomainError(error) ? error.code : 'internal';
    yield { refused: { code, message: errorText(error) } };
  }
}

async function* answer(
  deps: DataPushDeps,
  wanted: DataWanted__Output,
  left: AbortSignal,
): AsyncGenerator<PushDataRequest> {
  if (wanted.cell_log) {
    const { tail, follow } = wanted.cell_log;
    if (deps.ring === undefined) throw new DomainError('not_found', `cell ${deps.cellId} keeps no log of its own`);
    for await (const lines of deps.ring.read(tail, follow, LOG_IDLE_MS, left))
      yield { cell_log: { lines: lines.map(({ sequence, text }) => ({ sequence, text })) } };
    return;
  }
  if (wanted.usage) {
    yield { usage: { usages: await deps.inside.usages(wanted.usage.attempt) } };
    return;
  }
  const claim = claimFromWire(wanted.claim);
  if (claim === undefined) throw new DomainError('invalid_argument', 'claim: task_guid and attempt are required');
  if (wanted.timeline) {
    const events = wanted.timeline.engine_calls
      ? await deps.engineCalls.of(claim.attempt)
      : await deps.timelines.find(claim);
    if (events === undefined) throw gone(deps, 'timeline');
    yield { timeline: { events: eventsToWire(events) } };
    return;
  }
  if (wanted.exec) {
    for await (const chunk of deps.inside.exec(claim, wanted.exec)) yield { exec: chunk };
    return;
  }
  const manifest = await manifestOf(deps, claim, wanted.outputs_asked);
  if (wanted.outputs) yield { outputs: toWire(manifest) };
  else if (wanted.download) {
    const { names, offset } = wanted.download;
    yield* download(deps.outputs, manifest, names, Number(offset));
  }
}

/** Of a task that named no outputs its streams are all there is, and they are archived when somebody asks. */
async function manifestOf(deps: DataPushDeps, { guid, attempt }: Claim, asked: boolean): Promise<Manifest> {
  const { outputs, spools, rep, leaving } = deps;
  const sealed = await outputs.find(guid, attempt, leaving);
  if (sealed !== undefined) return sealed;
  const under = rep.find(attempt);
  if (under !== undefined && (asked || under.spool.ended === undefined)) {
    throw new DomainError('unavailable', 'the outputs are not sealed yet: the run is being cleared away');
  }
  const spool = await spools.find(guid, attempt);
  if (spool === undefined) throw gone(deps, 'outputs');
  const notes = asked ? ['the files that the task asked for are not kept here'] : [];
  return await outputs.seal({ guid, attempt, spool, notes }, leaving);
}

async function* download(
  store: OutputStore,
  manifest: Manifest,
  names: readonly string[],
  offset: number,
): AsyncGenerator<PushDataRequest> {
  const { guid, archiveBytes, archiveSha256 } = manifest;
  const archive = { path: `${guid}.zip`, size: archiveBytes, mode: 0o644, sha256: archiveSha256 };
  const parts =
    names.length === 0
      ? [{ ...archive, read: (from: number) => store.archive(manifest, from) }]
      : chosen(manifest, names).map((file) => ({
          ...file,
          read: (from: number) => store.file(manifest, file, from),
        }));
  let from = offset;
  for (const { path, size, mode, sha256, read } of parts) {
    if (from > size) throw new DomainError('invalid_argument', `offset: ${path} has ${size} bytes, not ${from}`);
    yield { chunk: { start: { path, size, mode, offset: from } } };
    if (from < size) yield* pieces(read(from));
    yield { chunk: { end: { path, sha256 } } };
    from = 0;
  }
}

/** Messages of a size that is worth its frame and no burden to anybody. */
async function* pieces(bytes: AsyncIterable<Buffer>): AsyncGenerator<PushDataRequest> {
  let held: Buffer[] = [];
  let length = 0;
  for await (const piece of bytes) {
    held.push(piece);
    length += piece.length;
    if (length < PIECE_BYTES) continue;
    yield { chunk: { data: Buffer.concat(held) } };
    held = [];
    length = 0;
  }
  if (length > 0) yield { chunk: { data: Buffer.concat(held) } };
}

function gone({ cellId }: DataPushDeps, what: string): DomainError {
  return new DomainError('not_found', `cell ${cellId} keeps no ${what} of this task (any more)`);
}

function toWire({ guid, attempt, files, notes, ...facts }: Manifest): OutputsInfo {
  return {
    task_guid: guid,
    attempt,
    archive_bytes: facts.archiveBytes,
    archive_sha256: facts.archiveSha256,
    total_bytes: facts.totalBytes,
    sealed_at: facts.sealedAt,
    notes: [...notes],
    files: files.map(({ path, size, compressedSize, mode, linkTarget, sha256, modifiedAt }) => ({
      path,
      size,
      compressed_size: compressedSize,
      mode,
      link_target: linkTarget,
      sha256,
      modified_at: modifiedAt,
    })),
  };
}
