import { readFileSync } from 'node:fs';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { toJson } from '../../../src/platform/json.ts';
import { taskToObject } from '../../../src/platform/task-json.ts';
import { document, validator } from '../../support/openapi.ts';
import { sampleTask } from '../../support/sample-task.ts';

describe('the OpenAPI document', () => {
  it('is what docs/openapi.json says; if not: make openapi', () => {
    const written = readFileSync(new URL('../../../docs/openapi.json', import.meta.url), 'utf8');
    expect(JSON.parse(written)).toEqual(document);
  });

  it('is valid OpenAPI 3.1', async () => {
    const result = await new Validator().validate(structuredClone({ ...document }));
    expect(result.errors ?? []).toEqual([]);
    expect(result.valid).toBe(true);
  });

  it('has every call of the contract, each under its own name', () => {
    const calls = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(calls).toEqual([
      'post /v1/tasks',
      'get /v1/tasks',
      'get /v1/tasks/{guid}',
      'delete /v1/tasks/{guid}',
      'post /v1/tasks/{guid}/cancel',
      'post /v1/tasks/{guid}/kill',
      'post /v1/tasks/{guid}/resolve',
      'get /v1/tasks/{guid}/logs',
      'get /v1/events',
      'get /v1/history',
      'get /v1/history/{guid}',
      'post /v1/tasks/{guid}/annotate',
      'post /v1/history/{guid}/pin',
      'post /v1/history/{guid}/unpin',
      'post /v1/history/purge',
      'get /v1/tasks/{guid}/timeline',
      'get /v1/tasks/{guid}/outputs',
      'get /v1/tasks/{guid}/outputs/download',
      'get /v1/tasks/{guid}/explain',
      'post /v1/explain',
      'get /v1/tasks/{guid}/usage',
      'get /v1/usage',
      'post /v1/plan',
      'put /v1/tasks/{guid}/input',
      'post /v1/batches/desire',
      'post /v1/batches/resolve',
      'post /v1/batches/delete',
      'put /v1/holds/{hold}',
      'delete /v1/holds/{hold}',
      'get /v1/callbacks',
      'get /v1/callbacks/{guid}',
      'post /v1/callbacks/{guid}/resend',
      'post /v1/callback-test',
      'get /v1/callback-secrets',
      'post /v1/callback-secrets/rotate',
      'get /v1/alerts',
      'put /v1/alerts/{alert}',
      'delete /v1/alerts/{alert}',
      'post /v1/alerts/{alert}/test',
      'get /v1/domains',
      'get /v1/domains/{domain}',
      'put /v1/domains/{domain}',
      'get /v1/cells',
      'post /v1/cells/{cell}/drain',
      'get /v1/cells/{cell}/log',
      'post /v1/cells/{cell}/undrain',
      'get /v1/whoami',
      'get /openapi.json',
      'get /metrics',
      'get /healthz',
      'get /readyz',
    ]);
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).flatMap(({ operationId }) => operationId ?? []),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('describes a task as it is written, and finds what is wrong', () => {
    const check = validator('Task');
    const task = JSON.parse(toJson(taskToObject(sampleTask()))) as object;
    expect(check(task)).toEqual([]);
    expect(check({ ...task, state: 'BORED', memory_mb: '1' })).toHaveLength(2);
    expect(check({ ...task, uid: undefined })).toHaveLength(1);
  });

  it('describes a request as it is read', () => {
    const check = validator('TaskCreateRequest');
    const request = {
      task_guid: 'a',
      domain: 'd',
      rootfs: 'preloaded:x',
      action: {
        serial: { actions: [{ run: { path: '/a' } }, { timeout: { action: { run: { path: '/b' } }, timeout_ms: 5 } }] },
      },
      max_run_time: '5m',
    };
    expect(check(request)).toEqual([]);
    expect(check({ ...request, rootfs: undefined }).length).toBeGreaterThan(0);
    expect(check({ ...request, memory_md: 1 })).toHaveLength(1);
    expect(check({ ...request, action: { run: {} } }).length).toBeGreaterThan(0);
  });
});
