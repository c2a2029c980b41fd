/** Milliseconds each kind of call may take. */
export interface DockerDeadlines {
  readonly query: number;
  readonly create: number;
  readonly start: number;
  readonly remove: number;
  readonly readFile: number;
  /** Files into a container, all of one call. */
  readonly copy: number;
  readonly pull: number;
}

export const DEADLINES: DockerDeadlines = {
  query: 10_000,
  create: 60_000,
  start: 30_000,
  remove: 60_000,
  readFile: 30_000,
  copy: 600_000,
  pull: 600_000,
};
