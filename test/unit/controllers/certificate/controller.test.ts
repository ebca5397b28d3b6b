import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError } from '../../../../src/acme/index.ts';
import { annotations, certificates } from '../../../../src/api/index.ts';
import { secrets } from '../../../../src/kube/index.ts';
import { readChain } from '../../../../src/pki/index.ts';
import { recordOf } from '../../../kit/scripted-ca.ts';
import { countOf, hour, minute, one, second, two, wired } from './hostile.ts';
import { shop, shopSecret, World } from './memory/world.ts';

const archiveRef = (world: World) => ({ namespace: 'web', name: `evercert-archive-${world.certificate.uid}` });

describe('the certificate controller and another account', () => {
  test('an order of the account before is dropped and not asked for', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    let changing: Promise<void> | undefined;
    world.happened = () => {
      if (world.certificate.status.order !== undefined) changing ??= world.changeAccount();
    };
    world.carry = async (_, send) => {
      const answer = await send();
      await changing;
      return answer;
    };
    await world.advance(20 * second);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.certificate.status.failure, undefined);
    assert.deepEqual([world.ca.orders.length, world.ca.finalized.length], [2, 1]);
  });
});

describe('the certificate controller and a CA with several chains', () => {
  test('stores the preferred one, with one request more', async () => {
    const world = await World.make({ ca: { alternates: 1 } });
    world.apply(one, { preferredChain: 'Simulated root 2' });
    world.start();
    await world.advance(20 * second);
    const { data } = world.cluster.peek(secrets, shopSecret) ?? {};
    const chain = readChain(Buffer.from(String(recordOf(data)['tls.crt']), 'base64').toString());
    assert.deepEqual(chain.issuerNames, ['Simulated issuer of ca.test', 'Simulated root 2']);
    assert.equal(countOf(world, 'certificate'), 2);
    const ready = world.certificate.status.conditions?.find(({ type }) => type === 'Ready');
    assert.doesNotMatch(ready?.message ?? '', /preferredChain/);
  });
});

describe('the certificate controller and objects that somebody spoiled', () => {
  for (const revision of ['Infinity', '1e300', '-1', '99999999999999999999', 'x']) {
    test(`a Secret whose revision is ${revision} is renewed once`, async () => {
      const world = await World.make();
      world.apply(one);
      world.start();
      await world.advance(hour);
      const secret = world.cluster.peek(secrets, shopSecret);
      assert.ok(secret);
      const noted = { ...secret.metadata.annotations, [annotations.revision]: revision };
      world.cluster.put(secrets, { ...secret, metadata: { ...secret.metadata, annotations: noted } });
      world.renew();
      await world.advance(hour);
      assert.equal(world.ca.finalized.length, 2);
      assert.equal(world.certificate.status.revision, 2);
    });
  }

  test('a key in the archive that is none is made anew', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    let spoiled = false;
    world.happened = (call) => {
      if (spoiled || !call.includes('evercert-archive')) return;
      spoiled = true;
      const archive = world.cluster.peek(secrets, archiveRef(world));
      if (archive === undefined) return;
      world.cluster.put(secrets, { ...archive, data: { 'next.key': Buffer.from('no key').toString('base64') } });
    };
    await world.advance(minute);
    assert.equal(world.condition('Ready'), 'True Issued');
  });
});

describe('the certificate controller on caches that lag', () => {
  /** Runs two processes: one that goes on until it has recorded an order and dies, and one that has seen nothing since it started. */
  async function outOfDate(world: World, edit: () => void): Promise<void> {
    const stale = world.start();
    world.lag(stale, true);
    stale.frozen = true;
    const current = world.start();
    const waiting: (() => void)[] = [];
    world.carry = async (_, send, by) => {
      if (by === stale && !current.dead) await new Promise<void>((resolve) => waiting.push(resolve));
      return send();
    };
    edit();
    world.happened = () => {
      if (world.certificate.status.order === undefined || current.dead) return;
      current.kill();
      stale.frozen = false;
      for (const go of waiting) setImmediate(go);
    };
    await world.advance(minute);
    world.lag(stale, false);
    await world.advance(minute);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.deepEqual(world.invariants.broken, []);
    assert.equal(world.ca.orders.length, 1);
  }

  test('places no order where one is recorded that its cache has not seen', async () => {
    const world = await World.make();
    world.apply(one);
    await outOfDate(world, () => {});
  });

  test('never takes the key of a recorded order away, though its cache shows the spec before', async () => {
    const world = await World.make();
    world.apply(one);
    await outOfDate(world, () => world.apply(two));
  });
});

describe('the certificate controller and a Certificate that is made again under its name', () => {
  test('writes nothing for the one that is gone', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    let again = false;
    world.happened = (call) => {
      if (again || call !== 'certificate') return;
      again = true;
      world.cluster.delete(certificates, shop);
      world.apply(one);
    };
    await world.advance(minute);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.deepEqual(world.invariants.broken, []);
  });
});

