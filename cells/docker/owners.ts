import { DomainError } from '../../src/domain/errors.ts';

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const MAX_ID = 2 ** 31 - 1;

/**
 * `user`, `user:group`, by name or id, as the engine reads it for a process: a name has to be in the image's own lists; an id that
 * is not gets the group 0.
 */
export function resolveOwner(owner: string, passwd: string, group: string): Owner {
  const [user = '', groupName] = owner.split(':');
  const line = find(passwd, user);
  const uid = line === undefined ? idOf(user) : Number(line[2]);
  if (uid === undefined) throw missing('user', user);
  if (groupName === undefined || groupName === '') return { uid, gid: Number(line?.[3] ?? 0) };
  const gid = Number(find(group, groupName)?.[2] ?? idOf(groupName) ?? Number.NaN);
  if (Number.isNaN(gid)) throw missing('group', groupName);
  return { uid, gid };
}

/** The first line whose name or, for a number, whose id it is. */
function find(list: string, who: string): string[] | undefined {
  const lines = list.split('\n').map((line) => line.split(':'));
  return lines.find(([name]) => name === who && who !== '') ?? lines.find((fields) => fields[2] === who && who !== '');
}

function idOf(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) <= MAX_ID ? Number(text) : undefined;
}

function missing(kind: string, name: string): DomainError {
  return new DomainError('invalid_argument', `${kind} "${name}" is not in the image`);
}
