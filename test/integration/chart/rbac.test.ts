import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { only, type Rule, render } from './render.ts';

const manifests = await render();
const rulesOf = (kind: string, name: string): readonly Rule[] => only(manifests, kind, name).rules;
const everyRule = manifests.flatMap(({ kind, rules }) => (kind.endsWith('Role') ? rules : []));

/** One line a rule: `verbs group/resources`, with the names it is bound to. */
const told = (rules: readonly Rule[]): string[] =>
  rules.map(({ verbs, apiGroups, resources, resourceNames = [] }) =>
    `${verbs.join(',')} ${apiGroups.join(',')}/${resources.join(',')} ${resourceNames.join(',')}`.trim(),
  );

describe('RBAC of the chart', () => {
  test('has no wildcard, and no verb that widens rights', () => {
    for (const { apiGroups, resources, verbs } of everyRule) {
      assert.ok(![...apiGroups, ...resources, ...verbs].includes('*'));
      for (const verb of ['escalate', 'bind', 'impersonate', 'deletecollection'])
        assert.ok(!verbs.includes(verb), verb);
    }
  });

  test('lets nobody delete or replace a Secret', () => {
    const verbs = everyRule.filter(({ resources }) => resources.includes('secrets')).flatMap((rule) => rule.verbs);
    assert.deepEqual(verbs, ['get', 'list', 'watch', 'create', 'patch']);
  });

  test('lets the operator do this in every namespace', () => {
    assert.deepEqual(told(rulesOf('ClusterRole', 'evercert-operator')), [
      'get,list,watch evercert.dev/certificates,issuers,clusterissuers',
      'patch evercert.dev/certificates/status,issuers/status,clusterissuers/status',
      'get,list,watch,create,patch /secrets',
      'get cert-manager.io/certificates',
      'get,list,watch /pods',
      'get,list,watch,patch apps/deployments,statefulsets,daemonsets',
      'get,list,watch networking.k8s.io/ingressclasses',
      'create,patch events.k8s.io/events',
    ]);
  });

  test('lets the operator do this in its own namespace', () => {
    assert.deepEqual(told(rulesOf('Role', 'evercert-operator')), [
      'get,list,watch,create,patch,delete networking.k8s.io/ingresses',
      'get,list,watch discovery.k8s.io/endpointslices',
      'get,create,patch /configmaps evercert-installation,evercert-ledger',
      'create coordination.k8s.io/leases',
      'get,update coordination.k8s.io/leases evercert-operator',
    ]);
  });

  test('lets the responder list and watch Certificates, read the id of the installation, and nothing else', () => {
    assert.deepEqual(told(rulesOf('ClusterRole', 'evercert-responder')), ['list,watch evercert.dev/certificates']);
    assert.deepEqual(told(rulesOf('Role', 'evercert-responder')), ['get /configmaps evercert-installation']);
    const roles = manifests.filter(
      ({ kind, subjects }) =>
        kind.endsWith('RoleBinding') && subjects.some(({ name }) => name === 'evercert-responder'),
    );
    assert.deepEqual(
      roles.map(({ roleRef }) => `${roleRef.kind} ${roleRef.name}`),
      ['ClusterRole evercert-responder', 'Role evercert-responder'],
    );
  });

  test('binds the accounts that the Deployments run as', () => {
    for (const name of ['evercert-operator', 'evercert-responder']) {
      assert.equal(only(manifests, 'Deployment', name).spec.template.spec.serviceAccountName, name);
      const [subject, other] = only(manifests, 'ClusterRoleBinding', name).subjects;
      assert.deepEqual([subject?.name, subject?.namespace, other], [name, 'evercert', undefined]);
    }
  });

  test('is left out where somebody else grants it', async () => {
    const without = await render(['rbac.create=false']);
    assert.deepEqual(
      without.filter(({ apiVersion }) => apiVersion.startsWith('rbac.')),
      [],
    );
  });

  test('follows the account and the lease of another release', async () => {
    const other = await render(['operator.serviceAccount={"create":false,"name":"own"}'], 'second');
    assert.equal(only(other, 'RoleBinding', 'second-evercert-operator').subjects[0]?.name, 'own');
    assert.ok(
      told(only(other, 'Role', 'second-evercert-operator').rules).some((rule) =>
        rule.endsWith('second-evercert-operator'),
      ),
    );
    const { spec } = only(other, 'Deployment', 'second-evercert-operator');
    assert.ok(spec.template.spec.containers[0].args.includes('--lease=second-evercert-operator'));
    assert.equal(spec.template.spec.serviceAccountName, 'own');
    assert.deepEqual(other.filter(({ kind }) => kind === 'ServiceAccount').length, 1);
  });
});

describe('fences of the chart', () => {
  const policies = manifests.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');

  test('judge the account that the operator runs as, and deny', () => {
    for (const { metadata, spec } of policies) {
      const expression = "request.userInfo.username == 'system:serviceaccount:evercert:evercert-operator'";
      assert.deepEqual(spec['matchConditions'], [{ name: 'is-the-operator', expression }]);
      assert.equal(spec['failurePolicy'], 'Fail');
      const binding = only(manifests, 'ValidatingAdmissionPolicyBinding', metadata.name).spec;
      assert.deepEqual([binding['policyName'], binding['validationActions']], [metadata.name, ['Deny']]);
    }
  });

  test('can be left out one by one', async () => {
    const without = await render(['fences.workloads=false']);
    const named = without.filter(({ kind }) => kind.startsWith('Validating')).map(({ metadata }) => metadata.name);
    assert.deepEqual(named, ['evercert-secrets', 'evercert-secrets']);
  });
});
