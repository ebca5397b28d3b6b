import assert from 'node:assert/strict';
import type { CaUnderTest } from './ca-under-test.ts';
import { type Group, remembering, usual } from './cases.ts';
import { byValue, Customer, challengeOf, dns, http01, ip, refused, typesOf } from './customer.ts';

/** RFC 8555 sections 7.1.4, 7.1.5, 7.5 and 8.3. */
export const authorizations: Group = {
  name: 'an authorization',
  setup: usual,
  cases: [
    {
      name: 'offers http-01 among others, each with a token of its own',
      async run(ca) {
        const customer = await Customer.at(ca);
        const order = await customer.place(dns('shop.example'), ip('127.0.0.1'));
        const [address, name] = (await customer.authorizations(order)).toSorted((a, b) =>
          byValue(a.identifier, b.identifier),
        );
        assert.ok(address && name);
        assert.deepEqual([address.identifier, name.identifier], [ip('127.0.0.1'), dns('shop.example')]);
        assert.deepEqual(typesOf(address), ['http-01', 'tls-alpn-01']);
        assert.deepEqual(typesOf(name), ['dns-01', 'dns-account-01', 'dns-persist-01', 'http-01', 'tls-alpn-01']);
        const challenges = [...address.challenges, ...name.challenges];
        assert.ok(challenges.every(({ status, error }) => status === 'pending' && error === undefined));
        assert.equal(new Set(challenges.map(({ url }) => url)).size, 7);
        assert.match(http01(name).token, /^[A-Za-z0-9_-]{22,}$/);
        assert.notEqual(http01(name).token, http01(address).token);
        assert.deepEqual([name.status, Date.parse(name.expires ?? '') > ca.now().getTime()], ['pending', true]);
      },
    },
    {
      name: 'of a wildcard is that of the name below it, and offers DNS alone',
      async run(ca) {
        const customer = await Customer.at(ca);
        const [authorization] = await customer.authorizations(await customer.place(dns('*.shop.example')));
        assert.ok(authorization);
        assert.deepEqual(authorization.identifier, dns('shop.example'));
        assert.deepEqual(typesOf(authorization), ['dns-01', 'dns-account-01', 'dns-persist-01']);
      },
    },
    {
      name: 'is valid once the answer was found, and shows how alone',
      async run(ca) {
        const customer = await Customer.at(ca);
        const order = await customer.place(dns('shop.example'));
        assert.equal((await customer.prove(order)).status, 'ready');
        const [authorization] = await customer.authorizations(order);
        assert.ok(authorization);
        assert.deepEqual([authorization.status, typesOf(authorization)], ['valid', ['http-01']]);
        assert.equal(http01(authorization).status, 'valid');
        assert.equal(await refused(customer.client.answer(http01(authorization).url)), '400 malformed');
      },
    },
    {
      name: 'is invalid where another challenge is answered than the one that was prepared',
      async run(ca) {
        for (const type of ['dns-01', 'tls-alpn-01']) {
          const customer = await Customer.at(ca);
          const order = await customer.place(dns('shop.example'));
          const [authorization] = await customer.authorizations(order);
          assert.ok(authorization);
          ca.serve(http01(authorization).token, { body: customer.keyAuthorization(http01(authorization)) });
          await customer.client.answer(challengeOf(authorization, type).url);
          assert.equal((await customer.settled(order, 'pending')).status, 'invalid');
          const failed = await customer.client.authorization(authorization.url);
          const { error } = challengeOf(failed, type);
          assert.deepEqual([typesOf(failed), `${error?.status} ${error?.type}`], [[type], '403 unauthorized']);
        }
      },
    },
    {
      name: 'leaves its order pending while another of it is not answered',
      async run(ca) {
        const customer = await Customer.at(ca);
        const order = await customer.place(dns('a.example'), dns('b.example'));
        const [answered, open] = await customer.authorizations(order);
        assert.ok(answered && open);
        const challenge = http01(answered);
        ca.serve(challenge.token, { body: `${customer.keyAuthorization(challenge)}\t\r\n` });
        await customer.client.answer(challenge.url);
        await ca.until(
          () => customer.client.authorization(answered.url),
          ({ status }) => status === 'valid',
        );
        assert.equal((await customer.client.order(order.url)).status, 'pending');
        assert.equal((await customer.prove(order)).status, 'ready');
      },
    },
    ...(
      [
        { name: 'where nothing is served', served: () => undefined, problem: '403 unauthorized', detail: /404/ },
        {
          name: 'where something else is served',
          served: () => ({ body: 'hello' }),
          problem: '403 unauthorized',
          detail: /did not match this challenge/,
        },
        {
          name: 'where a space follows the answer',
          served: (right: string) => ({ body: `${right} ` }),
          problem: '403 unauthorized',
          detail: /did not match this challenge/,
        },
        { name: 'where nobody answers', served: () => 'hangUp' as const, problem: '400 connection', detail: /./ },
      ] as const
    ).map(({ name, served, problem, detail }) => ({
      name: `is invalid ${name}, and its order with it`,
      async run(ca: CaUnderTest) {
        const customer = await Customer.at(ca);
        const { client } = customer;
        const order = await customer.place(dns('a.example'), dns('b.example'));
        const [tried] = await customer.authorizations(order);
        assert.ok(tried);
        ca.serve(http01(tried).token, served(customer.keyAuthorization(http01(tried))));
        await client.answer(http01(tried).url);
        const failed = await ca.until(
          () => client.authorization(tried.url),
          ({ status }) => status !== 'pending',
        );
        assert.deepEqual([failed.status, typesOf(failed)], ['invalid', ['http-01']]);
        const { status, error } = http01(failed);
        assert.deepEqual([status, `${error?.status} ${error?.type}`], ['invalid', problem]);
        assert.match(error?.detail ?? '', detail);
        const invalid = await customer.settled(order, 'pending');
        assert.deepEqual([invalid.status, invalid.error], ['invalid', error]);
        assert.equal(await refused(client.answer(http01(failed).url)), '400 malformed');
        assert.equal(await refused(client.finalize(order, await customer.csr(order))), '403 orderNotReady');
      },
    })),
  ],
};

