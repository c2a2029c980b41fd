// Original file: proto/gavel/v1/task.proto

import type { EnvironmentVariable as _gavel_v1_EnvironmentVariable, EnvironmentVariable__Output as _gavel_v1_EnvironmentVariable__Output } from '../../gavel/v1/EnvironmentVariable.ts';
import type { Action as _gavel_v1_Action, Action__Output as _gavel_v1_Action__Output } from '../../gavel/v1/Action.ts';
import type { EgressRule as _gavel_v1_EgressRule, EgressRule__Output as _gavel_v1_EgressRule__Output } from '../../gavel/v1/EgressRule.ts';
import type { CachedDependency as _gavel_v1_CachedDependency, CachedDependency__Output as _gavel_v1_CachedDependency__Output } from '../../gavel/v1/CachedDependency.ts';
import type { LogRateLimit as _gavel_v1_LogRateLimit, LogRateLimit__Output as _gavel_v1_LogRateLimit__Output } from '../../gavel/v1/LogRateLimit.ts';
import type { Network as _gavel_v1_Network, Network__Output as _gavel_v1_Network__Output } from '../../gavel/v1/Network.ts';
import type { MountedFile as _gavel_v1_MountedFile, MountedFile__Output as _gavel_v1_MountedFile__Output } from '../../gavel/v1/MountedFile.ts';
import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { StopPolicy as _gavel_v1_StopPolicy, StopPolicy__Output as _gavel_v1_StopPolicy__Output } from '../../gavel/v1/StopPolicy.ts';

/**
 * Everything that describes a task. The seed's names are Diego's TaskCreateRequest; see docs/task-reference.md for each field.
 * Field numbers 1 to 49 are shared with Task, which carries every field of its request.
 */
export interface TaskCreateRequest {
  'task_guid'?: (string);
  'domain'?: (string);
  'stack'?: (string);
  'root_fs'?: (string);
  'env'?: (_gavel_v1_EnvironmentVariable)[];
  'cpu_weight'?: (number);
  'disk_mb'?: (number);
  'memory_mb'?: (number);
  'action'?: (_gavel_v1_Action | null);
  'result_file'?: (string);
  'completion_callback_url'?: (string);
  'log_guid'?: (string);
  'log_source'?: (string);
  'annotation'?: (string);
  'privileged'?: (boolean);
  'max_pids'?: (number);
  'egress_rules'?: (_gavel_v1_EgressRule)[];
  'placement_tags'?: (string)[];
  'cached_dependencies'?: (_gavel_v1_CachedDependency)[];
  'image_username'?: (string);
  'image_password'?: (string);
  'log_rate_limit'?: (_gavel_v1_LogRateLimit | null);
  'metric_tags'?: ({[key: string]: string});
  'network'?: (_gavel_v1_Network | null);
  'volume_mounted_files'?: (_gavel_v1_MountedFile)[];
  'trusted_system_certificates_path'?: (string);
  'description'?: (string);
  'labels'?: ({[key: string]: string});
  /**
   * Paths inside the container to archive after the run.
   */
  'outputs'?: (string)[];
  /**
   * Longest run of the process, counted from its start; unset = no limit.
   */
  'max_run_time'?: (_google_protobuf_Duration | null);
  /**
   * How long the task may wait for a cell; unset = the cluster's setting (30 min).
   */
  'placement_deadline'?: (_google_protobuf_Duration | null);
  'stop'?: (_gavel_v1_StopPolicy | null);
  /**
   * A repeated request with the same key (per domain) creates nothing new and answers the first one's task, for 24 h.
   */
  'request_key'?: (string);
  /**
   * Diego's other spelling of root_fs, accepted in requests only.
   */
  'rootfs'?: (string);
  /**
   * Not empty: the task waits for UploadInput, and what is uploaded is unpacked into this folder before its first process.
   */
  'input_dir'?: (string);
}

/**
 * Everything that describes a task. The seed's names are Diego's TaskCreateRequest; see docs/task-reference.md for each field.
 * Field numbers 1 to 49 are shared with Task, which carries every field of its request.
 */
export interface TaskCreateRequest__Output {
  'task_guid': (string);
  'domain': (string);
  'stack': (string);
  'root_fs': (string);
  'env': (_gavel_v1_EnvironmentVariable__Output)[];
  'cpu_weight': (number);
  'disk_mb': (number);
  'memory_mb': (number);
  'action': (_gavel_v1_Action__Output | null);
  'result_file': (string);
  'completion_callback_url': (string);
  'log_guid': (string);
  'log_source': (string);
  'annotation': (string);
  'privileged': (boolean);
  'max_pids': (number);
  'egress_rules': (_gavel_v1_EgressRule__Output)[];
  'placement_tags': (string)[];
  'cached_dependencies': (_gavel_v1_CachedDependency__Output)[];
  'image_username': (string);
  'image_password': (string);
  'log_rate_limit': (_gavel_v1_LogRateLimit__Output | null);
  'metric_tags': ({[key: string]: string});
  'network': (_gavel_v1_Network__Output | null);
  'volume_mounted_files': (_gavel_v1_MountedFile__Output)[];
  'trusted_system_certificates_path': (string);
  'description': (string);
  'labels': ({[key: string]: string});
  /**
   * Paths inside the container to archive after the run.
   */
  'outputs': (string)[];
  /**
   * Longest run of the process, counted from its start; unset = no limit.
   */
  'max_run_time': (_google_protobuf_Duration__Output | null);
  /**
   * How long the task may wait for a cell; unset = the cluster's setting (30 min).
   */
  'placement_deadline': (_google_protobuf_Duration__Output | null);
  'stop': (_gavel_v1_StopPolicy__Output | null);
  /**
   * A repeated request with the same key (per domain) creates nothing new and answers the first one's task, for 24 h.
   */
  'request_key': (string);
  /**
   * Diego's other spelling of root_fs, accepted in requests only.
   */
  'rootfs': (string);
  /**
   * Not empty: the task waits for UploadInput, and what is uploaded is unpacked into this folder before its first process.
   */
  'input_dir': (string);
}
