/** Runs inside the namespaces of a cluster: starts its programs, in the order they need, and answers for their health. */
import { Components } from './component.ts';
import { startContainerd } from './containerd.ts';
import { serveControl } from './control.ts';
import { startControlPlane } from './control-plane.ts';
import { startDNS } from './dns.ts';
import { installEvercert } from './evercert.ts';
import type { Order, Report } from './messages.ts';
import { makeMounts, makeNetwork } from './network.ts';
import { startNode } from './node.ts';
import { startPebble } from './pebble.ts';
import { type ClusterSpec, type Layout, layoutOf } from './spec.ts';
import { startTraefik } from './traefik.ts';

function report(message: Report): void {
  process.send?.(message);
}

async function start(spec: ClusterSpec): Promise<void> {
  const layout = layoutOf(spec.name);
  const components = new Components({
    logs: layout.logs,
    onReady: ({ name }) => report({ kind: 'detail', sentence: `${name} is ready` }),
    onEnd: (sentence) => report({ kind: 'note', sentence }),
  });
  await makeMounts(spec, layout);
  await makeNetwork(spec);
  await serveControl(layout.controlSocket, components);
  await startParts(spec, layout, components);
  report({ kind: 'ready' });
}

/** Starts everything as early as what it needs is there. */
async function startParts(spec: ClusterSpec, layout: Layout, components: Components): Promise<void> {
  const { parts } = spec;
  const started = startControlPlane(spec, layout, components);
  const runtime = parts.node ? startContainerd(spec, layout, components) : undefined;
  const acme = parts.pebble ? startPebble(spec, layout, components) : undefined;
  const withAPI = async (): Promise<void> => {
    const controlPlane = await started;
    await Promise.all([
      parts.traefik ? startTraefik(spec, controlPlane, components) : undefined,
      parts.node ? startDNS(spec, layout, controlPlane, components) : undefined,
      parts.node ? runtime?.then(() => startNode(spec, layout, controlPlane, components)) : undefined,
    ]);
  };
  await Promise.all([withAPI(), runtime, acme]);
  if (!parts.evercert) return;
  report({ kind: 'detail', sentence: 'helm installs Evercert' });
  await installEvercert(spec, layout);
}

process.on('message', (order: Order) => {
  if (order.kind !== 'start') return;
  start(order.spec).catch((error: unknown) => {
    report({ kind: 'failed', sentence: error instanceof Error ? error.message : String(error) });
  });
});
