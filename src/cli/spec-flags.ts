import { readFileSync } from 'node:fs';
import { DomainError, errorText, type FieldFault } from '../domain/errors.ts';
import type { TaskDefinition } from '../domain/task.ts';
import { parseTaskSpec } from '../platform/task-spec.ts';

/** The flags of `gavel run` that make up a task spec. */
export interface SpecFlags {
  readonly guid?: string;
  readonly env?: readonly string[];
  readonly envFile?: readonly string[];
  readonly memory?: string;
  readonly disk?: string;
  readonly cpuWeight?: string;
  readonly maxPids?: string;
  readonly stack?: string;
  readonly tag?: readonly string[];
  readonly resultFile?: string;
  readonly outputs?: readonly string[];
  readonly callback?: string;
  readonly domain?: string;
  readonly annotation?: string;
  readonly logGuid?: string;
  readonly logSource?: string;
  readonly maxRunTime?: string;
  readonly placementDeadline?: string;
  readonly label?: readonly string[];
  readonly user?: string;
  readonly dir?: string;
  readonly network?: string;
  readonly description?: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** @throws DomainError `invalid_argument` with every bad flag at once. */
export function specOfFlags(image: string, command: readonly string[], flags: SpecFlags, env: Env): TaskDefinition {
  const faults: FieldFault[] = [];
  const number = (flag: string, text: string | undefined) => {
    if (text === undefined) return undefined;
    if (!/^-?\d+$/.test(text)) faults.push({ field: flag, message: `must be a whole number; it is ${text}` });
    return Number(text);
  };
  const size = (flag: string, text: string | undefined) => {
    const megabytes = text === undefined ? undefined : parseMegabytes(text);
    if (text !== undefined && megabytes === undefined) {
      faults.push({ field: flag, message: `must be a size of at least 1m, such as 128m or 1g; it is ${text}` });
    }
    return megabytes;
  };
  const [path, ...args] = command;
  if (path === undefined)
    faults.push({ field: 'CMD', message: 'is required: what to run in the container goes behind --' });
  const spec = {
    task_guid: flags.guid,
    domain: flags.domain ?? env['GAVEL_DOMAIN'] ?? 'default',
    stack: flags.stack,
    root_fs: rootFsOf(image),
    env: [...fromFiles(flags.envFile ?? [], faults), ...(flags.env ?? []).map((text) => variable(text, env))],
    cpu_weight: number('--cpu-weight', flags.cpuWeight),
    max_pids: number('--max-pids', flags.maxPids),
    disk_mb: size('--disk', flags.disk),
    memory_mb: size('--memory', flags.memory),
    action: { run: { path: path ?? '', args, user: flags.user, dir: flags.dir } },
    result_file: flags.resultFile,
    outputs: flags.outputs,
    completion_callback_url: flags.callback,
    log_guid: flags.logGuid,
    log_source: flags.logSource,
    annotation: flags.annotation,
    placement_tags: flags.tag,
    description: flags.description,
    labels: labelsOf(flags.label ?? [], faults),
    max_run_time: flags.maxRunTime,
    placement_deadline: flags.placementDeadline,
    network: flags.network === undefined ? undefined : { mode: flags.network },
  };
  try {
    const definition = parseTaskSpec(spec);
    if (faults.length === 0) return definition;
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // A flag that is no number was told above in the words of the flag.
    const told = new Set(faults.map(({ field }) => field.replace(/^--/, '').replaceAll('-', '_')));
    faults.push(...error.faults.filter(({ field }) => !told.has(field) && !told.has(field.replace(/_mb$/, ''))));
  }
  throw new DomainError('invalid_argument', faults.map((fault) => `${fault.field} ${fault.message}`).join('; '), {
    faults,
  });
}

/**
 * `busybox:1.36` -> `docker:///busybox#1.36`, `localhost:5000/team/app` -> `docker://localhost:5000/team/app`. What has a scheme
 * (`docker:///...`, `preloaded:name`) stays as it is.
 */
export function rootFsOf(image: string): string {
  if (image.includes('://') || image.startsWith('preloaded:')) return image;
  const slash = image.indexOf('/');
  const first = slash < 0 ? '' : image.slice(0, slash);
  // The rule of image names: a first part with a dot or a port is a registry.
  const isHost = first === 'localhost' || /[.:]/.test(first);
  const [host, rest] = isHost ? [first, image.slice(slash + 1)] : ['', image];
  const [, name = rest, tag] = /^([^@]+?)(?::([\w][\w.-]*))?$/.exec(rest) ?? [];
  return `docker://${host}/${name}${tag === undefined ? '' : `#${tag}`}`;
}

const UNITS: Readonly<Record<string, number>> = { k: 1 / 1_024, m: 1, g: 1_024, t: 1_048_576 };

/** `128m`, `1g`, `1.5g`, `1024` (megabytes). Undefined when it is none, or less than a megabyte but not nothing. */
export function parseMegabytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(?:([kmgt])(?:i?b)?)?$/i.exec(text.trim());
  if (match === null) return undefined;
  const value = Number(match[1]) * (UNITS[(match[2] ?? 'm').toLowerCase()] ?? Number.NaN);
  return value > 0 && value < 1 ? undefined : Math.ceil(value);
}

/** `NAME=VALUE`, or `NAME` for the value it has here. */
function variable(text: string, env: Env): { readonly name: string; readonly value: string } {
  const at = text.indexOf('=');
  return at < 0 ? { name: text, value: env[text] ?? '' } : { name: text.slice(0, at), value: text.slice(at + 1) };
}

function fromFiles(
  paths: readonly string[],
  faults: FieldFault[],
): readonly { readonly name: string; readonly value: string }[] {
  return paths.flatMap((path) => {
    try {
      const lines = readFileSync(path, 'utf8').split(/\r?\n/);
      return lines
        .filter((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
        .map((line) => variable(line, {}));
    } catch (error) {
      faults.push({ field: '--env-file', message: `cannot be read: ${errorText(error)}` });
      return [];
    }
  });
}

function labelsOf(pairs: readonly string[], faults: FieldFault[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at <= 0) faults.push({ field: '--label', message: `must be NAME=VALUE; it is ${pair}` });
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}
