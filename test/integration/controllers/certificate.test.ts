/**
 * The whole way of a certificate through real programs: kube-apiserver, Pebble and Traefik, with the operator and two
 * responders in this process. Run by `npm test -- integration`.
 */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { Certificate } from '../../../src/api/index.ts';
import { type AuditedWrite, AuditLog } from '../../kit/audit-log.ts';
import { says } from '../../kit/certificates.ts';
import { apply, environment, kubectl } from '../../kit/inside.ts';
import { within } from '../../kit/until.ts';
import { acmeOf, clusterIssuerOf, IssuingWorld } from './issuing-world.ts';

/** What an issuance asks of a CA whose account is known, and last the polls of its order. */
const issuanceRequests = ['newOrder', 'authorization', 'challenge', 'finalize', 'certificate', 'order'];

describe('a certificate', () => {
  let world: IssuingWorld;
  let audit: AuditLog;

  before(async () => {
    audit = new AuditLog(environment('AUDIT_LOG'));
    world = await IssuingWorld.start({ issuer: 'pebble', namespace: 'default' });
  });

  after(() => world[Symbol.asyncDispose]());

  /** What the operator wrote since a mark, leases left out; of the Events, those about one Certificate. */
  async function writesSince(
    mark: number,
    certificate: string,
  ): Promise<{ objects: AuditedWrite[]; events: AuditedWrite[] }> {
    const all = (await audit.writesSince(mark)).filter(
      ({ userAgent, resource }) => userAgent.startsWith('evercert/') && resource !== 'leases',
    );
    const isEvent = ({ resource }: AuditedWrite): boolean => resource === 'events';
    const events = all.filter((write) => isEvent(write) && write.name?.startsWith(`${certificate}.`) === true);
    return { objects: all.filter((write) => !isEvent(write)), events };
  }

  /** What an issuance wrote, once its Event is out: it is sent after the status. */
  async function writesOf(
    mark: number,
    certificate: string,
  ): Promise<{ objects: AuditedWrite[]; events: AuditedWrite[] }> {
    for (let left = 50; ; left -= 1) {
      const writes = await writesSince(mark, certificate);
      if (writes.events.length > 0 || left === 0) return writes;
      await new Promise((again) => setTimeout(again, 100));
    }
  }

  /** Requests to the CA but for polls, nonces alone, when to renew, and the directory, which is read once for each client. */
  async function requestsButPolls(): Promise<number> {
    const left = ['order"', 'newNonce', 'directory', 'renewalInfo'].map((resource) =>
      world.evercert.acmeRequests(resource),
    );
    return (await Promise.all(left)).reduce((rest, some) => rest - some, await world.evercert.acmeRequests());
  }

  test('is issued for all its names, into a Secret whose key and chain fit', async () => {
    const mark = await audit.mark();
    const asked = await requestsButPolls();
    await apply(world.certificate('shop', { dnsNames: ['shop.test', 'www.shop.test'] }));
    const certificate = await world.until('shop', 'to be Ready', (one) => says(one, 'Ready', 'True'));

    const secret = await world.secretOf('shop');
    const leaf = new X509Certificate(Buffer.from(secret?.data?.['tls.crt'] ?? '', 'base64'));
    assert.equal(leaf.subjectAltName, 'DNS:shop.test, DNS:www.shop.test');
    assert.equal(leaf.fingerprint256.replaceAll(':', '').toLowerCase(), certificate.status?.fingerprint);
    assert.equal(certificate.status?.order, undefined);
    assert.equal(certificate.status?.revision, 1);

    const { objects, events } = await writesOf(mark, 'shop');
    const routes = objects.filter(({ resource }) => resource === 'ingresses').length;
    assert.equal(routes, 2, describeWrites(objects));
    assert.equal(objects.length, 4 + routes, describeWrites(objects));
    assert.equal(events.length, 1, describeWrites(events));
    // newOrder; an authorization and an answer for each name; finalize; the certificate. How often the order is polled is the CA's time.
    assert.equal((await requestsButPolls()) - asked, 7);
  });

  test('is renewed by a time in four writes, one Event, and a request for each step of RFC 8555 beside the polls', async () => {
    const begun = await audit.mark();
    await apply(world.certificate('blog', { dnsNames: ['blog.test'] }));
    const first = await world.until('blog', 'to be Ready', (one) => says(one, 'Ready', 'True'));
    await writesOf(begun, 'blog'); // its Event may come after the status
    const mark = await audit.mark();
    const counted = async (): Promise<number[]> =>
      Promise.all(issuanceRequests.map((resource) => world.evercert.acmeRequests(`${resource}"`)));
    const earlier = await counted();
    const time = new Date().toISOString();
    await kubectl('annotate', 'evcert', 'blog', `evercert.dev/renew=${time}`);
    const second = await world.until(
      'blog',
      'to be renewed',
      (one) => one.status?.revision === 2 && one.status.order === undefined,
    );
    assert.notEqual(second.status?.serialNumber, first.status?.serialNumber);
    const { objects, events } = await writesOf(mark, 'blog');
    assert.deepEqual(
      objects.map(({ resource, subresource }) => `${resource}/${subresource ?? ''}`),
      ['secrets/', 'certificates/status', 'secrets/', 'certificates/status'],
    );
    assert.equal(events.length, 1);
    const [orders, authorizations, answers, finalized, downloads, polls] = (await counted()).map(
      (count, n) => count - (earlier[n] ?? 0),
    );
    assert.deepEqual({ authorizations, finalized, downloads }, { authorizations: 1, finalized: 1, downloads: 1 });
    // Told to reuse none, Pebble still reuses one authorization in a hundred, and refuses to replace one certificate in 256.
    assert.ok(orders === 1 || orders === 2, `${orders} requests for a new order`);
    assert.ok(answers === 1 || answers === 0, `${answers} answers`);
    assert.ok(polls !== undefined && polls >= 1 + (answers ?? 0), 'once until it is ready, once until it is valid');
  });

  test('costs a restarted operator neither a write nor a request', async () => {
    await world.until('shop', 'to rest', (one) => says(one, 'Ready', 'True'));
    const mark = await audit.mark();
    await world.evercert.restartOperator();
    await apply(world.certificate('after-restart', { dnsNames: ['after-restart.test'] }));
    await world.until('after-restart', 'to be Ready', (one) => says(one, 'Ready', 'True'));
    const { objects } = await writesSince(mark, 'after-restart');
    const others = objects.filter(({ name, namespace, resource }) => {
      const its = name?.startsWith('after-restart') === true || name?.startsWith('evercert-') === true;
      return !its && !(resource === 'ingresses' && namespace === world.evercert.namespace);
    });
    assert.deepEqual(others, [], describeWrites(others));
  });

  test('comes back without an order when its Secret is deleted or emptied', async () => {
    const had = (await world.secretOf('blog'))?.data;
    const orders = await world.evercert.acmeRequests('newOrder"');
    const losses = [
      ['delete', 'secret', 'blog-tls'],
      ['patch', 'secret', 'blog-tls', '--type=merge', '-p', '{"data":{"tls.crt":"","tls.key":""}}'],
    ];
    for (const loss of losses) {
      await kubectl(...loss);
      await within(20_000, 'the Secret has what it had', async () =>
        isDeepStrictEqual((await world.secretOf('blog'))?.data, had),
      );
    }
    assert.equal(await world.evercert.acmeRequests('newOrder"'), orders);
    assert.equal((await world.until('blog', 'to rest', (one) => says(one, 'Ready', 'True'))).status?.revision, 2);
  });

  test('is issued anew for a name that is added, and is Ready for the old ones no more meanwhile', async () => {
    await apply(world.certificate('blog', { dnsNames: ['blog.test', 'new.blog.test'] }));
    const certificate = await world.until(
      'blog',
      'to hold both names',
      (one) => one.status?.revision === 3 && says(one, 'Ready', 'True'),
    );
    assert.equal(certificate.status?.observedGeneration, certificate.metadata.generation);
  });

  describe('that cannot be issued says why, and nothing is ordered or touched:', () => {
    async function refused(name: string, spec: object, reason: string): Promise<Certificate> {
      const orders = await world.evercert.acmeRequests('newOrder');
      await apply(world.certificate(name, spec));
      const certificate = await world.until(name, `to say ${reason}`, (one) =>
        (one.status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.reason === reason),
      );
      assert.equal(certificate.status?.order, undefined);
      assert.equal(await world.evercert.acmeRequests('newOrder'), orders);
      return certificate;
    }

    test('a missing issuer', async () => {
      const certificate = await refused(
        'no-issuer',
        { dnsNames: ['a.test'], issuerRef: { kind: 'ClusterIssuer', name: 'none' } },
        'IssuerNotFound',
      );
      assert.ok(says(certificate, 'Stalled', 'True'));
      assert.equal(await world.secretOf('no-issuer'), undefined);
    });

    test('an issuer whose directory does not answer', async () => {
      const dead = { ...acmeOf('dead-account'), server: 'https://192.168.250.1:9/dir' };
      await apply(clusterIssuerOf('dead', dead));
      await refused(
        'dead',
        { dnsNames: ['b.test'], issuerRef: { kind: 'ClusterIssuer', name: 'dead' } },
        'IssuerNotReady',
      );
    });

    test('terms that were not agreed to', async () => {
      await apply(clusterIssuerOf('terms', { ...acmeOf('terms-account'), termsOfServiceAgreed: false }));
      const { message } =
        (
          await refused(
            'terms',
            { dnsNames: ['c.test'], issuerRef: { kind: 'ClusterIssuer', name: 'terms' } },
            'IssuerNotReady',
          )
        ).status?.conditions?.find(({ type }) => type === 'Ready') ?? {};
      assert.match(message ?? '', /terms/i);
    });

    test('a Secret that is not ours, which stays as it is', async () => {
      await kubectl('create', 'secret', 'generic', 'foreign-tls', '--from-literal=a=b');
      const found = await world.secretOf('foreign');
      await refused('foreign', { dnsNames: ['d.test'] }, 'SecretNotOwned');
      assert.deepEqual(await world.secretOf('foreign'), found);
    });

    test('a Secret that an older Certificate names', async () => {
      const found = await world.secretOf('shop');
      await refused('second', { dnsNames: ['e.test'], secretName: 'shop-tls' }, 'SecretClaimed');
      assert.deepEqual(await world.secretOf('shop'), found);
    });

    test('a name that does not lead to us', async () => {
      const host = 'elsewhere.test';
      await fetch(`${environment('DNS_MANAGEMENT')}/add-a`, {
        method: 'POST',
        body: JSON.stringify({ host: `${host}.`, addresses: ['192.0.2.1'] }),
      });
      const certificate = await refused('elsewhere', { dnsNames: [host] }, 'NotReachable');
      const reachable = certificate.status?.conditions?.find(({ type }) => type === 'Reachable');
      assert.equal(reachable?.status, 'False');
      assert.match(reachable?.message ?? '', /elsewhere\.test/);
    });
  });
});

function describeWrites(writes: readonly AuditedWrite[]): string {
  return writes
    .map(({ verb, resource, subresource, name, code }) => `${verb} ${resource}/${subresource ?? ''} ${name} ${code}`)
    .join('\n');
}
