import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { loadFileDescriptorSetFromObject, loadSync } from '@grpc/proto-loader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestBbs, type TestBbs } from '../support/bbs.ts';

const REFLECTION = join(
  dirname(createRequire(import.meta.url).resolve('@grpc/reflection/package.json')),
  'build/proto/grpc/reflection/v1/reflection.proto',
);

type Unary = (request: object, done: (error: Error | null, answer: Record<string, unknown>) => void) => void;
type Reflecting = grpc.Client & { ServerReflectionInfo(): grpc.ClientDuplexStream<object, Record<string, never>> };

/** One question to the server's reflection service. */
function ask(address: string, question: object): Promise<Record<string, unknown>> {
  const loaded = grpc.loadPackageDefinition(loadSync(REFLECTION, { keepCase: true })) as unknown as {
    grpc: { reflection: { v1: { ServerReflection: new (a: string, c: grpc.ChannelCredentials) => Reflecting } } };
  };
  const client = new loaded.grpc.reflection.v1.ServerReflection(address, grpc.credentials.createInsecure());
  return new Promise((resolve, reject) => {
    const call = client.ServerReflectionInfo();
    call.on('data', (answer: Record<string, unknown>) => {
      resolve(answer);
      call.end();
      client.close();
    });
    call.on('error', reject);
    call.write(question);
  });
}

/** What a stock client such as grpcurl does: it knows nothing but the address. */
describe('a client that knows only reflection', () => {
  let bbs: TestBbs;
  beforeAll(async () => {
    bbs = await startTestBbs();
  });
  afterAll(() => bbs.stop());

  it('finds the services', async () => {
    const answer = await ask(bbs.bbs.address, { list_services: '' });
    const { service } = answer['list_services_response'] as { service: { name: string }[] };
    const names = service.map(({ name }) => name);
    expect(names).toEqual(
      expect.arrayContaining(['gavel.v1.TaskService', 'gavel.v1.HistoryService', 'grpc.health.v1.Health']),
    );
  });

  it('submits a task and reads it back by the descriptors it was given', async () => {
    const answer = await ask(bbs.bbs.address, { file_containing_symbol: 'gavel.v1.TaskService' });
    const { file_descriptor_proto } = answer['file_descriptor_response'] as { file_descriptor_proto: Buffer[] };
    const descriptor = createRequire(import.meta.url)('protobufjs/ext/descriptor') as {
      FileDescriptorProto: { decode(bytes: Buffer): object };
    };
    const file = file_descriptor_proto.map((bytes) => descriptor.FileDescriptorProto.decode(bytes));
    const loaded = grpc.loadPackageDefinition(
      loadFileDescriptorSetFromObject({ file }, { keepCase: true, longs: String, enums: String }),
    ) as unknown as {
      gavel: {
        v1: { TaskService: new (a: string, c: grpc.ChannelCredentials) => grpc.Client & Record<string, Unary> };
      };
    };
    const client = new loaded.gavel.v1.TaskService(bbs.bbs.address, grpc.credentials.createInsecure());
    const call = (method: string, request: object) =>
      new Promise<Record<string, unknown>>((resolve, reject) => {
        client[method]?.(request, (error, response) => (error === null ? resolve(response) : reject(error)));
      });
    const asked = {
      task_guid: 'by-reflection',
      domain: 'd',
      root_fs: 'preloaded:busybox',
      action: { run: { path: '/bin/true' } },
    };
    await call('DesireTask', asked);
    expect(await call('GetTask', { task_guid: 'by-reflection' })).toMatchObject({ state: 'PENDING', domain: 'd' });
    const refused = (await call('DesireTask', { task_guid: 'x y' }).catch(
      (error: unknown) => error,
    )) as grpc.ServiceError;
    expect(refused.code).toBe(grpc.status.INVALID_ARGUMENT);
    expect(refused.details).toContain('task_guid');
    client.close();
  });
});
