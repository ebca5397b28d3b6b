import { annotations, certificates, group } from '../../../src/api/index.ts';
import { projectCertificate } from '../../../src/controllers/certificate-row.ts';
import { keyOf, secrets } from '../../../src/kube/index.ts';
import { type CaOptions, strict } from '../ca/index.ts';
import { clusterIssuer, webServer } from '../world/objects.ts';
import type { World } from '../world/world.ts';

/** What a user does, and what has to come of it. */
export interface Scenario {
  /** A phrase for people. */
  readonly what: string;
  /** How the CA behaves; strictly unless told. */
  readonly ca?: CaOptions;
  /** What stands before; nothing but a ready ClusterIssuer unless told. */
  readonly before?: (world: World) => Promise<void>;
  readonly act: (world: World) => Promise<void>;
  /** What the user does meanwhile, right after the first call for which `when` holds has been carried out. */
  readonly meanwhile?: {
    readonly when: (call: string, world: World) => boolean;
    readonly act: (world: World) => Promise<void>;
  };
  /** How many certificates may be issued for it at most. */
  readonly certificates: number;
  /** Its pairs are explored also where nobody asks for it by name; the others have much the same steps. */
  readonly pairs?: true;
}

/** The one Certificate of every scenario, and its Secret. */
const shop = { namespace: 'web', name: 'shop' };
const shopSecret = 'shop-tls';
export const certificateKey = keyOf(shop);

const one = ['shop.example'];
const three = ['a.shop.example', 'b.shop.example', 'shop.example'];
const dayMs = 86_400_000;

/** Applies the Certificate for these names. */
async function ask(world: World, names: readonly string[], spec: object = {}): Promise<void> {
  const object = {
    apiVersion: `${group}/v1`,
    kind: 'Certificate',
    metadata: { ...shop },
    spec: { secretName: shopSecret, dnsNames: [...names], issuerRef: { name: 'ca', kind: 'ClusterIssuer' }, ...spec },
  };
  await world.apply(certificates, object);
}

/** A Certificate at rest, with a web server of two replicas that serves it. */
async function issued(world: World): Promise<void> {
  await world.apply(...webServer('shop', shopSecret));
  await ask(world, one);
  await world.settle();
}

/** Asks for a renewal now, as `kubectl annotate` does. */
async function renew(world: World): Promise<void> {
  const metadata = { ...shop, annotations: { [annotations.renew]: world.clock.now().toISOString() } };
  const object = { apiVersion: `${group}/v1`, kind: 'Certificate', metadata };
  await world.user.apply(certificates, object, { manager: 'user-renew', force: true });
}

function hasOrder(world: World): boolean {
  const object = world.truth.get(certificates, shop);
  return object !== undefined && projectCertificate(object).status.order !== undefined;
}

const orderRecorded = (_: string, world: World): boolean => hasOrder(world);

/** Every scenario, by the name that the command line knows it by. */
export const scenarios: Readonly<Record<string, Scenario>> = {
  first: {
    what: 'a first certificate for one name',
    act: async (world) => {
      await world.apply(...webServer('shop', shopSecret));
      await ask(world, one);
    },
    certificates: 1,
    pairs: true,
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
    pairs: true,
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
  'spec-change': {
    what: 'two names added to a certificate at rest',
    before: issued,
    act: (world) => ask(world, three),
    certificates: 1,
    pairs: true,
  },
  'spec-change-ordered': {
    what: 'two names added right after the order was recorded',
    act: (world) => ask(world, one),
    meanwhile: { when: orderRecorded, act: (world) => ask(world, three) },
    certificates: 1,
    pairs: true,
  },
  'spec-change-finalized': {
    what: 'two names added right after the order was finalized',
    act: (world) => ask(world, one),
    meanwhile: { when: (call) => call === 'finalize', act: (world) => ask(world, three) },
    certificates: 2,
  },
  'spec-change-and-back': {
    what: 'two names added and taken away again while the order is pending',
    act: (world) => ask(world, one),
    meanwhile: {
      when: orderRecorded,
      act: async (world) => {
        await ask(world, three);
        await ask(world, one);
      },
    },
    certificates: 1,
  },
  'issuer-change': {
    what: 'another issuer for a certificate at rest',
    before: async (world) => {
      await world.apply(...clusterIssuer('other'));
      await issued(world);
    },
    act: (world) => ask(world, one, { issuerRef: { name: 'other', kind: 'ClusterIssuer' } }),
    certificates: 1,
  },
  'secret-change': {
    what: 'another Secret for a certificate at rest',
    before: issued,
    act: (world) => ask(world, one, { secretName: 'other-tls' }),
    certificates: 1,
  },
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
