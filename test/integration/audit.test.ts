import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Channel } from '../../src/rpc/client.ts';
import { request, startTestBbs, type TestBbs } from '../support/bbs.ts';
import { rest } from '../support/rest.ts';
import { makeTokenMaker, type TokenMaker } from '../support/tokens.ts';

describe('the log', () => {
  const lines: Record<string, unknown>[] = [];
  let keys: TokenMaker;
  let bbs: TestBbs;
  const undo: (() => void)[] = [];
  beforeAll(async () => {
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        for (const line of chunk.toString().trim().split('\n')) lines.push(JSON.parse(line) as Record<string, unknown>);
        done();
      },
    });
    keys = makeTokenMaker();
    const over = { tokens: { keys: [keys.publicKey] }, http: { listen: '127.0.0.1:0' } };
    bbs = await startTestBbs(over, pino({ level: 'info' }, sink));
  });
  afterAll(async () => {
    for (const action of undo) action();
    await bbs.stop();
    keys.remove();
  });
  const as = (name: string, role: 'client' | 'operator' | 'viewer') => {
    const channel = new Channel({ addresses: [bbs.bbs.address], token: async () => await keys.make({ name, role }) });
    undo.push(() => channel.close());
    return channel;
  };
  const acts = () =>
    lines
      .filter(({ msg }) => msg === 'operator.acted')
      .map(({ call, by, role, proof, code, ...rest }) => {
        const { task_guid, cell_id, domain, tasks } = rest;
        return JSON.parse(JSON.stringify({ call, by, role, proof, code, task_guid, cell_id, domain, tasks })) as object;
      });

  it('tells what operators did and tried, by name, over gRPC and REST, and of clients nothing', async () => {
    const client = as('ada', 'client').client('TaskService');
    const secret = request({ task_guid: 'audited', env: [{ name: 'S', value: 'top-secret' }] });
    await client.DesireTask(secret);
    await client.AnnotateTask({ task_guid: 'audited', annotation: 'x' });
    expect(acts()).toEqual([]);
    await as('eve', 'viewer')
      .client('ClusterService')
      .DrainCell({ cell_id: 'cell-9' })
      .catch(() => {});
    const op = as('op', 'operator');
    await op.client('TaskService').DesireTask({ ...secret, task_guid: 'by-op', annotation: 'top-secret' });
    await op.client('TaskService').ListTasks({});
    await op.client('TaskService').CancelTask({ task_guid: 'audited' });
    await op.client('TaskService').ResolveTasks({ task_guids: ['a', 'b'] });
    await op.client('ClusterService').SetDomain({ domain: 'ci', max_pending: 5 });
    const headers = { authorization: `Bearer ${await keys.make({ name: 'op', role: 'operator' })}` };
    await rest(`http://${bbs.bbs.httpAddress}`, 'POST', '/v1/cells/cell-9/drain', {}, headers);
    await bbs.cluster.SetDomain({ domain: 'ci', max_pending: 6 });
    const by = { by: 'op', role: 'operator', proof: 'token', code: 'ok' };
    expect(acts()).toEqual([
      {
        ...by,
        call: 'ClusterService.DrainCell',
        by: 'eve',
        role: 'viewer',
        code: 'permission_denied',
        cell_id: 'cell-9',
      },
      { ...by, call: 'TaskService.DesireTask', task_guid: 'by-op', domain: 'test' },
      { ...by, call: 'TaskService.CancelTask', task_guid: 'audited' },
      { ...by, call: 'TaskService.ResolveTasks', tasks: 2 },
      { ...by, call: 'ClusterService.SetDomain', domain: 'ci' },
      { ...by, call: 'drainCell', code: 'not_found', cell_id: 'cell-9' },
      { ...by, call: 'ClusterService.SetDomain', by: 'local', role: 'any', proof: 'loopback', domain: 'ci' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('top-secret');
  });
});
