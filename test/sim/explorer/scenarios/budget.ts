import { certificates } from '../../../../src/api/index.ts';
import { configMaps, secrets } from '../../../../src/kube/index.ts';
import { letsEncrypt, strict } from '../../ca/index.ts';
import type { CaOptions } from '../../ca/options.ts';
import { clusterIssuer, ledgerRef } from '../../world/objects.ts';
import type { World } from '../../world/world.ts';
import type { Scenario } from './scenario.ts';
import { ask, issued, one, renew, shop, shopSecret } from './shop.ts';

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
function limited(limits: Partial<CaOptions['limits']> = {}): CaOptions {
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

/** The Certificate and its Secret are deleted, and made anew a little later, as by a pipeline that recreates its namespace. */
async function recreate(world: World): Promise<void> {
  if (world.truth.get(certificates, shop) !== undefined) await world.delete(certificates, shop);
  world.clock.after(secondMs, () => {
    const secret = { ...shop, name: shopSecret };
    const gone = world.truth.get(secrets, secret) === undefined ? Promise.resolve() : world.delete(secrets, secret);
    void gone.then(() => ask(world, one));
  });
}

/** Somebody empties the ledger. */
async function edit(world: World): Promise<void> {
  const { data = {} } = (world.truth.get(configMaps, ledgerRef) ?? {}) as { data?: Record<string, string> };
  const emptied = Object.fromEntries(Object.keys(data).map((part) => [part, 'not a line of a ledger\n']));
  await world.apply(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...ledgerRef }, data: emptied });
}

/** What becomes of it at a CA that limits what it takes. */
export const budget: Readonly<Record<string, Scenario>> = {
  'budget-first': {
    what: 'a first certificate of a CA with limits',
    ca: limited(),
    before: (world) => tell(world, asLetsEncrypt),
    act: (world) => ask(world, one),
    certificates: 1,
    pairs: true,
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
  'budget-recreated': {
    what: 'a Certificate deleted and made anew with its Secret, 20 times',
    ca: limited(),
    before: (world) => tell(world, asLetsEncrypt),
    act: async (world) => {
      await ask(world, one);
      const times = Array.from({ length: 19 }, (_, time) => (time + 1) * 12 * secondMs);
      later(world, times, () => recreate(world));
    },
    certificates: 5,
  },
  'budget-ledger-deleted': {
    what: 'a ledger that somebody deletes between two renewals',
    ca: twiceAtCa,
    before: (world) => tell(world, twice),
    act: async (world) => {
      await ask(world, one);
      later(world, [70 * secondMs], () => world.delete(configMaps, ledgerRef));
      later(world, [75 * secondMs, 150 * secondMs, 200 * secondMs], () => renew(world));
    },
    certificates: 2,
  },
  'budget-ledger-edited': {
    what: 'a ledger that somebody makes illegible between two renewals',
    ca: twiceAtCa,
    before: (world) => tell(world, twice),
    act: async (world) => {
      await ask(world, one);
      later(world, [70 * secondMs], () => edit(world));
      later(world, [75 * secondMs, 150 * secondMs, 200 * secondMs], () => renew(world));
    },
    certificates: 2,
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
    refusals: 2,
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
