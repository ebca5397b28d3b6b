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
  },
  'deletion-with-secret': {
    what: 'a Certificate deleted at rest, with which its Secret is to go',
    before: async (world) => {
      await issued(world);
      await ask(world, one, { deletionPolicy: 'Delete' });
      await world.settle();
    },
    act: (world) => world.delete(certificates, shop),
    certificates: 0,
  },
  'deletion-policy': {
    what: 'a Secret that is to go with its Certificate from now on',
    before: issued,
    act: (world) => ask(world, one, { deletionPolicy: 'Delete' }),
    certificates: 0,
  },
  'deletion-policy-back': {
    what: 'a Secret that is to stay without its Certificate from now on',
    before: async (world) => {
      await ask(world, one, { deletionPolicy: 'Delete' });
      await world.settle();
    },
    act: (world) => ask(world, one),
    certificates: 0,
  },
  'deletion-ordered': {
    what: 'a Certificate deleted right after its order was recorded',
    act: (world) => ask(world, one),
    meanwhile: { when: orderRecorded, act: (world) => world.delete(certificates, shop) },
    certificates: 1,
  },
};
