import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { projectCertificate } from '../../../../src/controllers/certificate-row.ts';
import type { IngressRow } from '../../../../src/controllers/ingress-row.ts';
import type { Observed } from '../../../../src/controllers/route/observed.ts';
import { type Plan, plan } from '../../../../src/controllers/route/plan.ts';
import type { WantedRoute } from '../../../../src/controllers/route/routes.ts';

const object = {
  apiVersion: 'evercert.dev/v1',
  kind: 'Certificate',
  metadata: { namespace: 'team', name: 'web', uid: 'u-1' },
  spec: { secretName: 'web-tls', issuerRef: { name: 'main' }, dnsNames: ['a.example.com'] },
};
const certificate = projectCertificate(object);

function wanted(name: string): WantedRoute {
  const ingress = { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', metadata: { name }, spec: {} };
  return { key: `evercert/${name}`, object: ingress, digest: `digest of ${name}`, isSecond: false };
}

function row(name: string, change: Partial<IngressRow> = {}): IngressRow {
  return {
    key: `evercert/${name}`,
    namespace: 'evercert',
    name,
    uid: `uid of ${name}`,
    resourceVersion: '7',
    createdAt: new Date(0),
    deleting: false,
    certificateUID: 'u-1',
    certificateKey: 'team/web',
    installation: 'i-1',
    hosts: [],
    digest: `digest of ${name}`,
    ...change,
  };
}

function seen(change: Partial<Observed> = {}): Observed {
  return {
    certificate,
    wanted: [wanted('one'), wanted('two')],
    existing: [row('one'), row('two')],
    liveUID: 'u-1',
    installation: 'i-1',
    ...change,
  };
}

const rest: Plan = { step: 'rest' };
const old = row('one', { digest: 'another' });
const foreign = { installation: 'i-2' };
const orphan = row('three', { certificateUID: 'u-0' });

const cases: readonly (readonly [name: string, world: Observed, expected: Plan])[] = [
  ['rests where every route is as wanted', seen(), rest],
  [
    'makes the first that is missing',
    seen({ existing: [] }),
    { step: 'apply', route: wanted('one'), replaces: undefined },
  ],
  [
    'makes the second after the first',
    seen({ existing: [row('one')] }),
    { step: 'apply', route: wanted('two'), replaces: undefined },
  ],
  [
    'changes one that differs',
    seen({ existing: [old, row('two')] }),
    { step: 'apply', route: wanted('one'), replaces: old },
  ],
  ['waits for one that is going to be gone', seen({ existing: [row('one', { deleting: true }), row('two')] }), rest],
  [
    'removes one that is no longer wanted, last',
    seen({ wanted: [wanted('one')] }),
    { step: 'remove', row: row('two') },
  ],
  [
    'leaves an unwanted one of another installation',
    seen({ wanted: [wanted('one')], existing: [row('one'), row('two', foreign)] }),
    rest,
  ],
  ['touches nothing while the issuer is not ready', seen({ wanted: undefined, existing: [old] }), rest],
  ['removes nothing while the issuer is not ready', seen({ wanted: undefined, existing: [row('three')] }), rest],
  ['removes one of a Certificate that is gone, first', seen({ existing: [orphan] }), { step: 'remove', row: orphan }],
  [
    'removes all when the Certificate is gone',
    seen({ certificate: undefined, wanted: undefined, liveUID: undefined }),
    { step: 'remove', row: row('one') },
  ],
  [
    'leaves all when the Certificate is gone from the cache alone',
    seen({ certificate: undefined, wanted: undefined }),
    rest,
  ],
  [
    'leaves those of another installation when the Certificate is gone',
    seen({ certificate: undefined, wanted: undefined, liveUID: undefined, existing: [row('one', foreign)] }),
    rest,
  ],
  [
    'makes nothing for a Certificate that was made anew while the cache shows the old one',
    seen({ existing: [row('three', { certificateUID: 'u-2' })], liveUID: 'u-2' }),
    rest,
  ],
];

describe('route plan', () => {
  for (const [name, world, expected] of cases) {
    it(name, () => assert.deepEqual(plan(world), expected));
  }
});
