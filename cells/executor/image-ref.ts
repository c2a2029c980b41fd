import { DomainError } from '../../src/domain/errors.ts';
import type { ImageSource } from './runtime.ts';

const DEFAULT_REGISTRY = 'docker.io';

export interface ImageLogin {
  readonly username: string;
  readonly password: string;
}

/**
 * The image a `root_fs` names:
 * - `preloaded:NAME` by the cell's own table,
 * - `docker:///org/image#tag` from Docker's registry, `docker://host[:port]/org/image#tag` from another,
 *   with `#tag`, `:tag` or `@sha256:...`, or nothing for `latest`.
 *
 * @throws DomainError `not_found` for a preloaded name that is not in the table, `invalid_argument` for what is no image at all.
 */
export function imageSource(
  rootFs: string,
  preloaded: Readonly<Record<string, string>>,
  login: ImageLogin = { username: '', password: '' },
): ImageSource {
  if (rootFs.startsWith('preloaded:')) {
    const name = rootFs.slice('preloaded:'.length);
    const image = Object.hasOwn(preloaded, name) ? preloaded[name] : undefined;
    if (image === undefined) throw new DomainError('not_found', `root_fs: this cell has no preloaded rootfs "${name}"`);
    return { kind: 'preloaded', image };
  }
  const reference = dockerReference(rootFs);
  if (login.username === '') return { kind: 'registry', reference };
  return { kind: 'registry', reference, username: login.username, password: login.password };
}

/** `docker://host/org/image#tag` -> `host/org/image:tag`, as an engine takes it. */
export function dockerReference(rootFs: string): string {
  const match = /^docker:\/\/([^/#]*)\/([^#]+)(?:#(.*))?$/.exec(rootFs);
  if (match === null) throw bad(rootFs, 'want preloaded:NAME or docker://[host]/image[#tag]');
  const [, host = '', rest = '', fragment] = match;
  const { path, tag } = splitTag(rest);
  if (fragment !== undefined && tag !== '') throw bad(rootFs, 'two tags');
  if (fragment === '') throw bad(rootFs, 'an empty tag');
  if (!/^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/.test(path)) {
    throw bad(rootFs, `"${path}" is not an image name`);
  }
  const suffix = fragment === undefined ? tag : fragment.startsWith('sha256:') ? `@${fragment}` : `:${fragment}`;
  if (suffix !== '' && !/^(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$/.test(suffix)) {
    throw bad(rootFs, `"${suffix}" is not a tag or digest`);
  }
  const registry = host === '' ? DEFAULT_REGISTRY : host;
  // Docker's own registry keeps images of one name under library/.
  const name = registry === DEFAULT_REGISTRY && !path.includes('/') ? `library/${path}` : path;
  return `${registry}/${name}${suffix === '' ? ':latest' : suffix}`;
}

/** The tag and digest behind an image's path; a path of ours never holds `:` or `@` itself, the host being apart. */
function splitTag(rest: string): { path: string; tag: string } {
  const at = rest.search(/[:@]/);
  return at < 0 ? { path: rest, tag: '' } : { path: rest.slice(0, at), tag: rest.slice(at) };
}

function bad(rootFs: string, why: string): DomainError {
  return new DomainError('invalid_argument', `root_fs: ${rootFs}: ${why}`);
}
