import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { TransientError } from '../../../src/runtime/index.ts';
import { failureOf } from '../../kit/failure.ts';
import { Listeners } from '../../kit/listeners.ts';
import type { ScriptedReply } from '../../kit/scripted-ca.ts';
import { ca, keyPem, names } from './own-ca.ts';

const listeners = new Listeners();
after(() => listeners.close());

describe('no answer of the CA', () => {
  const orderUrl = (): string => ca.url('/order/1');
  const cases: readonly (readonly [name: string, reply: () => ScriptedReply, message: RegExp])[] = [
    ['status 503 without a problem', () => ({ status: 503, body: '<html>busy' }), /status 503, without saying why/],
    ['status 404 without a problem', () => ({ status: 404, body: '{"error":"x"}' }), /status 404, without saying why/],
    [
      'a redirect',
      () => ({ status: 307, headers: { location: ca.url('/elsewhere') } }),
      /status 307, a redirect to http:\/\/127\.0\.0\.1:\d+\/elsewhere, which is not followed$/,
    ],
    ['a reply over 1 MiB', () => ({ body: ' '.repeat(1024 * 1024 + 1) }), /its reply is larger than 1 MiB$/],
    ['a reply that is no JSON', () => ({ body: 'hello' }), /reply .* is no JSON object$/],
    ['a list in place of an object', () => ({ body: [] }), /reply .* is no JSON object$/],
    ['an order without finalize', () => ({ body: ca.order({ finalize: undefined }) }), /has no "finalize"$/],
    ['an order of an unknown status', () => ({ body: ca.order({ status: 'odd' }) }), /has the status "odd"/],
    [
      'an order with a number for a status',
      () => ({ body: ca.order({ status: 1 }) }),
      /has a "status" that is no text$/,
    ],
    [
      'an order of an unknown kind of name',
      () => ({ body: ca.order({ identifiers: [{ type: 'mail', value: 'a@b' }] }) }),
      /the type "mail"/,
    ],
    ['an order without a list of names', () => ({ body: ca.order({ identifiers: {} }) }), /has no list "identifiers"$/],
    ['a URL of another scheme', () => ({ body: ca.order({ finalize: 'ftp://ca.example/' }) }), /no https or http URL$/],
    [
      'a URL that is none',
      () => ({ body: ca.order({ authorizations: ['/a'] }) }),
      /"authorizations" that is no https or http URL$/,
    ],
    [
      'a URL with a password',
      () => ({ body: ca.order({ finalize: 'https://a:b@ca.example/' }) }),
      /no https or http URL$/,
    ],
    ['a URL with a user', () => ({ body: ca.order({ finalize: 'https://a@ca.example/' }) }), /no https or http URL$/],
    [
      'a URL with a line break',
      () => ({ body: ca.order({ finalize: 'https://ca.example/\n' }) }),
      /"finalize" that is no text$/,
    ],
    [
      'a URL at another host',
      () => ({ body: ca.order({ finalize: 'https://169.254.169.254/' }) }),
      /"finalize" at 169\.254\.169\.254, another host than that of the directory$/,
    ],
    [
      'a URL at another port',
      () => ({ body: ca.order({ authorizations: ['http://127.0.0.1:10250/exec'] }) }),
      /"authorizations" at 127\.0\.0\.1:10250, another host than that of the directory$/,
    ],
    [
      'a text of more than 2,048 characters',
      () => ({ body: ca.order({ replaces: 'x'.repeat(2_049) }) }),
      /has a "replaces" of more than 2,048 characters$/,
    ],
    [
      'a date without seconds, which the API server would refuse',
      () => ({ body: ca.order({ expires: '2026-12-01T00:00Z' }) }),
      /has a "expires" that is no date$/,
    ],
    [
      'a date that nobody can write',
      () => ({ body: ca.order({ expires: '9999-12-31T23:59:59-23:00' }) }),
      /has a "expires" that is no date$/,
    ],
    ['a date that is none', () => ({ body: ca.order({ expires: '12' }) }), /has a "expires" that is no date$/],
  ];
  for (const [name, reply, message] of cases) {
    test(`is ${name}, and nothing is sent twice`, async () => {
      ca.on('/order/1', reply);
      const error = await failureOf(ca.client({ keyPem }).order(orderUrl()));
      assert.ok(error instanceof TransientError, inspect(error));
      assert.match(error.message, message);
      assert.match(error.message, /127\.0\.0\.1:\d+/);
      assert.equal(ca.to('/order/1').length, 1);
      assert.equal(ca.to('/elsewhere').length, 0);
    });
  }

  test('is a new order without a Location', async () => {
    ca.on('/new-order', { status: 201, body: ca.order() });
    assert.match((await failureOf(ca.client({ keyPem }).newOrder(names))).message, /newOrder at .* has no Location$/);
  });

  test('is a new order whose Location lies at another host', async () => {
    ca.on('/new-order', { status: 201, headers: { location: 'https://10.96.0.1/api' }, body: ca.order() });
    assert.match(
      (await failureOf(ca.client({ keyPem }).newOrder(names))).message,
      /"Location" at 10\.96\.0\.1, another/,
    );
  });

  test('is a newNonce without a nonce', async () => {
    ca.on(
      '/directory',
      (): ScriptedReply => ({
        headers: { 'replay-nonce': 'not!base64url' },
        body: { newNonce: ca.url('/new-nonce'), newAccount: ca.url('/a'), newOrder: ca.url('/o') },
      }),
    );
    ca.on('/new-nonce', { headers: { 'replay-nonce': '' } });
    assert.match(
      (await failureOf(ca.client({ keyPem }).order(orderUrl()))).message,
      /newNonce at .* has no Replay-Nonce$/,
    );
  });

  test('tells how long to wait where the reply does', async () => {
    ca.on('/order/1', { status: 503, headers: { 'retry-after': '7' }, body: '' });
    const error = await failureOf(ca.client({ keyPem }).order(orderUrl()));
    assert.ok(error instanceof TransientError);
    assert.equal(error.retryAfterMs, 7_000);
  });

  test('is silence beyond the deadline', async () => {
    ca.on('/order/1', { body: undefined });
    const error = await failureOf(ca.client({ keyPem }, { timeoutMs: 60 }).order(orderUrl()));
    assert.ok(error instanceof TransientError);
    assert.match(
      error.message,
      /^the CA 127\.0\.0\.1:\d+ did not answer the request for order: it took longer than 0\.06 s$/,
    );
  });

  test('spends the nonce all the same', async () => {
    ca.on('/order/1', { body: undefined });
    const client = ca.client({ keyPem }, { timeoutMs: 60 });
    await failureOf(client.order(orderUrl()));
    ca.on('/order/1', { body: ca.order() });
    await client.order(orderUrl());
    const nonces = ca.to('/order/1').map(({ header }) => header['nonce']);
    assert.equal(nonces.length, 2);
    assert.notEqual(nonces[0], nonces[1]);
  });

  test('is a refused connection, and the next call asks again', async () => {
    const port = await listeners.closedPort(createServer());
    const client = ca.client({ keyPem, directoryUrl: `http://127.0.0.1:${port}/directory` });
    for (const _ of [1, 2]) {
      const error = await failureOf(client.directory());
      assert.ok(error instanceof TransientError);
      assert.match(error.message, /did not answer the request for directory: the connection was refused$/);
    }
  });

  test('keeps the JWS and the key out of every error, however deep one looks', async () => {
    const failures: ScriptedReply[] = [
      { body: undefined },
      { body: 'x' },
      { status: 500, body: 'x' },
      { status: 400, body: { type: 'urn:ietf:params:acme:error:malformed', detail: 'no' } },
    ];
    for (const reply of failures) {
      ca.on('/order/1', reply);
      const error = await failureOf(ca.client({ keyPem }, { timeoutMs: 1_000 }).order(orderUrl()));
      const shown = inspect(error, { depth: 20, showHidden: true });
      const { signature = '' } = ca.requests.at(-1) ?? {};
      assert.ok(signature.length > 80 && !shown.includes(signature));
      assert.ok(!shown.includes('PRIVATE KEY'));
    }
  });
});
