import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { connect, ForbiddenError, type KubeObject, secrets } from '../../../src/kube/index.ts';
import { ConflictError, TerminalError, TransientError } from '../../../src/runtime/index.ts';
import { scriptedServer } from '../../kit/api-server.ts';

const web = { namespace: 'default', name: 'web' };
const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: web };
const status = (reason: string, details: object = { name: 'web', kind: 'secrets' }): string =>
  JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', message: `said ${reason}`, reason, details });

type Verb = 'get' | 'apply' | 'replace' | 'patch' | 'create' | 'remove';
type ErrorClass = typeof ConflictError | typeof ForbiddenError | typeof TransientError | typeof TerminalError;

async function call(verb: Verb, kubeconfig: string): Promise<unknown> {
  const client = connect({ kubeconfig, userAgent: 'test' });
  try {
    if (verb === 'get') return await client.get(secrets, web);
    if (verb === 'apply') return await client.apply(secrets, secret, { manager: 'test' });
    if (verb === 'replace') return await client.replace(secrets, secret);
    if (verb === 'patch') return await client.patch(secrets, web, {});
    if (verb === 'create') return await client.create(secrets, secret);
    return await client.remove(secrets, web, { uid: 'one' });
  } finally {
    await client.close();
  }
}

describe('a refusal of the API server', () => {
  const cases: readonly (readonly [string, Verb, number, string, ErrorClass | undefined])[] = [
    ['of a stale resourceVersion is a conflict', 'apply', 409, status('Conflict'), ConflictError],
    ['to create what exists is a conflict', 'create', 409, status('AlreadyExists'), ConflictError],
    ['to delete another object of that name is a conflict', 'remove', 409, status('Conflict'), ConflictError],
    ['to apply to what is gone is a conflict', 'apply', 404, status('NotFound'), ConflictError],
    ['to replace what is gone is a conflict', 'replace', 404, status('NotFound'), ConflictError],
    ['to patch what is gone is a conflict', 'patch', 404, status('NotFound'), ConflictError],
    [
      'to create in a namespace that is gone is a conflict',
      'create',
      404,
      status('NotFound', { name: 'default', kind: 'namespaces' }),
      ConflictError,
    ],
    ['to create in a namespace that is going is transient', 'create', 403, status('Forbidden'), ForbiddenError],
    [
      'of a changed uid is a conflict',
      'apply',
      422,
      status('Invalid', { name: 'web', causes: [{ reason: 'FieldValueInvalid', field: 'metadata.uid' }] }),
      ConflictError,
    ],
    [
      'of a bad field is terminal',
      'apply',
      422,
      status('Invalid', { name: 'web', causes: [{ field: 'spec.x' }] }),
      TerminalError,
    ],
    [
      'of a changed uid beside other fields is a conflict',
      'apply',
      422,
      status('Invalid', { name: 'web', causes: [{ field: 'spec.x' }, { field: 'metadata.uid' }] }),
      ConflictError,
    ],
    ['that says nothing of its fields is terminal', 'apply', 422, '', TerminalError],
    ['of an object that is too large is terminal', 'apply', 413, status('RequestEntityTooLarge'), TerminalError],
    ['of a method is terminal', 'patch', 405, status('MethodNotAllowed'), TerminalError],
    ['for want of time is transient', 'apply', 504, status('Timeout'), TransientError],
    ['of what it cannot read is terminal', 'apply', 400, status('BadRequest'), TerminalError],
    ['of a content type is terminal', 'apply', 415, status('UnsupportedMediaType'), TerminalError],
    ['to read what is absent is no error', 'get', 404, status('NotFound'), undefined],
    ['to delete what is absent is no error', 'remove', 404, status('NotFound'), undefined],
    ['to know the kind is transient, for its CRD may come', 'get', 404, '404 page not found', TransientError],
    ['to know the kind of an apply is transient', 'apply', 404, status('NotFound', {}), TransientError],
    ['for want of a right is transient', 'apply', 403, status('Forbidden'), ForbiddenError],
    ['of credentials is transient', 'get', 401, status('Unauthorized'), TransientError],
    ['for overload is transient', 'get', 429, status('TooManyRequests'), TransientError],
    ['of its own fault is transient', 'get', 500, status('InternalError'), TransientError],
    ['by a proxy is transient', 'get', 502, '<html>Bad Gateway</html>', TransientError],
    ['that leads elsewhere is transient', 'get', 302, '', TransientError],
  ];
  for (const [name, verb, code, body, expected] of cases) {
    test(name, async () => {
      await using server = await scriptedServer((_request, response) => response.writeHead(code).end(body));
      if (expected === undefined) assert.equal(await call(verb, server.kubeconfig), undefined);
      else await assert.rejects(call(verb, server.kubeconfig), (error) => error instanceof expected);
    });
  }

  test('says what was asked and what was answered, and nothing else of the answer', async () => {
    const body = JSON.stringify({ kind: 'Status', message: 'not like this', code: 400, canary: 'c2VjcmV0' });
    await using server = await scriptedServer((_request, response) => response.writeHead(400).end(body));
    await assert.rejects(call('apply', server.kubeconfig), {
      message: 'apply secrets default/web: not like this (400)',
    });
  });

  const waits: readonly (readonly [string, Record<string, string>, string, (ms: number | undefined) => boolean])[] = [
    ['in seconds', { 'retry-after': '7' }, '', (ms) => ms === 7_000],
    [
      'as a date',
      { 'retry-after': new Date(Date.now() + 60_000).toUTCString() },
      '',
      (ms = 0) => ms > 50_000 && ms <= 60_000,
    ],
    ['in its Status', {}, JSON.stringify({ kind: 'Status', details: { retryAfterSeconds: 3 } }), (ms) => ms === 3_000],
    ['not at all', {}, '', (ms) => ms === undefined],
  ];
  for (const [name, headers, body, expected] of waits) {
    test(`may say when to come again ${name}`, async () => {
      await using server = await scriptedServer((_request, response) => response.writeHead(429, headers).end(body));
      await assert.rejects(
        call('get', server.kubeconfig),
        (error) => error instanceof TransientError && expected(error.retryAfterMs),
      );
    });
  }
});

describe('an answer that is none', () => {
  const bodies: readonly (readonly [string, string])[] = [
    ['is not JSON', '<html>'],
    ['is empty', ''],
    ['is another kind', JSON.stringify({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' } })],
    ['is another version', JSON.stringify({ apiVersion: 'v2', kind: 'Secret', metadata: { name: 'web' } })],
    ['has no name', JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: {} })],
    ['is null', 'null'],
  ];
  for (const [name, body] of bodies) {
    test(`because it ${name}, is transient`, async () => {
      await using server = await scriptedServer((_request, response) => response.writeHead(200).end(body));
      await assert.rejects(call('get', server.kubeconfig), TransientError);
    });
  }

  test('because the connection is reset, is transient', async () => {
    await using server = await scriptedServer((_request, response) => response.socket?.resetAndDestroy());
    await assert.rejects(call('get', server.kubeconfig), TransientError);
  });

  test('because it is cut off, is transient', async () => {
    await using server = await scriptedServer((_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"apiVersion"');
      setImmediate(() => response.destroy());
    });
    await assert.rejects(call('get', server.kubeconfig), TransientError);
  });
});
