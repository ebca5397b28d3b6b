import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { keyAuthorization, pendingOrders, projectPendingOrder } from '../../../src/responder/pending-order.ts';
import { fakeOrders, withOrder } from './orders.ts';

describe('pending orders', () => {
  test('are selected by the API server, so that a responder holds nothing else', () => {
    assert.equal(pendingOrders.fieldSelector, 'status.order.state=pending');
    assert.equal(pendingOrders.resource.plural, 'certificates');
  });

  test('answer token and thumbprint for their host alone', () => {
    const orders = fakeOrders();
    orders.put(withOrder('web', 'WWW.Example.com', 'tok'));
    assert.equal(keyAuthorization(orders, 'www.example.com', 'tok'), 'tok.thumb');
    assert.equal(keyAuthorization(orders, 'other.example.com', 'tok'), undefined);
    assert.equal(keyAuthorization(orders, 'www.example.com', 'other'), undefined);
  });

  test('answer while any Certificate still has the same challenge (a CA reuses pending authorizations)', () => {
    const orders = fakeOrders();
    orders.put(withOrder('web', 'www.example.com', 'tok'));
    orders.put(withOrder('web2', 'www.example.com', 'tok'));
    orders.drop('web');
    assert.equal(keyAuthorization(orders, 'www.example.com', 'tok'), 'tok.thumb');
    orders.drop('web2');
    assert.equal(keyAuthorization(orders, 'www.example.com', 'tok'), undefined);
  });

  test('hold no challenge for an identifier without a token', () => {
    assert.deepEqual(projectPendingOrder(withOrder('web', 'www.example.com', undefined)).challenges, []);
  });

  test('hold no challenge once the order left pending, whatever the selector let through', () => {
    assert.deepEqual(projectPendingOrder(withOrder('web', 'www.example.com', 'tok', 'ready')).challenges, []);
  });

  test('hold no challenge for a Certificate without an order', () => {
    const metadata = { name: 'web', namespace: 'shop' };
    assert.deepEqual(projectPendingOrder({ apiVersion: 'evercert.dev/v1', kind: 'Certificate', metadata }), {
      thumbprint: '',
      challenges: [],
    });
  });
});
