import { getRequestListener } from '@hono/node-server';
import { listenHttp, type RunningHttp } from '../../src/platform/ops-server.ts';
import { isLoopback, type TlsFiles } from '../../src/platform/tls.ts';
import { Authority } from '../../src/rpc/roles.ts';
import { type AppDeps, restApp } from './app.ts';

export interface HttpServerDeps extends Omit<AppDeps, 'authority' | 'local'> {
  readonly listen: string;
  readonly tls: TlsFiles | undefined;
  readonly insecure: boolean;
}

/** Serves the REST mirror, its OpenAPI document, metrics and health. */
export async function serveHttp({ listen, tls, insecure, ...deps }: HttpServerDeps): Promise<RunningHttp> {
  const loopback = isLoopback(listen.slice(0, Math.max(0, listen.lastIndexOf(':'))));
  const authority = new Authority(tls, loopback || insecure);
  const app = restApp({ ...deps, authority, local: loopback && tls?.cert === undefined && !insecure });
  const handler = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const running = await listenHttp({ listen, tls, insecure, handler });
  return {
    address: running.address,
    stop: async () => {
      app.close();
      await running.stop();
    },
  };
}
