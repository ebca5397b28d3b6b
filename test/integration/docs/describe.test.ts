/**
 * `docs/troubleshooting.md` shows what `kubectl describe` prints of ten kinds of failure; each is made here. With UPDATE=1 in the
 * environment the page is written anew. Run by `npm test -- integration`.
 */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type KubeClient } from '../../../src/kube/index.ts';
import { HostileCa } from '../../hostile/ca.ts';
import { type RunningEvercert, startEvercert } from '../../kit/evercert.ts';
import { apply, environment, kubectl } from '../../kit/inside.ts';
import { type Failure, failures } from './failures.ts';
import { normalized, type Stand, show, shown } from './snapshots.ts';

const longestMs = 150_000;
const apiVersion = 'evercert.dev/v1';
const isUpdating = process.env['UPDATE'] === '1';

const namespaceOf = ({ reason }: Failure): string => `describe-${reason.toLowerCase()}`;
const hostOf = ({ reason }: Failure): string => `${reason.toLowerCase()}.test`;
const issuerOf = ({ reason }: Failure): string => `${reason.toLowerCase()}-ca`;

describe('what docs/troubleshooting.md shows', () => {
  const cas = new Map<string, HostileCa>();
  let client: KubeClient;
  let evercert: RunningEvercert;

  before(async () => {
    const kubeconfig = environment('KUBECONFIG');
    client = connect({ kubeconfig, userAgent: 'evercert-test' });
    await kubectl('apply', '--server-side', '-f', 'crds/');
    await kubectl('wait', '--for=condition=Established', 'crd/certificates.evercert.dev', '--timeout=20s');
    evercert = await startEvercert({ client, kubeconfig, address: environment('INGRESS_IP') });
    for (const failure of failures) await make(failure);
  });

  after(async () => {
    for (const failure of failures) await kubectl('delete', 'namespace', namespaceOf(failure), '--wait=false');
    await kubectl('delete', 'clusterissuers', '--all');
    await evercert[Symbol.asyncDispose]();
    await kubectl('delete', 'namespace', evercert.namespace, '--wait=false');
    for (const ca of cas.values()) await ca[Symbol.asyncDispose]();
    await client.close();
  });

  async function make(failure: Failure): Promise<void> {
    const namespace = namespaceOf(failure);
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
    if (failure.lacksIssuer === undefined) await makeIssuer(failure);
    if (failure.leadsNowhere) await leadNowhere(hostOf(failure));
    if (failure.secret === 'of another') {
      await kubectl('create', 'secret', 'generic', '-n', namespace, 'www-tls', '--from-literal=password=swordfish');
    }
    if (failure.secret === 'of an older Certificate') await apply(certificateOf(failure, 'shop', 'shop-'));
    await apply(certificateOf(failure, 'www'));
  }

  async function makeIssuer(failure: Failure): Promise<void> {
    const { reason, ca: deviation = {} } = failure;
    const ca = await HostileCa.start(() => new Date());
    ca.become(deviation);
    cas.set(reason, ca);
    const acme = {
      server: ca.directoryUrl,
      caBundle: Buffer.from(ca.caBundle).toString('base64'),
      privateKeySecretRef: { name: `${issuerOf(failure)}-account` },
      solvers: [{ http01: { ingress: { ingressClassName: environment('INGRESS_CLASS') } } }],
    };
    await apply({ apiVersion, kind: 'ClusterIssuer', metadata: { name: issuerOf(failure) }, spec: { acme } });
  }

  function certificateOf(failure: Failure, name: string, prefix = ''): object {
    const issuerRef = { kind: 'ClusterIssuer', name: issuerOf(failure) };
    const spec = { secretName: 'www-tls', dnsNames: [`${prefix}${hostOf(failure)}`], issuerRef };
    return { apiVersion, kind: 'Certificate', metadata: { name, namespace: namespaceOf(failure) }, spec };
  }

  /** Waits until the Certificate says why, and an Event is out where there is one. */
  async function described(failure: Failure): Promise<string> {
    const deadline = performance.now() + longestMs;
    for (;;) {
      const text = await kubectl('describe', 'evcert', 'www', '-n', namespaceOf(failure));
      const [status = '', events = ''] = text.split('\nEvents:');
      const isTold = failure.reason === 'IssuerNotReady' || events.includes(failure.reason);
      if (isTold && isLookedAt(failure, status) && status.includes(` ${failure.reason}\n`)) return text;
      if (performance.now() > deadline) throw new Error(`waited in vain for ${failure.reason}:\n${text}`);
      await delay(200);
      // Of one that waits for a person, a name that was looked at before its route stood is looked at again a minute later.
      if (isTold) await lookAgain(namespaceOf(failure));
    }
  }

  function stands(failure: Failure): readonly Stand[] {
    return [
      [cas.get(failure.reason)?.host ?? 'no CA', 'acme.example.com'],
      [namespaceOf(failure), 'web'],
      [hostOf(failure), 'www.example.com'],
      ['HOST', 'www.example.com'],
      [issuerOf(failure), 'letsencrypt'],
      [/(Thumbprint: +)\S+/g, '$1Xq7bS0dPZk3uJr0m2cVwYf8hGtE5nL1oQaB4iC6sD9e'],
    ];
  }

  for (const failure of failures) {
    test(`for ${failure.reason} is what kubectl describe prints`, async () => {
      const text = normalized(await described(failure), stands(failure));
      if (isUpdating) show(failure.reason, text);
      assert.equal(shown(failure.reason), text, 'UPDATE=1 before the test runner writes it anew');
    });
  }
});

/** Whether its name was looked at, where it ever is: what comes of that is told when it comes. */
function isLookedAt({ lacksIssuer, leadsNowhere, reason }: Failure, status: string): boolean {
  if (lacksIssuer === true || reason === 'IssuerNotReady') return true;
  return leadsNowhere === true || / Reached\n +Status: +True\n +Type: +Reachable/.test(status);
}

async function lookAgain(namespace: string): Promise<void> {
  await kubectl('annotate', 'evcert', 'www', '-n', namespace, '--overwrite', `example.com/look=${Date.now()}`);
}

async function leadNowhere(host: string): Promise<void> {
  await fetch(`${environment('DNS_MANAGEMENT')}/add-a`, {
    method: 'POST',
    body: JSON.stringify({ host: `${host}.`, addresses: ['192.0.2.1'] }),
  });
}
