import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ROUTES } from '../../bbs/http/routes.ts';
import { Channel } from '../../src/rpc/client.ts';
import type { MethodName, ServiceName } from '../../src/rpc/descriptors.ts';
import { accessOf } from '../../src/rpc/roles.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { rest } from '../support/rest.ts';
import { ScriptedCell } from '../support/scripted-cell.ts';
import { makeTokenMaker, type TokenMaker } from '../support/tokens.ts';

/*
 * Whoever is limited to a domain meets the tasks of another one as if they were not there (I11). Every RPC has a row, or this does not
 * compile; REST is gone through by the table of its routes. What is another domain's has the word "canary" all over it.
 */

const STATES = ['pending', 'running', 'done', 'history'] as const;
type State = (typeof STATES)[number];

/** `of`: names one task, and is tried with one of the caller's own in that state. */
type Row =
  | { readonly of: State; readonly ask: (id: string) => object; readonly upload?: true }
  /** Tells of many: only of the caller's own. */
  | { readonly all: object }
  | 'not for whoever is limited to domains';
const NEVER = 'not for whoever is limited to domains';
const named = (of: State, more: object = {}): Row => ({ of, ask: (task_guid) => ({ task_guid, ...more }) });
const several = (of: State): Row => ({ of, ask: (task_guid) => ({ task_guids: [task_guid] }) });

const ROWS: { readonly [S in ServiceName]: { readonly [M in MethodName<S>]: Row } } = {
  TaskService: {
    DesireTask: { all: request({ domain: 'mine' }) },
    DesireTasks: { all: { tasks: [request({ domain: 'mine' })] } },
    GetTask: named('pending', { include_history: true }),
    ListTasks: { all: {} },
    CancelTask: named('running', { if_state: ['PENDING', 'RUNNING'] }),
    KillTask: named('running'),
    ResolveTask: named('done'),
    DeleteTask: named('done'),
    ResolveTasks: several('done'),
    DeleteTasks: several('done'),
    WatchTasks: { all: {} },
    FollowLogs: named('done'),
    GetTimeline: named('history'),
    ListOutputs: named('done'),
    DownloadOutputs: named('done'),
    ExplainPlacement: named('pending'),
    PlanPlacement: { all: { request: request({ domain: 'mine' }), count: 1 } },
    ListUsage: named('running'),
    ExecTask: named('running', { path: '/bin/true' }),
    AnnotateTask: named('running', { annotation: 'touched' }),
    UploadInput: { ...(named('pending') as { of: State; ask: (id: string) => object }), upload: true },
    HoldTasks: { all: { hold_id: 'hold-of-mine', task_guids: ['canary-pending'], holder: 'me' } },
  },
  HistoryService: {
    ListHistory: { all: {} },
    GetHistory: named('history'),
    PinTask: named('history', { pinned: true }),
    PurgeHistory: { all: { before: '1' } },
  },
  CallbackService: {
    ListCallbacks: { all: {} },
    GetCallback: named('done'),
    ResendCallback: named('done'),
    TestCallback: NEVER,
    RotateCallbackSecret: NEVER,
    ListCallbackSecrets: NEVER,
  },
  CellService: {
    Register: NEVER,
    Renew: NEVER,
    Leave: NEVER,
    FetchTasks: NEVER,
    StartTasks: NEVER,
    ReleaseTasks: NEVER,
    CompleteTasks: NEVER,
    AdoptTasks: NEVER,
    FetchInput: NEVER,
    ListMyTasks: NEVER,
    Control: NEVER,
    Calls: NEVER,
    PushLogs: NEVER,
    PushData: NEVER,
    NoteEvents: NEVER,
  },
  PlacementService: { WatchPending: NEVER, ClaimTasks: NEVER, RejectTasks: NEVER, Lead: NEVER },
  ClusterService: {
    ListCells: { all: {} },
    DrainCell: NEVER,
    UndrainCell: NEVER,
    WhoAmI: { all: {} },
    FollowCellLog: NEVER,
    ListDomains: { all: {} },
    GetDomain: { all: { domain: 'mine' } },
    SetDomain: NEVER,
  },
  AlertService: { ListAlerts: NEVER, PutAlert: NEVER, DeleteAlert: NEVER, TestAlert: NEVER },
  AuctionService: { Join: NEVER },
};

/** Calls as messages, and what the auctioneer serves; the table of roles has them. */
const ELSEWHERE = ['Calls', 'Join'];

