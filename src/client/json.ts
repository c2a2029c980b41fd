import * as taskJson from '../platform/task-json.ts';
import * as taskSpec from '../platform/task-spec.ts';
import { checking } from './errors.ts';

/** A task as a poll over HTTP or a callback brings it. @throws TaskError `invalid_argument`. */
export const taskFromJson: typeof taskJson.taskFromJson = (text) => checking(() => taskJson.taskFromJson(text));

/** A request from JSON text or an object. @throws TaskError `invalid_argument` with every fault. */
export const parseTaskSpec: typeof taskSpec.parseTaskSpec = (spec) => checking(() => taskSpec.parseTaskSpec(spec));
