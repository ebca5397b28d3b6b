import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { clusterIssuers } from '../../../src/api/index.ts';
import { presetIssuers } from '../../../src/controllers/preset-issuers.ts';
import { TransientError } from '../../../src/runtime/index.ts';
import { virtualClock } from '../../kit/clock.ts';
import { recordedLog } from '../../kit/log.ts';
import { MemoryCluster } from '../../kit/memory-cluster.ts';

const staging = 'letsencrypt-staging';

function world(presets: { email?: string; ingressClassName?: string } = {}) {
  const cluster = new MemoryCluster();
  const clock = virtualClock();
  const log = recordedLog();
  const given = { email: presets.email, ingressClassName: presets.ingressClassName };
  const controller = presetIssuers({ client: cluster.client, clock, log, presets: given });
  return { cluster, clock, log, controller };
}

describe('the ClusterIssuers of the settings', () => {
  test('are made for staging and production, each with an account key of its own', async () => {
    const { cluster, controller } = world({ email: 'ops@example.com', ingressClassName: 'traefik' });
    await controller.run(new AbortController().signal);
    assert.deepEqual(
      [staging, 'letsencrypt'].map((name) => cluster.peek(clusterIssuers, { name })?.spec),
      [
        ['acme-staging-v02', staging],
        ['acme-v02', 'letsencrypt'],
      ].map(([host, name]) => ({
        acme: {
          server: `https://${host}.api.letsencrypt.org/directory`,
          email: 'ops@example.com',
          privateKeySecretRef: { name: `${name}-account` },
          solvers: [{ http01: { ingress: { ingressClassName: 'traefik' } } }],
        },
      })),
    );
  });

  test('need neither an address nor a class', async () => {
    const { cluster, controller } = world();
    await controller.run(new AbortController().signal);
    assert.deepEqual(cluster.peek(clusterIssuers, { name: 'letsencrypt' })?.spec, {
      acme: {
        server: 'https://acme-v02.api.letsencrypt.org/directory',
        privateKeySecretRef: { name: 'letsencrypt-account' },
        solvers: [{ http01: { ingress: {} } }],
      },
    });
  });

  test('leave one that is there as it is', async () => {
    const { cluster, controller } = world({ email: 'ops@example.com' });
    const spec = { acme: { server: 'https://ca.test/directory', privateKeySecretRef: { name: 'mine' } } };
    cluster.put(clusterIssuers, {
      apiVersion: 'evercert.dev/v1',
      kind: 'ClusterIssuer',
      metadata: { name: staging },
      spec,
    });
    await controller.run(new AbortController().signal);
    assert.deepEqual(cluster.peek(clusterIssuers, { name: staging })?.spec, spec);
    assert.ok(cluster.peek(clusterIssuers, { name: 'letsencrypt' }));
  });

  test('are made later where the API server does not take them yet, and never after the end', async () => {
    const { cluster, clock, log, controller } = world();
    cluster.beforeWrite = () => {
      throw new TransientError('the kind is not served yet');
    };
    const ending = new AbortController();
    const running = controller.run(ending.signal);
    await clock.advance(60_000);
    assert.equal(log.lines.length, 3);
    cluster.beforeWrite = () => {};
    await clock.advance(60_000);
    await running;
    assert.ok(cluster.peek(clusterIssuers, { name: staging }));

    const other = world();
    other.cluster.beforeWrite = () => {
      throw new TransientError('the kind is not served yet');
    };
    const ended = other.controller.run(ending.signal);
    ending.abort();
    await other.clock.advance(60_000);
    await ended;
    assert.equal(other.cluster.names(clusterIssuers).length, 0);
  });
});
