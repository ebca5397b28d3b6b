import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { projectIngress } from '../../../../src/controllers/ingress-row.ts';
import { ingresses } from '../../../../src/kube/index.ts';
import { TransientError } from '../../../../src/runtime/index.ts';
import { RouteWorld } from './world.ts';

/** A world with everything that a route needs, and the uid of its Certificate. */
function readyWorld(names: readonly string[] = ['a.example.com']): { world: RouteWorld; uid: string } {
  const world = new RouteWorld();
  world.putClass();
  world.putIssuer();
  return { world, uid: world.putCertificate(names).metadata.uid ?? '' };
}

describe('route controller', () => {
  it('makes two Ingresses behind Traefik, one for HTTPS, by two writes, and no more after a restart', async () => {
    const { world, uid } = readyWorld();
    assert.deepEqual(await world.run(), [
      `apply ingresses evercert/evercert-${uid}`,
      `apply ingresses evercert/evercert-${uid}-tls`,
    ]);
    assert.deepEqual(await world.run(), []);
  });

  it('makes the first Ingress of each of a hundred Certificates before most of their second ones, which follow', async () => {
    const { world } = readyWorld();
    for (let one = 1; one < 100; one += 1) world.putCertificate([`${one}.example.com`], { name: `web-${one}` });
    const isSecond = (write: string): boolean => write.endsWith('-tls');
    const writes = await world.run(500);
    assert.equal(writes.filter((write) => !isSecond(write)).length, 100);
    assert.equal(writes.filter(isSecond).length, 10, 'eight at once, and two a second');
    const rest = await world.run(60_000);
    assert.equal(rest.length, 90);
    assert.ok(rest.every(isSecond));
    assert.equal(world.routes().length, 200);
    assert.deepEqual(await world.run(), []);
  });

  it('makes no route while the issuer is missing or not ready, and one once it is', async () => {
    const world = new RouteWorld();
    world.putClass();
    world.putCertificate(['a.example.com']);
    assert.deepEqual(await world.run(), []);
    world.putIssuer({ ready: false });
    assert.deepEqual(await world.run(), []);
    const writes = await world.run(1_000, () => world.putIssuer());
    assert.equal(writes.length, 2);
  });

  it('leaves routes alone when the issuer is no longer ready', async () => {
    const { world } = readyWorld();
    await world.run();
    world.putIssuer({ ready: false });
    world.putCertificate(['b.example.com']);
    assert.deepEqual(await world.run(), []);
  });

  it('changes the routes when the names change', async () => {
    const { world, uid } = readyWorld();
    await world.run();
    const writes = await world.run(1_000, () => world.putCertificate(['b.example.com']));
    assert.equal(writes.length, 2);
    const route = world.route(`evercert-${uid}`);
    assert.ok(route);
    assert.deepEqual(projectIngress(route).hosts, ['b.example.com']);
  });

  it('removes what the new class does not need', async () => {
    const { world, uid } = readyWorld();
    await world.run();
    world.putClass('other', 'example.com/controller', false);
    world.putIssuer({ solvers: [{ http01: { ingress: { ingressClassName: 'other' } } }] });
    assert.deepEqual(await world.run(), [
      `apply ingresses evercert/evercert-${uid}`,
      `remove ingresses evercert/evercert-${uid}-tls`,
    ]);
  });

  it('takes back what somebody changed, and leaves what somebody added', async () => {
    const { world, uid } = readyWorld();
    await world.run();
    const held = world.route(`evercert-${uid}`);
    assert.ok(held);
    const annotations = { ...held.metadata.annotations, 'field.cattle.io/publicEndpoints': '[]' };
    world.cluster.put(ingresses, { ...held, metadata: { ...held.metadata, annotations } });
    assert.deepEqual(await world.run(), []);
    const { metadata } = world.route(`evercert-${uid}`) ?? held;
    world.cluster.put(ingresses, { ...held, metadata, spec: { rules: [] } });
    assert.equal((await world.run()).length, 1);
    assert.ok('field.cattle.io/publicEndpoints' in (world.route(`evercert-${uid}`)?.metadata.annotations ?? {}));
    assert.deepEqual(world.route(`evercert-${uid}`)?.spec, held.spec);
  });

  it('makes a route again that somebody deleted', async () => {
    const { world, uid } = readyWorld();
    const ref = { namespace: 'evercert', name: `evercert-${uid}` };
    const writes = await world.run(1_000, () => world.cluster.delete(ingresses, ref));
    assert.equal(writes.length, 3);
    assert.equal(world.routes().length, 2);
  });

  it('removes the routes of a Certificate that is deleted', async () => {
    const { world } = readyWorld();
    await world.run(1_000, () => world.deleteCertificate());
    assert.deepEqual(world.routes(), []);
  });

  it('sweeps the routes of a Certificate that was deleted while nobody ran', async () => {
    const { world } = readyWorld();
    await world.run();
    world.deleteCertificate();
    await world.run();
    assert.deepEqual(world.routes(), []);
  });

  it('leaves the routes of another installation alone', async () => {
    const { world } = readyWorld();
    await world.run();
    world.deleteCertificate();
    world.installation = 'installation-2';
    assert.deepEqual(await world.run(), []);
    assert.equal(world.routes().length, 2);
  });

  it('takes over the routes of an earlier installation while their Certificate is there', async () => {
    const { world } = readyWorld();
    await world.run();
    world.installation = 'installation-2';
    assert.equal((await world.run()).length, 2);
    assert.deepEqual(await world.run(), []);
  });

  it('replaces the routes of a Certificate that was made anew under its name', async () => {
    const { world, uid } = readyWorld();
    await world.run();
    world.deleteCertificate();
    const next = world.putCertificate(['a.example.com']).metadata.uid ?? '';
    assert.notEqual(next, uid);
    await world.run();
    assert.deepEqual(world.routes(), [`evercert-${next}`, `evercert-${next}-tls`]);
  });

  it('writes nothing twice though its caches lag', async () => {
    const { world } = readyWorld();
    const cacheOf = world.cluster.cache.bind(world.cluster);
    world.cluster.cache = (source) => {
      const cache = cacheOf(source);
      cache.lags = true;
      return cache;
    };
    assert.equal((await world.run(60_000)).length, 2);
  });

  it('removes nothing twice though the cache of its Ingresses lags', async () => {
    const { world, uid } = readyWorld();
    await world.run();
    const cacheOf = world.cluster.cache.bind(world.cluster);
    world.cluster.cache = (source) => {
      const cache = cacheOf(source);
      cache.lags = source.resource === ingresses;
      return cache;
    };
    const writes = await world.run(60_000, () => world.deleteCertificate());
    assert.deepEqual(writes, [
      `remove ingresses evercert/evercert-${uid}`,
      `remove ingresses evercert/evercert-${uid}-tls`,
    ]);
  });

  it('ends with the same routes when the process dies at any of its writes', async () => {
    for (const hook of ['beforeWrite', 'afterWrite'] as const) {
      for (let dies = 1; dies <= 2; dies += 1) {
        const { world, uid } = readyWorld();
        let writes = 0;
        world.cluster[hook] = () => {
          writes += 1;
          if (writes === dies) throw new TransientError('the process died');
        };
        await world.run(0);
        await world.run();
        assert.deepEqual(world.routes(), [`evercert-${uid}`, `evercert-${uid}-tls`], `${hook} ${dies}`);
      }
    }
  });

  it('backs off where something rewrites its Ingresses on admission', async () => {
    const { world, uid } = readyWorld();
    const name = `evercert-${uid}`;
    world.cluster.admit = (object) => ({ ...object, spec: { rules: [] } });
    const writes = await world.run(30_000);
    assert.ok(writes.length < 20, `${writes.length} writes`);
    assert.ok(world.log.lines.some(({ fields }) => String(fields.error).includes('rewrites it on admission')));
    assert.ok(writes.every((write) => write.includes(name)));
  });
});
