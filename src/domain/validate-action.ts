import {
  ACTION_KINDS,
  type Action,
  childrenOf,
  type DownloadAction,
  type EnvironmentVariable,
  type MountedFile,
  type RunAction,
  type UploadAction,
} from './action.ts';

/** Takes a fault: the field's path, and what would be right. */
export type Report = (field: string, message: string) => void;

export const ACTION_LIMITS = { depth: 32, count: 1_000 } as const;

/** Walks the tree without recursion depth of its own being at risk: it stops at the depth limit. */
export function checkActions(root: Action | undefined, report: Report): void {
  const { depth: most, count: mostActions } = ACTION_LIMITS;
  let count = 0;
  const visit = (action: Action | undefined, path: string, depth: number): void => {
    count += 1;
    if (count > mostActions) {
      if (count === mostActions + 1) report('action', `must hold at most ${mostActions} actions`);
      return;
    }
    if (depth > most) return report(path, `must be nested at most ${most} deep`);
    const kind = action === undefined ? undefined : ACTION_KINDS.find((name) => name in action);
    if (action === undefined || kind === undefined) return report(path, `must be one of ${ACTION_KINDS.join(', ')}`);
    const here = `${path}.${kind}`;
    if ('run' in action) return checkRun(action.run, here, report);
    if ('download' in action) return checkDownload(action.download, here, report);
    if ('upload' in action) return checkUpload(action.upload, here, report);
    if ('timeout' in action && !(action.timeout.timeout_ms > 0)) report(`${here}.timeout_ms`, 'must be above zero');
    const children = childrenOf(action);
    const isList = 'parallel' in action || 'serial' in action || 'codependent' in action;
    if (isList && children.length === 0) report(`${here}.actions`, 'must hold at least one action');
    for (const [index, child] of children.entries()) {
      visit(child, isList ? `${here}.actions[${index}]` : `${here}.action`, depth + 1);
    }
  };
  visit(root, 'action', 1);
}

function checkRun(run: RunAction, path: string, report: Report): void {
  if (run.path === '') report(`${path}.path`, 'is required: the program to run');
  for (const [index, arg] of run.args.entries()) {
    if (arg.includes('\0')) report(`${path}.args[${index}]`, 'must not contain NUL');
  }
  if (run.path.includes('\0')) report(`${path}.path`, 'must not contain NUL');
  if (run.dir !== '') checkAbsolute(run.dir, `${path}.dir`, report);
  if (run.user.includes('\0')) report(`${path}.user`, 'must not contain NUL');
  checkEnv(run.env, `${path}.env`, report);
  checkMountedFiles(run.volume_mounted_files, `${path}.volume_mounted_files`, report);
}

function checkDownload(download: DownloadAction, path: string, report: Report): void {
  checkUrl(download.from, `${path}.from`, report);
  checkAbsolute(download.to, `${path}.to`, report);
  if (download.user === '') report(`${path}.user`, 'is required');
  checkChecksum(download, path, report);
}

function checkUpload(upload: UploadAction, path: string, report: Report): void {
  checkAbsolute(upload.from, `${path}.from`, report);
  checkUrl(upload.to, `${path}.to`, report);
  if (upload.user === '') report(`${path}.user`, 'is required');
}

export function checkEnv(env: readonly EnvironmentVariable[], path: string, report: Report): void {
  for (const [index, { name, value }] of env.entries()) {
    if (name === '') report(`${path}[${index}].name`, 'must not be empty');
    else if (/[=\0]/.test(name)) report(`${path}[${index}].name`, 'must not contain = or NUL');
    if (value.includes('\0')) report(`${path}[${index}].value`, 'must not contain NUL');
  }
}

/** Their paths are below one folder of the container, with or without a slash in front. */
export function checkMountedFiles(files: readonly MountedFile[], path: string, report: Report): void {
  const parts = files.map((file) => file.path.split('/').filter((part) => part !== ''));
  const folders = new Set(parts.flatMap((part) => part.map((_name, end) => part.slice(0, end).join('/'))));
  for (const [index, part] of parts.entries()) {
    const field = `${path}[${index}].path`;
    const text = files[index]?.path ?? '';
    if (part.length === 0 || text.endsWith('/')) report(field, 'must name a file below /etc/cf-service-bindings');
    else if (part.includes('..') || part.includes('.')) report(field, 'must not contain . or ..');
    else if (text.includes('\0')) report(field, 'must not contain NUL');
    else if (folders.has(part.join('/'))) report(field, 'is a folder of another file here');
  }
}

const DIGITS: Readonly<Record<string, number>> = { md5: 32, sha1: 40, sha256: 64 };

export function checkChecksum(
  of: { readonly checksum_algorithm: string; readonly checksum_value: string },
  path: string,
  report: Report,
): void {
  if (of.checksum_algorithm === '' && of.checksum_value === '') return;
  if (of.checksum_algorithm === '') return report(`${path}.checksum_algorithm`, 'is required with checksum_value');
  const algorithm = of.checksum_algorithm.toLowerCase();
  const digits = Object.hasOwn(DIGITS, algorithm) ? DIGITS[algorithm] : undefined;
  if (digits === undefined) report(`${path}.checksum_algorithm`, 'must be md5, sha1 or sha256');
  if (of.checksum_value === '') return report(`${path}.checksum_value`, 'is required with checksum_algorithm');
  // Diego tolerates quotes around it.
  const value = of.checksum_value.replaceAll('"', '');
  if (digits !== undefined && (value.length !== digits || !/^[0-9A-Fa-f]+$/.test(value))) {
    report(`${path}.checksum_value`, `must be ${digits} hexadecimal digits for ${algorithm}`);
  }
}

export function checkUrl(text: string, field: string, report: Report): void {
  if (text === '') return report(field, 'is required');
  const isHttp = URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
  if (!isHttp) report(field, 'must be a complete http or https URL');
}

export function checkAbsolute(path: string, field: string, report: Report): void {
  if (path === '') report(field, 'is required');
  else if (!path.startsWith('/')) report(field, 'must be an absolute path inside the container');
  else if (path.includes('\0')) report(field, 'must not contain NUL');
}
