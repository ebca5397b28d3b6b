import assert from 'node:assert/strict';
import { type Group, usual } from './cases.ts';
import { Customer, dns, refused } from './customer.ts';

const hourMs = 3_600_000;
const unknownSerial = (certID: string): string => `${certID.split('.')[0]}.AQIDBAUGBwg`;

/** RFC 9773 section 4. */
export const renewalInfo: Group = {
  name: 'the time to renew a certificate',
  setup: usual,
  cases: [
    {
      name: 'is a window before its end, to be asked for every six hours',
      async run(ca) {
        const customer = await Customer.at(ca);
        assert.equal((await customer.client.directory()).renewalInfo, true);
        const { certID, chain } = await customer.buy({ identifiers: [dns('window.example')] });
        const window = await customer.client.renewalInfo(certID);
        assert.ok(window);
        const { notAfter } = chain.leaf;
        const third = notAfter.getTime() - 30 * 24 * hourMs;
        assert.ok(Math.abs(window.start.getTime() - (third - 24 * hourMs)) <= 1_000);
        assert.ok(Math.abs(window.end.getTime() - (third + 24 * hourMs)) <= 1_000);
        assert.deepEqual([window.retryAfterMs, window.explanationURL], [6 * hourMs, undefined]);
      },
    },
    {
      name: 'may move, also into the past, and says why',
      async run(ca) {
        const customer = await Customer.at(ca);
        const { certID, chainPem } = await customer.buy({ identifiers: [dns('moved.example')] });
        const end = new Date(Math.floor(ca.now().getTime() / 1_000) * 1_000 - hourMs);
        const window = { start: new Date(end.getTime() - hourMs), end, explanationURL: 'https://ca.example/incident' };
        await ca.moveWindow({ certID, chain: chainPem }, window);
        assert.deepEqual(await customer.client.renewalInfo(certID), { ...window, retryAfterMs: 6 * hourMs });
        await ca.moveWindow({ certID, chain: chainPem }, { start: window.end, end: window.start });
        assert.equal(await customer.client.renewalInfo(certID), undefined);
      },
    },
    {
      name: 'is not told of what is no certificate of this CA',
      async run(ca) {
        const customer = await Customer.at(ca);
        const { client } = customer;
        const { certID } = await customer.buy({ identifiers: [dns('told.example')] });
        const [authority = '', serial = ''] = certID.split('.');
        for (const wrong of ['AAAA', `AAAA.${serial}`, `${authority}.${serial}.${serial}`, `${authority}.=`]) {
          assert.equal(await refused(client.renewalInfo(wrong)), '400 malformed', wrong);
        }
        assert.equal(await refused(client.renewalInfo(unknownSerial(certID))), '404 malformed');
      },
    },
  ],
};

/** RFC 9773 section 5. */
export const replacement: Group = {
  name: 'an order that replaces a certificate',
  setup: usual,
  cases: [
    {
      name: 'says so, and is the only one that becomes a certificate',
      async run(ca) {
        const customer = await Customer.at(ca);
        const { client } = customer;
        const identifiers = [dns('renewed.example')];
        const { certID } = await customer.buy({ identifiers });
        const abandoned = await client.newOrder({ identifiers, replaces: certID });
        assert.equal(abandoned.replaces, certID);
        const { order } = await customer.buy({ identifiers: [...identifiers, dns('new.example')], replaces: certID });
        assert.equal(order.replaces, certID);
        assert.equal(await refused(client.newOrder({ identifiers, replaces: certID })), '409 alreadyReplaced');
      },
    },
    {
      name: 'is not placed where there is nothing that it could replace',
      async run(ca) {
        const customer = await Customer.at(ca);
        const identifiers = [dns('mine.example')];
        const { certID } = await customer.buy({ identifiers });
        const place = (replaces: string, name = 'mine.example', { client } = customer) =>
          refused(client.newOrder({ identifiers: [dns(name)], replaces }));
        assert.equal(await place('AAAA.AAAA'), '400 malformed');
        assert.equal(await place(unknownSerial(certID)), '500 serverInternal');
        assert.equal(await place(certID, 'other.example'), '500 serverInternal');
        assert.equal(await place(certID, 'mine.example', await Customer.at(ca)), '403 unauthorized');
      },
    },
  ],
};
