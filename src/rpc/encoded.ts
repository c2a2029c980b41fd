import { type ServiceName, serviceDefinition } from './descriptors.ts';

/**
 * An answer that is bytes already: made once, told to many. The server sends it as it is, so the bytes must be of the message
 * that the method answers.
 */
export class Encoded {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** The bytes of a method's answer. */
export function encodeAnswer(service: ServiceName, method: string, answer: object): Buffer {
  const definition = serviceDefinition(service)[method];
  if (definition === undefined) throw new Error(`${service} has no method ${method}`);
  return definition.responseSerialize(answer);
}

const LENGTH_DELIMITED = 2;

/**
 * One message out of the bytes of its parts: messages under field numbers, then what else it has. Protobuf lets the bytes of
 * messages be put together so (a field that comes twice counts as its last one), and that is much cheaper than encoding again.
 */
export function joinMessage(fields: readonly (readonly [number, Buffer])[], rest?: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (const [number, bytes] of fields) parts.push(fieldHead(number, bytes.length), bytes);
  if (rest !== undefined) parts.push(rest);
  return Buffer.concat(parts);
}

/** For field numbers below 16, whose tag is one byte. */
function fieldHead(number: number, length: number): Buffer {
  const head = [(number << 3) | LENGTH_DELIMITED];
  let left = length;
  while (left > 0x7f) {
    head.push((left & 0x7f) | 0x80);
    left >>>= 7;
  }
  head.push(left);
  return Buffer.from(head);
}
