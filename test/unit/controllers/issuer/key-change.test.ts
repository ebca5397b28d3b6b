import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AcmeError } from '../../../../src/acme/index.ts';
import { annotations, certificates } from '../../../../src/api/index.ts';
import { jwkThumbprint } from '../../../../src/pki/index.ts';
import { TerminalError, TransientError } from '../../../../src/runtime/index.ts';
import { countOf, issuerWithAccount } from './world.ts';

const minute = 60_000;
const hour = 60 * minute;

describe('the change of an account key', () => {
  const order = (thumbprint: string, state: string) => ({
    apiVersion: 'evercert.dev/v1',
    kind: 'Certificate',
    metadata: { namespace: 'team', name: 'shop' },
    spec: { secretName: 'shop', dnsNames: ['shop.example'], issuerRef: { name: 'main', kind: 'Issuer' } },
    status: { order: { url: 'https://ca.test/order/1', state, revision: 1, thumbprint, identifiers: [] } },
  });

  it('holds orders back, stores the next key, changes it, proves it and uses it', async () => {
    const world = await issuerWithAccount();
    world.annotate(annotations.rollover, world.thumbprint);
    await world.run(20_000);
    assert.match(world.condition(), /^True KeyChanging/);
    assert.ok(world.status().acme?.rollover);
    const { requests, writes } = await world.run(2 * hour);
    assert.equal(world.condition(), 'True AccountReady: The account is ready.');
    assert.deepEqual(writes, [
      'apply secrets team/account-key',
      'apply secrets team/account-key',
      'apply issuers team/main/status',
    ]);
    assert.equal(countOf(requests, 'changeKey'), 1);
    const { uri, keyThumbprint, rollover } = world.status().acme ?? {};
    assert.deepEqual([uri, keyThumbprint, rollover], [world.uri, jwkThumbprint(world.key()), undefined]);
    assert.notEqual(keyThumbprint, world.thumbprint);
    assert.equal(world.key('tls.key.next'), '');
    assert.equal(world.ca.created.length, 1);
  });

  it('waits for the open orders of the key, but for no others, and not for ever', async () => {
    const world = await issuerWithAccount();
    world.cluster.put(certificates, order(world.thumbprint, 'pending'));
    world.annotate(annotations.rollover, world.thumbprint);
    const waiting = await world.run(14 * minute);
    assert.deepEqual(waiting.writes, ['apply issuers team/main/status']);
    world.cluster.put(certificates, order('another key', 'pending'));
    await world.run(10_000);
    assert.match(world.condition(), /^True AccountReady/);

    const stuck = await issuerWithAccount();
    stuck.cluster.put(certificates, order(stuck.thumbprint, 'pending'));
    stuck.annotate(annotations.rollover, stuck.thumbprint);
    await stuck.run(16 * minute);
    assert.match(stuck.condition(), /^True AccountReady/);
  });

  it('is finished whatever the process or the CA dies at, with one key and one account', async () => {
    const faults = [
      ...['beforeWrite', 'afterWrite'].flatMap((hook) => [1, 2, 3, 4].map((at) => ({ hook, at }))),
      ...['before', 'after'].flatMap((hook) => [1, 2, 3, 4, 5, 6].map((at) => ({ hook, at }))),
    ];
    for (const { hook, at } of faults) {
      const world = await issuerWithAccount();
      let calls = 0;
      const die = (): void => {
        calls += 1;
        if (calls === at) throw new TransientError('the process died');
      };
      if (hook === 'beforeWrite' || hook === 'afterWrite') world.cluster[hook] = die;
      else world.ca[hook === 'before' ? 'before' : 'after'] = die;
      world.annotate(annotations.rollover, world.thumbprint);
      for (const ms of [minute / 2, 10 * minute, 2 * hour]) await world.run(ms);
      const label = `${hook} ${at}`;
      const { uri, keyThumbprint, rollover } = world.status().acme ?? {};
      assert.match(world.condition(), /^True AccountReady/, label);
      assert.deepEqual([uri, keyThumbprint, rollover], [world.uri, jwkThumbprint(world.key()), undefined], label);
      assert.notEqual(keyThumbprint, world.thumbprint, label);
      assert.deepEqual([...world.ca.accounts.keys()], [keyThumbprint], label);
      assert.deepEqual([world.key('tls.key.next'), world.ca.created.length], ['', 1], label);
    }
  });

  it('is believed to have happened only where the CA knows the account by the next key', async () => {
    const world = await issuerWithAccount();
    const { accounts } = world.ca;
    world.ca.after = (request) => {
      if (request !== 'changeKey') return; // and nothing has changed
      const next = [...accounts.keys()].find((one) => one !== world.thumbprint) ?? '';
      accounts.delete(next);
      accounts.set(world.thumbprint, 'valid');
    };
    world.annotate(annotations.rollover, world.thumbprint);
    await world.run(10 * minute);
    assert.equal(jwkThumbprint(world.key()), world.thumbprint);
    world.ca.after = () => {};
    await world.run(3 * hour);
    assert.notEqual(jwkThumbprint(world.key()), world.thumbprint);
    assert.match(world.condition(), /^True AccountReady/);
  });

  it('that the CA refuses leaves the key in use, holds nothing back, and is tried again', async () => {
    for (const error of [
      new AcmeError({ type: 'unauthorized', detail: 'key changes are switched off' }),
      new TerminalError('the CA has no way to change the key of an account'),
    ]) {
      const world = await issuerWithAccount();
      world.ca.before = (request) => {
        if (request === 'changeKey') throw error;
      };
      world.annotate(annotations.rollover, world.thumbprint);
      const { requests } = await world.run(24 * hour);
      assert.match(world.condition(), /^True (KeyChangeRefused|KeyChanging): /);
      assert.equal(jwkThumbprint(world.key()), world.thumbprint);
      const tries = countOf(requests, 'changeKey');
      assert.ok(tries >= 12 && tries <= 40, `${error.name}: ${tries} tries in a day`);
      world.annotate(annotations.rollover);
      await world.run(3 * hour);
      assert.match(world.condition(), /^True AccountReady/);
      assert.equal(world.key('tls.key.next'), world.key());
    }
  });
});
