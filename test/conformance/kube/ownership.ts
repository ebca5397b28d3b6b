import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import { secrets } from '../../../src/kube/index.ts';
import type { CustomResourceDefinition, JsonObject, StoredObject } from '../../sim/api-server/index.ts';
import { RawApi } from './raw-api.ts';
import type { Serve } from './server.ts';

/** The CRD of the Certificate. */
export const certificateDefinition = parse(readFileSync('crds/certificates.yaml', 'utf8')) as CustomResourceDefinition;

const spec = { secretName: 'web-tls', issuerRef: { name: 'ca' }, dnsNames: ['web.example'] };

function condition(type: string, status: string): JsonObject {
  return { type, status, reason: 'Issued', message: 'It is.', lastTransitionTime: '2026-01-01T00:00:00Z' };
}

function ownersOf({ metadata }: StoredObject): readonly string[] {
  const entries = metadata['managedFields'] as readonly { manager: string; operation: string; subresource?: string }[];
  return entries
    .map(({ manager, operation, subresource = '' }) => `${manager} ${operation} ${subresource}`.trim())
    .toSorted();
}

/** Which fields an apply sets, takes over, leaves alone and removes. */
export function ownership(serve: Serve): void {
  describe('server-side apply', () => {
    test('removes what its manager leaves out, and nothing that others own or nobody does', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      await api.create('web', { data: { posted: 'YQ==' } }, { manager: 'somebody' });
      await api.apply('web', { data: { mine: 'YQ==', shared: 'YQ==' } }, { manager: 'one' });
      await api.apply('web', { data: { shared: 'YQ==', theirs: 'YQ==' } }, { manager: 'two' });
      const { body } = await api.apply('web', { metadata: { labels: { app: 'web' } } }, { manager: 'one' });
      assert.deepEqual(body['data'], { posted: 'YQ==', shared: 'YQ==', theirs: 'YQ==' });
      assert.deepEqual(body.metadata.labels, { app: 'web' });
    });

    test('never removes the fields of a POST, which is why nothing that is applied later is made by one', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      await api.create('web', { data: { old: 'YQ==' } }, { manager: 'one' });
      const { body } = await api.apply('web', { data: { new: 'YQ==' } }, { manager: 'one', force: true });
      assert.deepEqual(body['data'], { old: 'YQ==', new: 'YQ==' });
      assert.deepEqual(ownersOf(body), ['one Apply', 'one Update']);
    });

    test('is refused where it would change what others own, with a cause for each field and manager', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      await api.apply('web', { data: { a: 'YQ==', b: 'YQ==' } }, { manager: 'one' });
      const { code, body } = await api.apply('web', { data: { a: 'Yg==', b: 'YQ==' } }, { manager: 'two' });
      assert.deepEqual([code, body.reason], [409, 'Conflict']);
      assert.deepEqual(body.details?.causes, [
        { reason: 'FieldManagerConflict', message: 'conflict with "one"', field: '.data.a' },
      ]);
      assert.equal(body.message, 'Apply failed with 1 conflict: conflict with "one": .data.a');
    });

    test('takes over by force what it changes, and shares what it says alike', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      await api.apply('web', { data: { a: 'YQ==', b: 'YQ==' } }, { manager: 'one' });
      await api.apply('web', { data: { a: 'Yg==', b: 'YQ==' } }, { manager: 'two', force: true });
      const { body } = await api.apply('web', {}, { manager: 'two' });
      assert.deepEqual([body['data'], ownersOf(body)], [{ b: 'YQ==' }, ['one Apply']]);
    });

    test('merges a list with keys item by item, and keeps the order that it has', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      await api.apply('web', { spec });
      const options = { manager: 'certificate', subresource: 'status' } as const;
      const ours = [condition('Ready', 'True'), condition('Issuing', 'False')];
      await api.apply('web', { status: { conditions: ours } }, { ...options, force: true });
      const reload = { manager: 'reload', subresource: 'status' } as const;
      await api.apply('web', { status: { conditions: [condition('Reloaded', 'True')] } }, reload);
      const { body } = await api.apply('web', { status: { conditions: [condition('Ready', 'False')] } }, options);
      const { conditions } = body['status'] as { conditions: readonly { type: string; status: string }[] };
      assert.deepEqual(
        conditions.map(({ type, status }) => `${type} ${status}`),
        ['Ready False', 'Reconciling True', 'Reloaded True'],
      );
      assert.deepEqual(ownersOf(body), ['certificate Apply status', 'reload Apply status', 'test Apply']);
    });

    test('owns a list without keys whole', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      await api.apply('web', { spec });
      const more = { spec: { ...spec, dnsNames: ['web.example', 'api.example'] } };
      const { code, body } = await api.apply('web', more, { manager: 'other' });
      assert.deepEqual([code, body.details?.causes?.map(({ field }) => field)], [409, ['.spec.dnsNames']]);
      const forced = await api.apply('web', more, { manager: 'other', force: true });
      assert.deepEqual((forced.body['spec'] as typeof spec).dnsNames, ['web.example', 'api.example']);
    });

    test('through the status changes nothing but the status, and through the main resource all but it', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      await api.apply('web', { spec, status: { revision: 7 } });
      const changed = {
        metadata: { labels: { app: 'web' } },
        spec: { ...spec, secretName: 'other' },
        status: { revision: 8 },
      };
      const through = await api.apply('web', changed, { manager: 'status', force: true, subresource: 'status' });
      const { metadata, spec: kept, status } = through.body as StoredObject & { spec: JsonObject; status: JsonObject };
      assert.deepEqual([metadata.labels, kept['secretName'], status['revision']], [undefined, 'web-tls', 8]);
      assert.equal(metadata.generation, 1);
      const main = await api.apply('web', { spec: { ...spec, secretName: 'third' }, status: { revision: 9 } });
      assert.deepEqual([main.body.metadata.generation, (main.body['status'] as JsonObject)['revision']], [2, 8]);
    });

    test('that changes nothing leaves the resourceVersion, but for the first write after an object with a default status was made', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      const versions: string[] = [];
      for (let each = 0; each < 3; each += 1)
        versions.push((await api.apply('web', { spec })).body.metadata.resourceVersion);
      assert.deepEqual([versions[0] === versions[1], versions[1] === versions[2]], [false, true]);
    });

    test('records a manager that says the same as another, and forgets one that says nothing any more', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      await api.apply('web', { data: { a: 'YQ==' } }, { manager: 'one' });
      const shared = await api.apply('web', { data: { a: 'YQ==' } }, { manager: 'two' });
      assert.deepEqual(ownersOf(shared.body), ['one Apply', 'two Apply']);
      const left = await api.apply('web', {}, { manager: 'one' });
      assert.deepEqual([ownersOf(left.body), left.body['data']], [['two Apply'], { a: 'YQ==' }]);
    });

    test('takes a field from a PUT that changes it, and nothing from one that does not', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      const { body } = await api.apply('web', { data: { a: 'YQ==', b: 'YQ==' } }, { manager: 'one' });
      const put = await api.replace(
        'web',
        { metadata: body.metadata, data: { a: 'Yg==', b: 'YQ==' } },
        { manager: 'two' },
      );
      assert.deepEqual([put.code, ownersOf(put.body)], [200, ['one Apply', 'two Update']]);
      const again = await api.apply('web', { data: { a: 'YQ==', b: 'YQ==' } }, { manager: 'one' });
      assert.deepEqual(again.body.details?.causes, [
        { reason: 'FieldManagerConflict', message: 'conflict with "two" using v1', field: '.data.a' },
      ]);
    });
  });
}
