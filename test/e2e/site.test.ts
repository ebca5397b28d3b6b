/** A site's whole life on a real node, with Evercert installed by its chart. Run by `npm test -- e2e`. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import type { Certificate } from '../../src/api/index.ts';
import { type Cache, connect, type KubeClient, type KubeObject, secrets, services } from '../../src/kube/index.ts';
import { type AuditedWrite, AuditLog } from '../kit/audit-log.ts';
import { certificateThat, followCertificates, says } from '../kit/certificates.ts';
import { apply, environment, helm, kubectl, servedSerial } from '../kit/inside.ts';
import { Load } from '../kit/load.ts';

const key = 'default/shop';
const host = 'shop.example';
const operator = 'system:serviceaccount:evercert:evercert-operator';
const abort = new AbortController();

let client: KubeClient;
let cache: Cache<Certificate>;
let following: Promise<void>;
let audit: AuditLog;
let root: string;
let service: string;

before(async () => {
  client = connect({ kubeconfig: environment('KUBECONFIG'), userAgent: 'evercert-test' });
  audit = new AuditLog(environment('AUDIT_LOG'));
  root = readFileSync(environment('ACME_ROOT_FILE'), 'utf8');
  const { cache: followed, running } = followCertificates(client, abort.signal);
  cache = followed;
  following = running;
  await cache.whenSynced(abort.signal);
});

after(async () => {
  abort.abort();
  await following;
  await client.close();
});

/** What our own account wrote since a mark; its Lease and its Events left out. */
async function writesSince(mark: number): Promise<AuditedWrite[]> {
  const all = await audit.writesSince(mark);
  return all.filter(({ user, resource }) => user === operator && resource !== 'leases' && resource !== 'events');
}

function described(writes: readonly AuditedWrite[]): string[] {
  return writes.map(
    ({ resource, subresource, name }) => `${resource}${subresource === undefined ? '' : `/${subresource}`} ${name}`,
  );
}

async function until(
  what: string,
  is: (certificate: Certificate) => boolean,
  timeoutMs = 60_000,
): Promise<Certificate> {
  return certificateThat(cache, key, { is, what, timeoutMs });
}

/** Ready, and every consumer serves what the Secret holds. */
function isServed(certificate: Certificate): boolean {
  const { status } = certificate;
  const current = status?.fingerprint !== undefined && status.reload?.fingerprint === status.fingerprint;
  return current && says(certificate, 'Ready', 'True') && says(certificate, 'Reloaded', 'True');
}

async function renewed(): Promise<Certificate> {
  const revision = cache.get(key)?.status?.revision ?? 0;
  await kubectl('annotate', 'evcert', 'shop', '--overwrite', `evercert.dev/renew=${new Date().toISOString()}`);
  return until('to be renewed and served', (one) => (one.status?.revision ?? 0) > revision && isServed(one), 120_000);
}

async function fronts(): Promise<bigint[]> {
  return Promise.all([service, environment('INGRESS_IP')].map((address) => servedSerial(address, host, root)));
}

/** The Ingress controller takes up a Secret by itself, and kube-proxy a Service, a moment after they were written. */
async function bothServe(certificate: Certificate): Promise<void> {
  const held = BigInt(`0x${certificate.status?.serialNumber}`);
  for (let left = 40; left > 0; left -= 1) {
    const served = await fronts().catch(() => []);
    if (served.length > 0 && served.every((serial) => serial === held)) return;
    await new Promise((again) => setTimeout(again, 250));
  }
  assert.deepEqual(await fronts(), [held, held]);
}

async function replicaSets(): Promise<number> {
  return (await kubectl('get', 'replicasets', '-l', 'app=shop', '-o', 'name')).split('\n').length;
}

async function orders(): Promise<number> {
  const pods = (
    await kubectl('get', 'pods', '-n', 'evercert', '-o', 'jsonpath={range .items[*]}{.status.podIP}{"\\n"}{end}')
  ).split('\n');
  const texts = await Promise.all(pods.map(async (address) => (await fetch(`http://${address}:9402/metrics`)).text()));
  const counts = texts.flatMap((text) => [
    ...text.matchAll(/evercert_acme_requests_total\{resource="newOrder"[^}]*\} (\d+)/g),
  ]);
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

