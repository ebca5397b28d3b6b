import { letsEncrypt, strict } from '../../ca/index.ts';
import type { CaOptions } from '../../ca/options.ts';
import { clusterIssuer } from '../../world/objects.ts';
import type { World } from '../../world/world.ts';
import type { Scenario } from './scenario.ts';
import { ask, issued, one, renew } from './shop.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;

/** What the issuer says of a CA with the limits of Let's Encrypt. */
const asLetsEncrypt = {
  newOrders: { count: 20, period: '2s' },
  newOrdersPerAccount: { count: 300, period: '3h' },
  certificatesPerDomain: { count: 50, period: '168h' },
  certificatesPerExactSet: { count: 5, period: '168h' },
  failedAuthorizationsPerName: { count: 5, period: '1h' },
  exemptRenewals: true,
};

/** A CA that hands out nothing twice, with limits: so an order that a crash lost counts. */
export function limited(limits: Partial<CaOptions['limits']> = {}): CaOptions {
  if (letsEncrypt.limits === undefined) throw new Error('it has limits');
  return { ...strict, limits: { ...letsEncrypt.limits, ...limits } };
}

const twice = { certificatesPerExactSet: { count: 2, period: '10h' } };
const twiceAtCa = limited({ certificatesPerExactSet: { count: 2, periodMs: 10 * hourMs } });

/** Tells the issuer of limits. */
async function tell(world: World, rateLimits: object): Promise<void> {
  await world.apply(...clusterIssuer('ca', { rateLimits }));
}

/** The user does something after each of these times, in milliseconds. */
function later(world: World, times: readonly number[], act: () => Promise<void>): void {
  for (const ms of times) world.clock.after(ms, () => void act());
}

/** What becomes of it at a CA that limits what it takes. */
export const budget: Readonly<Record<string, Scenario>> = {
  'budget-first': {
    what: 'a first certificate of a CA with limits',
    ca: limited(),
    before: (world) => tell(world, asLetsEncrypt),
    act: (world) => ask(world, one),
    certificates: 1,
  },
  'budget-renewal': {
    what: 'a renewal at a CA with limits',
    ca: limited(),
    before: async (world) => {
      await tell(world, asLetsEncrypt);
      await issued(world);
    },
    act: renew,
    certificates: 1,
  },
  'budget-spent': {
    what: 'a renewal asked for when the budget of the names is spent',
    ca: twiceAtCa,
    before: async (world) => {
      await tell(world, twice);
      await issued(world);
      await renew(world);
      await world.settle();
    },
    act: renew,
    certificates: 0,
  },
  limited: {
    what: 'a renewal that the CA refuses for a limit that nobody knew of, and says until when',
    ca: limited({ certificatesPerExactSet: { count: 1, periodMs: 5 * minuteMs } }),
    before: issued,
    act: async (world) => {
      await renew(world);
      later(world, [20 * secondMs], () => renew(world));
    },
    certificates: 1,
    refusals: 6,
  },
  paused: {
    what: 'a renewal of a name that the CA has paused, until a person ends it there',
    ca: limited(),
    before: async (world) => {
      await tell(world, asLetsEncrypt);
      await issued(world);
      for (const { url } of world.ca.accounts) world.ca.pause(url, 'shop.example');
    },
    act: async (world) => {
      await renew(world);
      later(world, [2 * minuteMs], async () => {
        for (const { url } of world.ca.accounts) world.ca.unpause(url);
        await renew(world);
      });
    },
    certificates: 1,
  },
};
