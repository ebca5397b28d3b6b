import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { Solver } from '../../../../src/api/index.ts';
import { projectCertificate } from '../../../../src/controllers/certificate-row.ts';
import { projectIngress } from '../../../../src/controllers/ingress-row.ts';
import { defaultClass, type IngressClassRow } from '../../../../src/controllers/route/ingress-class-row.ts';
import { type Classes, type WantedRoute, wantedRoutes } from '../../../../src/controllers/route/routes.ts';

const target = {
  namespace: 'evercert',
  responderService: 'evercert-responder',
  responderPort: 80,
  installation: 'i-1',
};

function classRow(name: string, controller: string, isDefault = false, created = '2026-06-01'): IngressClassRow {
  return { name, controller, isDefault, createdAt: new Date(created) };
}

function classesOf(...rows: readonly IngressClassRow[]): Classes {
  return { get: (name) => rows.find((row) => row.name === name), default: () => defaultClass(rows) };
}

const traefik = classRow('traefik', 'traefik.io/ingress-controller', true);
const nginx = classRow('nginx', 'k8s.io/ingress-nginx');

function routesFor(
  asked: { dnsNames?: string[]; ipAddresses?: string[] },
  solvers?: readonly Solver[],
  classes = classesOf(traefik, nginx),
): WantedRoute[] {
  const spec = { secretName: 'web-tls', issuerRef: { name: 'main' }, ...asked };
  const metadata = { namespace: 'team', name: 'web', uid: 'u-1', labels: { tier: 'front' } };
  const certificate = { apiVersion: 'evercert.dev/v1', kind: 'Certificate', metadata, spec };
  return wantedRoutes(projectCertificate(certificate), solvers, classes, target);
}

function names(routes: readonly WantedRoute[]): string[] {
  return routes.map(({ object }) => object.metadata.name);
}