describe('the certificate controller when it places an order', () => {
  for (const type of ['alreadyReplaced', 'malformed', 'serverInternal', 'unauthorized']) {
    test(`leaves the predecessor out where the CA answers ${type} to it`, async () => {
      const requests: (string | undefined)[] = [];
      const wiring = wired((ca) => ({
        newOrder: async (request) => {
          requests.push(request.replaces);
          if (request.replaces !== undefined) throw new AcmeError({ type, detail: 'no' });
          return ca.newOrder(request);
        },
      }));
      const world = await World.make({ wiring });
      world.apply(one);
      world.start();
      await world.advance(hour);
      world.renew();
      await world.advance(minute);
      assert.equal(world.certificate.status.revision, 2);
      assert.deepEqual(
        requests.map((replaces) => replaces !== undefined),
        [false, true, false],
      );
    });
  }

  test('never follows an order for other names', async () => {
    const wiring = wired((ca) => ({
      newOrder: async (request) => ({
        ...(await ca.newOrder(request)),
        identifiers: [{ type: 'dns', value: 'other.example' }],
      }),
    }));
    const world = await World.make({ wiring });
    world.apply(one);
    world.start();
    await world.advance(30 * second);
    assert.equal(world.condition('Ready'), 'False OrderFailed');
    assert.match(world.certificate.status.failure?.problem ?? '', /for other names: dns:other\.example/);
    assert.deepEqual([world.certificate.status.order, world.ca.orders.length], [undefined, 1]);
  });

  test('says which challenges a CA offers that offers no http-01', async () => {
    const wiring = wired((ca) => ({
      authorization: async (url) => {
        const given = await ca.authorization(url);
        return { ...given, challenges: given.challenges.filter((challenge) => challenge.type === 'dns-01') };
      },
    }));
    const world = await World.make({ wiring });
    world.apply(one);
    world.start();
    await world.advance(30 * second);
    assert.equal(world.condition('Ready'), 'False OrderFailed');
    assert.match(
      world.certificate.status.failure?.problem ?? '',
      /no http-01 challenge for shop\.example, only dns-01/,
    );
    assert.equal(world.certificate.status.order, undefined);
  });

  test('takes names that the CA has validated before, though the order is still called pending', async () => {
    let validated = false;
    const wiring = wired((ca) => ({
      authorization: async (url) => {
        const given = await ca.authorization(url);
        const challenge = given.challenges.find(({ type }) => type === 'http-01');
        if (!validated) await ca.answer(challenge?.url ?? '');
        validated = true;
        return { ...given, status: 'valid', challenges: [] };
      },
    }));
    const world = await World.make({ wiring });
    // What is validated here is presented by nobody; only the order's way to ready is looked at.
    world.apply(one);
    world.start();
    await world.advance(5 * second);
    assert.equal(countOf(world, 'answer'), 0);
    assert.ok(countOf(world, 'order') >= 1);
    assert.deepEqual(world.invariants.broken, []);
  });
});

test('a renewal reads the Secret and its archive twice: before, and once more when the watch tells that they were written', async () => {
  const world = await World.make();
  world.apply(one);
  world.start();
  await world.advance(hour + 2 * minute);
  const before = world.cluster.asked.length;
  world.renew();
  await world.advance(minute);
  const read = world.cluster.asked.slice(before).filter((asked) => asked.startsWith('get secrets'));
  const archive = `get secrets web/evercert-archive-${world.certificate.uid}`;
  assert.deepEqual(read, ['get secrets web/shop-tls', archive, archive, 'get secrets web/shop-tls']);
});

describe('the certificate controller at rest', () => {
  test('reads the Secret alone: no archive, no account, no order', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    await world.advance(hour + 2 * minute);
    const before = world.cluster.asked.length;
    const calls = world.calls.length;
    world.annotate('touched', 'by somebody');
    await world.advance(second);
    assert.deepEqual(world.cluster.asked.slice(before), ['get secrets web/shop-tls']);
    assert.equal(world.calls.length, calls);
  });

  test('renews at the time that an annotation gives in the future, and not before', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    await world.advance(hour);
    world.annotate(annotations.renew, '2026-06-01T05:00:00Z');
    await world.advance(4 * hour - second);
    assert.equal(world.certificate.status.revision, 1);
    await world.advance(minute);
    assert.equal(world.certificate.status.revision, 2);
    await world.advance(10 * hour);
    assert.equal(world.certificate.status.revision, 2);
  });

  test('an edit that is taken back before the order is recorded costs one certificate', async () => {
    const world = await World.make();
    world.apply(one);
    world.start();
    let flips = 0;
    world.happened = (call) => {
      if (call !== 'newOrder' || flips >= 2) return;
      flips += 1;
      world.apply(two);
      world.apply(one);
    };
    await world.advance(minute);
    assert.equal(world.condition('Ready'), 'True Issued');
    assert.equal(world.ca.finalized.length, 1);
    assert.deepEqual(world.invariants.broken, []);
  });
});
