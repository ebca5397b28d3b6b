import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AcmeClient, AcmeError, acmeClients } from '../../../src/acme/index.ts';
import { generateKey } from '../../../src/pki/index.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { type Call, ChaosProxy, describeCall, loseReply, refuse } from '../../chaos/proxy/index.ts';
import { kubeconfig } from '../kube/server.ts';
import { pebble } from './proxied.ts';

const names = [{ type: 'dns', value: 'chaos.test' }] as const;
const isNewOrder = ({ resource }: Call): boolean => resource === 'newOrder';

/** A client of Pebble, through a proxy, with a new account. */
async function client(): Promise<{ proxy: ChaosProxy; acme: AcmeClient } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const proxy = stack.use(await ChaosProxy.start({ kubeconfig: kubeconfig(), ca: pebble() }));
  const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
  const { directory = '', bundle = '' } = proxy.ca ?? {};
  const acme = acmeClients({ userAgent: 'evercert-test' })({ directoryUrl: directory, keyPem, caBundle: bundle });
  await acme.createAccount({ contact: [], termsOfServiceAgreed: true });
  const all = stack.move();
  return { proxy, acme, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

describe('a chaos proxy in front of a real CA', () => {
  test('passes signed requests on, and calls them by the words of the RFC', async () => {
    await using at = await client();
    const order = await at.acme.newOrder({ identifiers: names });
    for (const url of order.authorizations) await at.acme.authorization(url);
    await at.acme.order(order.url);
    const { fates } = at.proxy.traffic;
    assert.deepEqual(
      fates.map(({ call }) => describeCall(call)),
      ['directory', 'newNonce', 'newAccount', 'newOrder', 'authorization', 'order'],
    );
    assert.equal(fates.find(({ call }) => isNewOrder(call))?.location, order.url);
    assert.equal(new URL(order.url).origin, new URL(at.proxy.ca?.directory ?? '').origin);
  });

  test('loses the reply to an order that was made', async () => {
    await using at = await client();
    at.proxy.traffic.intervene(isNewOrder, loseReply, 1);
    await assert.rejects(at.acme.newOrder({ identifiers: names }), TransientError);
    const fate = at.proxy.traffic.fates.find(({ call }) => isNewOrder(call));
    assert.equal(fate?.answered, undefined);
    assert.equal((await at.acme.order(fate?.location ?? '')).status, 'pending');
  });

  test('answers with a problem in the place of the CA', async () => {
    await using at = await client();
    at.proxy.traffic.intervene(isNewOrder, refuse(429, { retryAfterSeconds: 60 }), 1);
    await assert.rejects(at.acme.newOrder({ identifiers: names }), (error) => {
      assert.ok(error instanceof AcmeError);
      assert.deepEqual([error.problem.type, error.retryAfterMs], ['rateLimited', 60_000]);
      return true;
    });
    assert.equal((await at.acme.newOrder({ identifiers: names })).status, 'pending');
  });
});
