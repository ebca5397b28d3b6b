import { annotations, certificates, group } from '../../../../src/api/index.ts';
import { projectCertificate } from '../../../../src/controllers/certificate-row.ts';
import { keyOf } from '../../../../src/kube/index.ts';
import { webServer } from '../../world/objects.ts';
import type { World } from '../../world/world.ts';

/** The one Certificate of every scenario, and its Secret. */
export const shop = { namespace: 'web', name: 'shop' };
export const shopSecret = 'shop-tls';
export const certificateKey = keyOf(shop);

/** The names that it asks for. */
export const one = ['shop.example'];
export const three = ['a.shop.example', 'b.shop.example', 'shop.example'];
export const dayMs = 86_400_000;

/** Applies the Certificate for these names. */
export async function ask(world: World, names: readonly string[], spec: object = {}): Promise<void> {
  const object = {
    apiVersion: `${group}/v1`,
    kind: 'Certificate',
    metadata: { ...shop },
    spec: { secretName: shopSecret, dnsNames: [...names], issuerRef: { name: 'ca', kind: 'ClusterIssuer' }, ...spec },
  };
  await world.apply(certificates, object);
}

/** A Certificate at rest, with a web server of two replicas that serves it. */
export async function issued(world: World): Promise<void> {
  await world.apply(...webServer('shop', shopSecret));
  await ask(world, one);
  await world.settle();
}

/** Asks for a renewal now, as `kubectl annotate` does. */
export async function renew(world: World): Promise<void> {
  const metadata = { ...shop, annotations: { [annotations.renew]: world.clock.now().toISOString() } };
  const object = { apiVersion: `${group}/v1`, kind: 'Certificate', metadata };
  await world.user.apply(certificates, object, { manager: 'user-renew', force: true });
}

/** Whether the status records an order. */
function hasOrder(world: World): boolean {
  const object = world.truth.get(certificates, shop);
  return object !== undefined && projectCertificate(object).status.order !== undefined;
}

/** The status has just come to record an order. */
export const orderRecorded = (_: string, world: World): boolean => hasOrder(world);
