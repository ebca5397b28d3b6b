import assert from 'node:assert/strict';
import { cp, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { runHelm } from '../../../build/generate/helm.ts';
import { imageName, version } from '../../../build/image/contents.ts';
import { chart, type Manifest, only, parseManifests, render } from './render.ts';

const defaults = await render();
const deployments = ['operator', 'responder'].map((name) => only(defaults, 'Deployment', `evercert-${name}`));
const repository = join(chart, '..', '..');

const selects = (selector: Record<string, unknown>, labels: Record<string, string> = {}): boolean =>
  Object.entries(selector).every(([key, value]) => labels[key] === value);

describe('chart', () => {
  test('passes helm lint without a warning', async () => {
    assert.match(await runHelm(['lint', '--strict', chart]), /1 chart\(s\) linted, 0 chart\(s\) failed/);
  });

  test('makes these objects, each in the namespace of the release', () => {
    const named = defaults.map(({ kind, metadata }) => `${kind} ${metadata.name}`).sort();
    assert.deepEqual(named, [
      'ClusterRole evercert-operator',
      'ClusterRole evercert-responder',
      'ClusterRoleBinding evercert-operator',
      'ClusterRoleBinding evercert-responder',
      'CustomResourceDefinition certificates.evercert.dev',
      'CustomResourceDefinition clusterissuers.evercert.dev',
      'CustomResourceDefinition issuers.evercert.dev',
      'Deployment evercert-operator',
      'Deployment evercert-responder',
      'PodDisruptionBudget evercert-operator',
      'PodDisruptionBudget evercert-responder',
      'Role evercert-operator',
      'Role evercert-responder',
      'RoleBinding evercert-operator',
      'RoleBinding evercert-responder',
      'Service evercert-metrics',
      'Service evercert-responder',
      'ServiceAccount evercert-operator',
      'ServiceAccount evercert-responder',
      'ValidatingAdmissionPolicy evercert-secrets',
      'ValidatingAdmissionPolicy evercert-workloads',
      'ValidatingAdmissionPolicyBinding evercert-secrets',
      'ValidatingAdmissionPolicyBinding evercert-workloads',
    ]);
    const clusterWide = /^(Cluster|CustomResource|Validating)/;
    for (const { kind, metadata } of defaults) {
      assert.equal(metadata.namespace, clusterWide.test(kind) ? undefined : 'evercert', `${kind} ${metadata.name}`);
      assert.equal(metadata.labels?.['app.kubernetes.io/name'], 'evercert', `${kind} ${metadata.name}`);
    }
  });

  test('runs two replicas of each Deployment, never fewer during a roll-out, and one at least during a drain', () => {
    for (const { metadata, spec } of deployments) {
      assert.equal(spec.replicas, 2);
      assert.deepEqual(spec.strategy, { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } });
      const budget = only(defaults, 'PodDisruptionBudget', metadata.name).spec;
      assert.deepEqual([budget.maxUnavailable, budget.minAvailable], [1, undefined]);
      assert.deepEqual(budget.selector.matchLabels, spec.selector.matchLabels);
      assert.ok(selects(spec.selector.matchLabels, spec.template.metadata.labels));
      const spread = spec.template.spec.topologySpreadConstraints.map((each) => [
        each.topologyKey,
        each.whenUnsatisfiable,
      ]);
      assert.deepEqual(spread, [
        ['kubernetes.io/hostname', 'ScheduleAnyway'],
        ['topology.kubernetes.io/zone', 'ScheduleAnyway'],
      ]);
    }
  });

  test('meets the restricted Pod Security Standard, and writes to no root file system', () => {
    for (const { spec } of deployments) {
      const pod = spec.template.spec;
      assert.deepEqual(pod.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) assert.equal(pod[field], undefined, field);
      assert.equal(pod.automountServiceAccountToken, true);
      assert.equal(pod['enableServiceLinks'], false, 'a Service would set EVERCERT_RESPONDER_PORT');
      for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) {
        assert.deepEqual(container.securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          runAsNonRoot: true,
          capabilities: { drop: ['ALL'] },
        });
        assert.deepEqual(Object.keys(container.resources.requests).sort(), ['cpu', 'memory']);
        assert.ok(container.resources.limits['memory']);
      }
    }
    for (const name of ['evercert-operator', 'evercert-responder']) {
      assert.equal(only(defaults, 'ServiceAccount', name).automountServiceAccountToken, false);
    }
  });

  test('probes the telemetry port and starts each process with its flags', () => {
    for (const { spec } of deployments) {
      const [container] = spec.template.spec.containers;
      assert.deepEqual(container.livenessProbe.httpGet, { path: '/healthz', port: 'metrics' });
      assert.deepEqual(container.startupProbe.httpGet, { path: '/healthz', port: 'metrics' });
      assert.deepEqual(container.readinessProbe.httpGet, { path: '/readyz', port: 'metrics' });
      assert.equal(container.ports.find(({ name }) => name === 'metrics')?.containerPort, 9402);
      assert.equal(container.image, `${imageName}:${version}`);
    }
    assert.deepEqual(deployments[0]?.spec.template.spec.containers[0].args, [
      'operator',
      '--namespace=$(POD_NAMESPACE)',
      '--identity=$(POD_NAME)',
      '--pod-uid=$(POD_UID)',
      '--lease=evercert-operator',
      '--responder-service=evercert-responder',
      '--responder-port=80',
      '--telemetry-port=9402',
      '--log-level=info',
    ]);
    assert.deepEqual(deployments[1]?.spec.template.spec.containers[0].args, [
      'responder',
      '--namespace=$(POD_NAMESPACE)',
      '--port=8080',
      '--telemetry-port=9402',
      '--drain-seconds=5',
      '--log-level=info',
    ]);
  });

  test('mounts nothing, so that no pod waits for a kubelet to project what the operator makes after it', () => {
    assert.deepEqual(
      deployments.map(({ spec }) => spec.template.spec.volumes),
      [undefined, undefined],
    );
  });

  test('gives the responder more time to stop than it takes to drain', () => {
    assert.ok((deployments[1]?.spec.template.spec.terminationGracePeriodSeconds ?? 0) >= 15);
  });

  test('leads port 80 of the Service to ready responders, over IPv4 and IPv6', () => {
    const { spec } = only(defaults, 'Service', 'evercert-responder');
    assert.equal(spec.ipFamilyPolicy, 'PreferDualStack');
    const [port] = spec.ports;
    assert.deepEqual([port?.name, port?.port, port?.targetPort], ['http', 80, 'http']);
    const selected = deployments.filter((each) => selects(spec.selector, each.spec.template.metadata.labels));
    assert.deepEqual(
      selected.map(({ metadata }) => metadata.name),
      ['evercert-responder'],
    );
    const [container] = selected[0]?.spec.template.spec.containers ?? [];
    assert.equal(container?.ports.find(({ name }) => name === 'http')?.containerPort, 8080);
  });

  test('carries the version of the program, and asks for a cluster that has selectable fields', async () => {
    const about: unknown = parse(await readFile(join(chart, 'Chart.yaml'), 'utf8'));
    assert.partialDeepStrictEqual(about, { version, appVersion: version, kubeVersion: '>= 1.31.0-0' });
    await assert.rejects(runHelm(['template', chart, '--kube-version', '1.30.9']), /incompatible with Kubernetes/);
  });
});

