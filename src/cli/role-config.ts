import { readFileSync } from 'node:fs';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { DomainError, errorText } from '../domain/errors.ts';
import { nearest } from '../platform/nearest.ts';
import { faultsOf } from '../platform/spec-faults.ts';
import type { GlobalFlags } from './context.ts';
import { parseMegabytes } from './spec-flags.ts';

/*
 * From the flags of a role to its settings: flag, then environment, then file, then the schema's own default.
 */

export type RoleName = 'dev' | 'bbs' | 'auctioneer' | 'cell';

export interface RoleFlags {
  readonly config?: string;
  readonly logLevel?: string;
  readonly listen?: string;
  readonly insecure?: boolean;
  readonly httpListen?: string;
  readonly metricsListen?: string;
  readonly store?: 'embedded' | 'etcd';
  readonly etcd?: readonly string[];
  readonly stateDir?: string;
  readonly callbackSecret?: string;
  readonly tokenKeys?: readonly string[];
  readonly bbs?: readonly string[];
  readonly auctioneer?: readonly string[];
  readonly policy?: string;
  readonly id?: string;
  readonly zone?: string;
  readonly dockerHost?: string;
  readonly stack?: readonly string[];
  readonly preloaded?: readonly string[];
  readonly tag?: readonly string[];
  readonly optionalTag?: readonly string[];
  readonly memory?: string;
  readonly disk?: string;
  readonly containers?: string;
  readonly allowExec?: boolean;
}

type Flags = RoleFlags & GlobalFlags;
type Env = Readonly<Record<string, string | undefined>>;
type Settings = Readonly<Record<string, unknown>>;

export const DEFAULT_BBS = '127.0.0.1:8889';
const DEFAULT_AUCTIONEER = '127.0.0.1:8892';

/** The settings file of a role; nothing when none is named. */
export function fileSettings(flags: Flags): Settings {
  if (flags.config === undefined) return {};
  try {
    const value: unknown = parseYaml(readFileSync(flags.config, 'utf8'));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Settings;
  } catch (error) {
    throw new DomainError('invalid_argument', `--config: ${flags.config}: ${errorText(error)}`);
  }
  throw new DomainError('invalid_argument', `--config: ${flags.config} holds no settings`);
}

