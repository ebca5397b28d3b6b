import assert from 'node:assert/strict';
import { demanding, external, type Group, usual } from './cases.ts';
import { Customer, dns, http01, newKey, refused } from './customer.ts';

const consent = { contact: [], termsOfServiceAgreed: true };

/** RFC 8555 section 7.1.1. */
export const directory: Group = {
  name: 'a directory',
  setup: usual,
  cases: [
    {
      name: 'says what the CA offers, to everybody',
      async run(ca) {
        assert.deepEqual(await ca.clientOf(await newKey()).directory(), {
          termsOfService: 'data:text/plain,Do%20what%20thou%20wilt',
          externalAccountRequired: false,
          profiles: { default: 'For everybody' },
          renewalInfo: true,
        });
      },
    },
  ],
};

/** RFC 8555 section 7.3. */
export const accounts: Group = {
  name: 'an account',
  setup: usual,
  cases: [
    {
      name: 'is found once it is made, and made once',
      async run(ca) {
        const client = ca.clientOf(await newKey());
        assert.equal(await client.findAccount(), undefined);
        const request = { contact: ['mailto:admin@shop.example'], termsOfServiceAgreed: true };
        const made = await client.createAccount(request);
        assert.deepEqual([made.status, made.created], ['valid', true]);
        assert.deepEqual(await client.findAccount(), { ...made, created: false });
        assert.deepEqual(await client.createAccount(request), { ...made, created: false });
      },
    },
    {
      name: 'is given as it is, whatever else is asked for',
      async run(ca) {
        const { client, url } = await Customer.at(ca);
        const again = await client.createAccount({ contact: ['tel:+1'], termsOfServiceAgreed: false });
        assert.deepEqual(again, { url, status: 'valid', created: false });
      },
    },
    {
      name: 'is looked up by its key where its URL is not given',
      async run(ca) {
        const { keyPem } = await Customer.at(ca);
        assert.equal((await ca.clientOf(keyPem).newOrder({ identifiers: [dns('shop.example')] })).status, 'pending');
      },
    },
    {
      name: 'that there is not places no order',
      async run(ca) {
        const { client, url } = await Customer.at(ca);
        await client.findAccount();
        const order = (keyPem: string, accountUrl?: string) =>
          refused(ca.clientOf(keyPem, accountUrl).newOrder({ identifiers: [dns('shop.example')] }));
        assert.equal(await order(await newKey()), '400 accountDoesNotExist');
        assert.equal(await order(await newKey(), `${url}x`), '400 accountDoesNotExist');
        assert.equal(await order(await newKey(), url), '400 malformed');
      },
    },
    {
      name: 'needs consent to the terms, and contacts that the CA can reach',
      async run(ca) {
        const make = async (contact: readonly string[], termsOfServiceAgreed: boolean) =>
          refused(ca.clientOf(await newKey()).createAccount({ contact, termsOfServiceAgreed }));
        assert.equal(await make([], false), '403 userActionRequired');
        assert.equal(await make(['tel:+1-555-0100'], true), '400 unsupportedContact');
        assert.equal(await make(['mailto:nobody'], true), '400 invalidContact');
        assert.equal(
          await make(
            ['a', 'b', 'c'].map((name) => `mailto:${name}@shop.example`),
            true,
          ),
          '400 malformed',
        );
      },
    },
    {
      name: 'is reached at the contacts that it was last given',
      async run(ca) {
        const { client, url } = await Customer.at(ca);
        const updated = await client.updateContact(['mailto:new@shop.example']);
        assert.deepEqual(updated, { url, status: 'valid', created: false });
        assert.equal((await client.updateContact([])).status, 'valid');
        assert.equal(await refused(client.updateContact(['mailto:nobody'])), '400 invalidContact');
        assert.equal(await refused(client.updateContact(['tel:+1-555-0100'])), '400 unsupportedContact');
      },
    },
    {
      name: 'that is deactivated does nothing any more, and is not made again',
      async run(ca) {
        const { client, url } = await Customer.at(ca);
        const order = await client.newOrder({ identifiers: [dns('shop.example')] });
        assert.deepEqual(await client.deactivateAccount(), { url, status: 'deactivated', created: false });
        assert.equal(await refused(client.newOrder({ identifiers: [dns('shop.example')] })), '403 unauthorized');
        assert.equal(await refused(client.order(order.url)), '403 unauthorized');
        assert.equal(await refused(client.updateContact([])), '403 unauthorized');
        assert.equal(await refused(client.deactivateAccount()), '403 unauthorized');
        assert.equal(await refused(client.findAccount()), '403 unauthorized');
        assert.equal(await refused(client.createAccount(consent)), '403 unauthorized');
      },
    },
    {
      name: 'is not asked for by a call that was aborted before',
      async run(ca) {
        const client = ca.clientOf(await newKey());
        await client.directory();
        const reason = new Error('no longer wanted');
        await assert.rejects(client.createAccount(consent, AbortSignal.abort(reason)), reason);
        assert.equal(await client.findAccount(), undefined);
      },
    },
  ],
};

