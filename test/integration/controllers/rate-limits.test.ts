/**
 * What a CA limits, kept through renewals, deletions and a restart: kube-apiserver, Pebble and Traefik, with the operator and
 * two responders in this process. Run by `npm test -- integration`.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Certificate } from '../../../src/api/index.ts';
import { configMaps, type KubeObject } from '../../../src/kube/index.ts';
import { says } from '../../kit/certificates.ts';
import { apply, kubectl } from '../../kit/inside.ts';
import { IssuingWorld } from './issuing-world.ts';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

describe('a CA of which one certificate for the same names is allowed in ten hours', () => {
  let world: IssuingWorld;

  before(async () => {
    const rateLimits = {
      newOrdersPerAccount: { count: 300, period: '3h' },
      certificatesPerExactSet: { count: 1, period: '10h' },
    };
    world = await IssuingWorld.start({ issuer: 'limited', namespace: 'default', acme: { rateLimits } });
  });

  after(() => world[Symbol.asyncDispose]());

  const ask = (dnsNames: readonly string[]): Promise<unknown> => apply(world.certificate('limited', { dnsNames }));
  const renew = (): Promise<unknown> =>
    kubectl('annotate', 'evcert', 'limited', `evercert.dev/renew=${new Date().toISOString()}`, '--overwrite');
  const until = (what: string, is: (certificate: Certificate) => boolean): Promise<Certificate> =>
    world.until('limited', what, is);
  const isStalled = (one: Certificate): boolean =>
    (one.status?.conditions ?? []).some(({ type, reason }) => type === 'Stalled' && reason === 'RateBudget');

  async function ledger(): Promise<string> {
    const ref = { namespace: world.evercert.namespace, name: 'evercert-ledger' };
    return Object.values((await world.client.get<ConfigMap>(configMaps, ref))?.data ?? {}).join('');
  }

  test('is asked for no second one, and the certificate stays in use', async () => {
    await ask(['limited.test']);
    await until('to be Ready', (one) => says(one, 'Ready', 'True'));
    assert.match(await ledger(), /newOrdersPerAccount .*\n.* certificatesPerExactSet /);
    const orders = await world.evercert.acmeRequests('newOrder"');
    await renew();
    const stalled = await until('to be Stalled', isStalled);
    assert.ok(says(stalled, 'Ready', 'True'));
    assert.match(
      stalled.status?.conditions?.find(({ type }) => type === 'Stalled')?.message ?? '',
      /^The rate budget allows no order before 20\d\d-.*: 1 in 10 h are allowed for this exact set of names/,
    );
    assert.equal(await world.evercert.acmeRequests('newOrder"'), orders);
  });

  test('is asked for none by a Certificate that is deleted and made anew with its Secret, nor by an operator that starts anew', async () => {
    const orders = await world.evercert.acmeRequests('newOrder"');
    await kubectl('delete', 'evcert', 'limited');
    await kubectl('delete', 'secret', 'limited-tls');
    await ask(['limited.test']);
    await until('to be Stalled', (one) => isStalled(one) && says(one, 'Ready', 'False'));
    assert.equal(await world.evercert.acmeRequests('newOrder"'), orders);
    await world.evercert.restartOperator();
    await ask(['limited.test', 'www.limited.test']);
    const ready = await until('to be Ready for other names', (one) => says(one, 'Ready', 'True'));
    assert.ok(!isStalled(ready));
  });
});