describe('a site', () => {
  test('gets its certificate, and serves it at its Service and at the Ingress', async () => {
    await kubectl('apply', '-f', 'examples/embedded/');
    await kubectl('wait', 'evcert', '--all', '-A', '--for=condition=Ready', '--timeout=60s');
    await kubectl('rollout', 'status', 'deployment/shop', '--timeout=90s');
    const certificate = await until('to be served', isServed);
    const found = await client.get<KubeObject & { readonly spec: { readonly clusterIP: string } }>(services, {
      namespace: 'default',
      name: 'shop',
    });
    service = found?.spec.clusterIP ?? '';
    await bothServe(certificate);
  });

  test('is shown by kubectl in the columns of the design', async () => {
    const [header = '', row = ''] = (await kubectl('get', 'evcert')).split('\n');
    assert.deepEqual(header.trim().split(/\s+/), ['NAME', 'READY', 'REASON', 'EXPIRES', 'RENEWS', 'RELOADED', 'AGE']);
    assert.match(row, /^shop +True +Issued +20\S+Z +20\S+Z +True +\d+s$/);
    const [wide = ''] = (await kubectl('get', 'evcert', '-o', 'wide')).split('\n');
    assert.match(wide, /RELOADED +SECRET +ISSUER +HOSTS +MESSAGE +AGE/);
  });

  test('is renewed under load: no request lost, one roll-out, four writes and what the reload adds', async () => {
    const replicaSetsBefore = await replicaSets();
    const mark = await audit.mark();
    const common = { host, path: '/', root };
    const ingress = environment('INGRESS_IP');
    const load = new Load([
      { ...common, name: 'Service', protocol: 'https', address: service, port: 443 },
      { ...common, name: 'Ingress, TLS', protocol: 'https', address: ingress, port: 443 },
      { ...common, name: 'Ingress', protocol: 'http', address: ingress, port: 80 },
    ]);
    load.start();
    const certificate = await renewed();
    await bothServe(certificate);
    for (const { target, sent, failed, problems } of await load.stop()) {
      assert.ok(sent > 100, `${target}: ${sent} requests`);
      assert.equal(failed, 0, `${target}: ${problems.join('; ')}`);
    }
    assert.equal(await replicaSets(), replicaSetsBefore + 1);
    const writes = await writesSince(mark);
    const archive = `evercert-archive-${certificate.metadata.uid}`;
    const status = 'certificates/status shop';
    const inOrder = [`secrets ${archive}`, status, 'secrets shop-tls', status, status, 'deployments shop', status];
    assert.deepEqual(described(writes).toSorted(), inOrder.toSorted());
  });

  test('is left alone at rest, by an undone roll-out, and by operators that start anew', async () => {
    await kubectl('rollout', 'undo', 'deployment/shop');
    await kubectl('rollout', 'status', 'deployment/shop', '--timeout=90s');
    const [generation, placed, mark] = [await deploymentGeneration(), await orders(), await audit.mark()];
    await kubectl('rollout', 'restart', 'deployment/evercert-operator', '-n', 'evercert');
    await kubectl('rollout', 'status', 'deployment/evercert-operator', '-n', 'evercert', '--timeout=90s');
    // A Certificate that comes later and is done shows that everything that was there before has been looked at.
    await issued('later');
    assert.equal(await deploymentGeneration(), generation);
    assert.ok((await orders()) <= 1 && placed >= 1, 'only the new Certificate was ordered');
    assert.deepEqual(
      described(await writesSince(mark)).filter((write) => / shop$| shop-tls$/.test(write)),
      [],
    );
  });

  test('loses neither Certificate nor Secret to an uninstall, and a reinstall orders nothing', async () => {
    const secret = await client.get(secrets, { namespace: 'default', name: 'shop-tls' });
    await helm('uninstall', 'evercert', '-n', 'evercert', '--wait');
    assert.equal(
      await kubectl('get', 'evcert', 'shop', '-o', 'jsonpath={.metadata.uid}'),
      cache.get(key)?.metadata.uid,
    );
    const generation = await deploymentGeneration();
    await helm('install', 'evercert', 'charts/evercert', '-n', 'evercert', '--wait', '--timeout', '120s');
    await issued('after-reinstall');
    assert.deepEqual(await client.get(secrets, { namespace: 'default', name: 'shop-tls' }), secret);
    assert.equal(await orders(), 1, 'the order of after-reinstall');
    assert.equal(await deploymentGeneration(), generation);
  });

  test('has left no word of error and no secret in the logs', async () => {
    const logs = await kubectl(
      'logs',
      '-n',
      'evercert',
      '-l',
      'app.kubernetes.io/name=evercert',
      '--tail=-1',
      '--prefix',
    );
    const errors = logs.split('\n').filter((line) => line.includes('"level":"error"'));
    assert.deepEqual(errors, []);
    assert.doesNotMatch(logs, /PRIVATE KEY|forbidden|eyJ[\w-]{20,}\./);
  });
});

async function deploymentGeneration(): Promise<string> {
  return kubectl('get', 'deployment', 'shop', '-o', 'jsonpath={.metadata.generation}');
}

async function issued(name: string): Promise<void> {
  await apply({
    apiVersion: 'evercert.dev/v1',
    kind: 'Certificate',
    metadata: { name, namespace: 'default' },
    spec: {
      secretName: `${name}-tls`,
      dnsNames: [`${name}.example`],
      issuerRef: { kind: 'ClusterIssuer', name: 'embedded' },
    },
  });
  await kubectl('wait', `evcert/${name}`, '--for=condition=Ready', '--timeout=60s');
}

describe('the examples', () => {
  test("for Let's Encrypt are what the API server takes", async () => {
    const said = await kubectl('apply', '--dry-run=server', '-f', 'examples/letsencrypt/');
    assert.equal(said.split('\n').length, 3, said);
  });
});
