import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { secrets } from '../../../src/kube/index.ts';
import { certificateDefinition } from './ownership.ts';
import { RawApi, type WatchEvent } from './raw-api.ts';
import { probeDefinition, type Serve } from './server.ts';

const metadataList = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io';
const metadataAlone = 'application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io';

/** Lists in pages, and what selects. */
export function lists(serve: Serve): void {
  describe('a list', () => {
    test('in pages shows the state of its first page to the end', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(probeDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      for (const name of ['a', 'b', 'c']) await api.apply(name, { spec: { value: 'old' } });
      const first = (await api.list({ limit: 1 })).body;
      assert.deepEqual(
        [first.items.map(({ metadata }) => metadata.name), first.metadata.remainingItemCount],
        [['a'], 2],
      );
      await api.apply('b', { spec: { value: 'new' } });
      await api.delete('c');
      await api.apply('d', { spec: { value: 'new' } });
      const rest = (await api.list({ limit: 5, continue: first.metadata.continue ?? '' })).body;
      assert.deepEqual(
        rest.items.map(({ metadata, spec }) => [metadata.name, spec]),
        [
          ['b', { value: 'old' }],
          ['c', { value: 'old' }],
        ],
      );
      assert.equal(rest.metadata.resourceVersion, first.metadata.resourceVersion);
    });

    test('is sorted by name, and selected by labels', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      await api.apply('c', { metadata: { labels: { app: 'web', tier: 'front' } } });
      await api.apply('a', { metadata: { labels: { app: 'api' } } });
      await api.apply('b', {});
      const selected: readonly (readonly [string, readonly string[]])[] = [
        ['', ['a', 'b', 'c']],
        ['app=web', ['c']],
        ['app==web,tier', ['c']],
        ['app!=web', ['a', 'b']],
        ['app in (web, api)', ['a', 'c']],
        ['app notin (web)', ['a', 'b']],
        ['!app', ['b']],
        ['app', ['a', 'c']],
        ['app=web,!tier', []],
      ];
      for (const [labelSelector, names] of selected) {
        assert.deepEqual(await api.names({ labelSelector }), names, labelSelector);
      }
    });

    test('is selected by name, by the fields that its kind knows, and refused by any other', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      for (const secretName of ['one', 'two']) {
        await api.apply(secretName, { spec: { secretName, issuerRef: { name: 'ca' }, dnsNames: ['web.example'] } });
      }
      assert.deepEqual(await api.names({ fieldSelector: 'metadata.name=one' }), ['one']);
      assert.deepEqual(await api.names({ fieldSelector: 'spec.secretName=two,metadata.name!=one' }), ['two']);
      assert.deepEqual(await api.names({ fieldSelector: 'status.order.state=pending' }), []);
      assert.deepEqual(await api.names({ fieldSelector: 'status.order.state=' }), ['one', 'two']);
      assert.equal((await api.list({ fieldSelector: 'spec.commonName=x' })).code, 400);
      const typed = new RawApi(server, secrets, own.namespace);
      await typed.apply('opaque', { type: 'Opaque' });
      await typed.apply('other', { type: 'example.com/other' });
      assert.deepEqual(await typed.names({ fieldSelector: 'type=example.com/other' }), ['other']);
      assert.equal((await typed.list({ fieldSelector: 'data=x' })).code, 400);
    });

    test('of metadata alone leaves out the rest, and names no kind of its own', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      await api.apply('web', { data: { a: 'YQ==' } });
      const { body } = await api.list({}, metadataList);
      assert.equal(body.kind, 'PartialObjectMetadataList');
      assert.deepEqual(
        body.items.map((item) => Object.keys(item).toSorted()),
        [['apiVersion', 'kind', 'metadata']],
      );
      assert.equal(body.items[0]?.kind, 'PartialObjectMetadata');
      const whole = (await api.list()).body.items.map((item) => Object.keys(item).toSorted());
      assert.deepEqual(whole, [['data', 'metadata', 'type']]);
    });
  });
}

