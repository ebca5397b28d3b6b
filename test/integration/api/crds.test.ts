import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { managers } from '../../../src/api/index.ts';
import { kubectlSucceeds } from './kubectl.ts';
import { apiVersion, certificate, type Fields, isFields, issuer, namespace, prepare, tried } from './manifests.ts';
import { goodCertificate } from './refused-certificates.ts';
import { goodAcme } from './refused-issuers.ts';

function status(name: string, part: Fields): Fields {
  return { apiVersion, kind: 'Certificate', metadata: { name, namespace }, status: part };
}

function condition(type: string, value: string, reason: string): Fields {
  return {
    type,
    status: value,
    reason,
    message: `${reason}.`,
    lastTransitionTime: '2026-06-01T10:00:00Z',
    observedGeneration: 1,
  };
}

function applyStatus(name: string, manager: string, part: Fields): void {
  const how = ['--server-side', '--subresource=status', `--field-manager=${manager}`];
  kubectlSucceeds(['apply', ...how, '-f', '-'], [status(name, part)]);
}

function read(kind: string, name: string, path: string): unknown {
  const printed = kubectlSucceeds(['get', kind, name, '-n', namespace, '-o', 'json']);
  const object: unknown = JSON.parse(printed);
  return path.split('.').reduce((value, field) => (isFields(value) ? value[field] : undefined), object);
}

before(prepare);

describe('a Certificate', () => {
  it('of cert-manager is accepted with all that has no effect here', () => {
    const change = {
      commonName: 'www.example.com',
      dnsNames: ['WWW.Example.com', 'example.com.', 'intranet', '_x.xn--bcher-kva.example'],
      ipAddresses: ['192.0.2.7', '2001:db8::7'],
      issuerRef: { name: 'letsencrypt', kind: 'ClusterIssuer', group: 'evercert.dev' },
      duration: '2160h0m0s',
      renewBefore: '360h',
      privateKey: { algorithm: 'RSA', encoding: 'PKCS1', size: 2048, rotationPolicy: 'Always' },
      secretTemplate: { annotations: { 'reflector/allowed': 'true' }, labels: { app: 'www' } },
      renewal: {
        policy: 'RenewBefore',
        windows: [
          { cron: '0 3 * * *', timezone: 'America/Denver', windowDuration: '2h' },
          { cron: '*/30 22-2 1,15 JAN-mar FRI-MON', windowDuration: '1h30m0s' },
        ],
      },
      subject: { organizations: ['Example'] },
      usages: ['server auth'],
      revisionHistoryLimit: 1,
      isCA: false,
      uris: [],
    };
    assert.match(tried(certificate('object-0', change)), /created/);
  });

  it('may have as many and as long names as the schema admits', () => {
    const label = 'a'.repeat(60);
    const long = Array.from({ length: 100 }, (_, index) => `${[label, label, label, label].join('.')}.n${index}`);
    assert.match(tried(certificate('object-0', { dnsNames: long })), /created/);
    assert.match(
      tried(certificate('object-0', { dnsNames: [...long, 'one.more'] })),
      /spec\.dnsNames: Too many: 101: must have at most 100 items/,
    );
  });

  it('with a field that is mistyped is refused by its name', () => {
    assert.match(
      tried(certificate('object-0', { dnsName: 'www.example.com' })),
      /strict decoding error: unknown field "spec\.dnsName"/,
    );
  });

  it('begins as in progress, with the defaults of its spec and none for its key', () => {
    kubectlSucceeds(['create', '-f', '-'], [certificate('begins', { privateKey: {} })]);
    assert.deepEqual(read('evcert', 'begins', 'spec'), {
      ...goodCertificate,
      issuerRef: { name: 'letsencrypt', kind: 'Issuer' },
      privateKey: {},
      archiveLimit: 1,
      deletionPolicy: 'Retain',
    });
    const first = read('evcert', 'begins', 'status.conditions');
    assert.ok(Array.isArray(first));
    assert.deepEqual(
      first.map(({ type, status: value, reason }: Fields) => [type, value, reason]),
      [
        ['Ready', 'Unknown', 'Pending'],
        ['Reconciling', 'True', 'NewGeneration'],
      ],
    );
  });

  it('keeps both parts of its status, of two managers, through changes of each', () => {
    kubectlSucceeds(['create', '-f', '-'], [certificate('parts')]);
    const ready = condition('Ready', 'True', 'Issued');
    const settled = condition('Reconciling', 'False', 'Reconciled');
    const stalled = condition('Stalled', 'True', 'SecretClaimed');
    const served = condition('Reloaded', 'True', 'Served');
    const workload = { kind: 'Deployment', name: 'www', state: 'Served' };
    const certificatePart = { observedGeneration: 1, conditions: [ready, settled], revision: 1 };
    applyStatus('parts', managers.certificate, { ...certificatePart, conditions: [ready, settled, stalled] });
    applyStatus('parts', managers.reload, { conditions: [served], reload: { workloads: [workload] } });
    applyStatus('parts', managers.certificate, certificatePart);
    assert.deepEqual(read('evcert', 'parts', 'status'), {
      ...certificatePart,
      conditions: [ready, settled, served],
      reload: { workloads: [workload] },
    });
    applyStatus('parts', managers.reload, {});
    assert.deepEqual(read('evcert', 'parts', 'status'), certificatePart);
  });

  it('shows when it expires, when it is renewed, and in the wide form whom it is for', () => {
    kubectlSucceeds(['create', '-f', '-'], [certificate('columns')]);
    applyStatus('columns', managers.certificate, {
      observedGeneration: 1,
      conditions: [condition('Ready', 'True', 'Issued')],
      notAfter: '2026-08-30T10:00:00Z',
      renewalTime: '2026-07-31T09:12:00Z',
    });
    applyStatus('columns', managers.reload, { conditions: [condition('Reloaded', 'True', 'Served')] });
    const cells = (...wide: string[]): string[][] =>
      kubectlSucceeds(['get', 'evcert', 'columns', '-n', namespace, ...wide])
        .trim()
        .split('\n')
        .map((line) => line.split(/ {2,}/));
    const dates = ['2026-08-30T10:00:00Z', '2026-07-31T09:12:00Z'];
    const [heads, [, ...row] = []] = cells();
    assert.deepEqual(heads?.join(' '), 'NAME READY REASON EXPIRES RENEWS RELOADED AGE');
    assert.deepEqual(row.slice(0, -1), ['True', 'Issued', ...dates, 'True']);
    const [wideHeads, [, ...wideRow] = []] = cells('-o', 'wide');
    assert.equal(wideHeads?.join(' '), 'NAME READY REASON EXPIRES RENEWS RELOADED SECRET ISSUER HOSTS MESSAGE AGE');
    assert.deepEqual(wideRow.slice(5, 9), ['www-tls', 'letsencrypt', '["www.example.com"]', 'Issued.']);
    kubectlSucceeds(['wait', 'evcert/columns', '-n', namespace, '--for=condition=Ready', '--timeout=5s']);
  });

  it('is found by the state of its order, and by its Secret', () => {
    const identifiers = [{ type: 'dns', value: 'www.example.com', state: 'pending', token: 'abc' }];
    const order = { url: 'https://ca/order/1', state: 'pending', revision: 1, thumbprint: 'xyz', identifiers };
    kubectlSucceeds(['create', '-f', '-'], [certificate('ordering'), certificate('resting', { secretName: 'other' })]);
    applyStatus('ordering', managers.certificate, { order });
    const found = (selector: string): string =>
      kubectlSucceeds(['get', 'evcert', '-n', namespace, `--field-selector=${selector}`, '-o', 'name']).trim();
    assert.equal(found('status.order.state=pending'), 'certificate.evercert.dev/ordering');
    assert.equal(found('spec.secretName=other'), 'certificate.evercert.dev/resting');
    applyStatus('ordering', managers.certificate, { order: { ...order, state: 'processing' } });
    assert.equal(found('status.order.state=pending'), '');
  });

  it('is explained by kubectl', () => {
    const printed = kubectlSucceeds(['explain', 'evcert.spec.dnsNames', '--api-version=evercert.dev/v1']);
    assert.match(printed, /The DNS names of the certificate, such as www\.example\.com\./);
  });
});

