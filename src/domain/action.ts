/** The tree of what a task does, in its JSON form: exactly one key names the kind. */
export type Action =
  | { readonly download: DownloadAction }
  | { readonly upload: UploadAction }
  | { readonly run: RunAction }
  | { readonly timeout: TimeoutAction }
  | { readonly emit_progress: EmitProgressAction }
  | { readonly try: TryAction }
  | { readonly parallel: ActionList }
  | { readonly serial: ActionList }
  | { readonly codependent: ActionList };

export const ACTION_KINDS = [
  'download',
  'upload',
  'run',
  'timeout',
  'emit_progress',
  'try',
  'parallel',
  'serial',
  'codependent',
] as const;
export type ActionKind = (typeof ACTION_KINDS)[number];

export interface EnvironmentVariable {
  readonly name: string;
  readonly value: string;
}

export interface MountedFile {
  readonly path: string;
  readonly content: string;
}

export interface RunAction {
  readonly path: string;
  readonly args: readonly string[];
  readonly dir: string;
  readonly env: readonly EnvironmentVariable[];
  /** `nofile` 0 = the cell's default. */
  readonly resource_limits?: { readonly nofile: number };
  readonly user: string;
  readonly log_source: string;
  readonly suppress_log_output: boolean;
  readonly volume_mounted_files: readonly MountedFile[];
}

export interface DownloadAction {
  readonly artifact: string;
  readonly from: string;
  readonly to: string;
  readonly cache_key: string;
  readonly log_source: string;
  readonly user: string;
  readonly checksum_algorithm: string;
  readonly checksum_value: string;
}

export interface UploadAction {
  readonly artifact: string;
  readonly from: string;
  readonly to: string;
  readonly log_source: string;
  readonly user: string;
}

export interface TimeoutAction {
  readonly action: Action;
  readonly timeout_ms: number;
  readonly log_source: string;
}

export interface EmitProgressAction {
  readonly action: Action;
  readonly start_message: string;
  readonly success_message: string;
  readonly failure_message_prefix: string;
  readonly log_source: string;
}

export interface TryAction {
  readonly action: Action;
  readonly log_source: string;
}

export interface ActionList {
  readonly actions: readonly Action[];
  readonly log_source: string;
}

/** The actions directly inside one; none inside run, download and upload. */
export function childrenOf(action: Action): readonly Action[] {
  if ('timeout' in action) return [action.timeout.action];
  if ('emit_progress' in action) return [action.emit_progress.action];
  if ('try' in action) return [action.try.action];
  if ('parallel' in action) return action.parallel.actions;
  if ('serial' in action) return action.serial.actions;
  if ('codependent' in action) return action.codependent.actions;
  return [];
}
