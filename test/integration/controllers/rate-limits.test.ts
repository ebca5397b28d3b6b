/**
 * What a CA limits, kept through renewals, deletions and a restart: kube-apiserver, Pebble and Traefik, with the operator and
 * two responders in this process. Run by `npm test -- integration`.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Certificate } from '../../../src/api/index.ts';
import { type Cache, configMaps, connect, type KubeClient, type KubeObject } from '../../../src/kube/index.ts';
import { certificateThat, followCertificates, says } from '../../kit/certificates.ts';
import { type RunningEvercert, startEvercert } from '../../kit/evercert.ts';
import { apply, environment, kubectl } from '../../kit/inside.ts';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
}

describe('a CA of which one certificate for the same names is allowed in ten hours', () => {
  const abort = new AbortController();
  let client: KubeClient;
  let evercert: RunningEvercert;
  let cache: Cache<Certificate>;
  let following: Promise<void>;

  before(async () => {
    const kubeconfig = environment('KUBECONFIG');
    client = connect({ kubeconfig, userAgent: 'evercert-test' });
    await kubectl('apply', '--server-side', '-f', 'crds/');
    await kubectl('wait', '--for=condition=Established', 'crd/certificates.evercert.dev', '--timeout=20s');
    evercert = await startEvercert({ client, kubeconfig, address: environment('INGRESS_IP') });
    const { cache: followed, running } = followCertificates(client, abort.signal);
    cache = followed;
    following = running;
    await cache.whenSynced(abort.signal);
    const acme = {
      server: environment('ACME_DIRECTORY'),
      caBundle: readFileSync(environment('ACME_CA_FILE')).toString('base64'),
      privateKeySecretRef: { name: 'limited-account' },
      solvers: [{ http01: { ingress: { ingressClassName: environment('INGRESS_CLASS') } } }],
      rateLimits: {
        newOrdersPerAccount: { count: 300, period: '3h' },
        certificatesPerExactSet: { count: 1, period: '10h' },
      },
    };
    await apply({
      apiVersion: 'evercert.dev/v1',
      kind: 'ClusterIssuer',
      metadata: { name: 'limited' },
      spec: { acme },
    });
    await kubectl('wait', 'clusterissuer/limited', '--for=condition=Ready', '--timeout=20s');
  });

  after(async () => {
    await kubectl('delete', 'evcert,secrets', '--all', '-n', 'default');
    await kubectl('delete', 'clusterissuers', '--all');
    await evercert[Symbol.asyncDispose]();
    await kubectl('delete', 'namespace', evercert.namespace, '--wait=false');
    abort.abort();
    await following;
    await client.close();
  });

  const ask = (dnsNames: readonly string[]): Promise<unknown> =>
    apply({
      apiVersion: 'evercert.dev/v1',
      kind: 'Certificate',
      metadata: { name: 'limited', namespace: 'default' },
      spec: {
        secretName: 'limited-tls',
        issuerRef: { kind: 'ClusterIssuer', name: 'limited' },
        dnsNames: [...dnsNames],
      },
    });
  const renew = (): Promise<unknown> =>
    kubectl('annotate', 'evcert', 'limited', `evercert.dev/renew=${new Date().toISOString()}`, '--overwrite');
  const until = (what: string, is: (certificate: Certificate) => boolean): Promise<Certificate> =>
    certificateThat(cache, 'default/limited', { is, what, timeoutMs: 30_000 });
  const isStalled = (one: Certificate): boolean =>
    (one.status?.conditions ?? []).some(({ type, reason }) => type === 'Stalled' && reason === 'RateBudget');

  async function ledger(): Promise<string> {
    const ref = { namespace: evercert.namespace, name: 'evercert-ledger' };
    return Object.values((await client.get<ConfigMap>(configMaps, ref))?.data ?? {}).join('');
  }

  test('is asked for no second one, and the certificate stays in use', async () => {
    await ask(['limited.test']);
    await until('to be Ready', (one) => says(one, 'Ready', 'True'));
    assert.match(await ledger(), /newOrdersPerAccount .*\n.* certificatesPerExactSet /);
    const orders = await evercert.acmeRequests('newOrder"');
    await renew();
    const stalled = await until('to be Stalled', isStalled);
    assert.ok(says(stalled, 'Ready', 'True'));
    assert.match(
      stalled.status?.conditions?.find(({ type }) => type === 'Stalled')?.message ?? '',
      /^The rate budget allows no order before 20\d\d-.*: 1 in 10 h are allowed for this exact set of names/,
    );
    assert.equal(await evercert.acmeRequests('newOrder"'), orders);
  });

  test('is asked for none by a Certificate that is deleted and made anew with its Secret, nor by an operator that starts anew', async () => {
    const orders = await evercert.acmeRequests('newOrder"');
    await kubectl('delete', 'evcert', 'limited');
    await kubectl('delete', 'secret', 'limited-tls');
    await ask(['limited.test']);
    await until('to be Stalled', (one) => isStalled(one) && says(one, 'Ready', 'False'));
    assert.equal(await evercert.acmeRequests('newOrder"'), orders);
    await evercert.restartOperator();
    await ask(['limited.test', 'www.limited.test']);
    const ready = await until('to be Ready for other names', (one) => says(one, 'Ready', 'True'));
    assert.ok(!isStalled(ready));
  });
});
