import { getRequestListener } from '@hono/node-server';
import { listenHttp, type RunningHttp } from '../../src/platform/ops-server.ts';
import { isLoopback, type TlsFiles } from '../../src/platform/tls.ts';
import type { TokenVerifier } from '../../src/platform/token.ts';
import { Authority } from '../../src/rpc/identity.ts';
import { type AppDeps, restApp } from './app.ts';

export interface HttpServerDeps extends Omit<AppDeps, 'authority' | 'local'> {
  readonly listen: string;
  readonly tls: TlsFiles | undefined;
  readonly insecure: boolean;
  readonly tokens: TokenVerifier | undefined;
}

/** Serves the REST mirror, its OpenAPI document, metrics and health. */
export async function serveHttp({ listen, tls, insecure, tokens, ...deps }: HttpServerDeps): Promise<RunningHttp> {
  const loopback = isLoopback(listen.slice(0, Math.max(0, listen.lastIndexOf(':'))));
  const authority = new Authority({ tls, loopback, insecure, tokens });
  const app = restApp({ ...deps, authority, local: loopback && tls?.cert === undefined && !insecure });
  const handler = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const running = await listenHttp({
    listen,
    tls,
    insecure,
    certificateOptional: tokens !== undefined,
    handler,
  });
  return {
    address: running.address,
    stop: async () => {
      app.close();
      await running.stop();
    },
  };
}
