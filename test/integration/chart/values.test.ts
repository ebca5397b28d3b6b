import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { runHelm } from '../../../build/generate/helm.ts';
import { chart, only, render } from './render.ts';

describe('values of the chart', () => {
  const refused: readonly (readonly [name: string, value: string, message: RegExp])[] = [
    ['an unknown value', 'operater={}', /additional properties 'operater' not allowed/],
    ['an unknown value of a component', 'responder.replica=3', /additional properties 'replica' not allowed/],
    ['a number of replicas in words', 'operator.replicas="two"', /got string, want integer/],
    ['a log level that does not exist', 'logLevel="trace"', /value must be one of 'error', 'warn', 'info', 'debug'/],
    ['a pull policy in lower case', 'image.pullPolicy="always"', /value must be one of 'Always'/],
    ['a digest that is none', 'image.digest="latest"', /does not match pattern/],
    ['both bounds of a disruption budget', 'operator.podDisruptionBudget.minAvailable=1', /'oneOf' failed/],
    ['a variable that the chart sets itself', 'operator.extraEnv=[{"name":"NODE_OPTIONS","value":""}]', /'not' failed/],
    ['an argument that is no flag', 'responder.extraArgs=["debug"]', /does not match pattern/],
    [
      'an IP family policy that Kubernetes does not have',
      'responder.service.ipFamilyPolicy="Both"',
      /value must be one of/,
    ],
    ['labels with a number', 'commonLabels={"tier":1}', /got number, want string/],
  ];
  for (const [name, value, message] of refused) {
    test(`refuse ${name}`, async () => {
      await assert.rejects(render([value]), message);
    });
  }

  test('are all known to the schema, and the schema knows no others', async () => {
    const values: unknown = parse(await readFile(join(chart, 'values.yaml'), 'utf8'));
    const schema: unknown = JSON.parse(await readFile(join(chart, 'values.schema.json'), 'utf8'));
    const entries = (object: unknown): [string, unknown][] => Object.entries(object ?? {});
    const keys = (object: unknown): string[] =>
      entries(object)
        .map(([name]) => name)
        .sort();
    const property = (object: unknown, ...path: string[]): unknown =>
      path.reduce<unknown>((found, key) => entries(found).find(([name]) => name === key)?.[1], object);
    assert.deepEqual(
      keys(property(schema, 'properties')).filter((key) => key !== 'global'),
      keys(values),
    );
    for (const name of keys(values)) {
      const known = property(schema, 'properties', name, 'properties');
      if (known !== undefined) assert.deepEqual(keys(known), keys(property(values, name)), name);
    }
  });

  test('reach the pods', async () => {
    const manifests = await render([
      'image={"registry":"registry.example","tag":"edge"}',
      'imagePullSecrets=[{"name":"pull"}]',
      'commonLabels={"team":"edge"}',
      'operator.extraArgs=["--no-leader-election"]',
      'operator.extraEnv=[{"name":"HTTPS_PROXY","value":"http://proxy:3128"}]',
      'operator.tolerations=[{"operator":"Exists"}]',
      'operator.podAnnotations={"a":"b"}',
      'operator.podLabels={"c":"d"}',
      'operator.priorityClassName="system-cluster-critical"',
      'operator.topologySpreadConstraints=[{"topologyKey":"rack","maxSkew":1,"whenUnsatisfiable":"DoNotSchedule"}]',
      'operator.affinity={"nodeAffinity":{}}',
    ]);
    const { metadata, spec } = only(manifests, 'Deployment', 'evercert-operator').spec.template;
    assert.partialDeepStrictEqual(spec, {
      imagePullSecrets: [{ name: 'pull' }],
      tolerations: [{ operator: 'Exists' }],
      priorityClassName: 'system-cluster-critical',
      affinity: { nodeAffinity: {} },
    });
    assert.deepEqual(
      spec.topologySpreadConstraints.map(({ topologyKey }) => topologyKey),
      ['rack'],
    );
    const [container] = spec.containers;
    assert.equal(container.image, 'registry.example/evercert/evercert:edge');
    assert.equal(container.args.at(-1), '--no-leader-election');
    assert.deepEqual(
      container.env.map(({ name }) => name),
      ['POD_NAME', 'POD_NAMESPACE', 'POD_UID', 'NODE_OPTIONS', 'HTTPS_PROXY'],
    );
    assert.equal(metadata.annotations?.['a'], 'b');
    assert.deepEqual([metadata.labels?.['c'], metadata.labels?.['team']], ['d', 'edge']);
    const responder = only(manifests, 'Deployment', 'evercert-responder').spec.template;
    assert.deepEqual([responder.metadata.labels?.['c'], responder.metadata.annotations?.['a']], [undefined, undefined]);
    for (const { kind, metadata: each } of manifests) assert.equal(each.labels?.['team'], 'edge', kind);
  });

  test('name an image by its digest before its tag', async () => {
    const digest = `sha256:${'0a'.repeat(32)}`;
    const manifests = await render([`image={"digest":"${digest}","tag":"edge"}`]);
    const { containers } = only(manifests, 'Deployment', 'evercert-responder').spec.template.spec;
    assert.equal(containers[0].image, `ghcr.io/evercert/evercert@${digest}`);
  });

  test('exchange the bounds of a disruption budget, or drop it', async () => {
    const exchanged = await render(['responder.podDisruptionBudget={"minAvailable":"50%","maxUnavailable":""}']);
    const { spec } = only(exchanged, 'PodDisruptionBudget', 'evercert-responder');
    assert.deepEqual([spec.minAvailable, spec.maxUnavailable], ['50%', undefined]);
    const dropped = await render(['responder.podDisruptionBudget.enabled=false']);
    assert.equal(dropped.filter(({ kind }) => kind === 'PodDisruptionBudget').length, 1);
  });

  test('add monitors and network policies only where they are asked for', async () => {
    const manifests = await render([
      'metrics.serviceMonitor={"enabled":true,"interval":"15s","labels":{"release":"prometheus"}}',
      'metrics.podMonitor.enabled=true',
      'networkPolicy={"enabled":true,"metricsFrom":[{"namespaceSelector":{}}]}',
    ]);
    const monitor = only(manifests, 'ServiceMonitor', 'evercert-metrics');
    assert.equal(monitor.metadata.labels?.['release'], 'prometheus');
    assert.deepEqual(monitor.spec['endpoints'], [{ port: 'metrics', path: '/metrics', interval: '15s' }]);
    const service = only(manifests, 'Service', 'evercert-metrics');
    for (const [key, value] of Object.entries(monitor.spec.selector.matchLabels)) {
      assert.equal(service.metadata.labels?.[key], value, 'the monitor selects the Service');
    }
    only(manifests, 'PodMonitor', 'evercert-metrics');
    const policy = only(manifests, 'NetworkPolicy', 'evercert-responder').spec;
    assert.deepEqual(policy['ingress'], [
      { ports: [{ port: 'http', protocol: 'TCP' }] },
      { ports: [{ port: 'metrics', protocol: 'TCP' }], from: [{ namespaceSelector: {} }] },
    ]);
  });

  test('decide the names: the release, what it adds, or a name of its own', async () => {
    for (const [release, values, expected] of [
      ['my-evercert', [], 'my-evercert-operator'],
      ['tls', [], 'tls-evercert-operator'],
      ['tls', ['fullnameOverride="certs"'], 'certs-operator'],
    ] as const) {
      only(await render(values, release), 'Deployment', expected);
    }
  });
});