describe('an issuer', () => {
  it('of cert-manager is accepted with all that has no effect here', () => {
    const podTemplate = {
      metadata: { labels: { app: 'solver' } },
      spec: { nodeSelector: { 'kubernetes.io/os': 'linux' } },
    };
    const change = {
      acme: {
        email: 'ops@example.com',
        profile: 'tlsserver',
        preferredChain: 'ISRG Root X1',
        disableAccountKeyGeneration: true,
        externalAccountBinding: { keyID: 'k1', keySecretRef: { name: 'eab', key: 'secret' }, keyAlgorithm: 'HS256' },
        solvers: [
          {
            selector: { dnsZones: ['example.com'] },
            waitInsteadOfSelfCheck: '5s',
            http01: { ingress: { ingressClassName: 'traefik', serviceType: 'ClusterIP', podTemplate } },
          },
          { http01: { gatewayHTTPRoute: { parentRefs: [{ name: 'edge', namespace: 'infra', kind: 'Gateway' }] } } },
          { http01: { ingress: {} } },
        ],
      },
    };
    assert.match(tried(issuer('object-0', change)), /created/);
  });

  it('needs no solver', () => {
    assert.match(tried(issuer('object-0')), /created/);
  });

  it('of the whole cluster has the same demands', () => {
    const make = (change: Fields): Fields => ({
      ...issuer('', change),
      kind: 'ClusterIssuer',
      metadata: { name: 'object-0' },
    });
    assert.match(tried(make({})), /^clusterissuer\.evercert\.dev\/object-0 created/);
    assert.match(tried(make({ acme: { server: 'ca' } })), /must be an https URL/);
  });

  it('begins as Unknown, and shows in the wide form which server it is for', () => {
    kubectlSucceeds(['create', '-f', '-'], [issuer('begins')]);
    const printed = kubectlSucceeds(['get', 'eviss', 'begins', '-n', namespace, '-o', 'wide']);
    const [heads = '', row = ''] = printed.split('\n').map((line) => line.split(/ {2,}/).join(' '));
    assert.equal(heads.trim(), 'NAME READY REASON SERVER MESSAGE AGE');
    assert.match(
      row,
      new RegExp(`^begins Unknown Pending ${goodAcme.server} Evercert has not looked at this issuer yet`),
    );
  });
});
