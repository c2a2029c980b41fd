// Original file: proto/gavel/v1/alert_service.proto

import type { Duration as _google_protobuf_Duration, Duration__Output as _google_protobuf_Duration__Output } from '../../google/protobuf/Duration.ts';
import type { AlertFired as _gavel_v1_AlertFired, AlertFired__Output as _gavel_v1_AlertFired__Output } from '../../gavel/v1/AlertFired.ts';
import type { Long } from '@grpc/proto-loader';

export interface AlertRule {
  /**
   * 1 to 64 letters, digits, - and _.
   */
  'name'?: (string);
  /**
   * failed: a task ended otherwise than well. ended: it ended. waiting: it has been PENDING for longer than `for`. callback_dead: its callback was given
   * up. cell_lost: a cell has been away for longer than `for`.
   */
  'on'?: (string);
  'url'?: (string);
  /**
   * Of tasks: only those of which this expression is true, as `outcome == 'lost' && labels.team == 'x'` (`gavel help select`).
   */
  'select'?: (string);
  /**
   * 10 minutes for waiting, 1 minute for cell_lost, when it is left out.
   */
  'for'?: (_google_protobuf_Duration | null);
  /**
   * Between two posts; what comes meanwhile is told together. 5 minutes when it is left out.
   */
  'cooldown'?: (_google_protobuf_Duration | null);
  /**
   * Of the server from here on.
   */
  'updated_by'?: (string);
  /**
   * UNIX nanoseconds.
   */
  'updated_at'?: (number | string | Long);
  'last'?: (_gavel_v1_AlertFired | null);
}

export interface AlertRule__Output {
  /**
   * 1 to 64 letters, digits, - and _.
   */
  'name': (string);
  /**
   * failed: a task ended otherwise than well. ended: it ended. waiting: it has been PENDING for longer than `for`. callback_dead: its callback was given
   * up. cell_lost: a cell has been away for longer than `for`.
   */
  'on': (string);
  'url': (string);
  /**
   * Of tasks: only those of which this expression is true, as `outcome == 'lost' && labels.team == 'x'` (`gavel help select`).
   */
  'select': (string);
  /**
   * 10 minutes for waiting, 1 minute for cell_lost, when it is left out.
   */
  'for': (_google_protobuf_Duration__Output | null);
  /**
   * Between two posts; what comes meanwhile is told together. 5 minutes when it is left out.
   */
  'cooldown': (_google_protobuf_Duration__Output | null);
  /**
   * Of the server from here on.
   */
  'updated_by': (string);
  /**
   * UNIX nanoseconds.
   */
  'updated_at': (string);
  'last': (_gavel_v1_AlertFired__Output | null);
}
