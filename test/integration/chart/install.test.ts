import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { runHelm } from '../../../build/generate/helm.ts';
import { installCrds, kubectl, kubectlSucceeds } from '../api/kubectl.ts';
import { chart } from './render.ts';

const suffix = randomBytes(4).toString('hex');
/** Where the chart is installed, and where users are. */
const own = `chart-${suffix}`;
const users = `chart-users-${suffix}`;
const release = `evercert-${suffix}`;
const account = (component: string): string => `--as=system:serviceaccount:${own}:${release}-${component}`;

// Other tests of this cluster have applied the CRDs by kubectl; a release takes them over as a user's would.
const install = async (name: string, ...flags: string[]): Promise<string> =>
  runHelm(['install', name, chart, '--namespace', own, '--force-conflicts', ...flags]);

before(async () => {
  installCrds();
  for (const namespace of [own, users]) kubectlSucceeds(['create', 'namespace', namespace]);
  await install(release, '--take-ownership');
});
after(async () => {
  await runHelm(['uninstall', release, '--namespace', own, '--ignore-not-found']);
  for (const namespace of [own, users]) kubectlSucceeds(['delete', 'namespace', namespace, '--wait=false']);
});

describe('an installed chart', () => {
  const rights: readonly (readonly [component: string, question: string, answer: 'yes' | 'no'])[] = [
    ['operator', `list secrets -n ${users}`, 'yes'],
    ['operator', `delete secrets -n ${users}`, 'no'],
    ['operator', `update secrets -n ${users}`, 'no'],
    ['operator', `delete certificates.evercert.dev -n ${users}`, 'no'],
    ['operator', `patch certificates.evercert.dev -n ${users}`, 'no'],
    ['operator', `patch certificates.evercert.dev --subresource=status -n ${users}`, 'yes'],
    ['operator', `create ingresses.networking.k8s.io -n ${own}`, 'yes'],
    ['operator', `create ingresses.networking.k8s.io -n ${users}`, 'no'],
    ['operator', `update leases.coordination.k8s.io/${release}-operator -n ${own}`, 'yes'],
    ['operator', `update leases.coordination.k8s.io/another -n ${own}`, 'no'],
    ['operator', `create pods --subresource=exec -n ${users}`, 'no'],
    ['responder', `watch certificates.evercert.dev -n ${users}`, 'yes'],
    ['responder', `get secrets -n ${users}`, 'no'],
    ['responder', `get configmaps -n ${own}`, 'no'],
    ['responder', `get configmaps/evercert-installation -n ${own}`, 'yes'],
    ['responder', `patch configmaps/evercert-installation -n ${own}`, 'no'],
  ];
  for (const [component, question, answer] of rights) {
    test(`answers ${answer} when the ${component} asks to ${question.replaceAll(suffix, '').replace(/ -n .*/, '')}`, () => {
      assert.equal(kubectl(['auth', 'can-i', ...question.split(' '), account(component)]).stdout.trim(), answer);
    });
  }

  test('lets the operator make the one ConfigMap that it names, and no other', () => {
    const configMap = (name: string): object => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: own },
    });
    const apply = ['apply', '--server-side', '--field-manager=test', '-f', '-', account('operator')];
    kubectlSucceeds(apply, [configMap('evercert-installation')]);
    assert.match(kubectl(apply, [configMap('another')]).stderr, /cannot create|cannot patch/);
  });
});

