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
import type { TaskState as _gavel_v1_TaskState, TaskState__Output as _gavel_v1_TaskState__Output } from '../../gavel/v1/TaskState.ts';
import type { Usage as _gavel_v1_Usage, Usage__Output as _gavel_v1_Usage__Output } from '../../gavel/v1/Usage.ts';
import type { Long } from '@grpc/proto-loader';

/**
 * The request and all that became of it. A callback carries exactly this, as JSON.
 */
export interface Task {
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
  'outputs'?: (string)[];
  'max_run_time'?: (_google_protobuf_Duration | null);
  'placement_deadline'?: (_google_protobuf_Duration | null);
  'stop'?: (_gavel_v1_StopPolicy | null);
  'request_key'?: (string);
  'input_dir'?: (string);
  'state'?: (_gavel_v1_TaskState);
  /**
   * UNIX nanoseconds: 19 digits, beyond what a JavaScript number holds.
   */
  'created_at'?: (number | string | Long);
  'claimed_at'?: (number | string | Long);
  'started_at'?: (number | string | Long);
  'first_completed_at'?: (number | string | Long);
  'updated_at'?: (number | string | Long);
  /**
   * Where it runs or ran; kept after completion.
   */
  'cell_id'?: (string);
  'failed'?: (boolean);
  /**
   * For people.
   */
  'failure_reason'?: (string);
  /**
   * For programs; docs/task-reference.md lists them.
   */
  'failure_code'?: (string);
  /**
   * succeeded, failed, timed_out, cancelled, unplaced, lost or infra_failed; empty until COMPLETED.
   */
  'outcome'?: (string);
  /**
   * Of the process; unset while there is none.
   */
  'exit_code'?: (number);
  'oom_killed'?: (boolean);
  /**
   * The first 10,240 bytes of result_file, as UTF-8.
   */
  'result'?: (string);
  'result_truncated'?: (boolean);
  'result_bytes'?: (number | string | Long);
  'attempt'?: (string);
  /**
   * Cluster-wide counter that people type.
   */
  'number'?: (number | string | Long);
  'created_by'?: (string);
  'revision'?: (number | string | Long);
  'rejection_count'?: (number);
  'rejection_reason'?: (string);
  /**
   * Never empty while PENDING; while RUNNING only when a cancel waits for the end of a step.
   */
  'waiting_for'?: (string);
  'image_digest'?: (string);
  'limits_in_force'?: ({[key: string]: string});
  'usage'?: (_gavel_v1_Usage | null);
  /**
   * One per life of a guid (a guid may be used again after resolution).
   */
  'uid'?: (string);
  /**
   * Under which the request that made it is in the logs.
   */
  'request_id'?: (string);
  /**
   * W3C trace context of that request; empty where nobody traces.
   */
  'traceparent'?: (string);
  '_exit_code'?: "exit_code";
}

/**
 * The request and all that became of it. A callback carries exactly this, as JSON.
 */
export interface Task__Output {
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
  'outputs': (string)[];
  'max_run_time': (_google_protobuf_Duration__Output | null);
  'placement_deadline': (_google_protobuf_Duration__Output | null);
  'stop': (_gavel_v1_StopPolicy__Output | null);
  'request_key': (string);
  'input_dir': (string);
  'state': (_gavel_v1_TaskState__Output);
  /**
   * UNIX nanoseconds: 19 digits, beyond what a JavaScript number holds.
   */
  'created_at': (string);
  'claimed_at': (string);
  'started_at': (string);
  'first_completed_at': (string);
  'updated_at': (string);
  /**
   * Where it runs or ran; kept after completion.
   */
  'cell_id': (string);
  'failed': (boolean);
  /**
   * For people.
   */
  'failure_reason': (string);
  /**
   * For programs; docs/task-reference.md lists them.
   */
  'failure_code': (string);
  /**
   * succeeded, failed, timed_out, cancelled, unplaced, lost or infra_failed; empty until COMPLETED.
   */
  'outcome': (string);
  /**
   * Of the process; unset while there is none.
   */
  'exit_code'?: (number);
  'oom_killed': (boolean);
  /**
   * The first 10,240 bytes of result_file, as UTF-8.
   */
  'result': (string);
  'result_truncated': (boolean);
  'result_bytes': (string);
  'attempt': (string);
  /**
   * Cluster-wide counter that people type.
   */
  'number': (string);
  'created_by': (string);
  'revision': (string);
  'rejection_count': (number);
  'rejection_reason': (string);
  /**
   * Never empty while PENDING; while RUNNING only when a cancel waits for the end of a step.
   */
  'waiting_for': (string);
  'image_digest': (string);
  'limits_in_force': ({[key: string]: string});
  'usage': (_gavel_v1_Usage__Output | null);
  /**
   * One per life of a guid (a guid may be used again after resolution).
   */
  'uid': (string);
  /**
   * Under which the request that made it is in the logs.
   */
  'request_id': (string);
  /**
   * W3C trace context of that request; empty where nobody traces.
   */
  'traceparent': (string);
  '_exit_code'?: "exit_code";
}
