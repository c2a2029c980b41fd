import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const S3_LOGIN = { accessKeyId: 'AKTEST', secretAccessKey: 'secret/of+the=test' };
export const S3_REGION = 'eu-test-1';

export interface S3Server {
  readonly endpoint: string;
  /** By bucket and key. */
  readonly objects: Map<string, Buffer>;
  readonly requests: string[];
  /** Statuses that the next requests are answered with, before anything is looked at. */
  readonly failures: number[];
  stop(): Promise<void>;
}

/** As much of S3 as an archive needs, in memory: GET with ranges, PUT; every request's signature (version 4) and digest checked. */
export async function startS3(bucket: string): Promise<S3Server> {
  const objects = new Map<string, Buffer>();
  const requests: string[] = [];
  const failures: number[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => answer(request, response, Buffer.concat(pieces)));
  });
  const answer = (request: IncomingMessage, response: ServerResponse, body: Buffer): void => {
    const { method = '', url = '' } = request;
    requests.push(`${method} ${url}`);
    const refuse = (status: number, code: string): void => {
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`);
    };
    const failure = failures.shift();
    if (failure !== undefined) return refuse(failure, 'InternalError');
    const fault = faultOf(request, body);
    if (fault !== undefined) return refuse(403, fault);
    if (!url.startsWith(`/${bucket}/`)) return refuse(404, 'NoSuchBucket');
    const key = url.slice(1);
    if (method === 'PUT') {
      // S3 wants to know beforehand how much comes.
      if (request.headers['content-length'] === undefined) return refuse(411, 'MissingContentLength');
      objects.set(key, body);
      return void response.writeHead(200).end();
    }
    const held = objects.get(key);
    if (held === undefined) return refuse(404, 'NoSuchKey');
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    if (range === null) return void response.writeHead(200, { 'content-length': held.length }).end(held);
    const part = held.subarray(Number(range[1]), range[2] === '' ? undefined : Number(range[2]) + 1);
    return void response.writeHead(206, { 'content-length': part.length }).end(part);
  };
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    objects,
    requests,
    failures,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();
const sha256 = (bytes: string | Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** As Amazon describes it: canonical request, string to sign, derived key. */
function faultOf(request: IncomingMessage, body: Buffer): string | undefined {
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]+)$/;
  const [, id, day = '', region = '', names = '', signature] = form.exec(request.headers.authorization ?? '') ?? [];
  if (id === undefined) return 'AccessDenied';
  if (id !== S3_LOGIN.accessKeyId) return 'InvalidAccessKeyId';
  if (region !== S3_REGION) return 'AuthorizationHeaderMalformed';
  const header = (name: string): string => String(request.headers[name] ?? '').trim();
  const digest = header('x-amz-content-sha256');
  if (digest !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  for (const name of ['host', 'x-amz-content-sha256', 'x-amz-date']) {
    if (!names.split(';').includes(name)) return 'AccessDenied';
  }
  const time = header('x-amz-date');
  const sent = Date.parse(time.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5'));
  if (!(Math.abs(Date.now() - sent) < 900_000)) return 'RequestTimeTooSkewed';
  const [path = '', query = ''] = (request.url ?? '').split('?');
  const lines = names.split(';').map((name) => `${name}:${header(name)}\n`);
  const canonical = [request.method, path, query, lines.join(''), names, digest].join('\n');
  const scope = `${day}/${region}/s3/aws4_request`;
  const key = hmac(hmac(hmac(hmac(`AWS4${S3_LOGIN.secretAccessKey}`, day), region), 's3'), 'aws4_request');
  const right = hmac(key, ['AWS4-HMAC-SHA256', time, scope, sha256(canonical)].join('\n')).toString('hex');
  return signature === right ? undefined : 'SignatureDoesNotMatch';
}
