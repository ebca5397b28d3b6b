import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AcmeClient,
  type AcmeRequestNote,
  type Authorization,
  acmeClients,
  type Identifier,
  type Order,
} from '../../../src/acme/index.ts';
import { type Chain, createCsr, generateKey, jwkThumbprint, readChain } from '../../../src/pki/index.ts';
import { Pebble } from './pebble.ts';

const userAgent = 'evercert/0.1.0 (test)';
const settleMs = 500; // longer than Pebble takes to validate or to sign
let pebble: Pebble;
before(async () => {
  pebble = await Pebble.start();
});
after(async () => {
  await pebble[Symbol.asyncDispose]();
});

interface Customer {
  readonly client: AcmeClient;
  readonly keyPem: string;
  readonly accountUrl: string;
  readonly notes: AcmeRequestNote[];
}

/** A new account at a CA; the directory is known by then, and so are nonces. */
async function customerOf(ca: Pebble): Promise<Customer> {
  const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
  const notes: AcmeRequestNote[] = [];
  const clients = acmeClients({ userAgent, onRequest: (note) => notes.push(note) });
  const client = clients({ directoryUrl: ca.directoryUrl, caBundle: ca.caBundle, keyPem });
  const { url } = await client.createAccount({ contact: [], termsOfServiceAgreed: true });
  notes.length = 0;
  return { client, keyPem, accountUrl: url, notes };
}

const dns = (value: string): Identifier => ({ type: 'dns', value });

/** Asks until the answer is as wanted, as often as it takes within 20 s. */
async function until<T>(ask: () => Promise<T>, isWanted: (answer: T) => boolean): Promise<T> {
  const deadline = performance.now() + 20_000;
  for (;;) {
    await delay(settleMs);
    const answer = await ask();
    if (isWanted(answer)) return answer;
    if (performance.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
  }
}

/** Serves the http-01 answer of an authorization and tells the CA. */
async function prove(ca: Pebble, { client, keyPem }: Customer, authorization: Authorization): Promise<void> {
  if (authorization.status === 'valid') return; // a CA may reuse one (RFC 8555, 7.1.3); Pebble does at times
  const challenge = authorization.challenges.find(({ type }) => type === 'http-01');
  assert.ok(challenge);
  ca.answers.set(challenge.token, `${challenge.token}.${jwkThumbprint(keyPem)}`);
  await client.answer(challenge.url);
}

/** Everything from newOrder to the answers of the challenges. */
async function place(ca: Pebble, customer: Customer, identifiers: readonly Identifier[]): Promise<Order> {
  const order = await customer.client.newOrder({ identifiers });
  assert.equal(order.status, 'pending');
  for (const url of order.authorizations) {
    const authorization = await customer.client.authorization(url);
    assert.equal(authorization.status, 'pending');
    await prove(ca, customer, authorization);
  }
  return order;
}

/** Everything from the answered challenges to the chain. */
async function conclude(
  { client }: Customer,
  url: string,
): Promise<{ chain: Chain; keyPem: string; states: string[] }> {
  const ready = await until(
    () => client.order(url),
    ({ status }) => status !== 'pending',
  );
  const keyPem = await generateKey({ algorithm: 'ECDSA', size: 256 });
  const csr = await createCsr({ names: ready.identifiers.map(({ value }) => value), keyPem });
  const processing = await client.finalize(ready, csr);
  const valid = await until(
    () => client.order(url),
    ({ status }) => status !== 'processing',
  );
  const { chain } = await client.certificate(valid.certificate ?? '');
  return { chain: readChain(chain), keyPem, states: [ready, processing, valid].map(({ status }) => status) };
}

describe('an order at Pebble', () => {
  test('of one name takes 7 requests and ends with a chain for our key', async () => {
    const customer = await customerOf(pebble);
    const order = await place(pebble, customer, [dns('shop.example')]);
    const { chain, keyPem, states } = await conclude(customer, order.url);
    assert.deepEqual(states, ['ready', 'processing', 'valid']);
    assert.deepEqual(chain.leaf.names, ['shop.example']);
    assert.equal(chain.leaf.hasKey(keyPem), true);
    assert.ok(chain.length >= 2);
    assert.deepEqual(
      customer.notes.map(({ resource, status }) => `${resource} ${status}`),
      [
        'newOrder 201',
        'authorization 200',
        'challenge 200',
        'order 200',
        'finalize 200',
        'order 200',
        'certificate 200',
      ],
    );
  });

  test('of four names and an address ends with a chain that names them all', async () => {
    const customer = await customerOf(pebble);
    const names = ['a.shop.example', 'b.shop.example', 'c.shop.example', 'shop.example'];
    const order = await place(pebble, customer, [...names.map(dns), { type: 'ip', value: '127.0.0.1' }]);
    assert.equal(order.authorizations.length, 5);
    const { chain, states } = await conclude(customer, order.url);
    assert.deepEqual(states, ['ready', 'processing', 'valid']);
    assert.deepEqual(chain.leaf.names, ['127.0.0.1', ...names]);
    assert.equal(customer.notes.filter(({ resource }) => resource === 'newNonce').length, 0);
    assert.equal(customer.notes.length, 15);
  });

  test('is resumed by its URL with a client that knows nothing else', async () => {
    const customer = await customerOf(pebble);
    const { url } = await place(pebble, customer, [dns('resumed.example')]);
    const { keyPem, accountUrl } = customer;
    const access = { directoryUrl: pebble.directoryUrl, caBundle: pebble.caBundle, keyPem, accountUrl };
    const fresh = { ...customer, client: acmeClients({ userAgent })(access) };
    const { chain } = await conclude(fresh, url);
    assert.deepEqual(chain.leaf.names, ['resumed.example']);
  });
});

describe('a Pebble that refuses every other nonce', () => {
  test('issues all the same, each request repeated until its nonce is good', async () => {
    await using moody = await Pebble.start({ refusedNonces: 50 });
    const customer = await customerOf(moody);
    const names = ['a.example', 'b.example', 'c.example', 'd.example', 'e.example'];
    const { chain } = await conclude(customer, (await place(moody, customer, names.map(dns))).url);
    assert.deepEqual(chain.leaf.names, names);
    const refused = customer.notes.filter(({ status }) => status === 400).length;
    assert.ok(refused >= 3, `${refused} nonces were refused`);
    assert.equal(customer.notes.filter(({ resource }) => resource === 'newNonce').length, 0);
  });
});

describe('many orders at once', () => {
  test('share the nonces of their replies', async (t) => {
    const customer = await customerOf(pebble);
    const started = performance.now();
    const orders = await Promise.all(
      Array.from({ length: 30 }, (_, n) => place(pebble, customer, [dns(`storm-${n}.example`)])),
    );
    await Promise.all(orders.map(({ url }) => conclude(customer, url)));
    const byResource = Object.groupBy(customer.notes, ({ resource }) => resource);
    const nonces = byResource['newNonce']?.length ?? 0;
    t.diagnostic(
      `30 orders: ${(performance.now() - started).toFixed(0)} ms, ${customer.notes.length} requests, ${nonces} of them newNonce`,
    );
    assert.ok(nonces <= 8, `${nonces} newNonce requests`);
    assert.ok(customer.notes.every(({ status }) => typeof status === 'number' && status < 300));
  });
});