const rows = (Object.keys(ROWS) as ServiceName[]).flatMap((service) =>
  Object.entries(ROWS[service] as Record<string, Row>).map(([method, row]) => ({ service, method, row })),
);
const ofOne = rows.flatMap(({ row, ...rest }) => (typeof row === 'object' && 'of' in row ? [{ ...rest, row }] : []));
const ofAll = rows.flatMap(({ row, ...rest }) => (typeof row === 'object' && 'all' in row ? [{ ...rest, row }] : []));

interface Told {
  readonly code: string;
  /** All that came, as text. */
  readonly text: string;
}

describe('whoever is limited to domains', () => {
  let keys: TokenMaker;
  let bbs: TestBbs;
  let cell: ScriptedCell;
  let mine: Channel;
  let theirs: Channel;
  let token: string;
  const foreign = new Map<State, { guid: string; number: string }>();
  let ownMade = 0;

  beforeAll(async () => {
    keys = makeTokenMaker();
    bbs = await startTestBbs({
      tokens: { keys: [keys.publicKey] },
      http: { listen: '127.0.0.1:0' },
      tasks: { retentionMs: 600_000 },
      callbacks: { scheduleMs: [600_000] },
      // Nobody renews the place of the scripted cell.
      cellLeaseMs: 120_000,
    });
    cell = await ScriptedCell.register(bbs, 'cell-1');
    token = await keys.make({ name: 'me', role: 'operator', domains: ['mine'] });
    const other = await keys.make({ name: 'canary-owner', domains: ['canary-domain'] });
    mine = new Channel({ addresses: [bbs.bbs.address], token: async () => token });
    theirs = new Channel({ addresses: [bbs.bbs.address], token: async () => other });
    for (const state of STATES) {
      const guid = `canary-${state}`;
      foreign.set(state, { guid, number: await make(theirs, 'canary-domain', guid, state) });
    }
  });
  afterAll(async () => {
    mine.close();
    theirs.close();
    await bbs.stop();
    keys.remove();
  });

  /** @returns its number. */
  async function make(as: Channel, domain: string, guid: string, state: State): Promise<string> {
    const canary = (what: string) => (domain === 'mine' ? what : `canary-${what}`);
    const task = await as.client('TaskService').DesireTask(
      request({
        task_guid: guid,
        domain,
        annotation: canary('annotation'),
        log_guid: canary('log'),
        env: [{ name: canary('name'), value: canary('value') }],
        labels: { [canary('label')]: canary('value') },
        // What is resolved at once owes no callback, which would be under way just then.
        completion_callback_url: state === 'history' ? '' : `http://127.0.0.1:9/${canary('path')}`,
      }),
    );
    if (state !== 'pending') {
      const attempt = await cell.claim(task);
      expect(await cell.start(guid, attempt)).toBe('');
      const outcome = { outcome: 'failed', exit_code: 1, failure_reason: canary('reason') };
      if (state !== 'running') expect(await cell.complete(guid, attempt, outcome)).toBe('');
    }
    if (state === 'done')
      await vi.waitFor(async () => expect((await bbs.callbacks.GetCallback({ task_guid: guid })).attempts).toBe(1));
    if (state === 'history') {
      await as.client('TaskService').ResolveTask({ task_guid: guid });
      await as.client('TaskService').DeleteTask({ task_guid: guid });
    }
    return task.number;
  }

  /** Any method with any request: to its end, or for as long as something may still come. */
  async function told(service: ServiceName, method: string, asked: object, upload = false): Promise<Told> {
    const client = mine.client(service) as unknown as Record<string, (...given: unknown[]) => unknown>;
    const input = upload
      ? (async function* () {
          yield asked;
        })()
      : asked;
    const signal = AbortSignal.timeout(method === 'WatchTasks' ? 1_500 : 4_000);
    const heard: unknown[] = [];
    try {
      const answer = client[method]?.(input, { signal, timeoutMs: 4_000 });
      if (answer instanceof Promise) heard.push(await answer);
      else for await (const one of answer as AsyncIterable<unknown>) heard.push(one);
      return { code: 'ok', text: plain(heard) };
    } catch (error) {
      const { code, message, faults, about } = error as {
        code: string;
        message: string;
        faults: unknown;
        about: unknown;
      };
      const gone = code === 'cancelled' && method === 'WatchTasks';
      return { code: gone ? 'ok' : code, text: plain([...heard, message, faults, about]) };
    }
  }
  const plain = (what: unknown) =>
    JSON.stringify(what, (_key, value: unknown) =>
      value instanceof Object && 'type' in value && value.type === 'Buffer' && 'data' in value
        ? Buffer.from(value.data as number[]).toString()
        : value,
    );
  const snapshot = async () => {
    const tasks = (await bbs.tasks.ListTasks({ domain: 'canary-domain' })).tasks.map(
      ({ outputs: _outputs, ...task }) => task,
    );
    const history = await bbs.history.ListHistory({ domain: 'canary-domain' });
    return plain([tasks, history.records.map(({ task, pinned }) => [task?.task_guid, pinned])]);
  };

  it('has a row for every call there is', () => {
    for (const { service, method, row } of rows)
      expect([method, accessOf(service, method)?.everyDomain ?? false]).toEqual([method, row === NEVER]);
  });

  it.each(ofOne)('meets no task of another domain by $service $method', async ({ service, method, row }) => {
    const before = await snapshot();
    for (const state of STATES) {
      const { guid, number } = foreign.get(state) ?? { guid: '', number: '' };
      const unknown = guid.replace('canary', 'nobody');
      const pairs = [
        [guid, unknown],
        [number, '999999'],
        [guid.slice(0, -2), unknown.slice(0, -2)],
      ] as const;
      for (const [id, other] of pairs) {
        const theirAnswer = await told(service, method, row.ask(id), row.upload);
        const noAnswer = await told(service, method, row.ask(other), row.upload);
        expect([state, theirAnswer.code, theirAnswer.text.replaceAll(id, 'ID')]).toEqual([
          state,
          noAnswer.code,
          noAnswer.text.replaceAll(other, 'ID'),
        ]);
        expect(theirAnswer.text.replaceAll(id, 'ID')).not.toContain('canary');
      }
    }
    expect(await snapshot()).toEqual(before);
  });

  it.each(ofOne)('still meets its own by $service $method', async ({ service, method, row }) => {
    ownMade += 1;
    const guid = `own-${ownMade}`;
    const number = await make(mine, 'mine', guid, row.of);
    // What a scripted cell cannot answer is another error.
    for (const id of method.startsWith('Delete') || method.startsWith('Resolve') ? [guid] : [guid, number]) {
      const { code, text } = await told(service, method, row.ask(id), row.upload);
      expect(['not_found', 'permission_denied', 'unauthenticated']).not.toContain(code);
      expect(text).not.toContain('"not_found"');
    }
  });

  it.each(ofAll)('is told nothing of another domain by $service $method', async ({ service, method, row }) => {
    const changing =
      method === 'WatchTasks'
        ? Promise.all([
            make(theirs, 'canary-domain', 'canary-meanwhile', 'history'),
            make(mine, 'mine', 'own-meanwhile', 'history'),
          ])
        : undefined;
    const answer = await told(service, method, row.all);
    await changing;
    expect([answer.code, answer.text]).toEqual(['ok', expect.not.stringContaining('canary')]);
    if (method === 'WatchTasks') expect(answer.text).toContain('own-meanwhile');
  });

  it.each(rows.filter(({ row, method }) => row === NEVER && !ELSEWHERE.includes(method)))(
    'may not call $service $method',
    async ({ service, method }) => {
      expect((await told(service, method, {}, ['PushLogs', 'PushData'].includes(method))).code).toBe(
        'permission_denied',
      );
    },
  );

  it('counts and lists its own only, whatever is asked for', async () => {
    const tasks = mine.client('TaskService');
    const own = await tasks.ListTasks({});
    expect(own.tasks.length).toBeGreaterThan(0);
    expect(new Set(own.tasks.map(({ domain }) => domain))).toEqual(new Set(['mine']));
    expect(Number(own.total)).toBe(own.tasks.length);
    expect(await tasks.ListTasks({ domain: 'canary-domain' })).toMatchObject({ tasks: [], total: '0' });
    // As it was a moment ago, too.
    const past = await tasks.ListTasks({ as_of: `${Date.now()}000000` });
    expect([past.tasks.length, Number(past.total)]).toEqual([own.tasks.length, own.tasks.length]);
    const history = mine.client('HistoryService');
    expect((await history.ListHistory({})).records.length).toBeGreaterThan(0);
    expect((await history.ListHistory({ domain: 'canary-domain' })).records).toEqual([]);
    // The server's clock need not be this one to the millisecond.
    const aMomentAgo = `${Date.now() - 100}000000`;
    const usages = await tasks.ListUsage({});
    expect(plain(usages)).not.toContain('canary');
    expect(await history.PurgeHistory({ before: aMomentAgo, domain: 'canary-domain', dry_run: true })).toEqual({
      records: '0',
      pinned: '0',
    });
    const everybody = await bbs.history.PurgeHistory({ before: aMomentAgo, dry_run: true });
    const ours = await history.PurgeHistory({ before: aMomentAgo, dry_run: true });
    expect(Number(ours.records)).toBeLessThan(Number(everybody.records));
    const domains = await mine.client('ClusterService').ListDomains({});
    expect(domains.domains.map(({ domain }) => domain)).toEqual(['mine']);
    const foreignDomain = await told('ClusterService', 'GetDomain', { domain: 'canary-domain' });
    const noDomain = await told('ClusterService', 'GetDomain', { domain: 'nobody-domain' });
    expect(foreignDomain).toEqual({ ...noDomain, text: noDomain.text.replace('nobody', 'canary') });
    expect(foreignDomain.code).toBe('not_found');
    const callbacks = await mine.client('CallbackService').ListCallbacks({});
    expect(callbacks.callbacks.length).toBeGreaterThan(0);
  });

  it('submits to its own, and learns of a guid of others only that it is taken', async () => {
    const elsewhere = await told('TaskService', 'DesireTask', request({ domain: 'canary-domain', task_guid: 'x1' }));
    expect(elsewhere).toMatchObject({
      code: 'permission_denied',
      text: expect.stringContaining('not one of yours: mine'),
    });
    for (const state of ['pending', 'running', 'done'] as const) {
      const task_guid = `canary-${state}`;
      const taken = await told('TaskService', 'DesireTask', request({ domain: 'mine', task_guid }));
      expect(taken.code).toBe('already_exists');
      expect(taken.text.replaceAll(task_guid, 'ID')).toBe('["the guid ID is taken; choose another one",[],{}]');
    }
    // One that history alone has is free, as ever; and the caller's history is of the caller's life of it.
    await make(theirs, 'canary-domain', 'reused', 'history');
    expect((await told('TaskService', 'DesireTask', request({ domain: 'mine', task_guid: 'reused' }))).code).toBe('ok');
    const batch = await mine
      .client('TaskService')
      .DesireTasks({ tasks: [request({ domain: 'canary-domain' }), request({ domain: 'mine' })] });
    expect(batch.results.map(({ refusal }) => refusal?.code)).toEqual(['permission_denied', undefined]);
  });

  it('meets the same over REST, on every route', async () => {
    const base = `http://${bbs.bbs.httpAddress}`;
    const bodies: Record<string, object> = {
      desireTask: request({ domain: 'mine' }),
      purgeHistory: { before: 1 },
      explainRequest: request({ domain: 'mine' }),
      planPlacement: { request: request({ domain: 'mine' }), count: 1 },
      desireTasks: { tasks: [request({ domain: 'mine' })] },
      resolveTasks: { task_guids: ['canary-done'] },
      deleteTasks: { task_guids: ['canary-done'] },
      holdTasks: { task_guids: ['canary-pending'] },
      annotateTask: { annotation: 'touched' },
    };
    const ask = async (id: string, method: string, path: string, guid: string) => {
      const at = path
        .replace(':guid', guid)
        .replace(':hold', 'hold-of-mine')
        .replace(':cell', 'cell-1')
        .replace(':domain', 'mine');
      const answer = await fetch(`${base}${at}`, {
        method: method.toUpperCase(),
        signal: AbortSignal.timeout(id === 'watchTasks' ? 700 : 10_000),
        headers: {
          authorization: `Bearer ${token}`,
          connection: 'close',
          'content-type': id === 'uploadInput' ? 'application/x-tar' : 'application/json',
        },
        ...(['get', 'delete'].includes(method) ? {} : { body: JSON.stringify(bodies[id] ?? {}) }),
      });
      const text = await answer.text().catch(() => '');
      return { status: answer.status, text: text.replaceAll(guid, 'ID') };
    };
    const before = await snapshot();
    for (const { id, method, path, access } of ROUTES) {
      if (!path.includes(':guid')) {
        const { status, text } = await ask(id, method, path, 'none');
        expect([id, status === 403]).toEqual([id, access.everyDomain === true]);
        expect(text.replaceAll(/canary-(done|pending)/g, 'ID')).not.toContain('canary');
        continue;
      }
      for (const state of STATES) {
        const { guid, number } = foreign.get(state) ?? { guid: '', number: '' };
        for (const [given, unknown] of [
          [guid, guid.replace('canary', 'nobody')],
          [number, '999999'],
        ] as const) {
          const answer = await ask(id, method, path, given);
          expect([id, answer]).toEqual([id, await ask(id, method, path, unknown)]);
          expect(answer.text).not.toContain('canary');
          expect(answer.status).toBe(404);
        }
      }
    }
    expect(await snapshot()).toEqual(before);
    expect((await rest(base, 'GET', '/metrics', undefined, { authorization: `Bearer ${token}` })).status).toBe(403);
  });
});
