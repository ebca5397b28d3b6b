import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { AcmeError } from '../../../../src/acme/index.ts';
import { issuers } from '../../../../src/api/index.ts';
import { secrets } from '../../../../src/kube/index.ts';
import { jwkThumbprint, keySpecOf } from '../../../../src/pki/index.ts';
import { TransientError } from '../../../../src/runtime/index.ts';
import { IssuerWorld, keyRef } from './world.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

describe('issuer controller', () => {
  it('makes the key, then the account, then says it is ready: two writes', async () => {
    const world = new IssuerWorld();
    world.putIssuer();
    const { requests, writes } = await world.run();
    assert.deepEqual(writes, ['apply secrets team/account-key', 'apply issuers team/main/status']);
    assert.deepEqual(requests, ['directory', 'findAccount', 'createAccount', 'directory']);
    assert.equal(world.condition(), 'True AccountReady: The account is ready.');
    assert.equal(world.condition('Stalled'), 'False AccountReady: Nobody is needed.');
    assert.deepEqual(keySpecOf(world.key()), { algorithm: 'ECDSA', size: 256 });
    const thumbprint = jwkThumbprint(world.key());
    assert.deepEqual(world.status().acme, {
      uri: `https://ca.test/account/${thumbprint}`,
      directory: 'https://ca.test/directory',
      termsOfService: 'https://ca.test/terms',
      lastRegisteredEmail: 'admin@example.com',
      keyThumbprint: thumbprint,
      profiles: { classic: 'For everybody' },
    });
    assert.deepEqual(world.ca.created, [{ contact: ['mailto:admin@example.com'], termsOfServiceAgreed: true }]);
    assert.deepEqual(
      world.events.map(({ reason, type }) => `${type} ${reason}`),
      ['Normal AccountReady'],
    );
  });

  it('keeps the key of a ClusterIssuer in the namespace of the operator', async () => {
    const world = new IssuerWorld();
    world.putClusterIssuer();
    const { writes } = await world.run();
    assert.deepEqual(writes, ['apply secrets evercert/account-key', 'apply clusterissuers main/status']);
  });

  it('asks the CA for nothing and writes nothing after a restart, nor within an hour', async () => {
    const world = new IssuerWorld();
    world.putIssuer();
    await world.run();
    assert.deepEqual(await world.run(59 * minute), { requests: [], writes: [] });
  });

  it('looks at the account once an hour, without a write', async () => {
    const world = new IssuerWorld();
    world.putIssuer();
    const { requests, writes } = await world.run(121 * minute);
    assert.deepEqual(requests.slice(4), ['directory', 'findAccount', 'directory', 'findAccount']);
    assert.equal(writes.length, 2);
  });

  it('stays ready while the CA does not answer when the account is looked at', async () => {
    const world = new IssuerWorld();
    world.putIssuer();
    await world.run();
    world.ca.before = () => {
      throw new TransientError('the CA ca.test did not answer');
    };
    const { writes } = await world.run(2 * day);
    assert.deepEqual(writes, []);
    assert.match(world.condition(), /^True AccountReady/);
  });

  it('uses the key that is there as it is, and finds its account, which gets the address of the spec', async () => {
    const first = new IssuerWorld();
    first.putIssuer();
    await first.run();
    const world = new IssuerWorld();
    const held = first.cluster.peek(secrets, keyRef);
    assert.ok(held);
    world.cluster.put(secrets, held);
    world.ca.accounts.set(jwkThumbprint(first.key()), 'valid');
    world.putIssuer();
    const { requests, writes } = await world.run();
    assert.deepEqual(requests, ['directory', 'findAccount', 'updateContact']);
    assert.deepEqual(world.ca.contacts, [['mailto:admin@example.com']]);
    assert.deepEqual(writes, ['apply issuers team/main/status']);
    assert.equal(world.key(), first.key());
  });

  it('never overwrites a Secret without a usable key, and says what to do', async () => {
    const world = new IssuerWorld();
    const data = { 'tls.key': Buffer.from('no key').toString('base64') };
    world.cluster.put(secrets, { apiVersion: 'v1', kind: 'Secret', metadata: keyRef, data });
    world.putIssuer();
    const { requests, writes } = await world.run(10 * minute);
    assert.deepEqual({ requests, writes }, { requests: [], writes: ['apply issuers team/main/status'] });
    assert.match(
      world.condition('Stalled'),
      /^True AccountKeyInvalid: The Secret team\/account-key holds in tls.key no private key/,
    );
    world.cluster.delete(secrets, keyRef);
    await world.run();
    assert.match(world.condition(), /^True AccountReady/);
  });

  it('makes no account while the terms are not agreed to, and gives their URL', async () => {
    const world = new IssuerWorld();
    world.putIssuer({ termsOfServiceAgreed: false });
    const { requests } = await world.run(10 * minute);
    assert.deepEqual(requests, ['directory']);
    assert.equal(world.ca.accounts.size, 0);
    assert.match(world.condition(), /^False TermsNotAgreed: .*Read the terms of the CA at https:\/\/ca.test\/terms,/);
    assert.deepEqual(await world.run(), { requests: [], writes: [] });
    world.putIssuer({ termsOfServiceAgreed: true });
    await world.run();
    assert.match(world.condition(), /^True AccountReady/);
  });

  it('says why the directory is unavailable, tries again more and more seldom, and writes once', async () => {
    const world = new IssuerWorld();
    world.ca.before = () => {
      throw new TransientError('the CA ca.test did not answer the request for directory: the connection was refused');
    };
    world.putIssuer();
    const { requests, writes } = await world.run(60 * minute);
    assert.match(world.condition(), /^False DirectoryUnavailable: .*ca.test.*the connection was refused/);
    assert.match(world.condition('Stalled'), /^False/);
    assert.deepEqual(writes, ['apply secrets team/account-key', 'apply issuers team/main/status']);
    // 0, 5, 15, 35, 75, 155 and 315 s, then every 5 minutes
    assert.equal(requests.length, 7 + 10);
    world.ca.before = () => {};
    await world.run(5 * minute);
    assert.match(world.condition(), /^True AccountReady/);
  });

  it('does not ask before the time that the CA names', async () => {
    const world = new IssuerWorld();
    world.ca.before = () => {
      throw new AcmeError({ type: 'rateLimited', detail: 'too many' }, 3 * 60 * minute);
    };
    world.putIssuer();
    const { requests } = await world.run(170 * minute);
    assert.deepEqual(requests, ['directory']);
    assert.match(world.condition(), /^False AccountRefused: .*too many/);
    assert.match(world.condition('Stalled'), /^False/);
  });

  it('makes an account at another CA when the server is changed', async () => {
    const world = new IssuerWorld();
    world.putIssuer();
    await world.run();
    world.ca.accounts.clear();
    world.putIssuer({ server: 'https://other.test/directory' });
    const { requests } = await world.run();
    assert.ok(requests.includes('createAccount'));
    assert.match(world.condition(), /^True AccountReady/);
  });

  it('binds the account to the one that the CA has, by the key in its Secret', async () => {
    const world = new IssuerWorld();
    world.ca.directory = { ...world.ca.directory, externalAccountRequired: true };
    world.putIssuer();
    await world.run();
    assert.match(world.condition(), /^False AccountRefused: .*spec.acme.externalAccountBinding/);
    const binding = { keyID: 'kid-1', keySecretRef: { name: 'eab' } };
    world.putIssuer({ externalAccountBinding: binding });
    await world.run();
    assert.match(world.condition(), /^False AccountKeyInvalid: The Secret team\/eab is missing/);
    const data = { secret: Buffer.from('c2VjcmV0LW9m\n').toString('base64') };
    world.cluster.put(secrets, {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { namespace: 'team', name: 'eab' },
      data,
    });
    await world.run(2 * minute);
    assert.match(world.condition(), /^True AccountReady/);
    assert.deepEqual(world.ca.created[0]?.externalAccountBinding, { keyId: 'kid-1', hmacKey: 'c2VjcmV0LW9m' });
  });

  it('makes one account though the answer to its making is lost', async () => {
    const world = new IssuerWorld();
    world.ca.after = (request) => {
      if (request !== 'createAccount') return;
      world.ca.after = () => {};
      throw new TransientError('the connection was closed');
    };
    world.putIssuer();
    await world.run(minute);
    assert.equal(world.ca.accounts.size, 1);
    assert.equal(world.ca.created.length, 1);
    assert.match(world.condition(), /^True AccountReady/);
  });

  it('ends with one key and one account when the process dies at any of its writes', async () => {
    for (const hook of ['beforeWrite', 'afterWrite'] as const) {
      for (let dies = 1; dies <= 2; dies += 1) {
        const world = new IssuerWorld();
        let writes = 0;
        world.cluster[hook] = () => {
          writes += 1;
          if (writes === dies) throw new TransientError('the process died');
        };
        world.putIssuer();
        await world.run(500); // the back-off after the failure is the longest part
        await world.run();
        assert.match(world.condition(), /^True AccountReady/, `${hook} ${dies}`);
        assert.equal(world.ca.accounts.size, 1);
      }
    }
  });

  it('tells which solvers this version does not carry out, and stays ready', async () => {
    const world = new IssuerWorld();
    world.putIssuer({ solvers: [{ http01: { ingress: {} } }, { http01: { gatewayHTTPRoute: {} } }] });
    await world.run();
    assert.match(
      world.condition(),
      /^True AccountReady: .*does not carry out spec.acme.solvers\[1\] \(gatewayHTTPRoute\)/,
    );
  });

  it('needs no second write for its own status while the cache lags', async () => {
    const world = new IssuerWorld();
    world.putIssuer();
    const cacheOf = world.cluster.cache.bind(world.cluster);
    world.cluster.cache = (source) => {
      const cache = cacheOf(source);
      cache.lags = true;
      return cache;
    };
    const { requests, writes } = await world.run(59 * minute);
    assert.equal(writes.length, 2);
    assert.equal(requests.length, 4);
  });

  it('leaves the key and the account of an issuer that is deleted', async () => {
    const world = new IssuerWorld();
    world.putIssuer();
    await world.run();
    world.cluster.delete(issuers, { namespace: 'team', name: 'main' });
    assert.deepEqual(await world.run(), { requests: [], writes: [] });
    assert.ok(world.cluster.peek(secrets, keyRef));
  });
});
