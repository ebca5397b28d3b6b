import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { describeCall, describeKube } from '../../chaos/proxy/call.ts';

const apply = 'application/apply-patch+yaml';

describe('a request to an API server is told by kind and in words', () => {
  const table: readonly (readonly [method: string, path: string, contentType: string, told: string])[] = [
    ['GET', '/api/v1/namespaces/web/secrets/shop', '', 'read: get secrets web/shop'],
    ['GET', '/api/v1/namespaces/web/secrets?limit=500', '', 'read: list secrets web'],
    ['GET', '/api/v1/secrets?watch=true&resourceVersion=7', '', 'watch: watch secrets'],
    ['GET', '/api/v1/namespaces/web', '', 'read: get namespaces web'],
    ['GET', '/api/v1/namespaces', '', 'read: list namespaces'],
    ['GET', '/apis/evercert.dev/v1/clusterissuers/le', '', 'read: get clusterissuers le'],
    ['GET', '/readyz', '', 'read: get'],
    [
      'PATCH',
      '/apis/evercert.dev/v1/namespaces/web/certificates/shop/status',
      apply,
      'write: apply certificates web/shop/status',
    ],
    ['PATCH', '/api/v1/namespaces/web/status', 'application/merge-patch+json', 'write: patch namespaces web/status'],
    ['PUT', '/apis/coordination.k8s.io/v1/namespaces/evercert/leases/it', '', 'lease: update leases evercert/it'],
    ['POST', '/apis/events.k8s.io/v1/namespaces/web/events', '', 'event: create events web'],
    ['POST', '/api/v1/namespaces/web/pods/a/exec', '', 'write: create pods web/a/exec'],
    ['DELETE', '/api/v1/namespaces/web/secrets/a%2Eb', '', 'write: delete secrets web/a.b'],
    ['DELETE', '/api/v1/namespaces/web/secrets', '', 'write: deletecollection secrets web'],
  ];
  for (const [method, path, contentType, told] of table) {
    test(`${method} ${path}`, () => {
      const call = { ...describeKube(method, path, contentType), number: 0 };
      assert.equal(`${call.kind}: ${describeCall(call)}`, told);
    });
  }
});