/** What watches tell. */
export function watches(serve: Serve): void {
  describe('a watch', () => {
    test('tells each change since its resourceVersion, in order', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      const { resourceVersion } = (await api.list()).body.metadata;
      await api.apply('web', { data: { a: 'YQ==' } });
      await api.apply('web', { data: { a: 'Yg==' } });
      await using watch = await api.watch({ resourceVersion });
      await api.delete('web');
      const events = await watch.take(3);
      assert.deepEqual(events.map(describeEvent), ['ADDED web', 'MODIFIED web', 'DELETED web']);
      assert.deepEqual(
        events.map(({ object }) => object['data']),
        [{ a: 'YQ==' }, { a: 'Yg==' }, { a: 'Yg==' }],
      );
      const versions = events.map(({ object }) => object.metadata.resourceVersion);
      assert.equal(new Set(versions).size, 3, 'a deletion has a resourceVersion of its own');
    });

    test('with a selector tells of objects that begin to match and cease to', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      const { resourceVersion } = (await api.list()).body.metadata;
      await using watch = await api.watch({ resourceVersion, labelSelector: 'app=web' });
      await api.apply('web', {});
      await api.apply('web', { metadata: { labels: { app: 'web' } } });
      await api.apply('web', { metadata: { labels: { app: 'web' } }, data: { a: 'YQ==' } });
      await api.apply('web', { metadata: { labels: { app: 'api' } } });
      await api.delete('web');
      await api.apply('last', { metadata: { labels: { app: 'web' } } });
      const events = await watch.take(4);
      assert.deepEqual(events.map(describeEvent), ['ADDED web', 'MODIFIED web', 'DELETED web', 'ADDED last']);
      assert.deepEqual(events[2]?.object.metadata.labels, { app: 'web' }, 'as it was when it matched last');
    });

    test('on a field that a CRD names tells of objects that begin to match and cease to', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(certificateDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      await api.apply('web', { spec: { secretName: 'web', issuerRef: { name: 'ca' }, dnsNames: ['web.example'] } });
      const { resourceVersion } = (await api.list()).body.metadata;
      await using watch = await api.watch({ resourceVersion, fieldSelector: 'status.order.state=pending' });
      for (const state of ['pending', 'ready', 'pending']) {
        const order = { url: 'https://ca.example/1', state, revision: 1, thumbprint: 'x', identifiers: [] };
        await api.apply('web', { status: { order } }, { subresource: 'status', force: true });
      }
      assert.deepEqual((await watch.take(3)).map(describeEvent), ['ADDED web', 'DELETED web', 'ADDED web']);
    });

    test('without a resourceVersion begins with what is there', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      await api.apply('a', {});
      await using watch = await api.watch();
      assert.deepEqual((await watch.take(1)).map(describeEvent), ['ADDED a']);
      await api.apply('b', {});
      assert.deepEqual((await watch.take(1)).map(describeEvent), ['ADDED b']);
    });

    test('of metadata alone tells nothing else', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      const api = new RawApi(server, secrets, own.namespace);
      const { resourceVersion } = (await api.list()).body.metadata;
      await using watch = await api.watch({ resourceVersion }, metadataAlone);
      await api.apply('web', { data: { a: 'YQ==' } });
      const [event] = await watch.take(1);
      assert.deepEqual([event?.object.kind, event?.object['data']], ['PartialObjectMetadata', undefined]);
      assert.equal(event?.object.metadata.name, 'web');
    });

    test('from a resourceVersion that is too old is told so by an ERROR event, and ended', async () => {
      await using server = await serve();
      await using own = await server.ownNamespace();
      await using kind = await server.ownKind(probeDefinition);
      const api = new RawApi(server, kind.resource, own.namespace);
      await server.forgetHistory();
      await using watch = await api.watch({ resourceVersion: '1' });
      const events = await watch.take(2);
      assert.deepEqual(
        events.map(({ type, object }) => [type, object.kind, object.code, object.reason]),
        [['ERROR', 'Status', 410, 'Expired']],
      );
    });
  });
}

function describeEvent({ type, object }: WatchEvent): string {
  return `${type} ${object.metadata.name}`;
}