describe('fences of an installed chart', () => {
  before(async () => {
    kubectlSucceeds(['apply', '-f', '-'], [deployment('web'), secret('foreign'), secret('given', { adopt: true })]);
    await untilFenced();
  });

  const template = (metadata: object): object => ({ spec: { template: { metadata } } });
  const denied: readonly (readonly [name: string, patch: object, message: RegExp])[] = [
    [
      'another annotation of the pod template',
      template({ annotations: { other: '2' } }),
      /no annotation of a pod template/,
    ],
    ['an annotation away', template({ annotations: { other: null } }), /no annotation of a pod template/],
    ['a label of the pod template', template({ labels: { tier: 'b' } }), /changes no pod/],
    ['the pod', { spec: { template: { spec: { serviceAccountName: 'root' } } } }, /changes no pod/],
    ['the replicas', { spec: { replicas: 0 } }, /nothing of a workload but its pod template/],
    ['whether roll-outs are paused', { spec: { paused: true } }, /nothing of a workload but its pod template/],
  ];
  for (const [name, patch, message] of denied) {
    test(`keep the operator from changing ${name} of a workload`, () => {
      assert.match(patchWorkload(patch, account('operator')).stderr, message);
    });
  }

  test('let the operator set and drop its annotation', () => {
    for (const value of ['1', '2', null]) {
      const { status, stderr } = patchWorkload(
        template({ annotations: { 'evercert.dev/certificates': value } }),
        account('operator'),
      );
      assert.equal(status, 0, stderr);
    }
  });

  test('leave everybody else alone', () => {
    assert.equal(patchWorkload({ spec: { replicas: 3 } }).status, 0);
    kubectlSucceeds(['annotate', 'secret', 'foreign', 'seen=true', '-n', users]);
  });

  const secrets: readonly (readonly [name: string, object: object, message: RegExp])[] = [
    ['without the label', secret('mine'), /carry the label/],
    [
      'that would be filled with a token',
      secret('mine', { ours: true, type: 'kubernetes.io/service-account-token' }),
      /types? kubernetes\.io\/tls and Opaque alone/,
    ],
    ['that somebody else made', secret('foreign', { ours: true }), /that it made, or that the annotation/],
  ];
  for (const [name, object, message] of secrets) {
    test(`keep the operator from writing a Secret ${name}`, () => {
      assert.match(applyAsOperator(object).stderr, message);
    });
  }

  test('let the operator write Secrets of its own, and take over those given to it', () => {
    for (const object of [
      secret('made', { ours: true }),
      secret('made', { ours: true }),
      secret('given', { ours: true }),
    ]) {
      const { status, stderr } = applyAsOperator(object);
      assert.equal(status, 0, stderr);
    }
  });
});

describe('uninstalling the chart', () => {
  test('keeps the CRDs and every Certificate, and a second installation of the name takes them up', async () => {
    const spec = { secretName: 'www-tls', dnsNames: ['www.example.com'], issuerRef: { name: 'any' } };
    const certificate = {
      apiVersion: 'evercert.dev/v1',
      kind: 'Certificate',
      metadata: { name: 'www', namespace: users },
      spec,
    };
    kubectlSucceeds(['apply', '-f', '-'], [certificate]);
    const uid = (): string => kubectlSucceeds(['get', 'evcert', 'www', '-n', users, '-o', 'jsonpath={.metadata.uid}']);
    const first = uid();

    assert.match(await runHelm(['uninstall', release, '--namespace', own]), /kept due to the resource policy/);
    assert.equal(uid(), first);
    await install(release);
    assert.equal(uid(), first);
  });

  test('lets another release have the CRDs only when it is told to take them', async () => {
    await runHelm(['uninstall', release, '--namespace', own]);
    await assert.rejects(install(`other-${suffix}`), /invalid ownership metadata/);
    await install(`other-${suffix}`, '--take-ownership');
    await runHelm(['uninstall', `other-${suffix}`, '--namespace', own]);
    kubectlSucceeds(['get', 'evcert', 'www', '-n', users]);
  });
});

function deployment(name: string): object {
  const container = { name: 'web', image: 'example.org/web:1' };
  const metadata = { labels: { app: name, tier: 'a' }, annotations: { other: '1' } };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: users },
    spec: { selector: { matchLabels: { app: name } }, template: { metadata, spec: { containers: [container] } } },
  };
}

function secret(name: string, { ours = false, adopt = false, type = 'Opaque' } = {}): object {
  const annotations = {
    ...(adopt ? { 'evercert.dev/adopt': 'true' } : {}),
    ...(type === 'Opaque' ? {} : { 'kubernetes.io/service-account.name': 'default' }),
  };
  const labels = ours ? { 'app.kubernetes.io/managed-by': 'evercert' } : {};
  return { apiVersion: 'v1', kind: 'Secret', type, metadata: { name, namespace: users, labels, annotations } };
}

function patchWorkload(patch: object, ...flags: string[]): ReturnType<typeof kubectl> {
  return kubectl(['patch', 'deployment', 'web', '-n', users, '--type=merge', '-p', JSON.stringify(patch), ...flags]);
}

function applyAsOperator(object: object): ReturnType<typeof kubectl> {
  return kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-', account('operator')], [object]);
}

/** An API server reads new policies after a moment: asks without effect until both deny. */
async function untilFenced(): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; ) {
    const workload = patchWorkload({ spec: { paused: true } }, '--dry-run=server', account('operator'));
    const foreign = kubectl(
      ['apply', '--server-side', '--dry-run=server', '-f', '-', account('operator')],
      [secret('none')],
    );
    if (workload.status !== 0 && foreign.status !== 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the API server did not enforce the policies within 30 s');
}
