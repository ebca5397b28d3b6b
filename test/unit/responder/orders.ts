import type { Cache, KubeObject } from '../../../src/kube/index.ts';
import { type PendingOrder, pendingOrders, projectPendingOrder } from '../../../src/responder/pending-order.ts';

/** A cache of pending orders that a test fills by hand. */
export interface Orders extends Cache<PendingOrder> {
  put(object: KubeObject): void;
  drop(name: string): void;
  synced: boolean;
  silent: number;
  /** Whether `run` is under way. */
  running: boolean;
}

/** An empty cache that is synced and was never silent. */
export function fakeOrders(): Orders {
  const rows = new Map<string, PendingOrder>();
  return {
    synced: true,
    silent: 0,
    running: false,
    put: (object) => void rows.set(object.metadata.name, projectPendingOrder(object)),
    drop: (name) => void rows.delete(name),
    get: (key) => rows.get(key),
    list: () => rows.values(),
    get size() {
      return rows.size;
    },
    by: (index, value) => [...rows.values()].filter((row) => pendingOrders.indexes?.[index]?.(row).includes(value)),
    onChange: () => undefined,
    whenSynced: () => Promise.resolve(),
    silentMs() {
      return this.silent;
    },
    run(signal) {
      this.running = true;
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          this.running = false;
          resolve();
        });
      });
    },
  };
}

/** A Certificate as the API server sends it, with an order for one name. */
export function withOrder(name: string, host: string, token: string | undefined, state = 'pending'): KubeObject {
  const identifier = { type: 'dns', value: host, state: 'pending', ...(token === undefined ? {} : { token }) };
  const order = { url: 'https://ca.test/order/1', state, revision: 1, thumbprint: 'thumb', identifiers: [identifier] };
  return Object.assign(
    { apiVersion: 'evercert.dev/v1', kind: 'Certificate', metadata: { name, namespace: 'shop' } },
    { status: { order } },
  );
}
