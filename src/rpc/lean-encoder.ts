import { fileURLToPath } from 'node:url';
import protobuf, { type Field, type Type, type Writer } from 'protobufjs';
import { parseDuration } from '../domain/duration.ts';

/*
 * Domain objects to bytes in one go, by the contract's own description. The generated way copies a message into one with all of
 * its fields before it writes those few that are set, which takes three times as long (`docs/performance.md`); lists of tasks and
 * events are made of nothing else. It also knows the domain's forms: durations as text, 64-bit numbers as bigint.
 */

type Write = (writer: Writer, value: unknown) => void;
type Fields = ReadonlyMap<string, Write>;

const PROTO = fileURLToPath(new URL('../../proto/', import.meta.url));
const root = new protobuf.Root();
root.resolvePath = (_origin, target) => (target.startsWith('google/') ? target : `${PROTO}${target}`);
root.loadSync('gavel/v1/task.proto', { keepCase: true }).resolveAll();

const DURATION = '.google.protobuf.Duration';
const LENGTH_DELIMITED = 2;
const known = new Map<Type, Fields>();

/** For messages of that type, such as `Task`: the bytes of what is set in these parts of one. What the message has no field for is left out. */
export function leanEncoder(type: string): (...parts: readonly object[]) => Buffer {
  const fields = fieldsOf(root.lookupType(`gavel.v1.${type}`));
  return (...parts) => {
    const writer = protobuf.Writer.create();
    for (const part of parts) writeFields(fields, part, writer);
    // In Node it is made of buffers.
    return writer.finish() as Buffer;
  };
}

function writeFields(fields: Fields, message: object, writer: Writer): void {
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
  if (field instanceof protobuf.MapField) return mapOf(id, field);
  const write = valueOf(field);
  if (!field.repeated) {
    const always = field.options?.['proto3_optional'] === true || field.resolvedType instanceof protobuf.Type;
    return (writer, value) => {
      if (always || !isDefault(value)) write(writer.uint32(tagOf(field)), value);
    };
  }
  const packable: object = protobuf.types.packed;
  if (field.packed && field.type in packable) {
    return (writer, value) => {
      const values = value as readonly unknown[];
      if (values.length === 0) return;
      writer.uint32((id << 3) | LENGTH_DELIMITED).fork();
      for (const each of values) write(writer, each);
      writer.ldelim();
    };
  }
  return (writer, value) => {
    for (const each of value as readonly unknown[]) write(writer.uint32(tagOf(field)), each);
  };
}

function mapOf(id: number, field: protobuf.MapField): Write {
  if (field.keyType !== 'string' || field.type !== 'string')
    throw new Error(`no map of ${field.keyType} to ${field.type}`);
  return (writer, value) => {
    for (const [key, each] of Object.entries(value as Readonly<Record<string, string>>)) {
      writer.uint32((id << 3) | LENGTH_DELIMITED).fork();
      writer.uint32(10).string(key).uint32(18).string(each).ldelim();
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
    return (writer, value) => void writer.int32(values[value as string] ?? 0);
  }
  if (resolvedType !== null) {
    const isDuration = resolvedType.fullName === DURATION;
    const fields = fieldsOf(resolvedType);
    return (writer, value) => {
      writer.fork();
      writeFields(fields, isDuration && typeof value === 'string' ? secondsOf(value) : (value as object), writer);
      writer.ldelim();
    };
  }
  switch (type) {
    case 'string':
      return (writer, value) => void writer.string(value as string);
    case 'bool':
      return (writer, value) => void writer.bool(value as boolean);
    case 'int32':
      return (writer, value) => void writer.int32(value as number);
    case 'uint32':
      return (writer, value) => void writer.uint32(value as number);
    case 'int64':
      return (writer, value) => void writer.int64(longOf(value as number | bigint));
    case 'uint64':
      return (writer, value) => void writer.uint64(longOf(value as number | bigint));
    default:
      throw new Error(`no way to write a ${type}`);
  }
}

function secondsOf(text: string): { readonly seconds: number; readonly nanos: number } {
  const ms = parseDuration(text) ?? 0;
  const seconds = Math.trunc(ms / 1_000);
  return { seconds, nanos: Math.round((ms - seconds * 1_000) * 1_000_000) };
}

/** A 64-bit number as the writer keeps it. */
function longOf(value: number | bigint): number | { low: number; high: number; unsigned: boolean } {
  if (typeof value === 'number') return value;
  return { low: Number(BigInt.asIntN(32, value)), high: Number(value >> 32n), unsigned: false };
}
