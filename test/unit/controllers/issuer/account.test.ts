import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AcmeError, RedirectError } from '../../../../src/acme/index.ts';
import { annotations, certificates } from '../../../../src/api/index.ts';
import { secrets } from '../../../../src/kube/index.ts';
import { jwkThumbprint } from '../../../../src/pki/index.ts';
import { TerminalError, TransientError } from '../../../../src/runtime/index.ts';
import { IssuerWorld, keyRef } from './world.ts';

const minute = 60_000;
const hour = 60 * minute;

/** A world whose issuer has its account. */
async function ready(): Promise<IssuerWorld & { readonly uri: string; readonly thumbprint: string }> {
  const world = new IssuerWorld();
  world.putIssuer();
  await world.run();
  const { uri = '', keyThumbprint: thumbprint = '' } = world.status().acme ?? {};
  return Object.assign(world, { uri, thumbprint });
}

function countOf(requests: readonly string[], request: string): number {
  return requests.filter((one) => one === request).length;
}

describe('the contact of an account', () => {
  it('follows the spec, with one request and one write', async () => {
    const world = await ready();
    world.putIssuer({ email: 'new@example.com' });
    const { requests, writes } = await world.run(3 * hour);
    assert.equal(countOf(requests, 'updateContact'), 1);
    assert.deepEqual(writes, ['apply issuers team/main/status']);
    assert.equal(world.status().acme?.lastRegisteredEmail, 'new@example.com');
    world.putIssuer({ email: '' });
    await world.run();
    assert.deepEqual(world.ca.contacts, [['mailto:new@example.com'], []]);
    assert.equal(world.status().acme?.lastRegisteredEmail, undefined);
    assert.equal(world.condition(), 'True AccountReady: The account is ready.');
  });

  it('that the CA does not take leaves the account ready, and is tried again each hour', async () => {
    const world = await ready();
    world.ca.before = (request) => {
      if (request === 'updateContact') throw new AcmeError({ type: 'invalidContact', detail: 'no such host' });
    };
    world.putIssuer({ email: 'a@nowhere.test' });
    const { requests, writes } = await world.run(150 * minute);
    assert.equal(countOf(requests, 'updateContact'), 3);
    assert.equal(writes.length, 1);
    assert.match(world.condition(), /^True ContactRefused: .*a@nowhere.test .*no such host/);
    world.putIssuer();
    await world.run();
    assert.match(world.condition(), /^True AccountReady/);
  });
});

describe('an account that is lost', () => {
  it('with its key is not made anew in silence, but on the word that names it', async () => {
    const world = await ready();
    world.cluster.delete(secrets, keyRef);
    const silent = await world.run(2 * hour);
    assert.deepEqual(silent.writes, ['apply issuers team/main/status']);
    assert.match(world.condition('Stalled'), /^True AccountKeyMissing: .*evercert.dev\/new-account=https/);
    world.annotate(annotations.newAccount, world.uri);
    await world.run(2 * minute);
    assert.match(world.condition(), /^True AccountReady/);
    assert.notEqual(world.status().acme?.uri, world.uri);

    // The word is spent: it names no account of this issuer any more.
    world.cluster.delete(secrets, keyRef);
    await world.run(2 * hour);
    assert.match(world.condition(), /^False AccountKeyMissing/);
    assert.equal(world.ca.created.length, 2);
  });

  it('with its key is found again when the key comes back', async () => {
    const world = await ready();
    const held = world.cluster.peek(secrets, keyRef);
    world.cluster.delete(secrets, keyRef);
    await world.run(2 * minute);
    assert.ok(held);
    world.cluster.put(secrets, held);
    await world.run(2 * minute);
    assert.match(world.condition(), /^True AccountReady/);
    assert.deepEqual([world.status().acme?.uri, world.ca.created.length], [world.uri, 1]);
  });

  it('at the CA is not made anew in silence, but on the word that names it', async () => {
    const world = await ready();
    world.ca.accounts.clear();
    await world.run(2 * hour);
    assert.match(world.condition('Stalled'), /^True AccountUnknown: .*evercert.dev\/new-account=https/);
    world.annotate(annotations.newAccount, `${world.uri}x`);
    await world.run(2 * hour);
    assert.equal(world.ca.created.length, 1);
    world.annotate(annotations.newAccount, world.uri);
    await world.run(2 * minute);
    assert.match(world.condition(), /^True AccountReady/);
    assert.equal(world.ca.created.length, 2);
  });

  it('by deactivation gets a successor with another key, on the word that names it', async () => {
    for (const isTold of [true, false]) {
      const world = await ready();
      world.ca.accounts.set(world.thumbprint, 'deactivated');
      world.ca.before = (request) => {
        const isEnded = [...world.ca.accounts.values()].every((status) => status === 'deactivated');
        if (!isTold && request === 'findAccount' && isEnded && world.ca.accounts.has(jwkThumbprint(world.key()))) {
          throw new AcmeError({ type: 'unauthorized', detail: 'an account with the key exists but is deactivated' });
        }
      };
      await world.run(2 * hour);
      assert.match(
        world.condition('Stalled'),
        /^True AccountDeactivated: .*is deactivated.*evercert.dev\/new-account=/,
      );
      world.annotate(annotations.newAccount, world.uri);
      await world.run(2 * minute);
      assert.match(world.condition(), /^True AccountReady/);
      assert.notEqual(world.status().acme?.keyThumbprint, world.thumbprint);
      assert.equal(world.ca.created.length, 2);
    }
  });
});

