import type { Logger } from 'pino';
import type { Offer } from '../auction/needs.ts';
import { DomainError, errorText } from '../domain/errors.ts';
import { AsyncQueue } from '../platform/async-queue.ts';
import type { CellSummary__Output } from '../rpc/gen/gavel/v1/CellSummary.ts';
import type { Joined } from '../rpc/gen/gavel/v1/Joined.ts';
import type { CallContext, Handlers } from '../rpc/types.ts';
import type { CellBook, CellStream, Summary } from './cell-book.ts';
import { offerFromWire, resourcesFromWire } from './wire.ts';

/** The service that cells join, for their summaries. Without the lead it sends them on to the next auctioneer. */
export class JoinApi {
  readonly #streams = new Set<JoinedStream>();
  /** What cells are told while another one leads. */
  #elsewhere: DomainError | undefined;
  readonly handlers: Handlers<'AuctionService'>;

  constructor(book: CellBook, log: Logger) {
    this.handlers = {
      Join: (summaries, context) => {
        const stream = new JoinedStream();
        if (this.#elsewhere !== undefined) {
          stream.answers.end(this.#elsewhere);
          return stream.answers;
        }
        this.#streams.add(stream);
        void follow(summaries, stream, book, context, log).finally(() => this.#streams.delete(stream));
        return stream.answers;
      },
    };
  }

  /** While nobody is known to lead the cells stay: there is no other place for them to go. */
  lead(leading: boolean, leader: string): void {
    const another = !leading && leader !== '';
    this.#elsewhere = another
      ? new DomainError('unavailable', `this auctioneer stands by: ${leader} leads`)
      : undefined;
    if (this.#elsewhere === undefined) return;
    for (const stream of this.#streams) stream.answers.end(this.#elsewhere);
  }
}

class JoinedStream implements CellStream {
  readonly answers = new AsyncQueue<Joined>();

  replaced(): void {
    this.answers.end(new DomainError('conflict', 'the cell joined again on another stream'));
  }
}

/** Reads a cell's summaries until its stream ends, and takes it out of the book at once when it does. Never rejects. */
async function follow(
  summaries: AsyncIterable<CellSummary__Output>,
  stream: JoinedStream,
  book: CellBook,
  context: CallContext,
  log: Logger,
): Promise<void> {
  let offer: { readonly id: string; readonly offer: Offer } | undefined;
  let joined = false;
  // Also called by the signal: a reader that waits may learn late, or never, that its caller is gone.
  const leave = () => {
    stream.answers.end();
    if (!joined || offer === undefined) return;
    joined = false;
    book.leave(stream, offer.id);
    log.info({ cell: offer.id }, 'cell.left');
  };
  context.signal.addEventListener('abort', leave, { once: true });
  try {
    // Not for-await: leaving that early destroys the call, and the cell would never be told why.
    const reader = summaries[Symbol.asyncIterator]();
    for (let next = await reader.next(); next.done !== true; next = await reader.next()) {
      const wire = next.value;
      if (context.signal.aborted) break;
      if (wire.offer !== null) {
        requireOwn(context, wire.offer.cell_id);
        if (offer !== undefined && offer.id !== wire.offer.cell_id) {
          throw new DomainError('invalid_argument', 'offer.cell_id: must not change within a stream');
        }
        offer = { id: wire.offer.cell_id, offer: offerFromWire(wire.offer) };
      }
      if (offer === undefined) throw new DomainError('invalid_argument', 'offer: required in the first summary');
      const summary = summaryOf(wire, offer.id, offer.offer);
      if (joined) {
        book.update(stream, summary);
        continue;
      }
      joined = true;
      book.join(stream, summary);
      stream.answers.push({});
      log.info({ cell: offer.id, epoch: wire.epoch, peer: context.peer }, 'cell.joined');
    }
  } catch (error) {
    if (!context.signal.aborted)
      log.warn({ cell: offer?.id, peer: context.peer, error: errorText(error) }, 'cell.stream-failed');
    stream.answers.end(error instanceof Error ? error : new DomainError('internal', errorText(error)));
  } finally {
    leave();
  }
}

/** Where callers can be told apart, a cell speaks for itself only. */
function requireOwn(context: CallContext, cellId: string): void {
  if (cellId === '') throw new DomainError('invalid_argument', 'offer.cell_id: required');
  const { role, name } = context.identity;
  if (role === 'cell' && name !== cellId) {
    throw new DomainError('permission_denied', `the certificate of cell ${name} does not speak for cell ${cellId}`);
  }
}

function summaryOf(wire: CellSummary__Output, cellId: string, offer: Offer): Summary {
  return {
    cellId,
    epoch: BigInt(wire.epoch),
    offer,
    free: resourcesFromWire(wire.free),
    cpuWeight: Number(wire.cpu_weight_reserved),
    closed: wire.closed,
    closedReason: wire.closed_reason,
    accounted: wire.accounted,
  };
}
