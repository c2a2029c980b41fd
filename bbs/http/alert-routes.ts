import { z } from 'zod';
import { msToNanos, parseDuration } from '../../src/domain/duration.ts';
import { duration } from '../../src/platform/spec-fields.ts';
import { ROLES } from '../../src/rpc/roles.ts';
import { ALERT_EVENTS, type AlertRecord, alertRule } from '../alerts/rules.ts';
import { type AlertApiDeps, testAlert } from '../api/alerts.ts';
import { body } from './input.ts';
import { type AnyRoute, route } from './route.ts';

/* Rules of what operators want to be told of. */

const { AlertService: ALERT } = ROLES;
const nothing = z.strictObject({});
const ruleBody = z.strictObject({
  on: z.enum(ALERT_EVENTS),
  url: z.string().meta({ description: 'where to, signed as a callback' }),
  select: z.string().default('').meta({ description: 'of tasks: only those of which this expression is true' }),
  for: duration().meta({ description: 'waiting (10m) and cell_lost (1m): only what lasts longer' }),
  cooldown: duration().meta({ description: 'between two posts; 5 minutes when it is left out' }),
});

export const ALERT_ROUTES: readonly AnyRoute<AlertApiDeps>[] = [
  route({
    method: 'get',
    path: '/v1/alerts',
    id: 'listAlerts',
    summary: 'Rules of what operators want to be told of, by name, and what became of the last post of each',
    access: ALERT.ListAlerts,
    query: nothing,
    answer: { status: 200, schema: 'AlertList' },
    run: async ({ rules }) => ({ json: { rules: (await rules.list()).map(({ record }) => alertObject(record)) } }),
  }),
  route({
    method: 'put',
    path: '/v1/alerts/:alert',
    id: 'putAlert',
    summary: 'Make a rule, or put it in place of the one of its name',
    access: ALERT.PutAlert,
    query: nothing,
    body: { ...body('PutAlertRequest', ruleBody), required: true },
    answer: { status: 200, schema: 'Alert' },
    run: async ({ rules, webhooks }, { alert: name, body: { for: wait, cooldown, ...given }, identity }) => {
      const ms = (text: string | undefined) => (text === undefined ? undefined : parseDuration(text));
      const rule = alertRule({ ...given, name, forMs: ms(wait), cooldownMs: ms(cooldown) });
      return { json: alertObject(await rules.put(rule, identity.name, webhooks.clock.nowMs())) };
    },
  }),
  route({
    method: 'delete',
    path: '/v1/alerts/:alert',
    id: 'deleteAlert',
    summary: 'Remove a rule',
    access: ALERT.DeleteAlert,
    query: nothing,
    answer: { status: 204 },
    run: async ({ rules }, { alert }) => {
      await rules.remove(alert);
      return {};
    },
  }),
  route({
    method: 'post',
    path: '/v1/alerts/:alert/test',
    id: 'testAlert',
    summary: "Post a sample to the rule's URL at once",
    access: ALERT.TestAlert,
    query: nothing,
    answer: { status: 200, schema: 'CallbackTest' },
    run: async (deps, { alert }) => {
      const { ms, sent, received, ...told } = await testAlert(deps, alert);
      return { json: { ...told, milliseconds: ms, sent_headers: sent, received_headers: received } };
    },
  }),
];

function alertObject({ for_ms, cooldown_ms, updated_at, last, ...record }: AlertRecord) {
  return {
    ...record,
    for_seconds: for_ms / 1_000,
    cooldown_seconds: cooldown_ms / 1_000,
    updated_at: msToNanos(updated_at),
    last: last === undefined ? null : { ...last, at: msToNanos(last.at) },
  };
}
