import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type AcmeClient, AcmeError } from '../../../../../src/acme/index.ts';
import { chosenChain } from '../../../../../src/controllers/certificate/order/chain-choice.ts';
import { readChain } from '../../../../../src/pki/index.ts';
import { TransientError } from '../../../../../src/runtime/index.ts';
import { Customer, dns } from '../../../../conformance/acme/customer.ts';
import { failureOf } from '../../../../kit/failure.ts';
import { letsEncrypt } from '../../../../sim/ca/index.ts';
import { simulatedCa } from '../../../../sim/ca/under-test.ts';

const { signal } = new AbortController();

/** A certificate with chains to the roots 1, 2 and 3, and what is asked for it. */
async function offered(change: (url: string) => Error | string | undefined = () => undefined) {
  const customer = await Customer.at(simulatedCa({ ...letsEncrypt, limits: undefined, alternates: 2 }));
  const { order, alternates } = await customer.buy({ identifiers: [dns('shop.example')] });
  const url = order.certificate ?? '';
  const asked: string[] = [];
  const client: Pick<AcmeClient, 'certificate'> = {
    certificate: async (from) => {
      asked.push(from);
      const instead = change(from);
      if (instead instanceof Error) throw instead;
      const given = await customer.client.certificate(from);
      return instead === undefined ? given : { ...given, chain: instead };
    },
  };
  const chosen = async (preferred?: string) => {
    const { issuerNames } = readChain(await chosenChain(client, url, preferred, signal));
    return issuerNames;
  };
  return { customer, url, alternates, asked, client, chosen };
}

const toRoot = (root: number): readonly string[] => ['Simulated issuer of ca.test', `Simulated root ${root}`];

describe('of the chains that a CA offers', () => {
  test('the first is taken where none is preferred, and no other is fetched', async () => {
    const { chosen, asked, url } = await offered();
    assert.deepEqual([await chosen(), asked], [toRoot(1), [url]]);
  });

  test('the first is taken where its root is preferred, and no other is fetched', async () => {
    const { chosen, asked, url } = await offered();
    assert.deepEqual([await chosen('Simulated root 1'), asked], [toRoot(1), [url]]);
  });

  test('another is taken whose root is preferred, and none after it is fetched', async () => {
    const { chosen, asked, url, alternates } = await offered();
    assert.deepEqual([await chosen('Simulated root 2'), asked], [toRoot(2), [url, alternates[0]]]);
    assert.deepEqual(await chosen('Simulated root 3'), toRoot(3));
  });

  test('the first of equals is taken, such as those with a preferred intermediate', async () => {
    const { chosen } = await offered();
    assert.deepEqual(await chosen('Simulated issuer of ca.test'), toRoot(1));
  });

  test('the first is taken where none has what is preferred', async () => {
    const { chosen, asked } = await offered();
    assert.deepEqual([await chosen('ISRG Root X9'), asked.length], [toRoot(1), 3]);
  });

  test('one that cannot be had, or is none, or another certificate’s is passed over', async () => {
    const other = await offered();
    for (const instead of [
      new TransientError('no answer'),
      new AcmeError({ type: 'malformed', detail: 'no', status: 404 }),
      '<html>',
      (await other.customer.buy({ identifiers: [dns('other.example')] })).chainPem,
    ]) {
      const { chosen } = await offered((url) => (url.endsWith('/alternate/1') ? instead : undefined));
      assert.deepEqual(await chosen('Simulated root 2'), toRoot(1), String(instead));
      assert.deepEqual(await chosen('Simulated root 3'), toRoot(3), String(instead));
    }
  });

  test('no more than four are fetched beside the first', async () => {
    const { customer, url, asked } = await offered();
    const client: Pick<AcmeClient, 'certificate'> = {
      certificate: async (from) => {
        asked.push(from);
        const { chain } = await customer.client.certificate(url);
        return { chain, alternates: Array.from({ length: 1_000 }, (_, at) => `https://ca.test/${at}`) };
      },
    };
    await chosenChain(client, url, 'nothing', signal);
    assert.equal(asked.length, 5);
  });

  test('the first that cannot be had is told as it is, and one that cannot be read is left to who checks it', async () => {
    const lost = await offered(() => new TransientError('no answer'));
    assert.match((await failureOf(lost.chosen('Simulated root 2'))).message, /no answer/);
    const garbled = await offered(() => '<html>');
    assert.equal(await chosenChain(garbled.client, garbled.url, 'Simulated root 2', signal), '<html>');
    assert.equal(garbled.asked.length, 1);
  });
});
