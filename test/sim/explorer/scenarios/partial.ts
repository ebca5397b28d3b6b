import type { World } from '../../world/world.ts';
import { limited } from './budget.ts';
import type { Scenario } from './scenario.ts';
import { ask, dayMs, issued, renew, three } from './shop.ts';

const minuteMs = 60_000;
const bad = 'b.shop.example';
/** A name that was refused twice is tried again after 100 minutes. */
const secondTryMs = 150 * minuteMs;

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

/**
 * What a person does a minute after the first certificate was stored. Not at a fixed time: how long that takes depends on what
 * goes wrong, and with it which names the certificate has.
 */
function onceStored(act: (world: World) => void): NonNullable<Scenario['meanwhile']> {
  return {
    when: (call) => call === 'apply secrets web/shop-tls',
    act: async (world) => {
      world.clock.after(minuteMs, () => act(world));
    },
  };
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
    what: 'the same, and the name comes to lead to us once there is a certificate without it',
    act: async (world) => {
      world.web.astray.add(bad);
      await askPartially(world);
    },
    meanwhile: onceStored((world) => world.web.astray.delete(bad)),
    restMs: 30 * minuteMs,
    certificates: 2,
  },
  'partial-refused-back': {
    what: 'a first certificate for three names, of which the CA refuses one until there is a certificate without it',
    act: async (world) => {
      world.ca.setForbidden(bad, true);
      await askPartially(world);
    },
    meanwhile: onceStored((world) => world.ca.setForbidden(bad, false)),
    restMs: secondTryMs,
    namesChange: true,
    certificates: 2,
  },
  'partial-paused-back': {
    what: 'a first certificate for three names, of which the CA has paused one until a person ends it there',
    ca: limited(),
    act: async (world) => {
      for (const { url } of world.ca.accounts) world.ca.pause(url, bad);
      await askPartially(world);
    },
    meanwhile: onceStored((world) => {
      for (const { url } of world.ca.accounts) world.ca.unpause(url);
      void renew(world);
    }),
    restMs: 30 * minuteMs,
    certificates: 2,
  },
  'partial-unpresented-back': {
    what: 'a first certificate for three names, of which one presents no challenge until there is a certificate without it',
    act: async (world) => {
      world.web.halfRouted.add(bad);
      await askPartially(world);
    },
    meanwhile: onceStored((world) => world.web.halfRouted.delete(bad)),
    restMs: secondTryMs,
    namesChange: true,
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