/** RFC 8555 section 7.1.3. */
export const reuse: Group = {
  name: 'an authorization that is valid already',
  setup: remembering,
  cases: [
    {
      name: 'makes the next order of its account ready at once',
      async run(ca) {
        const customer = await Customer.at(ca);
        const first = await customer.prove(await customer.place(dns('a.example')));
        const second = await customer.place(dns('a.example'));
        assert.notEqual(second.url, first.url);
        assert.deepEqual([second.status, second.authorizations], ['ready', first.authorizations]);
        await customer.client.finalize(second, await customer.csr(second));
        assert.equal((await customer.settled(second, 'processing')).status, 'valid');
        assert.equal((await customer.client.order(first.url)).status, 'ready');
      },
    },
    {
      name: 'leaves to an order what is not proven yet',
      async run(ca) {
        const customer = await Customer.at(ca);
        await customer.prove(await customer.place(dns('a.example')));
        const order = await customer.place(dns('a.example'), dns('b.example'));
        assert.equal(order.status, 'pending');
        const states = (await customer.authorizations(order)).map(
          ({ identifier, status }) => `${identifier.value} ${status}`,
        );
        assert.deepEqual(states.toSorted(), ['a.example valid', 'b.example pending']);
        assert.equal((await customer.prove(order)).status, 'ready');
      },
    },
    {
      name: 'is of no use to others, nor after it was deactivated',
      async run(ca) {
        const customer = await Customer.at(ca);
        const { authorizations: proven } = await customer.prove(await customer.place(dns('a.example')));
        assert.equal((await (await Customer.at(ca)).place(dns('a.example'))).status, 'pending');
        await customer.client.deactivateAuthorization(proven[0] ?? '');
        assert.equal((await customer.place(dns('a.example'))).status, 'pending');
      },
    },
  ],
};
