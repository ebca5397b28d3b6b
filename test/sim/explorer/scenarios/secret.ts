import { annotations, certificates } from '../../../../src/api/index.ts';
import { keyOf, secrets } from '../../../../src/kube/index.ts';
import { encodeKey, generateKey } from '../../../../src/pki/index.ts';
import { pairFor } from '../../../kit/pair.ts';
import { webServer } from '../../world/objects.ts';
import type { World } from '../../world/world.ts';
import type { Scenario } from './scenario.ts';
import { ask, issued, one, orderRecorded, renew, shop, shopSecret, three } from './shop.ts';

const template = { secretTemplate: { labels: { team: 'web' }, annotations: { note: 'x' } } };

const ref = { ...shop, name: shopSecret };

/** Changes the Secret as `kubectl patch --type merge` does. */
async function patch(world: World, change: object): Promise<void> {
  await world.user.patch(secrets, ref, change);
}

const passwordSecretRef = { name: 'passwords', key: 'keystore' };
const keystores = {
  jks: { create: true, passwordSecretRef },
  pkcs12: { create: true, profile: 'Modern2023', passwordSecretRef },
};

/** The Secret with the password of the keystores. */
async function password(world: World, text: string): Promise<void> {
  const metadata = { namespace: shop.namespace, name: passwordSecretRef.name };
  const data = { [passwordSecretRef.key]: Buffer.from(text).toString('base64') };
  await world.apply(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, data });
}

/** The Secret as cert-manager writes it, handed over to us. */
async function theirs(world: World, names: readonly string[]): Promise<void> {
  const { chain, key } = await pairFor(names, {
    from: new Date(Math.floor(world.clock.now().getTime() / 1000) * 1000),
    days: 60,
  });
  const data = { 'tls.crt': chain, 'tls.key': encodeKey(key, 'PKCS1'), 'ca.crt': 'theirs' };
  const owner = {
    apiVersion: 'cert-manager.io/v1',
    kind: 'Certificate',
    name: 'shop',
    uid: 'theirs',
    controller: true,
  };
  const object = {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'kubernetes.io/tls',
    metadata: {
      ...ref,
      labels: { 'controller.cert-manager.io/fao': 'true' },
      annotations: { 'cert-manager.io/certificate-name': 'shop', [annotations.adopt]: 'true' },
      ownerReferences: [owner],
    },
    data: Object.fromEntries(Object.entries(data).map(([name, text]) => [name, Buffer.from(text).toString('base64')])),
  };
  await world.user.apply(secrets, object, { manager: 'cert-manager-certificates-issuing', force: true });
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
  },
  'secret-deleted': {
    what: 'a Secret that somebody deleted',
    before: issued,
    act: (world) => world.delete(secrets, ref),
    certificates: 0,
  },
  'secret-deleted-ordered': {
    what: 'a Secret that somebody deleted right after the order of its renewal was recorded',
    before: issued,
    act: renew,
    meanwhile: { when: orderRecorded, act: (world) => world.delete(secrets, ref) },
    certificates: 1,
  },
  'secret-deleted-forgotten': {
    what: 'a Secret that somebody deleted together with its archive',
    before: issued,
    act: async (world) => {
      const { uid = '' } = world.truth.get(certificates, shop)?.metadata ?? {};
      await world.delete(secrets, { ...ref, name: `evercert-archive-${uid}` });
      await world.delete(secrets, ref);
    },
    certificates: 1,
  },
  'secret-emptied': {
    what: 'a Secret that somebody emptied',
    before: issued,
    act: (world) => patch(world, { data: { 'tls.crt': '', 'tls.key': '' } }),
    certificates: 0,
  },
  'key-replaced': {
    what: 'a Secret whose key somebody replaced',
    before: issued,
    act: async (world) => {
      const key = await generateKey({ algorithm: 'ECDSA', size: 256 });
      await patch(world, { data: { 'tls.key': Buffer.from(key).toString('base64') } });
    },
    certificates: 0,
  },
  'labels-stripped': {
    what: 'a Secret whose labels and annotations somebody took away, and gave back later',
    before: async (world) => {
      await issued(world);
      await patch(world, { metadata: { labels: null, annotations: null } });
      await world.settle();
    },
    act: (world) => patch(world, { metadata: { annotations: { [annotations.adopt]: 'true' } } }),
    certificates: 0,
  },
  adoption: {
    what: "a Secret of cert-manager's that was handed over and satisfies the spec",
    before: async (world) => {
      await world.apply(...webServer('shop', shopSecret));
      await theirs(world, one);
    },
    act: (world) => ask(world, one),
    certificates: 0,
  },
  'adoption-ordered': {
    what: 'a Secret that was handed over and is for other names than the spec asks',
    before: (world) => theirs(world, one),
    act: (world) => ask(world, three),
    certificates: 1,
  },
  'adoption-meanwhile': {
    what: 'a Secret that somebody made and handed over right after the first order was recorded',
    act: (world) => ask(world, one),
    meanwhile: { when: orderRecorded, act: (world) => theirs(world, one) },
    // A Secret of other hands is noticed some seconds late, which an order may take less than.
    certificates: 1,
  },
  keystores: {
    what: 'keystores and further forms asked for, for a certificate at rest',
    before: async (world) => {
      await password(world, 'changeit');
      await issued(world);
    },
    act: (world) => ask(world, one, { keystores, additionalOutputFormats: [{ type: 'CombinedPEM' }, { type: 'DER' }] }),
    certificates: 0,
  },
  'password-changed': {
    what: 'another password of the keystores while no operator ran',
    before: async (world) => {
      await password(world, 'changeit');
      await issued(world);
      await ask(world, one, { keystores });
      await world.settle();
    },
    act: (world) => password(world, 'changed'),
    certificates: 0,
  },
  contested: {
    what: 'a label of the secretTemplate that somebody changes, and changes back',
    before: async (world) => {
      await issued(world);
      await ask(world, one, template);
      await world.settle();
    },
    act: (world) => {
      let left = 1; // of more an Event would still tell when all is done
      world.truth.onCommit(({ by, plural, key }) => {
        if (!by.startsWith('operator') || plural !== secrets.plural || key !== keyOf(ref) || left === 0) return;
        left -= 1;
        world.clock.after(100, () => void patch(world, { metadata: { labels: { team: 'theirs' } } }));
      });
      return patch(world, { metadata: { labels: { team: 'theirs' } } });
    },
    certificates: 0,
  },
  'label-changed': {
    what: 'a label of the secretTemplate that somebody changed',
    before: async (world) => {
      await issued(world);
      await ask(world, one, template);
      await world.settle();
    },
    act: (world) => patch(world, { metadata: { labels: { team: 'theirs' } } }),
    certificates: 0,
  },
};
