import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse as parseYaml, stringify as toYaml } from 'yaml';
import { z } from 'zod';
import { DomainError, errorText } from '../domain/errors.ts';
import { nearest } from '../platform/nearest.ts';

/*
 * Where calls go: a value comes from the flag, then GAVEL_*, then ./.gavel.yaml, then the user's file, then those of the system, then the
 * default; `gavel context show --origin` says which. A context is a named cluster; it ranks where its name was said, so that
 * `--context prod` wins over GAVEL_SERVER.
 */

type Env = Readonly<Record<string, string | undefined>>;

const place = z.strictObject({
  server: z.string().optional(),
  domain: z.string().optional(),
  tls_ca: z.string().optional(),
  tls_cert: z.string().optional(),
  tls_key: z.string().optional(),
});
/** A token is for one cluster, so only contexts have one. */
const kept = place.extend({ token: z.string().optional() });
export type Place = z.infer<typeof kept>;
export const INTERRUPT_MODES = ['ask', 'cancel', 'detach'] as const;
/** What the user's file and those of the system hold; beside the contexts what goes for all of them that say nothing else. */
const file = place.extend({
  on_interrupt: z.enum(INTERRUPT_MODES).optional(),
  current: z.string().optional(),
  contexts: z.record(z.string(), kept).default({}),
});
export type ContextFile = z.infer<typeof file>;
const localFile = place.extend({ on_interrupt: z.enum(INTERRUPT_MODES).optional(), context: z.string().optional() });

const PLACE_FIELDS = ['server', 'domain', 'tls_ca', 'tls_cert', 'tls_key'] as const;
export const SETTING_FIELDS = [...PLACE_FIELDS, 'on_interrupt'] as const;
type SettingField = (typeof SETTING_FIELDS)[number];
const LOCAL_FILE = '.gavel.yaml';
export const DEFAULT_ENDPOINT = '127.0.0.1:8889';

/** Where the contexts are kept: GAVEL_CONFIG, else in the user's configuration folder. Undefined where there is no home. */
export function contextPath(env: Env, named?: string): string | undefined {
  if (isSet(named)) return named;
  if (env['GAVEL_CONFIG'] !== undefined && env['GAVEL_CONFIG'] !== '') return env['GAVEL_CONFIG'];
  const { XDG_CONFIG_HOME: xdg, HOME: home } = env;
  if (xdg !== undefined && xdg !== '') return join(xdg, 'gavel', 'config.yaml');
  return home === undefined || home === '' ? undefined : join(home, '.config', 'gavel', 'config.yaml');
}

/** The files of the system, the first to be heard first. Only where there is an XDG_CONFIG_DIRS others than these are looked at. */
function systemPaths(env: Env): readonly string[] {
  const dirs = (env['XDG_CONFIG_DIRS'] ?? '').split(':').filter(isSet);
  return [...(dirs.length === 0 ? ['/etc/xdg'] : dirs).map((dir) => join(dir, 'gavel', 'config.yaml')), SYSTEM_FILE];
}

const SYSTEM_FILE = '/etc/gavel/config.yaml';
const NOTHING: ContextFile = { contexts: {} };

/** The user's own. A file that is not there holds nothing, unless it was named. @throws DomainError `invalid_argument` for one that cannot be understood. */
export function readContexts(env: Env, named?: string): ContextFile {
  const path = contextPath(env, named);
  const found = path === undefined ? undefined : readYaml(path, file);
  if (found === undefined && isSet(named))
    throw new DomainError('invalid_argument', `--config: there is no file ${named}`);
  return found ?? NOTHING;
}

export interface KnownContext {
  readonly place: Place;
  /** The file in which it is. */
  readonly path: string;
}

/** Every context there is: the user's, and those of the system that the user has not. */
export function allContexts(env: Env, named?: string): ReadonlyMap<string, KnownContext> {
  const known = new Map<string, KnownContext>();
  for (const { path, contents } of files(env, named)) {
    for (const [name, place] of Object.entries(contents.contexts))
      if (!known.has(name)) known.set(name, { place, path });
  }
  return known;
}

interface ReadFile {
  readonly path: string;
  readonly contents: ContextFile;
}

function files(env: Env, named: string | undefined): readonly ReadFile[] {
  const own = { path: contextPath(env, named) ?? '', contents: readContexts(env, named) };
  const theirs = systemPaths(env).map((path) => ({ path, contents: readYaml(path, file) ?? NOTHING }));
  return [own, ...theirs];
}

export function writeContexts(env: Env, contexts: ContextFile, named?: string): void {
  const path = contextPath(env, named);
  if (path === undefined) throw new DomainError('invalid_argument', 'HOME is not set; name a file with GAVEL_CONFIG');
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // Aside and moved: a full disk must not cost the contexts there are.
    writeFileSync(`${path}.new`, toYaml(contexts), { mode: 0o600 });
    // Of one that was left there the mode is what it was, and a token may be in it.
    chmodSync(`${path}.new`, 0o600);
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
  readonly context: Setting | undefined;
  readonly values: Readonly<Partial<Record<SettingField, Setting>>>;
  /** What proves who calls; undefined where there is none for this server. */
  readonly token: Setting | undefined;
}

