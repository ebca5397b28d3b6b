/**
 * The Unix socket by which a cluster answers for its components, and takes orders to kill and to revive them:
 *
 *     GET  /                          the health of every component
 *     POST /components/NAME/kill      SIGKILL; answered when it is gone
 *     POST /components/NAME/revive    answered when it is ready
 */
import { createServer } from 'node:http';
import { ask } from './checks.ts';
import type { ComponentStatus, Components } from './component.ts';
import { layoutOf } from './spec.ts';

/** The health of a cluster's components. */
export interface Status {
  readonly components: readonly ComponentStatus[];
}

/** Serves the socket; it ends with this process. */
export async function serveControl(path: string, components: Components): Promise<void> {
  const server = createServer(({ method, url }, response) => {
    answer(components, `${method} ${url}`).then(
      (text) => (text === undefined ? response.writeHead(404).end() : response.end(text)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(path, resolve);
  });
}

/**
 * Asks a cluster by its socket, and gives the answer's body.
 *
 * @throws Error with what the cluster says when it cannot.
 */
export async function askControl(name: string, method: 'GET' | 'POST', path: string): Promise<string> {
  const { status, body } = await ask(`http://localhost${path}`, {
    method,
    socketPath: layoutOf(name).controlSocket,
    timeoutMs: 120_000,
  });
  if (status !== 200) throw new Error(`the cluster ${name} answers ${method} ${path} with ${status}: ${body}`);
  return body;
}

async function answer(components: Components, asked: string): Promise<string | undefined> {
  if (asked === 'GET /') return JSON.stringify({ components: await components.statuses() } satisfies Status);
  const [, component = '', order] = /^POST \/components\/([a-z-]+)\/(kill|revive)$/.exec(asked) ?? [];
  if (order === 'kill') await components.kill(component);
  else if (order === 'revive') await components.revive(component);
  else return undefined;
  return '';
}
