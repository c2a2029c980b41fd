import type { IncomingMessage } from 'node:http';
import { DomainError, isDomainError } from '../../src/domain/errors.ts';
import type { ImageSource, PullProgress } from '../executor/runtime.ts';
import type { Engine, EngineRequest } from './engine.ts';
import { isEngineError, pullError } from './errors.ts';

export type RegistryImage = Extract<ImageSource, { kind: 'registry' }>;

/** Pulls once. The signal is the pull's own: dropping the request makes the engine give up the pull. */
export async function pullImage(
  engine: Engine,
  image: RegistryImage,
  deadlineMs: number,
  signal: AbortSignal,
  onProgress: (progress: PullProgress) => void,
): Promise<void> {
  const { reference } = image;
  const deadline = performance.now() + deadlineMs;
  const late = (): DomainError =>
    new DomainError('unavailable', `cannot pull ${reference}: not finished within ${deadlineMs} ms`);
  let body: IncomingMessage;
  try {
    body = await engine.open({
      what: `pull ${reference}`,
      method: 'POST',
      path: '/images/create',
      query: { fromImage: withTag(reference) },
      ...loginOf(image),
      deadlineMs,
      signal,
    });
  } catch (error) {
    if (isEngineError(error)) throw pullError(reference, error.status, error.words);
    throw error;
  }
  const timer = setTimeout(() => body.destroy(late()), Math.max(0, deadline - performance.now()));
  try {
    const tally = new LayerTally();
    for await (const line of jsonLines(body)) {
      if (typeof line['error'] === 'string') throw pullError(reference, 0, line['error']);
      const progress = tally.add(line);
      if (progress !== undefined) onProgress(progress);
    }
  } catch (error) {
    if (isDomainError(error)) throw error;
    if (signal.aborted) throw new DomainError('cancelled', `cannot pull ${reference}: cancelled`);
    throw new DomainError('unavailable', `cannot pull ${reference}: the container engine broke off`, { cause: error });
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}

/** What the engine shows the registry. */
export function loginOf({ reference, username, password = '' }: RegistryImage): Pick<EngineRequest, 'auth'> {
  if (username === undefined) return {};
  return { auth: { username, password, serveraddress: registryOf(reference) } };
}

/** Without a tag the engine would pull every tag there is. */
function withTag(reference: string): string {
  const name = reference.slice(reference.lastIndexOf('/') + 1);
  return name.includes(':') || name.includes('@') ? reference : `${reference}:latest`;
}

/** As Docker reads a reference: the part before the first slash is a registry when it looks like a host. */
function registryOf(reference: string): string {
  const first = reference.split('/')[0] ?? '';
  const isHost = reference.includes('/') && (/[.:]/.test(first) || first === 'localhost');
  return isHost ? first : 'https://index.docker.io/v1/';
}

async function* jsonLines(body: IncomingMessage): AsyncGenerator<Record<string, unknown>> {
  body.setEncoding('utf8');
  let rest = '';
  for await (const chunk of body as AsyncIterable<string>) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line.trim() !== '') yield JSON.parse(line) as Record<string, unknown>;
    }
  }
  if (rest.trim() !== '') yield JSON.parse(rest) as Record<string, unknown>;
}

const LAYER_DONE = new Set(['Pull complete', 'Already exists']);

/** Counts layers from the engine's lines, each of which speaks of one layer. */
class LayerTally {
  readonly #layers = new Map<string, boolean>();

  add(line: Record<string, unknown>): PullProgress | undefined {
    const { id, status } = line;
    if (typeof status !== 'string') return undefined;
    // The very first line carries the tag where the others carry a layer.
    if (typeof id === 'string' && !status.startsWith('Pulling from')) this.#layers.set(id, LAYER_DONE.has(status));
    const layersDone = [...this.#layers.values()].filter(Boolean).length;
    return {
      layersDone,
      layersTotal: this.#layers.size,
      text: typeof id === 'string' ? `${id}: ${status}` : status,
    };
  }
}