describe('notes of the chart', () => {
  test('print three commands that fit the release', async () => {
    const told = await runHelm(['install', 'tls', chart, '--namespace', 'edge', '--dry-run=client']);
    const notes = told.slice(told.indexOf('NOTES:'));
    assert.match(
      notes,
      /kubectl -n edge wait deployment -l app\.kubernetes\.io\/instance=tls --for=condition=Available/,
    );
    assert.match(notes, /kind: ClusterIssuer/);
    assert.match(notes, /kubectl get evcert --watch/);
    assert.doesNotMatch(notes, /crds\.install/);
  });

  test('say that the CRDs have to come from elsewhere where the chart leaves them out', async () => {
    const told = await runHelm(['install', 'tls', chart, '--dry-run=client', '--set', 'crds.install=false']);
    assert.match(told, /need the CRDs of this version/);
  });

  test('have the operator make the issuers for Let’s Encrypt, and give it the right to these two alone', async () => {
    const rulesOn = (manifests: Awaited<ReturnType<typeof render>>) =>
      (only(manifests, 'ClusterRole', 'evercert-operator').rules ?? []).filter(
        ({ resources, verbs }) =>
          resources.includes('clusterissuers') &&
          verbs.some((verb) => verb !== 'get' && verb !== 'list' && verb !== 'watch'),
      );
    assert.deepEqual(rulesOn(await render()), []);
    const manifests = await render([
      'issuers.letsencrypt.enabled=true',
      'issuers.letsencrypt.email="ops@example.com"',
      'issuers.letsencrypt.ingressClassName="traefik"',
    ]);
    assert.deepEqual(
      rulesOn(manifests).map(({ verbs, resourceNames }) => [verbs, resourceNames]),
      [
        [['create'], undefined],
        [['patch'], ['letsencrypt-staging', 'letsencrypt']],
      ],
    );
    const [container] = only(manifests, 'Deployment', 'evercert-operator').spec.template.spec.containers;
    assert.deepEqual(container?.args.slice(-3), [
      '--letsencrypt',
      '--letsencrypt-email=ops@example.com',
      '--letsencrypt-ingress-class=traefik',
    ]);
  });
});
