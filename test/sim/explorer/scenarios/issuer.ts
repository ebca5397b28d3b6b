import { annotations, clusterIssuers, group } from '../../../../src/api/index.ts';
import { projectIssuer } from '../../../../src/controllers/issuer-row.ts';
import { secrets } from '../../../../src/kube/index.ts';
import { clusterIssuer, operatorNamespace } from '../../world/objects.ts';
import type { World } from '../../world/world.ts';
import type { Scenario } from './scenario.ts';
import { ask, issued, one, orderRecorded, renew } from './shop.ts';

/** What the status tells of the account of the ClusterIssuer `ca`. */
function accountOf(world: World): { readonly uri: string; readonly keyThumbprint: string } {
  const object = world.truth.get(clusterIssuers, { name: 'ca' });
  const { uri = '', keyThumbprint = '' } = (object === undefined ? undefined : projectIssuer(object).status.acme) ?? {};
  return { uri, keyThumbprint };
}

/** Annotates the ClusterIssuer `ca`, as `kubectl annotate` does. */
async function annotate(world: World, noted: Record<string, string>): Promise<void> {
  const metadata = { name: 'ca', annotations: noted };
  await world.user.apply(
    clusterIssuers,
    { apiVersion: `${group}/v1`, kind: 'ClusterIssuer', metadata },
    { manager: 'user-verb', force: true },
  );
}

/** Applies the ClusterIssuer `ca` with other members of `spec.acme`. */
async function edit(world: World, change: object): Promise<void> {
  const [resource, object] = clusterIssuer('ca');
  const { spec } = object as { readonly spec?: { readonly acme?: object } };
  await world.apply(resource, { ...object, spec: { acme: { ...spec?.acme, ...change } } });
}

async function rollOver(world: World): Promise<void> {
  await annotate(world, { [annotations.rollover]: accountOf(world).keyThumbprint });
}

/** The life of an account. */
export const issuer: Readonly<Record<string, Scenario>> = {
  contact: {
    what: 'another address for the account',
    act: (world) => edit(world, { email: 'ops@shop.example' }),
    certificates: 0,
  },
  rollover: {
    what: 'another key for an account at rest',
    act: rollOver,
    certificates: 0,
  },
  'rollover-ordered': {
    what: 'another key for an account, right after an order was recorded',
    act: (world) => ask(world, one),
    meanwhile: { when: orderRecorded, act: rollOver },
    certificates: 1,
  },
  'rollover-and-renewal': {
    what: 'another key for an account, and a renewal while it is being changed',
    before: issued,
    act: rollOver,
    meanwhile: { when: (call) => call === 'changeKey', act: renew },
    certificates: 1,
  },
  deactivation: {
    what: 'an account ended on the word that names it',
    act: (world) => annotate(world, { [annotations.deactivate]: accountOf(world).uri }),
    certificates: 0,
  },
  'key-lost': {
    what: 'an account key that somebody deleted, of which no other is made in silence',
    before: async (world) => {
      await issued(world);
      await world.delete(secrets, { namespace: operatorNamespace, name: 'ca-account' });
    },
    act: renew,
    certificates: 1,
  },
  'account-anew': {
    what: 'a new account on the word that names the one whose key is lost',
    before: async (world) => {
      await world.delete(secrets, { namespace: operatorNamespace, name: 'ca-account' });
    },
    act: (world) => annotate(world, { [annotations.newAccount]: accountOf(world).uri }),
    certificates: 0,
  },
  'terms-changed': {
    what: 'new terms that an account has to agree to before it is given anything, and a person who does',
    before: async (world) => {
      world.ca.setTerms('https://ca.test/terms/2');
      await edit(world, { email: 'ops@shop.example' }); // the CA is asked at once
      await world.settle();
    },
    act: (world) => ask(world, one),
    meanwhile: {
      when: (call) => call === 'newOrder',
      act: async (world) => {
        world.ca.agree(accountOf(world).uri);
        await renew(world);
      },
    },
    certificates: 1,
  },
};
