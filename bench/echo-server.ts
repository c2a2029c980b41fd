import * as grpc from '@grpc/grpc-js';
import { speak } from './bench-process.ts';

/*
 * A bare gRPC call as grpc-js serves it: what any unary call costs its server here and now, whatever it does. Forked by bbs-parts.ts.
 */

const same = (message: Buffer): Buffer => message;
const echo = {
  path: '/bench.Echo/Call',
  requestStream: false,
  responseStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
} as const;
const server = new grpc.Server({ 'grpc.enable_channelz': 0 });
server.addService(
  { Call: echo },
  {
    Call: (call: grpc.ServerUnaryCall<Buffer, Buffer>, answer: grpc.sendUnaryData<Buffer>) =>
      answer(null, call.request),
  },
);
const port = await new Promise<number>((resolve, reject) => {
  server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) => {
    if (error === null) resolve(bound);
    else reject(error);
  });
});
speak({ address: `127.0.0.1:${port}`, startMs: 0 }, async () => server.forceShutdown());
