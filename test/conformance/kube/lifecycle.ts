import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configMaps, deployments, ingresses, secrets } from '../../../src/kube/index.ts';
import { namespaces } from '../../sim/api-server/index.ts';
import { certificateDefinition } from './ownership.ts';
import { RawApi, type Reply } from './raw-api.ts';
import type { Serve, ServerUnderTest } from './server.ts';

const spec = { secretName: 'web-tls', issuerRef: { name: 'ca' }, dnsNames: ['web.example'] };
const patienceMs = 30_000;

/** Asks until the answer is as wanted; the controllers of a real cluster take their time. */
async function eventually(
  server: ServerUnderTest,
  ask: () => Promise<Reply>,
  wanted: (reply: Reply) => boolean,
): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    await server.settle();
    const reply = await ask();
    if (wanted(reply)) return;
    if (performance.now() > deadline) assert.fail(`still ${reply.code}: ${JSON.stringify(reply.body).slice(0, 500)}`);
  }
}

/** How objects are made, counted, and taken away. */
export function lifecycle(serve: Serve): void {
  describe('an object', () => {
    test('is made with the defaults of its CRD, also those of its status', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      const { code, body } = await api.apply('web', { spec });
      assert.equal(code, 201);
      assert.deepEqual(body['spec'], {
        ...spec,
        issuerRef: { name: 'ca', kind: 'Issuer' },
        archiveLimit: 1,
        deletionPolicy: 'Retain',
      });
      const { conditions } = body['status'] as { conditions: readonly { type: string; status: string }[] };
      assert.deepEqual(
        conditions.map(({ type, status }) => `${type} ${status}`),
        ['Ready Unknown', 'Reconciling True'],
      );
      assert.equal(body.metadata.generation, 1);
    });

    test('counts changes of its spec in its generation, and no others', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      const generations: (number | undefined)[] = [];
      const made = [
        await api.apply('web', { spec }),
        await api.apply('web', { spec: { ...spec, secretName: 'other' } }),
        await api.apply('web', { metadata: { labels: { app: 'web' } }, spec: { ...spec, secretName: 'other' } }),
        await api.apply('web', { status: { revision: 1 } }, { subresource: 'status' }),
      ];
      for (const { body } of made) generations.push(body.metadata.generation);
      assert.deepEqual(generations, [1, 2, 2, 2]);
      const secret = await new RawApi(server, secrets, own.namespace).apply('web', {});
      assert.equal(secret.body.metadata.generation, undefined);
    });

    test('of the kinds that Evercert writes beside its own is filled in as the API server does it', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const { body: secret } = await new RawApi(server, secrets, own.namespace).apply('web', {});
      assert.equal(secret['type'], 'Opaque');
      const backend = { service: { name: 'responder', port: { number: 80 } } };
      const rules = [{ host: 'web.example', http: { paths: [{ path: '/', pathType: 'Prefix', backend }] } }];
      const { body: ingress } = await new RawApi(server, ingresses, own.namespace).apply('web', { spec: { rules } });
      assert.deepEqual(
        [ingress['spec'], ingress['status'], ingress.metadata.generation],
        [{ rules }, { loadBalancer: {} }, 1],
      );
      const template = {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'nginx:1.29' }] },
      };
      const selector = { matchLabels: { app: 'web' } };
      const deployment = await new RawApi(server, deployments, own.namespace).apply('web', {
        spec: { selector, template },
      });
      assert.deepEqual(deployment.body['spec'], {
        progressDeadlineSeconds: 600,
        replicas: 1,
        revisionHistoryLimit: 10,
        selector,
        strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: {
            containers: [
              {
                name: 'web',
                image: 'nginx:1.29',
                imagePullPolicy: 'IfNotPresent',
                resources: {},
                terminationMessagePath: '/dev/termination-log',
                terminationMessagePolicy: 'File',
              },
            ],
            dnsPolicy: 'ClusterFirst',
            restartPolicy: 'Always',
            schedulerName: 'default-scheduler',
            securityContext: {},
            terminationGracePeriodSeconds: 30,
          },
        },
      });
    });

    test('is not made in a namespace that is not there', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, `${own.namespace}-absent`);
      const { code, body } = await api.apply('web', {});
      assert.deepEqual([code, body.details], [404, { name: `${own.namespace}-absent`, kind: 'namespaces' }]);
      assert.equal((await api.create('web', {})).code, 404);
    });

    test('is deleted by a request whose preconditions hold', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      const { uid, resourceVersion } = (await api.apply('web', {})).body.metadata;
      assert.equal(
        (await api.delete('web', { preconditions: { uid: '6f2c1d7e-93a1-4b7e-8c55-000000000000' } })).code,
        409,
      );
      assert.equal((await api.delete('web', { preconditions: { resourceVersion: '1' } })).code, 409);
      const { code, body } = await api.delete('web', { preconditions: { uid, resourceVersion } });
      assert.deepEqual(
        [code, body.kind, body['status'], body.details],
        [200, 'Status', 'Success', { name: 'web', kind: 'secrets', uid }],
      );
      assert.equal((await api.delete('web')).code, 404);
    });

    test('with a finalizer is marked, and goes with its last finalizer', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      await api.apply('web', { metadata: { finalizers: ['example.com/hold'] } });
      const { code, body } = await api.delete('web');
      assert.deepEqual([code, body.kind, body.metadata.deletionTimestamp === undefined], [200, 'Secret', false]);
      const again = await api.delete('web');
      assert.equal(again.body.metadata.resourceVersion, body.metadata.resourceVersion);
      const more = await api.apply('web', { metadata: { finalizers: ['example.com/hold', 'example.com/more'] } });
      assert.equal(more.code, 422);
      assert.equal((await api.apply('web', {})).code, 200);
      assert.equal((await api.get('web')).code, 404);
    });

    test('goes when its owner is gone, also when it is made after that', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, configMaps, own.namespace);
      const owner = (await api.apply('owner', {})).body.metadata;
      const other = (await api.apply('other', {})).body.metadata;
      const references = [owner, other].map(({ name, uid }) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid }));
      await api.apply('owned', { metadata: { ownerReferences: references.slice(0, 1) } });
      await api.apply('shared', { metadata: { ownerReferences: references } });
      await api.delete('owner', { propagationPolicy: 'Background' });
      await eventually(
        server,
        () => api.get('owned'),
        ({ code }) => code === 404,
      );
      await eventually(
        server,
        () => api.get('shared'),
        ({ body }) => (body.metadata['ownerReferences'] as readonly unknown[]).length === 1,
      );
      await api.apply('late', { metadata: { ownerReferences: references.slice(0, 1) } });
      await eventually(
        server,
        () => api.get('late'),
        ({ code }) => code === 404,
      );
    });

    test('goes before its owner when that is deleted in the foreground, and outlives one that orphans it', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, configMaps, own.namespace);
      for (const policy of ['Foreground', 'Orphan']) {
        const { name, uid } = (await api.apply('owner', {})).body.metadata;
        const reference = { apiVersion: 'v1', kind: 'ConfigMap', name, uid, blockOwnerDeletion: true };
        await api.apply('owned', { metadata: { ownerReferences: [reference] } });
        const { code, body } = await api.delete('owner', { propagationPolicy: policy });
        assert.deepEqual([code, body.kind], [200, 'ConfigMap']);
        await eventually(
          server,
          () => api.get('owner'),
          (reply) => reply.code === 404,
        );
        const left = await api.get('owned');
        assert.deepEqual(
          [left.code, left.body.metadata?.['ownerReferences']],
          [policy === 'Orphan' ? 200 : 404, undefined],
        );
      }
    });

    test('goes with its namespace, which takes no new ones meanwhile', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      const all = new RawApi(server, namespaces);
      await api.apply('web', { metadata: { finalizers: ['example.com/hold'] } });
      const { body } = await all.delete(own.namespace);
      assert.deepEqual(body['status'], { phase: 'Terminating' });
      const refused = await api.apply('more', {});
      assert.equal(refused.code, 403);
      assert.deepEqual(
        refused.body.details?.causes?.map(({ reason }) => reason),
        ['NamespaceTerminating'],
      );
      await eventually(
        server,
        () => api.get('web'),
        (reply) => reply.body.metadata.deletionTimestamp !== undefined,
      );
      await api.apply('web', {});
      await eventually(
        server,
        () => all.get(own.namespace),
        ({ code }) => code === 404,
      );
      assert.equal((await api.get('web')).code, 404);
    });
  });
}
