import type { World } from '../../world/world.ts';
import { limited } from './budget.ts';
import type { Scenario } from './scenario.ts';
import { ask, dayMs, issued, renew, three } from './shop.ts';

const minuteMs = 60_000;
const bad = 'b.shop.example';

/** Asks for three names, of which some may be left out. */
const askPartially = (world: World): Promise<void> => ask(world, three, { partialIssuance: true });

/** A certificate for three names at rest; then one of them leads astray, and so many days go by without an operator. */
async function gone(world: World, days: number): Promise<void> {
  await issued(world);
  await askPartially(world);
  await world.settle();
  world.web.astray.add(bad);
  world.clock.setWall(new Date(world.clock.now().getTime() + days * dayMs));
}

/** Certificates for some of their names. */
export const partial: Readonly<Record<string, Scenario>> = {
  'partial-unreached': {
    what: 'a first certificate for three names, of which one never leads to us',
    act: async (world) => {
      world.web.astray.add(bad);
      await askPartially(world);
    },
    certificates: 1,
  },
  'partial-unreached-back': {
    what: 'the same, and the name comes to lead to us after three minutes',
    act: async (world) => {
      world.web.astray.add(bad);
      world.clock.after(3 * minuteMs, () => world.web.astray.delete(bad));
      await askPartially(world);
    },
    restMs: 30 * minuteMs,
    certificates: 2,
  },
  'partial-refused-back': {
    what: 'a first certificate for three names, of which the CA refuses one for five minutes',
    act: async (world) => {
      world.ca.setForbidden(bad, true);
      world.clock.after(5 * minuteMs, () => world.ca.setForbidden(bad, false));
      await askPartially(world);
    },
    restMs: 30 * minuteMs,
    certificates: 2,
  },
  'partial-paused-back': {
    what: 'a first certificate for three names, of which the CA has paused one until a person ends it there',
    ca: limited(),
    act: async (world) => {
      for (const { url } of world.ca.accounts) world.ca.pause(url, bad);
      world.clock.after(5 * minuteMs, () => {
        for (const { url } of world.ca.accounts) world.ca.unpause(url);
        void renew(world);
      });
      await askPartially(world);
    },
    restMs: 30 * minuteMs,
    certificates: 2,
  },
  'partial-unpresented-back': {
    what: 'a first certificate for three names, of which one does not present its challenge for twelve minutes',
    act: async (world) => {
      world.web.halfRouted.add(bad);
      world.clock.after(12 * minuteMs, () => world.web.halfRouted.delete(bad));
      await askPartially(world);
    },
    restMs: 45 * minuteMs,
    certificates: 2,
  },
  'partial-renewal-kept': {
    what: 'a renewal that is due while one name is gone: the certificate in use has it, and stays',
    before: (world) => gone(world, 65),
    act: async () => {},
    certificates: 0,
  },
  'partial-renewal-without': {
    what: 'a renewal that is overdue while one name is gone: it is left out before the certificate expires',
    before: (world) => gone(world, 87),
    act: async () => {},
    certificates: 1,
  },
};
