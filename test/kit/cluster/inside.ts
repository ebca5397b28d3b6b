/** Runs inside the namespaces of a cluster: starts its programs, in the order they need, and answers for their health. */
import { createServer } from 'node:http';
import { type ComponentStatus, Components } from './component.ts';
import { startControlPlane } from './control-plane.ts';
import type { Order, Report } from './messages.ts';
import { makeMounts, makeNetwork } from './network.ts';
import { startPebble } from './pebble.ts';
import { type ClusterSpec, layoutOf } from './spec.ts';
import { startTraefik } from './traefik.ts';

/** The answer of the status socket. */
export interface Status {
  readonly components: readonly ComponentStatus[];
}

function report(message: Report): void {
  process.send?.(message);
}

async function start(spec: ClusterSpec): Promise<void> {
  const started = performance.now();
  const layout = layoutOf(spec.name);
  const components = new Components({
    logs: layout.logs,
    onEnd: (sentence) => report({ kind: 'progress', sentence }),
  });
  await makeMounts(spec, layout);
  await makeNetwork(spec);
  const acme = spec.parts.pebble ? startPebble(spec, layout, components) : Promise.resolve();
  const [controlPlane] = await Promise.all([startControlPlane(spec, layout, components), acme]);
  if (spec.parts.traefik) await startTraefik(spec, controlPlane, components);
  await serveStatus(layout.statusSocket, components);
  report({ kind: 'ready', holder: 0, startMs: performance.now() - started });
}

async function serveStatus(path: string, components: Components): Promise<void> {
  const server = createServer((_, response) => {
    components.statuses().then(
      (statuses) => response.end(JSON.stringify({ components: statuses } satisfies Status)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.on('error', reject).listen(path, resolve);
  });
}

process.on('message', (order: Order) => {
  if (order.kind !== 'start') return;
  start(order.spec).catch((error: unknown) => {
    report({ kind: 'failed', sentence: error instanceof Error ? error.message : String(error) });
  });
});
