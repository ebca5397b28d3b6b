import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { configMaps, deployments, leases, secrets } from '../../../src/kube/index.ts';
import { certificateDefinition } from './ownership.ts';
import type { Content } from './raw-api.ts';
import { RawApi, type Reply } from './raw-api.ts';
import { probeDefinition, type Serve } from './server.ts';

const spec = { secretName: 'web-tls', issuerRef: { name: 'ca' }, dnsNames: ['web.example'] };

/** The code, and each cause as `field: message`. */
function refusalOf({ code, body }: Reply): readonly [number, readonly string[]] {
  const causes = (body.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
  return [code, [...new Set(causes)].toSorted()];
}

/** What is refused, and in which words. */
export function refusals(serve: Serve): void {
  describe('a refusal', () => {
    test('names what it is about: the plural in a 404 and a 409, the kind in a 422', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const { group } = kind.resource;
      const api = new RawApi(server, kind.resource, own.namespace);
      const absent = (await api.get('web')).body;
      assert.deepEqual([absent.details, absent.reason], [{ name: 'web', group, kind: 'certificates' }, 'NotFound']);
      assert.equal(absent.message, `certificates.${group} "web" not found`);
      const invalid = (await api.apply('web', { spec: { ...spec, dnsNames: ['*.example'] } })).body;
      const { causes: _, ...details } = invalid.details ?? {};
      assert.deepEqual([details, invalid.reason], [{ name: 'web', group, kind: 'Certificate' }, 'Invalid']);
      await api.create('web', { spec });
      const there = (await api.create('web', { spec })).body;
      assert.deepEqual([there.details, there.reason], [{ name: 'web', group, kind: 'certificates' }, 'AlreadyExists']);
      const stale = (await api.apply('web', { metadata: { resourceVersion: '1' }, spec })).body;
      assert.deepEqual([stale.details, stale.reason], [{ name: 'web', group, kind: 'certificates' }, 'Conflict']);
    });

    test('of a CRD tells each rule that is broken, in the words of the CRD', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      const cases: readonly (readonly [object, RegExp])[] = [
        [
          { dnsNames: ['*.example'] },
          /^spec\.dnsNames\[0\]: Invalid value: "\*\.example": wildcard names cannot be proven/,
        ],
        [{ dnsNames: ['10.0.0.1'] }, /^spec\.dnsNames\[0\]: Invalid value: "10\.0\.0\.1": is an IP address/],
        [{ dnsNames: [] }, /^spec: Invalid value: name what the certificate is for/],
        [{ ipAddresses: ['web'] }, /^spec\.ipAddresses\[0\]: Invalid value: "web": is not an IP address/],
        [{ renewBefore: '1h', duration: '1h' }, /^spec\.renewBefore: Invalid value: must be shorter than duration/],
        [{ renewBefore: 'soon' }, /^spec\.renewBefore: Invalid value: "soon": is not a duration/],
        [{ renewBeforePercentage: 100 }, /^spec\.renewBeforePercentage: Invalid value: 100: must be from 1 to 99/],
        [
          { reload: { targets: [{ kind: 'Deployment', name: 'web' }] } },
          /^spec\.reload\.targets: Forbidden: named targets are not carried out/,
        ],
        [{ secretTemplate: { labels: { 'evercert.dev/x': 'y' } } }, /^spec\.secretTemplate\.labels: Invalid value: /],
      ];
      for (const [change, expected] of cases) {
        const [code, causes] = refusalOf(await api.apply('web', { spec: { ...spec, ...change } }));
        assert.equal(code, 422);
        assert.equal(causes.length, 1, causes.join('\n'));
        assert.match(causes[0] ?? '', expected);
      }
    });

    test('of what a schema demands silences every rule, and says so', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      const broken = { dnsNames: ['*.example'], privateKey: { algorithm: 'DSA' }, secretName: 'x'.repeat(254) };
      const [code, causes] = refusalOf(await api.apply('web', { spec: broken }));
      assert.equal(code, 422);
      assert.deepEqual(causes, [
        '<nil>: Invalid value: null: some validation rules were not checked because the object was invalid; correct the existing errors to complete validation',
        'spec.issuerRef: Required value',
        'spec.privateKey.algorithm: Unsupported value: "DSA": supported values: "ECDSA", "RSA", "Ed25519"',
        'spec.secretName: Too long: may not be more than 253 bytes',
      ]);
    });

    test('of the status of a CRD follows its schema too', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      await api.apply('web', { spec });
      const wrong = { notAfter: 'tomorrow', failure: { count: 1 } };
      const refused = refusalOf(await api.apply('web', { status: wrong }, { subresource: 'status' }));
      assert.equal(refused[0], 422);
      assert.deepEqual(
        refused[1].filter((cause) => cause.includes('Required')),
        ['status.failure.lastTime: Required value', 'status.failure.nextAttemptTime: Required value'],
      );
      assert.ok(
        refused[1].some((cause) =>
          cause.startsWith('status.notAfter: Invalid value: "tomorrow": notAfter in body must be'),
        ),
      );
    });

    test('leaves old faults be: what does not change is not checked again', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      await api.apply('web', { spec });
      const { code } = await api.apply('web', { metadata: { labels: { app: 'web' } }, spec });
      assert.equal(code, 200);
    });

    test('of a field that no schema declares is 500 for an apply, 400 for a POST and a PUT', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(probeDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      const content: Content = { spec: { values: 'x' } };
      const applied = await api.apply('probe', content);
      assert.deepEqual([applied.code, applied.body.reason], [500, undefined]);
      assert.match(
        applied.body.message ?? '',
        /^failed to create typed patch object .*: \.spec\.values: field not declared in schema$/,
      );
      const posted = await api.create('probe', content);
      assert.deepEqual([posted.code, posted.body.reason], [400, 'BadRequest']);
      assert.match(posted.body.message ?? '', /strict decoding error: unknown field "spec\.values"$/);
      const { body } = await api.create('probe', {});
      const put = await api.replace('probe', {
        metadata: { resourceVersion: body.metadata.resourceVersion },
        ...content,
      });
      assert.equal(put.code, 400);
    });

    test('of a Secret: its type never changes, a TLS Secret has both parts, an immutable one stays as it is', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      const tls = { type: 'kubernetes.io/tls', data: { 'tls.crt': 'YQ==', 'tls.key': 'YQ==' } };
      assert.deepEqual(refusalOf(await api.apply('web', { ...tls, data: { 'tls.crt': 'YQ==' } })), [
        422,
        ['data[tls.key]: Required value'],
      ]);
      await api.apply('web', tls);
      assert.deepEqual(refusalOf(await api.apply('web', { ...tls, type: 'Opaque' })), [
        422,
        ['type: Invalid value: "Opaque": field is immutable'],
      ]);
      await api.apply('web', { ...tls, immutable: true });
      const changed = { ...tls, immutable: true, data: { ...tls.data, 'tls.crt': 'Yg==' } };
      assert.deepEqual(refusalOf(await api.apply('web', changed)), [
        422,
        ['data: Forbidden: field is immutable when `immutable` is set'],
      ]);
      assert.equal(
        (await api.apply('web', { ...tls, immutable: true, metadata: { labels: { app: 'web' } } })).code,
        200,
      );
      assert.equal((await api.delete('web')).code, 200);
    });

    test('of a Deployment: it needs containers, and a selector that fits its pods and stays', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, deployments, own.namespace);
      assert.deepEqual(refusalOf(await api.apply('web', {})), [
        422,
        [
          'spec.selector: Required value',
          'spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`',
          'spec.template.spec.containers: Required value',
        ],
      ]);
      const template = {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'nginx' }] },
      };
      const deployment = { spec: { replicas: 0, selector: { matchLabels: { app: 'web' } }, template } };
      assert.equal((await api.apply('web', deployment)).code, 201);
      const labels = { app: 'web', tier: 'x' };
      const both = { ...template, metadata: { labels } };
      const other = { spec: { selector: { matchLabels: labels }, template: both } };
      const [code, causes] = refusalOf(await api.apply('web', other, { force: true }));
      assert.equal(code, 422);
      assert.deepEqual(
        causes.map((cause) => cause.replace(/: Invalid value: .*: /, ': ')),
        ['spec.selector: field is immutable'],
      );
    });

    test('of a PUT without a resourceVersion is a matter of its kind', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const maps = new RawApi(server, configMaps, own.namespace);
      await maps.create('web', { data: { a: 'one' } });
      assert.equal((await maps.replace('web', { data: { a: 'two' } })).code, 200);
      const held = new RawApi(server, leases, own.namespace);
      assert.equal((await held.replace('web', { spec: { holderIdentity: 'a' } })).code, 201, 'a PUT makes a Lease');
      assert.deepEqual(refusalOf(await held.replace('web', { spec: { holderIdentity: 'b' } })), [
        422,
        ['metadata.resourceVersion: Invalid value: 0: must be specified for an update'],
      ]);
      assert.equal((await maps.replace('absent', {})).code, 404);
    });

    test('of a name that is none, of another name than in the path, and of a manager that is not told', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      const [code, causes] = refusalOf(await api.apply('Not_a_name', {}));
      assert.deepEqual([code, causes.length], [422, 1]);
      assert.match(causes[0] ?? '', /^metadata\.name: Invalid value: "Not_a_name": a lowercase RFC 1123 subdomain/);
      assert.equal((await api.apply('web', { metadata: { name: 'other' } })).code, 400);
      assert.equal((await api.apply('web', { metadata: { namespace: 'other' } })).code, 400);
      assert.deepEqual(refusalOf(await api.apply('web', {}, { manager: '' })), [
        422,
        ['fieldManager: Required value: is required for apply patch'],
      ]);
    });
  });
}