/** The flags over the file's settings; a flag that was not given changes nothing. */
export function overlay(file: Settings, given: Settings): Settings {
  return { ...file, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

/** @throws DomainError `invalid_argument` with every bad setting. */
export function checked<T extends z.ZodType>(schema: T, settings: Settings): z.infer<T> {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const faults = faultsOf(
    parsed.error.issues,
    settings,
    () => [],
    (name, path) => {
      const meant = nearest(name, settingsAt(schema, path));
      return `there is no such setting${meant === undefined ? '' : `; did you mean ${meant}?`}`;
    },
  );
  throw new DomainError('invalid_argument', 'the settings are wrong', { faults });
}

/** The names of the settings that an object at a path may hold; of all its forms where it has several. */
function settingsAt(schema: z.ZodType, path: readonly PropertyKey[]): readonly string[] {
  const formsOf = (one: z.core.JSONSchema._JSONSchema | undefined): z.core.JSONSchema.JSONSchema[] =>
    typeof one === 'object' ? [one, ...[...(one.anyOf ?? []), ...(one.oneOf ?? [])].flatMap(formsOf)] : [];
  let forms = formsOf(z.toJSONSchema(schema, { io: 'input' }));
  for (const part of path) forms = forms.flatMap((form) => formsOf(form.properties?.[String(part)]));
  return forms.flatMap((form) => Object.keys(form.properties ?? {}));
}

export function stateDir(flags: Flags, env: Env): string {
  const home = env['XDG_STATE_HOME'] ?? join(homedir(), '.local', 'state');
  return flags.stateDir ?? env['GAVEL_STATE_DIR'] ?? join(home, 'gavel');
}

export function tlsSettings(flags: Flags, env: Env): Settings | undefined {
  const tls = overlay(
    {},
    {
      ca: flags.tlsCa ?? env['GAVEL_TLS_CA'],
      cert: flags.tlsCert ?? env['GAVEL_TLS_CERT'],
      key: flags.tlsKey ?? env['GAVEL_TLS_KEY'],
    },
  );
  return Object.keys(tls).length === 0 ? undefined : tls;
}

export function bbsSettings(flags: Flags, env: Env): Settings {
  const file = fileSettings(flags);
  const hosts = flags.etcd ?? list(env['GAVEL_ETCD']);
  const kind = flags.store ?? (hosts === undefined ? undefined : 'etcd');
  const embedded = { kind: 'embedded', path: join(stateDir(flags, env), 'bbs') };
  const chosen = kind === 'etcd' ? { kind, hosts: hosts ?? ['http://127.0.0.1:2379'] } : embedded;
  const secret = flags.callbackSecret ?? env['GAVEL_CALLBACK_SECRET'];
  const http = flags.httpListen ?? env['GAVEL_HTTP_LISTEN'];
  const keys = flags.tokenKeys ?? list(env['GAVEL_TOKEN_KEYS']);
  const callbacks = secret === undefined ? undefined : { ...(file['callbacks'] as Settings | undefined), secret };
  return overlay(file, {
    listen: flags.listen ?? env['GAVEL_LISTEN'],
    store: kind === undefined && file['store'] !== undefined ? undefined : chosen,
    http: http === undefined ? undefined : http === 'off' ? {} : { listen: http },
    tls: tlsSettings(flags, env),
    insecure: flags.insecure,
    logLevel: flags.logLevel,
    tokens: keys === undefined ? undefined : { ...(file['tokens'] as Settings | undefined), keys },
    callbacks,
  });
}

export function auctioneerSettings(flags: Flags, env: Env): Settings {
  return overlay(fileSettings(flags), {
    listen: flags.listen ?? env['GAVEL_LISTEN'],
    bbs: flags.bbs ?? list(env['GAVEL_BBS']),
    metricsListen: flags.metricsListen ?? env['GAVEL_METRICS_LISTEN'],
    policy: flags.policy,
    tls: tlsSettings(flags, env),
    insecure: flags.insecure,
    logLevel: flags.logLevel,
  });
}

export function cellSettings(flags: Flags, env: Env): Settings {
  const defaults = {
    cellId: hostname().replaceAll(/[^A-Za-z0-9._-]/g, '-'),
    bbs: [DEFAULT_BBS],
    auctioneer: [DEFAULT_AUCTIONEER],
    stateDir: join(stateDir(flags, env), 'cell'),
  };
  return overlay(
    { ...defaults, ...fileSettings(flags) },
    {
      cellId: flags.id ?? env['GAVEL_CELL_ID'],
      zone: flags.zone,
      bbs: flags.bbs ?? list(env['GAVEL_BBS']),
      auctioneer: flags.auctioneer ?? list(env['GAVEL_AUCTIONEER']),
      dockerHost: flags.dockerHost ?? env['DOCKER_HOST'],
      stacks: flags.stack,
      preloaded: flags.preloaded === undefined ? undefined : preloadedOf(flags.preloaded),
      placementTags: flags.tag,
      optionalPlacementTags: flags.optionalTag,
      memoryMb: megabytes('--memory', flags.memory),
      diskMb: megabytes('--disk', flags.disk),
      containers: flags.containers === undefined ? undefined : Number(flags.containers),
      allowExec: flags.allowExec,
      stateDir:
        flags.stateDir === undefined && env['GAVEL_STATE_DIR'] === undefined
          ? undefined
          : join(stateDir(flags, env), 'cell'),
      metricsListen: flags.metricsListen ?? env['GAVEL_METRICS_LISTEN'],
      tls: tlsSettings(flags, env),
      insecure: flags.insecure,
      logLevel: flags.logLevel,
    },
  );
}

export function preloadedOf(pairs: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at <= 0) throw new DomainError('invalid_argument', `--preloaded: want NAME=IMAGE; it is ${pair}`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function megabytes(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = parseMegabytes(text);
  if (value === undefined)
    throw new DomainError('invalid_argument', `${flag}: ${text} is no size, for example 512m or 8g`);
  return value;
}

function list(text: string | undefined): readonly string[] | undefined {
  const items = (text ?? '').split(',').flatMap((part) => (part.trim() === '' ? [] : [part.trim()]));
  return items.length === 0 ? undefined : items;
}
