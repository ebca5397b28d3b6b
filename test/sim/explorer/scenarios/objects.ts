import { certificates } from '../../../../src/api/index.ts';
import type { Scenario } from './scenario.ts';
import { ask, issued, one, orderRecorded, shop } from './shop.ts';

/** What becomes of it when its objects go. */
export const objects: Readonly<Record<string, Scenario>> = {
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
