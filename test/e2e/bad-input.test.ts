/** What users get wrong, as the installed chart with its own rights answers it. Run by `npm test -- e2e`. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type KubeObject, secrets } from '../../src/kube/index.ts';
import { apply, environment, kubectl } from '../kit/inside.ts';
import { badLogLines, certificateOf, described, removeNamespace, World } from './world.ts';

const namespace = 'bad-input';
const keyOf = (name: string): string => `${namespace}/${name}`;

let world: World;

before(async () => {
  world = await World.open();
  await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
});

after(async () => {
  await removeNamespace(namespace);
  await kubectl('delete', 'clusterissuers', '-l', 'test=bad-input');
  await world[Symbol.asyncDispose]();
});

function issuerOf(name: string, acme: object): object {
  const common = {
    server: environment('ACME_DIRECTORY'),
    privateKeySecretRef: { name: `${name}-account` },
    solvers: [{ http01: { ingress: { ingressClassName: environment('INGRESS_CLASS') } } }],
  };
  return {
    apiVersion: 'evercert.dev/v1',
    kind: 'ClusterIssuer',
    metadata: { name, labels: { test: 'bad-input' } },
    spec: { acme: { ...common, ...acme } },
  };
}

async function reasonOf(name: string, reason: string): Promise<string> {
  const { status } = await world.until(keyOf(name), {
    is: (one) => one.status?.conditions?.some((each) => each.type === 'Ready' && each.reason === reason) ?? false,
    what: `to say ${reason}`,
  });
  return status?.conditions?.find(({ type }) => type === 'Ready')?.message ?? '';
}

describe('a Certificate', () => {
  test('is refused at apply with a sentence for a wildcard, and for a field that is misspelled', async () => {
    const wildcard = certificateOf(keyOf('wildcard'), { dnsNames: ['*.shop.example'] });
    await assert.rejects(apply(wildcard), /wildcard names cannot be proven over HTTP-01; list each name/);
    const misspelled = certificateOf(keyOf('misspelled'), { dnsName: ['shop.example'] });
    await assert.rejects(apply(misspelled), /unknown field "(spec\.)?dnsName"/);
    assert.equal(await kubectl('get', 'evcert', '-n', namespace, '-o', 'name'), '');
  });

  test('that cannot be issued says why and what to do; nothing is ordered, and no Secret is touched', async () => {
    await kubectl('create', 'secret', 'generic', 'foreign-tls', '-n', namespace, '--from-literal=a=b');
    await fetch(`${environment('DNS_MANAGEMENT')}/add-a`, {
      method: 'POST',
      body: JSON.stringify({ host: 'elsewhere.example.', addresses: ['127.0.0.1'] }),
    });
    const [orders, found, mark] = [await world.orders(), await everySecret(), await world.mark()];
    const from = (name: string): object => ({ issuerRef: { kind: 'ClusterIssuer', name } });
    await apply(
      issuerOf('silent', { server: 'https://192.0.2.1/directory' }),
      issuerOf('disagreed', { termsOfServiceAgreed: false }),
    );
    await apply(
      certificateOf(keyOf('no-issuer'), from('none')),
      certificateOf(keyOf('silent'), from('silent')),
      certificateOf(keyOf('disagreed'), from('disagreed')),
      certificateOf(keyOf('foreign')),
      certificateOf(keyOf('elsewhere')),
    );
    const told: readonly (readonly [name: string, reason: string, message: RegExp])[] = [
      ['no-issuer', 'IssuerNotFound', /none/],
      ['silent', 'IssuerNotReady', /silent/],
      ['disagreed', 'IssuerNotReady', /terms|disagreed/i],
      ['foreign', 'SecretNotOwned', /foreign-tls/],
      ['elsewhere', 'NotReachable', /elsewhere\.example/],
    ];
    for (const [name, reason, message] of told) {
      const said = await reasonOf(name, reason);
      assert.match(said, message);
      assert.match(said, new RegExp(`troubleshooting#${reason.toLowerCase()}`));
    }
    assert.equal(await world.orders(), orders);
    assert.deepEqual(await everySecret(), found);
    const written = (await world.ownWritesSince(mark)).filter((write) => write.namespace === namespace);
    assert.deepEqual(described(written.filter(({ resource }) => resource === 'secrets')), []);
  });

  test('that names the Secret of an older one waits, and the older one keeps it', async () => {
    await world.issued(keyOf('first'));
    const found = await world.client.get<KubeObject>(secrets, { namespace, name: 'first-tls' });
    await apply(certificateOf(keyOf('second'), { secretName: 'first-tls' }));
    assert.match(await reasonOf('second', 'SecretClaimed'), /first/);
    assert.deepEqual(await world.client.get<KubeObject>(secrets, { namespace, name: 'first-tls' }), found);
  });

  test('has cost our accounts no refused call, and the logs no error', async () => {
    assert.deepEqual(await world.forbiddenWrites(), []);
    assert.deepEqual(await badLogLines(), []);
  });
});

/** Names and versions of the namespace's Secrets. */
async function everySecret(): Promise<string[]> {
  const path = '-o=jsonpath={range .items[*]}{.metadata.name} {.metadata.resourceVersion}{"\\n"}{end}';
  return (await kubectl('get', 'secrets', '-n', namespace, path)).split('\n');
}
