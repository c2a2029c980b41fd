import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pack } from 'tar-stream';

export interface Upload {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface FileServer {
  /** Without a slash at the end. */
  readonly url: string;
  /** What is served under a path: bytes, or a handler of its own. */
  readonly files: Map<string, Buffer | ((request: IncomingMessage, response: ServerResponse) => void)>;
  readonly requests: string[];
  readonly uploads: Upload[];
  stop(): Promise<void>;
}

/** A blob store for transfers: GET with ETags, POST kept. */
export async function startFileServer(): Promise<FileServer> {
  const files: FileServer['files'] = new Map();
  const requests: string[] = [];
  const uploads: Upload[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(`${request.method ?? ''} ${path}`);
    const held = files.get(path);
    if (typeof held === 'function') return held(request, response);
    if (request.method === 'POST') {
      const pieces: Buffer[] = [];
      request.on('data', (piece: Buffer) => pieces.push(piece));
      request.on('end', () => {
        uploads.push({ path, headers: request.headers, body: Buffer.concat(pieces) });
        response.writeHead(201).end();
      });
      return undefined;
    }
    if (held === undefined) return void response.writeHead(404).end('nothing here');
    const etag = `"${createHash('md5').update(held).digest('hex')}"`;
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    return void response.writeHead(200, { etag, 'content-length': held.length }).end(held);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    files,
    requests,
    uploads,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

type Packed =
  | string
  | { readonly type: 'symlink' | 'link' | 'fifo'; readonly linkname?: string }
  | { readonly mode: number; readonly text: string };

/** A tar of these names; a text is a file. */
export async function tarOf(entries: Readonly<Record<string, Packed>>): Promise<Buffer> {
  const tar = pack();
  for (const [name, entry] of Object.entries(entries)) {
    if (typeof entry === 'string') tar.entry({ name }, entry);
    else if ('text' in entry) tar.entry({ name, mode: entry.mode }, entry.text);
    else tar.entry({ name, type: entry.type, ...(entry.linkname === undefined ? {} : { linkname: entry.linkname }) });
  }
  tar.finalize();
  const pieces: Buffer[] = [];
  for await (const piece of tar) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** A zip with one stored file, made by hand: enough to be told from a tar and read. */
export function zipOf(name: string, text: string): Buffer {
  const bytes = Buffer.from(text);
  const title = Buffer.from(name);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt32LE(crc32(bytes), 10);
  common.writeUInt32LE(bytes.length, 14);
  common.writeUInt32LE(bytes.length, 18);
  common.writeUInt16LE(title.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, title, bytes]);
  const central = Buffer.alloc(46);
  central.write('PK\x01\x02', 0, 'latin1');
  central.writeUInt16LE(0x03_14, 4);
  common.copy(central, 6);
  central.writeUInt32LE((0o100_640 << 16) >>> 0, 38);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length + title.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, title, end]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0xedb8_8320 : 0);
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}
