/** The operator at a Pebble that is harder to deal with than the usual one. Run by `npm test -- integration`. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { annotations, clusterIssuers, group, isTrue } from '../../../src/api/index.ts';
import { secrets } from '../../../src/kube/index.ts';
import { OperatorAtPebble } from './operator.ts';

const dayMs = 86_400_000;
const fiveNames = ['a', 'b', 'c', 'd', 'e'].map((label) => `${label}.pebble.example`);
const external = { keyId: 'kid-1', hmacKey: 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' };

/** An operator whose issuer `pebble` is Ready, and Certificates of it issued. */
async function issuedAt(
  options: Parameters<typeof OperatorAtPebble.start>[0],
  spec: object = {},
): Promise<OperatorAtPebble> {
  const world = await OperatorAtPebble.start(options);
  await world.issuerReady();
  await world.ask('pebble', spec);
  await world.issued('pebble');
  return world;
}

/** How many orders there are, refusals left out. */
function placed(world: OperatorAtPebble): number {
  return world.requests.filter(({ resource, status }) => resource === 'newOrder' && status === 201).length;
}

describe('the operator at a Pebble', () => {
  test('that refuses every other nonce issues for five names, with one order', async () => {
    await using world = await issuedAt({ refusedNonces: 50 }, { dnsNames: fiveNames });
    assert.deepEqual(world.chain('pebble').leaf.names, fiveNames);
    assert.equal(placed(world), 1);
    assert.ok(
      world.requests.some(({ status }) => status === 400),
      'nonces were refused',
    );
    assert.equal(world.certificate('pebble').status?.failure, undefined);
  });

  test('that reuses every authorization renews without a challenge', async () => {
    await using world = await issuedAt({ reusedAuthorizations: 100 });
    assert.equal(world.countOf('challenge'), 2);
    await world.renew('pebble');
    await world.issued('pebble', 2);
    assert.equal(world.countOf('challenge'), 2);
  });

  test('that reuses no authorization proves each name again for a renewal', async () => {
    await using world = await issuedAt({ reusedAuthorizations: 0 });
    await world.renew('pebble');
    await world.issued('pebble', 2);
    assert.ok(world.countOf('challenge') > 2, 'Pebble reuses one of a hundred all the same');
  });

  test('that sleeps for up to three seconds before each validation is waited for', async () => {
    await using world = await issuedAt({ longestSleep: 3 }, { dnsNames: fiveNames });
    assert.equal(world.certificate('pebble').status?.failure, undefined);
    assert.equal(world.countOf('newOrder'), 1);
  });

  test('that knows profiles issues by the one that is asked for, and says which there are where it is none', async () => {
    const profiles = {
      default: { description: 'For everybody', validityPeriod: (90 * dayMs) / 1_000 },
      shortlived: { description: 'Six days', validityPeriod: (6 * dayMs) / 1_000 },
    };
    await using world = await issuedAt({ config: { profiles } }, { profile: 'shortlived' });
    const { notBefore = '', notAfter = '' } = world.certificate('pebble').status ?? {};
    assert.equal(Math.round((Date.parse(notAfter) - Date.parse(notBefore)) / dayMs), 6);
    await world.ask('eternal', { profile: 'eternal', issuerRef: { kind: 'ClusterIssuer', name: 'pebble' } });
    const message = await world.held('eternal');
    assert.match(message, /no profile "eternal"/);
    assert.match(message, /It has (default, shortlived|shortlived, default)\./);
    assert.equal(placed(world), 1, 'none is placed for it');
  });

  test('that offers other chains has the preferred one stored', async () => {
    await using world = await OperatorAtPebble.start({ alternateChains: 2 });
    await world.issuerReady();
    await world.ask('pebble');
    await world.issued('pebble');
    const first = world.chain('pebble').issuerNames.at(-1);
    const roots = await world.pebble.rootNames(3);
    const other = roots.find((name) => name !== first);
    assert.ok(other);
    await world.ask('pebble', { preferredChain: other });
    await world.renew('pebble');
    await world.issued('pebble', 2);
    assert.equal(world.chain('pebble').issuerNames.at(-1), other);
  });
});

describe('the operator at a Pebble that makes accounts for those it knows alone', () => {
  const config = {
    externalAccountBindingRequired: true,
    externalAccountMACKeys: { [external.keyId]: external.hmacKey },
  };

  test('says what is missing, and issues once it is there', async () => {
    await using world = await OperatorAtPebble.start({ config });
    const refused = await world.issuerReady();
    const message = refused.status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
    assert.match(message, /spec\.acme\.externalAccountBinding/);
    const metadata = { namespace: 'evercert', name: 'eab' };
    const data = { hmac: Buffer.from(external.hmacKey).toString('base64') };
    await world.sim.apply(secrets, { apiVersion: 'v1', kind: 'Secret', metadata, data });
    const externalAccountBinding = { keyID: external.keyId, keySecretRef: { name: 'eab', key: 'hmac' } };
    await world.issue('pebble', world.pebble, { externalAccountBinding });
    await world.ask('pebble');
    await world.issued('pebble');
  });
});

describe('the operator at a Pebble that has lost everything', () => {
  const made = (world: OperatorAtPebble): number =>
    world.requests.filter(({ resource, status }) => resource === 'newAccount' && status === 201).length;

  /** Does what the issuer's message asks for. An account is looked at once a day, and when its issuer is edited. */
  async function registerAnew(world: OperatorAtPebble): Promise<void> {
    await world.issue('pebble', world.pebble, { email: 'admin@shop.example' });
    const lost = await world.until('the issuer tells that its account is lost', () => {
      const { conditions, acme } = world.issuer('pebble').status ?? {};
      return conditions?.some(({ type, status }) => type === 'Stalled' && status === 'True') ? acme?.uri : undefined;
    });
    assert.equal(made(world), 1, 'no account is made in silence');
    const metadata = { name: 'pebble', annotations: { [annotations.newAccount]: lost } };
    const object = { apiVersion: `${group}/v1`, kind: 'ClusterIssuer', metadata };
    await world.sim.user.apply(clusterIssuers, object, { manager: 'user-annotates', force: true });
    await world.until('there is another account', () => {
      const { conditions, acme } = world.issuer('pebble').status ?? {};
      return isTrue(conditions, 'Ready') && acme?.uri !== lost ? true : undefined;
    });
    assert.equal(made(world), 2);
    await world.sim.advance(90_000); // the next attempt comes after a minute; what is asked for within the second of one is none
    await world.renew('pebble');
  }

  test('makes no new account in silence, and renews once one is asked for', async () => {
    await using world = await issuedAt({});
    const stored = world.secret('pebble');
    await world.pebble.restart();
    await world.renew('pebble');
    assert.match(await world.blocked('pebble'), /account/i);
    assert.deepEqual(world.secret('pebble'), stored);
    await registerAnew(world);
    await world.issued('pebble', 2);
  });

  test('in the midst of an order places another one once there is an account again', async () => {
    await using world = await OperatorAtPebble.start({ longestSleep: 15 });
    await world.issuerReady();
    await world.ask('pebble');
    await world.until('the challenges are answered', () => (world.countOf('challenge') === 2 ? true : undefined));
    await world.pebble.restart();
    assert.match(await world.blocked('pebble'), /account/i);
    assert.equal(world.secret('pebble'), undefined);
    await registerAnew(world);
    await world.issued('pebble');
    assert.equal(placed(world), 2);
  });
});
