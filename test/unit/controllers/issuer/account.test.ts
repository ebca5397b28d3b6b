import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AcmeError, RedirectError } from '../../../../src/acme/index.ts';
import { annotations } from '../../../../src/api/index.ts';
import { secrets } from '../../../../src/kube/index.ts';
import { jwkThumbprint } from '../../../../src/pki/index.ts';
import { countOf, IssuerWorld, issuerWithAccount, keyRef } from './world.ts';

const minute = 60_000;
const hour = 60 * minute;

describe('the contact of an account', () => {
  it('follows the spec, with one request and one write', async () => {
    const world = await issuerWithAccount();
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
    const world = await issuerWithAccount();
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
    const world = await issuerWithAccount();
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
    const world = await issuerWithAccount();
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
    const world = await issuerWithAccount();
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
      const world = await issuerWithAccount();
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
    const world = await issuerWithAccount();
    world.annotate(annotations.deactivate, 'https://ca.test/account/other');
    assert.deepEqual((await world.run(10 * minute)).requests, []);
    world.annotate(annotations.deactivate, world.uri);
    const { requests } = await world.run(2 * hour);
    assert.equal(countOf(requests, 'deactivateAccount'), 1);
    assert.match(world.condition(), /^False AccountDeactivated: The account https:.* was ended/);
  });

  it('asks for nothing in a copy of the issuer, which has an account of its own', async () => {
    const world = await issuerWithAccount();
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
    const world = await issuerWithAccount();
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
    const world = await issuerWithAccount();
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
    const world = await issuerWithAccount();
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
