import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Meta } from '../../sim/api-server/index.ts';
import { RawApi } from './raw-api.ts';
import { probeDefinition, type Serve } from './server.ts';

/** What a write carries of a version: none, that of now, an older one, or the one that no object ever has. */
type Version = 'none' | 'current' | 'older' | 'one';
/** What it carries of a uid: none, that of the object (or of one that is gone), or another one. */
type Uid = 'none' | 'own' | 'other';

const otherUid = '6f2c1d7e-93a1-4b7e-8c55-000000000000';
const versions: readonly Version[] = ['none', 'current', 'older', 'one'];
const uids: readonly Uid[] = ['none', 'own', 'other'];

/** What the API server answers to an apply of the main resource that is forced. */
function codeOfMain(exists: boolean, version: Version, uid: Uid): number {
  if (!exists) return uid === 'none' ? 201 : 409;
  if (version === 'older' || version === 'one') return 409;
  return uid === 'other' ? 422 : 200;
}

/** The same of the status: its uid is not looked at, and it never makes an object. */
function codeOfStatus(exists: boolean, version: Version): number {
  if (!exists) return 404;
  return version === 'older' || version === 'one' ? 409 : 200;
}

/** Every combination of an object that is there or not with what an apply carries. */
export function preconditions(serve: Serve): void {
  describe('an apply that carries preconditions', () => {
    for (const subresource of [undefined, 'status'] as const) {
      for (const exists of [true, false]) {
        const target = `${subresource ?? 'main'} of an object that is ${exists ? 'there' : 'gone'}`;
        test(`to the ${target} is answered by its resourceVersion and uid`, async () => {
          await using server = await serve();
          await using own = await server.ownNamespace();
          await using kind = await server.ownKind(probeDefinition);
          const api = new RawApi(server, kind.resource, own.namespace);
          for (const version of versions) {
            for (const uid of uids) {
              const name = `probe-${version}-${uid}`;
              const first = (await api.apply(name, { spec: { value: 'one' } })).body.metadata;
              const second = (await api.apply(name, { spec: { value: 'two' } })).body.metadata;
              if (!exists) await api.delete(name);
              const metadata = metadataOf(version, uid, { first, second });
              const content = { metadata, spec: { value: 'three' }, status: { value: 'three' } };
              const options = { force: true, ...(subresource === undefined ? {} : { subresource }) };
              const { code } = await api.apply(name, content, options);
              const expected =
                subresource === undefined ? codeOfMain(exists, version, uid) : codeOfStatus(exists, version);
              assert.equal(code, expected, `resourceVersion ${version}, uid ${uid}`);
            }
          }
        });
      }
    }

    test('that are refused writes nothing', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(probeDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      await api.apply('probe', { spec: { value: 'one' } });
      const before = (await api.apply('probe', { spec: { value: 'two' } })).body;
      for (const metadata of [{ resourceVersion: '1' }, { uid: otherUid }]) {
        const { code } = await api.apply('probe', { metadata, spec: { value: 'three' } }, { force: true });
        assert.ok(code >= 400, String(code));
      }
      assert.deepEqual((await api.get('probe')).body, before);
    });
  });
}

function metadataOf(version: Version, uid: Uid, seen: { readonly first: Meta; readonly second: Meta }): Partial<Meta> {
  const versionOf = {
    none: undefined,
    current: seen.second.resourceVersion,
    older: seen.first.resourceVersion,
    one: '1',
  };
  const uidOf = { none: undefined, own: seen.second.uid, other: otherUid };
  const given = { resourceVersion: versionOf[version], uid: uidOf[uid] };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
