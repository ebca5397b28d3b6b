import { secrets } from '../../../../src/kube/index.ts';
import type { World } from '../../world/world.ts';
import type { Scenario } from './scenario.ts';
import { ask, issued, one, shop, shopSecret } from './shop.ts';

const template = { secretTemplate: { labels: { team: 'web' }, annotations: { note: 'x' } } };

/** Changes labels of the Secret, as `kubectl label --overwrite` does. */
async function relabel(world: World, labels: Record<string, string>): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'Secret', metadata: { ...shop, name: shopSecret, labels } };
  await world.user.apply(secrets, object, { manager: 'kubectl-label', force: true });
}

/** What others do to the Secret, and what else the spec asks of it. */
export const secret: Readonly<Record<string, Scenario>> = {
  'template-change': {
    what: 'another secretTemplate and another encoding of the key for a certificate at rest',
    before: async (world) => {
      await issued(world);
      await ask(world, one, template);
      await world.settle();
    },
    act: (world) =>
      ask(world, one, { secretTemplate: { labels: { tier: 'front' } }, privateKey: { encoding: 'PKCS1' } }),
    certificates: 0,
    pairs: true,
  },
  'label-changed': {
    what: 'a label of the secretTemplate that somebody changed',
    before: async (world) => {
      await issued(world);
      await ask(world, one, template);
      await world.settle();
    },
    act: (world) => relabel(world, { team: 'theirs' }),
    certificates: 0,
  },
};
