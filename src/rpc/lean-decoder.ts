import protobuf, { type Field, type Type } from 'protobufjs';
import { formatSeconds } from '../domain/duration.ts';
import { ByteReader } from './byte-reader.ts';
import { DURATION, messageType } from './lean-encoder.ts';

/*
 * The way back of lean-encoder.ts: bytes to domain objects, by the contract's own description. A task that waits lies in memory as the bytes that
 * readers are told, and is read from them again when somebody decides about it.
 */

type Values = Record<string, unknown>;
/** Reads a field's value, which may be one of several, into its message. */
type Into = (reader: ByteReader, values: Values) => void;

interface Message {
  readonly fields: Map<number, Into>;
  /** What is put first into a message within another one, where nothing may be left out. */
  readonly empty: (values: Values) => void;
}

const known = new Map<Type, Message>();

/**
 * For texts that the encoder made of messages of that type, into an object that has no lists and maps yet: what the text does not say stays as it is
 * there, and one field is left out. Messages within have all fields but those that tell by themselves whether they are there. Numbers of 64 bits are plain numbers, but for times.
 */
export function leanDecoder(type: string, leftOut: string): (text: string, values: Values) => Values {
  const message = messageOf(messageType(type));
  const left = messageType(type).fields[leftOut];
  if (left === undefined) throw new Error(`${type} has no field ${leftOut}`);
  const read = valueOf(left);
  message.fields.set(left.id, (reader) => void read(reader));
  const reader = new ByteReader();
  return (text, values) => {
    reader.begin(text);
    readFields(message, reader, values, text.length);
    return values;
  };
}

function readFields({ fields }: Message, reader: ByteReader, values: Values, end: number): void {
  while (reader.at < end) {
    const tag = reader.uint32();
    const read = fields.get(tag >>> 3);
    // The bytes are this process's own, of this very description.
    if (read === undefined) throw new Error(`bytes with an unknown field ${tag >>> 3}`);
    read(reader, values);
  }
}

function messageOf(type: Type): Message {
  const made = known.get(type);
  if (made !== undefined) return made;
  const fields = new Map<number, Into>();
  const empties: ((values: Values) => void)[] = [];
  const message = { fields, empty: (values: Values) => empties.forEach((put) => put(values)) };
  // Before its fields are looked at, because an action may hold actions.
  known.set(type, message);
  for (const field of type.fieldsArray) {
    fields.set(field.id, intoOf(field));
    const empty = emptyOf(field);
    if (empty !== undefined) empties.push((values) => (values[field.name] = empty()));
  }
  return message;
}

function emptyOf(field: Field): (() => unknown) | undefined {
  if (field instanceof protobuf.MapField) return () => ({});
  if (field.repeated) return () => [];
  if (field.resolvedType instanceof protobuf.Type || field.options?.['proto3_optional'] === true) return undefined;
  if (field.type === 'string') return () => '';
  if (field.type === 'bool') return () => false;
  return () => 0;
}

function intoOf(field: Field): Into {
  const { name } = field;
  if (field instanceof protobuf.MapField) return mapOf(name);
  const read = valueOf(field);
  if (!field.repeated) return (reader, values) => (values[name] = read(reader));
  const packable: object = protobuf.types.packed;
  const packed = field.packed && field.type in packable;
  return (reader, values) => {
    const list = (values[name] ??= []) as unknown[];
    if (!packed) {
      list.push(read(reader));
      return;
    }
    for (const end = reader.until(); reader.at < end; ) list.push(read(reader));
  };
}

function mapOf(name: string): Into {
  return (reader, values) => {
    reader.until();
    reader.uint32();
    const key = reader.string();
    reader.uint32();
    const value = reader.string();
    // Defined, not set: a label may be called __proto__.
    Object.defineProperty((values[name] ??= {}), key, { value, enumerable: true, writable: true, configurable: true });
  };
}

function valueOf({ name, type, resolvedType }: Field): (reader: ByteReader) => unknown {
  if (resolvedType instanceof protobuf.Enum) {
    const { valuesById } = resolvedType;
    return (reader) => valuesById[reader.uint32()];
  }
  if (resolvedType !== null) {
    const isDuration = resolvedType.fullName === DURATION;
    const message = messageOf(resolvedType);
    return (reader) => {
      const values: Values = {};
      message.empty(values);
      readFields(message, reader, values, reader.until());
      return isDuration
        ? formatSeconds(Number(values['seconds']) * 1_000 + Number(values['nanos']) / 1_000_000)
        : values;
    };
  }
  switch (type) {
    case 'string':
      return (reader) => reader.string();
    case 'bool':
      return (reader) => reader.bool();
    case 'int32':
      return (reader) => reader.int32();
    case 'uint32':
      return (reader) => reader.uint32();
    case 'int64':
    case 'uint64':
      return name.endsWith('_at') ? (reader) => reader.bigint() : (reader) => reader.int64();
    default:
      throw new Error(`no way to read a ${type}`);
  }
}
