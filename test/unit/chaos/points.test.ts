import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeKube } from '../../chaos/proxy/call.ts';
import { pointsOf } from '../../chaos/sweep/points.ts';

const uid = '0be521c9-cc87-4f68-a442-9ecdff426ff0';
const apply = 'application/apply-patch+yaml';
const secretsPath = '/api/v1/namespaces/web/secrets';
const routesPath = '/apis/networking.k8s.io/v1/namespaces/web/ingresses';
const statusPath = '/apis/evercert.dev/v1/namespaces/web/certificates/shop-7/status';

test('a call is known by its object and its turn, whatever the names and uids of a run; reads and watches are left out', () => {
  const requests: readonly (readonly [method: string, path: string])[] = [
    ['GET', `${secretsPath}/shop-7-tls`],
    ['PATCH', `${routesPath}/evercert-${uid}`],
    ['PATCH', `${routesPath}/evercert-${uid}-tls`],
    ['PATCH', `${secretsPath}/evercert-archive-${uid}`],
    ['PATCH', statusPath],
    ['GET', `${secretsPath}?watch=true`],
    ['PATCH', `${secretsPath}/shop-7-tls`],
    ['PATCH', statusPath],
    ['POST', '/apis/events.k8s.io/v1/namespaces/web/events'],
    ['PUT', '/apis/coordination.k8s.io/v1/namespaces/web/leases/operator'],
    ['DELETE', `${routesPath}/evercert-${uid}`],
  ];
  const fates = requests.map(([method, path], number) => ({
    call: { ...describeKube(method, path, method === 'PATCH' ? apply : ''), number },
    atMs: 0,
  }));
  assert.deepEqual(pointsOf(fates), [
    'ingresses',
    'ingresses-tls',
    'archive',
    'certificates.status',
    'secrets',
    'certificates.status#2',
    'events',
    'delete.ingresses',
  ]);
});
