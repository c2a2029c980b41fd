import { fileURLToPath } from 'node:url';
import protobuf, { type Field, type Type } from 'protobufjs';
import { parseDuration } from '../domain/duration.ts';
import { ByteWriter } from '../platform/byte-writer.ts';

/*
 * Domain objects to bytes in one go, by the contract's own description. The generated way copies a message into one with all of
 * its fields before it writes those few that are set, which takes three times as long (`docs/performance.md`); lists of tasks and
 * events are made of nothing else. It also knows the domain's forms: durations as text, 64-bit numbers as bigint.
 */

type Write = (writer: ByteWriter, value: unknown) => void;
type Fields = ReadonlyMap<string, Write>;

const PROTO = fileURLToPath(new URL('../../proto/', import.meta.url));
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith('google/') ? target : `${PROTO}${target}`);
root.loadSync('gavel/v1/task.proto', { keepCase: true }).resolveAll();

export const DURATION = '.google.protobuf.Duration';
const LENGTH_DELIMITED = 2;
const known = new Map<Type, Fields>();

interface LeanEncoder {
  bytes(...parts: readonly object[]): Buffer;
  /** The same as a string of one character for each byte. */
  text(...parts: readonly object[]): string;
}

/** @throws Error for one that tasks do not consist of. */
export function messageType(name: string): Type {
  return root.lookupType(`gavel.v1.${name}`);
}

/** For messages of that type, such as `Task`: the bytes of what is set in these parts of one. What the message has no field for is left out. */
export function leanEncoder(type: string): LeanEncoder {
  const fields = fieldsOf(messageType(type));
  const writer = new ByteWriter();
  const write = (parts: readonly object[]) => {
    writer.begin();
    for (const part of parts) writeFields(fields, part, writer);
    return writer;
  };
  return { bytes: (...parts) => write(parts).finish(), text: (...parts) => write(parts).finishText() };
}

function writeFields(fields: Fields, message: object, writer: ByteWriter): void {
  const given = message as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) {
    const value = given[name];
    if (value !== undefined && value !== null) fields.get(name)?.(writer, value);
  }
}

/** Made at the first use, because an action may hold actions. */
function fieldsOf(type: Type): Fields {
  const made = known.get(type);
  if (made !== undefined) return made;
  const fields = new Map<string, Write>();
  known.set(type, fields);
  for (const field of type.fieldsArray) fields.set(field.name, writeOf(field));
  return fields;
}

function writeOf(field: Field): Write {
  const { id } = field;
  const tag = tagOf(field);
  if (field instanceof protobuf.MapField) return mapOf(id, field);
  const write = valueOf(field);
  if (!field.repeated) {
    const always = field.options?.['proto3_optional'] === true || field.resolvedType instanceof protobuf.Type;
    return (writer, value) => {
      if (!always && isDefault(value)) return;
      writer.uint32(tag);
      write(writer, value);
    };
  }
  const packable: object = protobuf.types.packed;
  if (field.packed && field.type in packable) {
    return (writer, value) => {
      const values = value as readonly unknown[];
      if (values.length === 0) return;
      writer.uint32((id << 3) | LENGTH_DELIMITED);
      const start = writer.open();
      for (const each of values) write(writer, each);
      writer.close(start);
    };
  }
  return (writer, value) => {
    for (const each of value as readonly unknown[]) {
      writer.uint32(tag);
      write(writer, each);
    }
  };
}

function mapOf(id: number, field: protobuf.MapField): Write {
  if (field.keyType !== 'string' || field.type !== 'string')
    throw new Error(`no map of ${field.keyType} to ${field.type}`);
  return (writer, value) => {
    for (const [key, each] of Object.entries(value as Readonly<Record<string, string>>)) {
      writer.uint32((id << 3) | LENGTH_DELIMITED);
      const start = writer.open();
      writer.uint32(10);
      writer.string(key);
      writer.uint32(18);
      writer.string(each);
      writer.close(start);
    }
  };
}

function isDefault(value: unknown): boolean {
  return value === '' || value === 0 || value === false || value === 0n;
}

function tagOf(field: Field): number {
  const kind = field.resolvedType instanceof protobuf.Enum ? 'int32' : field.type;
  const wireTypes: Partial<Record<string, number>> = protobuf.types.basic;
  return (field.id << 3) | (wireTypes[kind] ?? LENGTH_DELIMITED);
}

function valueOf({ type, resolvedType }: Field): Write {
  if (resolvedType instanceof protobuf.Enum) {
    const { values } = resolvedType;
    return (writer, value) => writer.int32(values[value as string] ?? 0);
  }
  if (resolvedType !== null) {
    const isDuration = resolvedType.fullName === DURATION;
    const fields = fieldsOf(resolvedType);
    return (writer, value) => {
      const start = writer.open();
      writeFields(fields, isDuration && typeof value === 'string' ? secondsOf(value) : (value as object), writer);
      writer.close(start);
    };
  }
  switch (type) {
    case 'string':
      return (writer, value) => writer.string(value as string);
    case 'bool':
      return (writer, value) => writer.bool(value as boolean);
    case 'int32':
      return (writer, value) => writer.int32(value as number);
    case 'uint32':
      return (writer, value) => writer.uint32(value as number);
    case 'int64':
    case 'uint64':
      return (writer, value) => writer.int64(value as number | bigint);
    default:
      throw new Error(`no way to write a ${type}`);
  }
}

function secondsOf(text: string): { readonly seconds: number; readonly nanos: number } {
  const ms = parseDuration(text) ?? 0;
  const seconds = Math.trunc(ms / 1_000);
  return { seconds, nanos: Math.round((ms - seconds * 1_000) * 1_000_000) };
}
