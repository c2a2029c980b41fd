import { msToNanos } from '../../src/domain/duration.ts';
import { DomainError } from '../../src/domain/errors.ts';
import type { Callback as WireCallback } from '../../src/rpc/gen/gavel/v1/Callback.ts';
import type { Handlers } from '../../src/rpc/types.ts';
import { type Callback, type Ledger, OPEN_STATES, type OpenState } from '../callbacks/ledger.ts';
import { pageSize } from './tasks.ts';

const PAGE_DEFAULT = 100;
const PAGE_MOST = 1_000;

export function callbackApi(ledger: Ledger): Handlers<'CallbackService'> {
  return {
    ListCallbacks: async ({ state, page_size, page_token }) => {
      const size = pageSize(page_size, PAGE_DEFAULT, PAGE_MOST);
      const { callbacks, next } = await ledger.list(openState(state), size, page_token);
      return { callbacks: callbacks.map(toWire), next_page_token: next };
    },
    GetCallback: async ({ task_guid }) => toWire(await ledger.get(task_guid)),
    ResendCallback: async ({ task_guid }) => toWire(await ledger.resend(task_guid)),
  };
}

function openState(state: string): OpenState | '' {
  const known = OPEN_STATES.find((open) => open === state);
  if (known !== undefined || state === '') return known ?? '';
  const message = `must be ${OPEN_STATES.join(' or ')}`;
  throw new DomainError('invalid_argument', `state: ${message}`, { faults: [{ field: 'state', message }] });
}

function toWire({ next_at, tries, ...callback }: Callback): WireCallback {
  return { ...callback, next_attempt_at: msToNanos(next_at).toString(), tries: [...tries] };
}