describe('the routes of a Certificate', () => {
  it('are these two Ingresses behind Traefik', () => {
    const routes = routesFor({ dnsNames: ['b.example.com', 'A.example.com'] });
    const backend = { service: { name: 'evercert-responder', port: { number: 80 } } };
    const http = { paths: [{ path: '/.well-known/acme-challenge/', pathType: 'Prefix', backend }] };
    const plain = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: {
        name: 'evercert-u-1',
        namespace: 'evercert',
        labels: {
          'app.kubernetes.io/managed-by': 'evercert',
          'evercert.dev/certificate-uid': 'u-1',
          'evercert.dev/installation': 'i-1',
        },
        annotations: {
          'external-dns.alpha.kubernetes.io/controller': 'evercert',
          'external-dns.kubernetes.io/controller': 'evercert',
          'traefik.ingress.kubernetes.io/router.priority': '2147480000',
          'evercert.dev/certificate-name': 'web',
          'evercert.dev/certificate-namespace': 'team',
        },
      },
      spec: {
        ingressClassName: 'traefik',
        rules: [
          { host: 'a.example.com', http },
          { host: 'b.example.com', http },
        ],
      },
    };
    const annotations = { ...plain.metadata.annotations, 'traefik.ingress.kubernetes.io/router.tls': 'true' };
    const secure = { ...plain, metadata: { ...plain.metadata, name: 'evercert-u-1-tls', annotations } };
    assert.deepEqual(
      routes.map(({ object }) => object),
      [plain, secure],
    );
    assert.deepEqual(
      routes.map(({ key }) => key),
      ['evercert/evercert-u-1', 'evercert/evercert-u-1-tls'],
    );
  });

  it('are one plain Ingress behind a controller that nothing is known of', () => {
    const routes = routesFor({ dnsNames: ['a.example.com'] }, [{ http01: { ingress: { ingressClassName: 'nginx' } } }]);
    assert.deepEqual(names(routes), ['evercert-u-1']);
    assert.deepEqual(Object.keys(routes[0]?.object.metadata.annotations ?? {}), [
      'external-dns.alpha.kubernetes.io/controller',
      'external-dns.kubernetes.io/controller',
      'evercert.dev/certificate-name',
      'evercert.dev/certificate-namespace',
    ]);
  });

  it('name no class where there is no default one', () => {
    const [route] = routesFor({ dnsNames: ['a.example.com'] }, undefined, classesOf(nginx));
    assert.equal(route?.object.spec.ingressClassName, undefined);
  });

  it('name the newest of several default classes', () => {
    const newer = classRow('newer', 'example.com/newer', true, '2026-06-02');
    const [route] = routesFor({ dnsNames: ['a.example.com'] }, undefined, classesOf(newer, traefik));
    assert.equal(route?.object.spec.ingressClassName, 'newer');
  });

  it('give the class as the old annotation where the solver does', () => {
    const [route] = routesFor({ dnsNames: ['a.example.com'] }, [{ http01: { ingress: { class: 'nginx' } } }]);
    assert.equal(route?.object.spec.ingressClassName, undefined);
    assert.equal(route?.object.metadata.annotations?.['kubernetes.io/ingress.class'], 'nginx');
  });

  it('lead an address by a rule for every host that comes before nobody else, second Ingresses last', () => {
    const routes = routesFor({ dnsNames: ['a.example.com'], ipAddresses: ['192.0.2.7', '2001:db8::7'] });
    assert.deepEqual(names(routes), ['evercert-u-1', 'evercert-u-1-ip', 'evercert-u-1-tls', 'evercert-u-1-ip-tls']);
    assert.deepEqual(
      routes.map(({ isSecond }) => isSecond),
      [false, false, true, true],
    );
    const [, address] = routes;
    assert.deepEqual(
      address?.object.spec.rules?.map(({ host }) => host),
      [undefined],
    );
    assert.ok(!('traefik.ingress.kubernetes.io/router.priority' in (address?.object.metadata.annotations ?? {})));
  });

  it('are none for names whose solver is no Ingress of ours', () => {
    const solvers: Solver[] = [{ http01: { gatewayHTTPRoute: {} } }, { http01: { ingress: { name: 'mine' } } }];
    for (const solver of solvers) assert.deepEqual(routesFor({ dnsNames: ['a.example.com'] }, [solver]), []);
  });

  it('are apart for names of different classes', () => {
    const routes = routesFor({ dnsNames: ['a.example.com', 'b.example.org'] }, [
      { http01: { ingress: { ingressClassName: 'traefik' } } },
      { selector: { dnsZones: ['example.org'] }, http01: { ingress: { ingressClassName: 'nginx' } } },
    ]);
    assert.equal(new Set(names(routes)).size, 3);
    const seen = routes.map(({ object: { spec } }) => `${spec.ingressClassName} ${spec.rules?.[0]?.host}`);
    assert.deepEqual(new Set(seen), new Set(['nginx b.example.org', 'traefik a.example.com']));
  });

  it('carry the labels and annotations of the template, but for our own', () => {
    const metadata = {
      labels: { team: 'edge', 'evercert.dev/certificate-uid': 'stolen' },
      annotations: { 'example.com/rate': '5', 'evercert.dev/certificate-name': 'stolen' },
    };
    const solver = { http01: { ingress: { ingressClassName: 'nginx', ingressTemplate: { metadata } } } };
    const [route] = routesFor({ dnsNames: ['a.example.com'] }, [solver]);
    assert.equal(route?.object.metadata.labels?.['team'], 'edge');
    assert.equal(route?.object.metadata.labels?.['evercert.dev/certificate-uid'], 'u-1');
    assert.equal(route?.object.metadata.annotations?.['example.com/rate'], '5');
    assert.equal(route?.object.metadata.annotations?.['evercert.dev/certificate-name'], 'web');
  });

  it('lead nothing but the challenge path, whatever the names', () => {
    const name = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6());
    fc.assert(
      fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 20 }), (all) => {
        const routes = routesFor({ dnsNames: all });
        const paths = routes.flatMap(({ object }) =>
          (object.spec.rules ?? []).flatMap(({ http }) => http?.paths.map(({ path }) => path)),
        );
        assert.ok(paths.length > 0);
        assert.ok(paths.every((path) => path === '/.well-known/acme-challenge/'));
      }),
    );
  });

  it('have the digest that the row of the same Ingress has, whatever the order of its keys', () => {
    const [route] = routesFor({ dnsNames: ['a.example.com'] });
    assert.ok(route);
    const { metadata, spec } = route.object;
    const own = {
      'f:labels': { '.': {}, ...fields(metadata.labels) },
      'f:annotations': { ...fields(metadata.annotations) },
    };
    const stored = {
      ...route.object,
      metadata: {
        ...metadata,
        labels: Object.fromEntries(Object.entries({ other: 'x', ...metadata.labels }).toReversed()),
        managedFields: [
          { manager: 'evercert-route', operation: 'Apply', fieldsV1: { 'f:metadata': own } },
          { manager: 'other', operation: 'Update', fieldsV1: { 'f:metadata': { 'f:labels': { 'f:other': {} } } } },
        ],
      },
      spec: Object.fromEntries(Object.entries(spec).toReversed()),
    };
    assert.equal(projectIngress(stored).digest, route.digest);
    const moved = { ...stored, spec: { ...spec, ingressClassName: 'nginx' } };
    assert.notEqual(projectIngress(moved).digest, route.digest);
  });
});

function fields(record: Record<string, string> = {}): Record<string, object> {
  return Object.fromEntries(Object.keys(record).map((key) => [`f:${key}`, {}]));
}
