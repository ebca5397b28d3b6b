import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import {
  createOnly,
  deployments,
  type KubeObject,
  type ObjectMeta,
  type Ref,
  type Resource,
  secrets,
} from '../../../src/kube/index.ts';
import { ConflictError, TerminalError, TransientError } from '../../../src/runtime/index.ts';
import { probeDefinition, type Serve } from './server.ts';

interface Secret extends KubeObject {
  type?: string;
  data?: Record<string, string>;
}

const manager = 'evercert-certificate';
const stale = '999999999';

function secret(ref: Ref, value: string, metadata: Partial<ObjectMeta> = {}): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { ...ref, ...metadata },
    type: 'Opaque',
    data: { value: btoa(value) },
  };
}

/** What the steps of an issuance rely on: which writes are refused by what they carry. */
export function writeProtocol(serve: Serve): void {
  describe('the write protocol', () => {
    test('an apply that can only create makes what is absent and conflicts with what exists', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      const ref = { namespace: at.namespace, name: 'web' };
      const made = await client.apply<Secret>(secrets, createOnly(secret(ref, 'one')), { manager, force: true });
      assert.equal(made.data?.['value'], btoa('one'));
      assert.ok((made.metadata.uid ?? '').length > 0);
      await assert.rejects(
        client.apply(secrets, createOnly(secret(ref, 'two')), { manager, force: true }),
        ConflictError,
      );
      const read = await client.get<Secret>(secrets, ref);
      assert.equal(read?.data?.['value'], btoa('one'));
    });

    test('an apply with the resourceVersion and uid read changes the object, once', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      const ref = { namespace: at.namespace, name: 'web' };
      const made = await client.apply<Secret>(secrets, createOnly(secret(ref, 'one')), { manager });
      const { uid = '', resourceVersion = '' } = made.metadata;
      const changed = await client.apply<Secret>(secrets, secret(ref, 'two', { uid, resourceVersion }), { manager });
      assert.equal(changed.data?.['value'], btoa('two'));
      await assert.rejects(
        client.apply(secrets, secret(ref, 'three', { uid, resourceVersion }), { manager, force: true }),
        ConflictError,
      );
    });

    test('a wrong resourceVersion, a wrong uid and a uid of what is gone are conflicts, and write nothing', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      const ref = { namespace: at.namespace, name: 'web' };
      const made = await client.apply<Secret>(secrets, createOnly(secret(ref, 'one')), { manager });
      const { resourceVersion = '' } = made.metadata;
      const attempts = [
        secret(ref, 'two', { resourceVersion: stale }),
        secret(ref, 'two', { resourceVersion, uid: randomUUID() }),
        secret(ref, 'two', { uid: randomUUID() }),
        secret({ ...ref, name: 'absent' }, 'two', { uid: randomUUID() }),
        secret({ ...ref, name: 'absent' }, 'two', { uid: randomUUID(), resourceVersion }),
      ];
      for (const attempt of attempts) {
        await assert.rejects(client.apply(secrets, attempt, { manager, force: true }), ConflictError);
      }
      assert.equal((await client.get<Secret>(secrets, ref))?.metadata.resourceVersion, resourceVersion);
      assert.equal(await client.get(secrets, { ...ref, name: 'absent' }), undefined);
    });

    test('any resourceVersion creates what is absent without a uid, so only createOnly and a uid are safe', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      const ref = { namespace: at.namespace, name: 'web' };
      const outcome = await client
        .apply<Secret>(secrets, secret(ref, 'one', { resourceVersion: stale }), { manager })
        .then(
          () => 'created',
          (error: unknown) => (error instanceof ConflictError ? 'conflict' : error),
        );
      assert.equal(outcome, 'created');
    });

    test('a field that another manager owns is a conflict without force', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      const ref = { namespace: at.namespace, name: 'web' };
      await client.apply(secrets, createOnly(secret(ref, 'one')), { manager: 'somebody' });
      await assert.rejects(client.apply(secrets, secret(ref, 'two'), { manager }), ConflictError);
      await client.apply(secrets, secret(ref, 'two'), { manager, force: true });
    });

    test('the status of a custom kind is guarded by its resourceVersion; a wrong uid is accepted', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      await using kind = await server.ownKind(probeDefinition);
      const ref = { namespace: at.namespace, name: 'web' };
      const probe = (metadata: Partial<ObjectMeta>, rest: object): KubeObject => {
        const object = {
          apiVersion: `${kind.resource.group}/v1`,
          kind: 'Probe',
          metadata: { ...ref, ...metadata },
          ...rest,
        };
        return object;
      };
      const made = await client.apply(kind.resource, createOnly(probe({}, { spec: { value: 'one' } })), { manager });
      const { resourceVersion = '' } = made.metadata;
      const options = { manager, subresource: 'status' as const, force: true };
      const status = (metadata: Partial<ObjectMeta>, value: string): Promise<KubeObject> =>
        client.apply(kind.resource, probe(metadata, { status: { value } }), options);
      const written = await status({ resourceVersion }, 'one');
      await assert.rejects(status({ resourceVersion }, 'two'), ConflictError);
      await assert.rejects(status({ name: 'absent', resourceVersion }, 'three'), ConflictError);
      await assert.rejects(status({ name: 'absent', resourceVersion: '1' }, 'three'), ConflictError);
      const last = await status({ resourceVersion: written.metadata.resourceVersion ?? '', uid: randomUUID() }, 'four');
      assert.equal(last.metadata.uid, made.metadata.uid);
      const main = probe(
        { resourceVersion: last.metadata.resourceVersion ?? '', uid: randomUUID() },
        { spec: { value: 'two' } },
      );
      await assert.rejects(client.apply(kind.resource, main, { manager }), ConflictError);
      await assert.rejects(
        client.apply(kind.resource, probe({ name: 'absent', uid: randomUUID() }, {}), { manager }),
        ConflictError,
      );
    });

    test('a field that the schema does not have is answered 500: transient, for its CRD may be upgraded, and named', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      await using kind = await server.ownKind(probeDefinition);
      const ref = { namespace: at.namespace, name: 'web' };
      const probe = (rest: object): KubeObject => ({
        apiVersion: `${kind.resource.group}/v1`,
        kind: 'Probe',
        metadata: ref,
        ...rest,
      });
      const undeclared = { datum: {} };
      const attempts: readonly (readonly [Resource, KubeObject, RegExp])[] = [
        [kind.resource, probe({ spec: { values: 'x' } }), /\.spec\.values/],
        [kind.resource, probe({ spec: { value: 7 } }), /\.spec\.value/],
        [secrets, { ...secret(ref, 'one'), ...undeclared }, /\.datum/],
      ];
      for (const [resource, object, field] of attempts) {
        await assert.rejects(
          client.apply(resource, object, { manager }),
          (error) => error instanceof TransientError && field.test(error.message),
        );
      }
    });

    test('a value that the API server refuses is terminal', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      const invalid: KubeObject = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { namespace: at.namespace, name: 'web' },
      };
      await assert.rejects(client.apply(deployments, invalid, { manager }), TerminalError);
    });

    test('a kind that is not served is transient, also when it is read', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      const ref = { namespace: at.namespace, name: 'web' };
      const unserved: Resource[] = [
        { group: 'evercert.example', version: 'v1', plural: 'certificates', kind: 'Certificate', namespaced: true },
        { group: 'apps', version: 'v1', plural: 'certificates', kind: 'Certificate', namespaced: true },
      ];
      for (const resource of unserved) {
        const object = { apiVersion: `${resource.group}/v1`, kind: 'Certificate', metadata: ref };
        await assert.rejects(client.get(resource, ref), TransientError);
        await assert.rejects(client.apply(resource, object, { manager }), TransientError);
      }
    });

    test('in a namespace that is gone an apply is a conflict, a read is undefined', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      const ref = { namespace: `${at.namespace}-absent`, name: 'web' };
      await assert.rejects(client.apply(secrets, createOnly(secret(ref, 'one')), { manager }), ConflictError);
      assert.equal(await client.get(secrets, ref), undefined);
    });

    test('a delete means one object, and is fine with none', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      const ref = { namespace: at.namespace, name: 'web' };
      const made = await client.apply<Secret>(secrets, createOnly(secret(ref, 'one')), { manager });
      const { uid = '', resourceVersion = '' } = made.metadata;
      await assert.rejects(client.remove(secrets, ref, { uid: randomUUID() }), ConflictError);
      await assert.rejects(client.remove(secrets, ref, { uid, resourceVersion: '1' }), ConflictError);
      await client.remove(secrets, ref, { uid, resourceVersion });
      await client.remove(secrets, ref, { uid });
      assert.equal(await client.get(secrets, ref), undefined);
    });

    test('a refusal of the type of a Secret names no value of it', async () => {
      await using server = await serve();
      await using at = await server.ownNamespace();
      const { client } = server;
      const ref = { namespace: at.namespace, name: 'web' };
      const made = await client.apply<Secret>(secrets, createOnly(secret(ref, 'canary-one')), { manager });
      const { uid = '' } = made.metadata;
      const retyped: Secret = { ...secret(ref, 'canary-two', { uid }), type: 'kubernetes.io/tls' };
      await assert.rejects(client.apply(secrets, retyped, { manager, force: true }), (error) => {
        assert.ok(error instanceof TerminalError);
        for (const canary of ['canary', btoa('canary-one'), btoa('canary-two')])
          assert.ok(!error.message.includes(canary), error.message);
        return true;
      });
    });
  });
}