/** The flags that say where a command goes. */
export interface PlaceFlags {
  readonly config?: string;
  readonly context?: string;
  readonly server?: string;
  readonly domain?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly onInterrupt?: string;
}

/** One place where settings are said, with its name for people. */
interface Layer {
  readonly values: Readonly<Partial<Record<SettingField | 'context', string | undefined>>>;
  readonly origin: (field: string) => string;
  /** A file of contexts: what it says beside them is for those that say nothing else. */
  readonly general?: true;
}

/** What holds for this command. @throws DomainError `invalid_argument` for a context that does not exist. */
export function settingsOf(flags: PlaceFlags, env: Env, cwd: string): Settings {
  const local = readYaml(join(cwd, LOCAL_FILE), localFile);
  const layers: readonly Layer[] = [
    {
      values: {
        context: flags.context,
        server: flags.server,
        domain: flags.domain,
        tls_ca: flags.tlsCa,
        tls_cert: flags.tlsCert,
        tls_key: flags.tlsKey,
        on_interrupt: flags.onInterrupt,
      },
      origin: (field) => `flag --${field.replaceAll('_', '-')}`,
    },
    {
      values: Object.fromEntries(
        ['context', ...SETTING_FIELDS].map((field) => [field, env[`GAVEL_${field.toUpperCase()}`]]),
      ),
      origin: (field) => `environment GAVEL_${field.toUpperCase()}`,
    },
    { values: local ?? {}, origin: () => `./${LOCAL_FILE}` },
    ...files(env, flags.config).map(({ path, contents: { contexts: _contexts, current, ...values } }) => ({
      values: { ...values, context: current },
      origin: () => path,
      general: true as const,
    })),
  ];
  const context = said(layers, 'context');
  const used = context === undefined ? undefined : findContext(env, context.value, flags.config);
  const ranked = layers.flatMap((layer): readonly Layer[] => {
    if (used === undefined || layer !== context?.layer) return [layer];
    const { token: _token, ...values } = used.place;
    const place: Layer = { values, origin: () => `context ${context.value}` };
    return layer.general === true ? [place, layer] : [layer, place];
  });
  const defaults: Layer = { values: { server: DEFAULT_ENDPOINT }, origin: () => 'default' };
  const values: Partial<Record<SettingField, Setting>> = {};
  for (const field of SETTING_FIELDS) {
    const found = said([...ranked, defaults], field);
    if (found !== undefined) values[field] = { value: found.value, origin: found.origin };
  }
  const { on_interrupt: mode } = values;
  if (mode !== undefined && !INTERRUPT_MODES.some((known) => known === mode.value))
    throw new DomainError(
      'invalid_argument',
      `${mode.origin} must be ${INTERRUPT_MODES.join(', ')}; it is ${mode.value}`,
    );
  const token = tokenFor(values.server, env['GAVEL_TOKEN'], used?.place.token, `context ${context?.value ?? ''}`);
  return { context: context && { value: context.value, origin: context.origin }, values, token };
}

/**
 * A token goes where it was meant to go: that of a context to the context's own server only, and none to a server that merely a file
 * of this folder names, which may be anybody's.
 */
function tokenFor(
  server: Setting | undefined,
  fromEnv: string | undefined,
  ofContext: string | undefined,
  context: string,
): Setting | undefined {
  const { value = '', origin = '' } = server ?? {};
  if (isSet(fromEnv)) {
    if (origin !== `./${LOCAL_FILE}`) return { value: fromEnv, origin: 'environment GAVEL_TOKEN' };
    throw new DomainError(
      'invalid_argument',
      `GAVEL_TOKEN is not sent to ${value}, which ./${LOCAL_FILE} names; say --server`,
    );
  }
  const own = origin === context || origin === 'default';
  return isSet(ofContext) && own ? { value: ofContext, origin: context } : undefined;
}

function said(
  layers: readonly Layer[],
  field: SettingField | 'context',
): (Setting & { readonly layer: Layer }) | undefined {
  for (const layer of layers) {
    const value = layer.values[field];
    if (isSet(value)) return { value, origin: layer.origin(field), layer };
  }
  return undefined;
}

/** @throws DomainError `not_found` with the nearest name. */
export function findContext(env: Env, name: string, named?: string): KnownContext {
  const known = allContexts(env, named);
  const found = known.get(name);
  if (found !== undefined) return found;
  const names = [...known.keys()];
  const meant = nearest(name, names);
  const hint =
    meant !== undefined
      ? `did you mean ${meant}?`
      : names.length === 0
        ? 'there are none'
        : `known are ${names.join(', ')}`;
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