/** RFC 8555 section 7.3.5. */
export const keyChange: Group = {
  name: 'the key of an account',
  setup: usual,
  cases: [
    {
      name: 'is another from one request to the next, and the account the same',
      async run(ca) {
        const { client, url, keyPem } = await Customer.at(ca);
        const newKeyPem = await newKey();
        await client.changeKey(newKeyPem);
        assert.deepEqual(await ca.clientOf(newKeyPem).findAccount(), { url, status: 'valid', created: false });
        assert.equal(await ca.clientOf(keyPem).findAccount(), undefined);
        const place = (pem: string) => ca.clientOf(pem, url).newOrder({ identifiers: [dns('shop.example')] });
        assert.equal(await refused(place(keyPem)), '400 malformed');
        assert.equal((await place(newKeyPem)).status, 'pending');
      },
    },
    {
      name: 'is what an order that was placed before is proven with from then on',
      async run(ca) {
        const customer = await Customer.at(ca);
        const order = await customer.place(dns('shop.example'));
        const newKeyPem = await newKey();
        await customer.client.changeKey(newKeyPem);
        const [authorization] = await customer.with(newKeyPem).authorizations(order);
        assert.ok(authorization);
        const challenge = http01(authorization);
        ca.serve(challenge.token, { body: customer.keyAuthorization(challenge) });
        await customer.with(newKeyPem).client.answer(challenge.url);
        assert.equal((await customer.with(newKeyPem).settled(order, 'pending')).status, 'invalid');
        const again = await customer.with(newKeyPem).place(dns('shop.example'));
        assert.equal((await customer.with(newKeyPem).prove(again)).status, 'ready');
      },
    },
    {
      name: 'is never that of another account, nor the same again',
      async run(ca) {
        const [customer, other] = [await Customer.at(ca), await Customer.at(ca)];
        await customer.client.changeKey(other.keyPem).catch(() => {}); // Pebble says yes and leaves all as it was
        assert.equal(await refused(customer.client.changeKey(customer.keyPem)), '400 malformed');
        assert.equal((await ca.clientOf(customer.keyPem).findAccount())?.url, customer.url);
        assert.equal((await ca.clientOf(other.keyPem).findAccount())?.url, other.url);
      },
    },
  ],
};

/** RFC 8555 section 7.3.4. */
export const boundAccounts: Group = {
  name: 'an account at a CA that has to know its owner',
  setup: demanding,
  cases: [
    {
      name: 'is bound to the external one',
      async run(ca) {
        const client = ca.clientOf(await newKey());
        assert.equal((await client.directory()).externalAccountRequired, true);
        assert.equal(await refused(client.createAccount(consent)), '403 externalAccountRequired');
        const account = await client.createAccount({ ...consent, externalAccountBinding: external });
        assert.deepEqual([account.status, account.created], ['valid', true]);
      },
    },
    {
      name: 'is refused for an external one that is unknown, or whose key is wrong',
      async run(ca) {
        const client = ca.clientOf(await newKey());
        const wrong = [
          { ...external, keyId: 'kid-2' },
          { ...external, hmacKey: Buffer.alloc(48, 7).toString('base64url') },
        ];
        for (const externalAccountBinding of wrong) {
          assert.equal(await refused(client.createAccount({ ...consent, externalAccountBinding })), '403 unauthorized');
        }
        assert.equal(await client.findAccount(), undefined);
      },
    },
  ],
};
