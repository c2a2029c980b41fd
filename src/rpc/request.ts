import type { MethodDefinition } from '@grpc/proto-loader';
import { type MethodName, type ServiceName, type Services, serviceDefinition } from './descriptors.ts';

type Definition<S extends ServiceName, M extends MethodName<S>> = Services[S]['definition'][M];
type Given<D> = D extends MethodDefinition<infer Q, infer _R, infer _QO, infer _RO> ? Q : never;
type Received<D> = D extends MethodDefinition<infer _Q, infer _R, infer QO, infer _RO> ? QO : never;

/** A request as a handler receives it: what was left out has the wire's own default. For callers inside this process. */
export function requestOf<S extends ServiceName, M extends MethodName<S>>(
  service: S,
  method: M,
  given: Given<Definition<S, M>>,
): Received<Definition<S, M>> {
  const definition = serviceDefinition(service)[method];
  if (definition === undefined) throw new Error(`${service} has no method ${String(method)}`);
  // The generated types say what this very codec reads and writes.
  return definition.requestDeserialize(definition.requestSerialize(given)) as Received<Definition<S, M>>;
}
