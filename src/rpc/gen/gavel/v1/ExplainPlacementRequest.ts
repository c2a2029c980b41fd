// Original file: proto/gavel/v1/explain.proto

import type { TaskCreateRequest as _gavel_v1_TaskCreateRequest, TaskCreateRequest__Output as _gavel_v1_TaskCreateRequest__Output } from '../../gavel/v1/TaskCreateRequest.ts';

export interface ExplainPlacementRequest {
  /**
   * Guid, number or unique beginning of a guid; finished tasks too.
   */
  'task_guid'?: (string);
  /**
   * Instead of a guid: a dry run. Nothing is created.
   */
  'request'?: (_gavel_v1_TaskCreateRequest | null);
}

export interface ExplainPlacementRequest__Output {
  /**
   * Guid, number or unique beginning of a guid; finished tasks too.
   */
  'task_guid': (string);
  /**
   * Instead of a guid: a dry run. Nothing is created.
   */
  'request': (_gavel_v1_TaskCreateRequest__Output | null);
}
