import { certificates } from '../../../../src/api/index.ts';
import { secrets } from '../../../../src/kube/index.ts';
import type { Scenario } from './scenario.ts';
import { ask, issued, one, orderRecorded, shop, shopSecret } from './shop.ts';

/** What becomes of it when its objects go. */
export const objects: Readonly<Record<string, Scenario>> = {
  'secret-deleted': {
    what: 'a Secret that somebody deleted',
    before: issued,
    act: (world) => world.delete(secrets, { ...shop, name: shopSecret }),
    certificates: 1,
  },
  deletion: {
    what: 'a Certificate deleted at rest',
    before: issued,
    act: (world) => world.delete(certificates, shop),
    certificates: 0,
    pairs: true,
  },
  'deletion-ordered': {
    what: 'a Certificate deleted right after its order was recorded',
    act: (world) => ask(world, one),
    meanwhile: { when: orderRecorded, act: (world) => world.delete(certificates, shop) },
    certificates: 1,
    pairs: true,
  },
};
