// Original file: proto/gavel/v1/cell_service.proto

import type { CellTask as _gavel_v1_CellTask, CellTask__Output as _gavel_v1_CellTask__Output } from '../../gavel/v1/CellTask.ts';

export interface ListMyTasksResponse {
  'tasks'?: (_gavel_v1_CellTask)[];
}

export interface ListMyTasksResponse__Output {
  'tasks': (_gavel_v1_CellTask__Output)[];
}
