import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse as parseYaml, stringify as toYaml } from 'yaml';
import { z } from 'zod';
import { DEFAULT_ENDPOINT } from '../client/connection.ts';
import { DomainError, errorText } from '../domain/errors.ts';
import { nearest } from '../platform/nearest.ts';

/*
 * Named clusters, so that nobody types addresses. A value comes from the flag, then GAVEL_*, then ./.gavel.yaml, then the context
 * in use, then the default; `gavel context show --origin` says which.
 */

type Env = Readonly<Record<string, string | undefined>>;

const place = z.strictObject({
  server: z.string().optional(),
  domain: z.string().optional(),
  tls_ca: z.string().optional(),
  tls_cert: z.string().optional(),
  tls_key: z.string().optional(),
});
export type Place = z.infer<typeof place>;
const file = z.strictObject({ current: z.string().optional(), contexts: z.record(z.string(), place).default({}) });
export type ContextFile = z.infer<typeof file>;

export const PLACE_FIELDS = ['server', 'domain', 'tls_ca', 'tls_cert', 'tls_key'] as const;
export type PlaceField = (typeof PLACE_FIELDS)[number];
const LOCAL_FILE = '.gavel.yaml';

/** Where the contexts are kept: GAVEL_CONFIG, else in the user's configuration folder. Undefined where there is no home. */
export function contextPath(env: Env): string | undefined {
  if (env['GAVEL_CONFIG'] !== undefined && env['GAVEL_CONFIG'] !== '') return env['GAVEL_CONFIG'];
  const { XDG_CONFIG_HOME: xdg, HOME: home } = env;
  if (xdg !== undefined && xdg !== '') return join(xdg, 'gavel', 'config.yaml');
  return home === undefined || home === '' ? undefined : join(home, '.config', 'gavel', 'config.yaml');
}

/** A file that is not there holds no contexts. @throws DomainError `invalid_argument` for one that cannot be understood. */
export function readContexts(env: Env): ContextFile {
  const path = contextPath(env);
  return path === undefined ? { contexts: {} } : (readYaml(path, file) ?? { contexts: {} });
}

export function writeContexts(env: Env, contexts: ContextFile): void {
  const path = contextPath(env);
  if (path === undefined) throw new DomainError('invalid_argument', 'HOME is not set; name a file with GAVEL_CONFIG');
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Aside and moved: a full disk must not cost the contexts there are.
    writeFileSync(`${path}.new`, toYaml(contexts), { mode: 0o600 });
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw new DomainError('invalid_argument', `cannot write ${path}: ${errorText(error)}`);
  }
}

export interface Setting {
  readonly value: string;
  /** For people: `flag --server`, `context prod`, ... */
  readonly origin: string;
}

export interface Settings {
  /** The context in use; undefined when none is. */
  readonly context: string | undefined;
  readonly values: Readonly<Partial<Record<PlaceField, Setting>>>;
}

/** The flags that say where a command goes. */
export interface PlaceFlags {
  readonly context?: string;
  readonly server?: string;
  readonly domain?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** What holds for this command. @throws DomainError `invalid_argument` for a context that does not exist. */
export function settingsOf(flags: PlaceFlags, env: Env, cwd: string): Settings {
  const known = readContexts(env);
  const local = readYaml(join(cwd, LOCAL_FILE), place.extend({ context: z.string().optional() }).strict());
  const context = [flags.context, env['GAVEL_CONTEXT'], local?.context, known.current].find(isSet);
  const used = context === undefined ? undefined : findContext(known, context);
  const given: Record<PlaceField, string | undefined> = {
    server: flags.server,
    domain: flags.domain,
    tls_ca: flags.tlsCa,
    tls_cert: flags.tlsCert,
    tls_key: flags.tlsKey,
  };
  const values: Partial<Record<PlaceField, Setting>> = {};
  for (const field of PLACE_FIELDS) {
    const name = `GAVEL_${field.toUpperCase()}`;
    const sources: readonly (readonly [string | undefined, string])[] = [
      [given[field], `flag --${field.replace('_', '-')}`],
      [env[name], `environment ${name}`],
      [local?.[field], `./${LOCAL_FILE}`],
      [used?.[field], `context ${context ?? ''}`],
      [field === 'server' ? DEFAULT_ENDPOINT : undefined, 'default'],
    ];
    const found = sources.find(([value]) => isSet(value));
    if (found?.[0] !== undefined) values[field] = { value: found[0], origin: found[1] };
  }
  return { context, values };
}

/** @throws DomainError `not_found` with the nearest name. */
export function findContext(known: ContextFile, name: string): Place {
  const found = known.contexts[name];
  if (found !== undefined) return found;
  const names = Object.keys(known.contexts);
  const meant = nearest(name, names);
  const hint =
    meant !== undefined ? `did you mean ${meant}?` : names.length === 0 ? 'there are none' : names.join(', ');
  throw new DomainError('not_found', `there is no context ${name}; ${hint}`);
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

function readYaml<T>(path: string, schema: z.ZodType<T>): T | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new DomainError('invalid_argument', `${path}: ${errorText(error)}`);
  }
  try {
    return schema.parse(parseYaml(text) ?? {});
  } catch (error) {
    const why = error instanceof z.ZodError ? z.prettifyError(error).replaceAll('\n', ' ') : errorText(error);
    throw new DomainError('invalid_argument', `${path}: ${why}`);
  }
}
