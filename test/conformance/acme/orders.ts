import assert from 'node:assert/strict';
import { TransientError } from '../../../src/runtime/index.ts';
import { failureOf } from '../../kit/failure.ts';
import { type Group, usual } from './cases.ts';
import { byValue, Customer, dns, http01, ip, refusalOf, refused } from './customer.ts';

/** RFC 8555 sections 7.1.3 and 7.4. */
export const orders: Group = {
  name: 'an order',
  setup: usual,
  cases: [
    {
      name: 'is pending at first, for each name once and in lower case',
      async run(ca) {
        const customer = await Customer.at(ca);
        const order = await customer.place(dns('Shop.Example'), dns('shop.example'), ip('127.0.0.1'));
        assert.deepEqual([order.status, order.profile], ['pending', 'default']);
        assert.deepEqual(order.identifiers.toSorted(byValue), [ip('127.0.0.1'), dns('shop.example')]);
        assert.equal(new Set(order.authorizations).size, 2);
        assert.ok(Date.parse(order.expires ?? '') > ca.now().getTime());
        assert.deepEqual([order.certificate, order.error, order.replaces, order.retryAfterMs].filter(Boolean), []);
        const { identifiers, authorizations, ...told } = await customer.client.order(order.url);
        assert.deepEqual(identifiers.toSorted(byValue), order.identifiers.toSorted(byValue));
        assert.deepEqual(authorizations.toSorted(), order.authorizations.toSorted());
        assert.deepEqual({ ...order, ...told }, order);
      },
    },
    {
      name: 'has its addresses in the spelling of RFC 5952',
      async run(ca) {
        const order = await (await Customer.at(ca)).place(ip('2001:DB8:0::0001'), ip('2001:db8::1'));
        assert.deepEqual(order.identifiers, [ip('2001:db8::1')]);
      },
    },
    {
      name: 'is a new one each time',
      async run(ca) {
        const customer = await Customer.at(ca);
        const [first, second] = [await customer.place(dns('shop.example')), await customer.place(dns('shop.example'))];
        assert.notEqual(first.url, second.url);
        assert.notDeepEqual(first.authorizations, second.authorizations);
      },
    },
    {
      name: 'is not placed for what is no name',
      async run(ca) {
        const customer = await Customer.at(ca);
        assert.equal(await refused(customer.place()), '400 malformed');
        const names = [
          '',
          '192.0.2.1',
          'shop.example.',
          'a*.shop.example',
          '*.*.example',
          'sh_op.example',
          'ö.example',
        ];
        for (const name of [...names, `${'a.'.repeat(130)}example`]) {
          assert.equal(await refused(customer.place(dns('fine.example'), dns(name))), '400 malformed', name);
        }
        assert.equal(await refused(customer.place(ip('192.0.2'))), '400 malformed');
      },
    },
    {
      name: 'is not placed for a forbidden name, of which a subproblem tells',
      async run(ca) {
        const customer = await Customer.at(ca);
        const problem = await refusalOf(customer.place(dns('fine.example'), dns('blocked.example')));
        assert.deepEqual([problem.type, problem.status], ['rejectedIdentifier', 400]);
        const [about, ...others] = problem.subproblems ?? [];
        assert.deepEqual([about?.type, about?.identifier], ['rejectedIdentifier', dns('blocked.example')]);
        assert.equal(others.length, 0);
      },
    },
    {
      name: 'is nobody else’s business',
      async run(ca) {
        const owner = await Customer.at(ca);
        const { order } = await owner.buy({ identifiers: [dns('owned.example')] });
        const pending = await owner.place(dns('private.example'));
        const [authorization] = await owner.authorizations(pending);
        assert.ok(authorization);
        const { client } = await Customer.at(ca);
        const asked = [
          refused(client.order(pending.url)),
          refused(client.authorization(authorization.url)),
          refused(client.answer(http01(authorization).url)),
          refused(client.finalize(pending, await owner.csr(pending))),
          refused(client.certificate(order.certificate ?? '')),
        ];
        for (const problem of await Promise.all(asked)) assert.equal(problem, '403 unauthorized');
        assert.equal((await owner.client.order(pending.url)).status, 'pending');
      },
    },
    {
      name: 'is not found under a URL that the CA never gave',
      async run(ca) {
        const customer = await Customer.at(ca);
        const { client } = customer;
        const { order } = await customer.buy({ identifiers: [dns('known.example')] });
        const pending = await customer.place(dns('asked.example'));
        const [authorization] = await customer.authorizations(pending);
        assert.ok(authorization);
        const asked = [
          failureOf(client.order(`${pending.url}x`)),
          failureOf(client.authorization(`${authorization.url}x`)),
          failureOf(client.answer(`${http01(authorization).url}x`)),
          failureOf(client.certificate(`${order.certificate}x`)),
        ];
        for (const error of await Promise.all(asked)) {
          assert.ok(error instanceof TransientError, String(error));
          assert.match(error.message, /status 404/);
        }
        const csr = await customer.csr(pending);
        const lost = { ...pending, finalize: `${pending.finalize}x` };
        assert.equal(await refused(client.finalize(lost, csr)), '404 malformed');
      },
    },
    {
      name: 'fails with an authorization that its owner deactivates',
      async run(ca) {
        const customer = await Customer.at(ca);
        const ready = await customer.prove(await customer.place(dns('a.example'), dns('b.example')));
        const [url = ''] = ready.authorizations;
        await customer.client.deactivateAuthorization(url);
        assert.equal((await customer.client.authorization(url)).status, 'deactivated');
        assert.equal((await customer.client.order(ready.url)).status, 'invalid');
        assert.equal(await refused(customer.client.finalize(ready, await customer.csr(ready))), '403 orderNotReady');
      },
    },
  ],
};
