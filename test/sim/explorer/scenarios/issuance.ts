import { createPublicKey } from 'node:crypto';
import { strict } from '../../ca/index.ts';
import { clusterIssuer, webServer } from '../../world/objects.ts';
import type { Scenario } from './scenario.ts';
import { ask, dayMs, issued, one, renew, shopSecret, three } from './shop.ts';

const minuteMs = 60_000;

function isP256(publicKey: Uint8Array): boolean {
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' });
  return key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
}

/** First certificates and renewals. */
export const issuance: Readonly<Record<string, Scenario>> = {
  first: {
    what: 'a first certificate for one name',
    act: async (world) => {
      await world.apply(...webServer('shop', shopSecret));
      await ask(world, one);
    },
    certificates: 1,
  },
  'first-reused': {
    what: 'a first certificate of a CA that hands out an open order again',
    ca: { ...strict, reuse: { ...strict.reuse, orders: true } },
    act: (world) => ask(world, one),
    certificates: 1,
  },
  'first-three': {
    what: 'a first certificate for three names',
    act: (world) => ask(world, three),
    certificates: 1,
  },
  'key-refused': {
    what: 'a first certificate of a CA that takes no key of the usual kind, until another is asked for',
    ca: { ...strict, refusesKey: isP256 },
    act: async (world) => {
      const privateKey = { algorithm: 'ECDSA', size: 384 };
      world.clock.after(30 * minuteMs, () => void ask(world, one, { privateKey }));
      await ask(world, one);
    },
    restMs: 45 * minuteMs,
    certificates: 1,
  },
  account: {
    what: 'a first certificate with an issuer that has no account yet',
    act: async (world) => {
      await world.apply(...clusterIssuer('other'));
      await ask(world, one, { issuerRef: { name: 'other', kind: 'ClusterIssuer' } });
    },
    certificates: 1,
  },
  renewal: {
    what: 'a renewal asked for by annotation',
    before: issued,
    act: renew,
    certificates: 1,
  },
  due: {
    what: 'a renewal whose time came while no operator ran',
    before: async (world) => {
      await issued(world);
      world.clock.setWall(new Date(world.clock.now().getTime() + 65 * dayMs));
    },
    act: async () => {},
    certificates: 1,
  },
};