describe('CRDs of the chart', () => {
  const crds = (manifests: readonly Manifest[]): Manifest[] =>
    manifests.filter(({ kind }) => kind === 'CustomResourceDefinition');

  test('are those of crds/, and are kept on uninstall', async () => {
    const files = await readdir(join(repository, 'crds'));
    assert.deepEqual(await readdir(join(chart, 'files', 'crds')), files);
    const sources = await Promise.all(files.map((name) => readFile(join(repository, 'crds', name), 'utf8')));
    const originals = sources.flatMap(parseManifests);
    assert.deepEqual(
      crds(defaults).map(({ metadata, spec }) => [metadata.name, spec]),
      originals.map(({ metadata, spec }) => [metadata.name, spec]),
    );
    for (const { metadata } of crds(defaults)) {
      assert.deepEqual(metadata.annotations, { 'helm.sh/resource-policy': 'keep' });
      assert.deepEqual(
        metadata.labels,
        { 'app.kubernetes.io/name': 'evercert' },
        'the next owner may be another release',
      );
    }
  });

  test('are left out where somebody else installs them', async () => {
    const manifests = await render(['crds.install=false']);
    assert.deepEqual(crds(manifests), []);
    assert.equal(manifests.length, defaults.length - 3);
  });

  test('may hold template braces in a description', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'evercert-chart-'));
    const copy = join(folder.path, 'evercert');
    await cp(chart, copy, { recursive: true });
    const file = join(copy, 'files', 'crds', 'certificates.yaml');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace(/description: .*/, "description: 'uses {{ .Values.nothing }} as it is'"));
    assert.match(JSON.stringify(await render([], 'evercert', copy)), /uses \{\{ \.Values\.nothing \}\} as it is/);
  });
});

describe('deploy/install.yaml', () => {
  test('is the namespace and the rendering, without the labels that say Helm manages it', async () => {
    const [namespace, ...manifests] = parseManifests(
      await readFile(join(repository, 'deploy', 'install.yaml'), 'utf8'),
    );
    assert.deepEqual([namespace?.kind, namespace?.metadata.name], ['Namespace', 'evercert']);
    const helms = new Set(['helm.sh/chart', 'app.kubernetes.io/managed-by']);
    const expected = structuredClone(defaults).map((object) => {
      const labels = Object.entries(object.metadata.labels ?? {}).filter(([key]) => !helms.has(key));
      return Object.assign(object, { metadata: { ...object.metadata, labels: Object.fromEntries(labels) } });
    });
    assert.deepEqual(manifests, expected);
  });
});