describe('the deactivation of an account', () => {
  it('is done once, for the account that it names, and is told', async () => {
    const world = await ready();
    world.annotate(annotations.deactivate, 'https://ca.test/account/other');
    assert.deepEqual((await world.run(10 * minute)).requests, []);
    world.annotate(annotations.deactivate, world.uri);
    const { requests } = await world.run(2 * hour);
    assert.equal(countOf(requests, 'deactivateAccount'), 1);
    assert.match(world.condition(), /^False AccountDeactivated: The account https:.* was ended/);
  });

  it('asks for nothing in a copy of the issuer, which has an account of its own', async () => {
    const world = await ready();
    world.annotate(annotations.deactivate, world.uri);
    world.annotate(annotations.newAccount, world.uri);
    world.annotate(annotations.rollover, world.thumbprint);
    const copy = new IssuerWorld();
    copy.putIssuer();
    for (const [name, value] of Object.entries(world.annotations())) copy.annotate(name, value);
    const { requests } = await copy.run(2 * hour);
    assert.deepEqual(requests.slice(0, 4), ['directory', 'findAccount', 'createAccount', 'directory']);
    assert.deepEqual([countOf(requests, 'deactivateAccount'), countOf(requests, 'changeKey')], [0, 0]);
    assert.match(copy.condition(), /^True AccountReady/);
  });
});

describe('what a CA offers', () => {
  it('is in the status, with new terms until they are agreed to', async () => {
    const world = await ready();
    world.ca.directory = { ...world.ca.directory, termsOfService: 'https://ca.test/terms/2', profiles: { b: 'B' } };
    await world.run(2 * hour);
    assert.match(world.condition(), /^True TermsChanged: .*https:\/\/ca.test\/terms\/2.*'evercert.dev\/agree=https/);
    assert.deepEqual(world.status().acme?.profiles, { b: 'B' });
    assert.equal(world.status().acme?.termsOfService, 'https://ca.test/terms');
    world.annotate(annotations.agree, 'https://ca.test/terms/2');
    await world.run();
    assert.match(world.condition(), /^True AccountReady/);
    assert.equal(world.status().acme?.termsOfService, 'https://ca.test/terms/2');
    assert.deepEqual(
      world.events.map(({ reason, type }) => `${type} ${reason}`),
      ['Normal AccountReady', 'Normal TermsChanged', 'Normal AccountReady'],
    );
  });

  it('lacks the profile of the spec, until it has it or the spec another', async () => {
    const world = await ready();
    world.putIssuer({ profile: 'shortlived' });
    await world.run();
    assert.match(world.condition('Stalled'), /^True InvalidProfile: .*no profile "shortlived".*it has classic/);
    assert.match(world.condition(), /^True InvalidProfile/);
    world.ca.directory = { ...world.ca.directory, profiles: { shortlived: 'Six days' } };
    await world.run(2 * hour);
    assert.match(world.condition(), /^True AccountReady/);
    world.ca.directory = { ...world.ca.directory, profiles: {} };
    await world.run(2 * hour);
    assert.match(world.condition(), /^True InvalidProfile: .*it has none; leave it out/);
  });

  it('is elsewhere where the directory has moved, which is not followed', async () => {
    const world = await ready();
    world.ca.before = () => {
      const call = { method: 'GET', url: 'https://ca.test/directory', resource: 'directory' } as const;
      throw new RedirectError(call, 301, 'https://new.test/directory');
    };
    await world.run(2 * hour);
    assert.match(
      world.condition('Stalled'),
      /^True DirectoryMoved: .*set spec.acme.server to https:\/\/new.test\/directory/,
    );
    world.ca.before = () => {};
    world.putIssuer({ server: 'https://new.test/directory' });
    await world.run();
    assert.match(world.condition(), /^True AccountReady/);
    assert.deepEqual([world.status().acme?.uri, world.ca.created.length], [world.uri, 1]);
  });
});

describe('the change of an account key', () => {
  const order = (thumbprint: string, state: string) => ({
    apiVersion: 'evercert.dev/v1',
    kind: 'Certificate',
    metadata: { namespace: 'team', name: 'shop' },
    spec: { secretName: 'shop', dnsNames: ['shop.example'], issuerRef: { name: 'main', kind: 'Issuer' } },
    status: { order: { url: 'https://ca.test/order/1', state, revision: 1, thumbprint, identifiers: [] } },
  });

  it('holds orders back, stores the next key, changes it, proves it and uses it', async () => {
    const world = await ready();
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
    const world = await ready();
    world.cluster.put(certificates, order(world.thumbprint, 'pending'));
    world.annotate(annotations.rollover, world.thumbprint);
    const waiting = await world.run(14 * minute);
    assert.deepEqual(waiting.writes, ['apply issuers team/main/status']);
    world.cluster.put(certificates, order('another key', 'pending'));
    await world.run(10_000);
    assert.match(world.condition(), /^True AccountReady/);

    const stuck = await ready();
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
      const world = await ready();
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
    const world = await ready();
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
      const world = await ready();
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
