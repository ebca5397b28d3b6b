import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { AcmeError, RedirectError } from '../../../src/acme/index.ts';
import { failureOf } from '../../kit/failure.ts';
import { ca, keyPem, names } from './own-ca.ts';

describe('a refusal of the CA', () => {
  test('is typed, with its subproblems, its status and its wait', async () => {
    ca.on('/new-order', {
      status: 429,
      headers: { 'retry-after': '120', link: '<https://ca.example/help>;rel="help"' },
      body: {
        type: 'urn:ietf:params:acme:error:rateLimited',
        detail: 'too many certificates',
        instance: 'https://ca.example/limits',
        subproblems: [
          {
            type: 'urn:ietf:params:acme:error:caa',
            detail: 'forbidden',
            identifier: { type: 'dns', value: 'shop.example' },
          },
          'not a problem',
        ],
      },
    });
    const error = await failureOf(ca.client({ keyPem }).newOrder(names));
    assert.ok(error instanceof AcmeError);
    assert.equal(error.message, 'too many certificates (rateLimited)');
    assert.equal(error.retryAfterMs, 120_000);
    assert.deepEqual(error.problem, {
      type: 'rateLimited',
      detail: 'too many certificates',
      status: 429,
      instance: 'https://ca.example/limits',
      help: 'https://ca.example/help',
      subproblems: [{ type: 'caa', detail: 'forbidden', identifier: { type: 'dns', value: 'shop.example' } }],
    });
    assert.equal(ca.to('/new-order').length, 1);
  });

  test('is made fit for people: one line of bounded length, a foreign type kept whole', async () => {
    ca.on('/new-order', {
      status: 403,
      body: { type: 'https://ca.example/problems/odd', detail: `a\u0000b\n\u202Ec\u001b[31m${'d'.repeat(5_000)}` },
    });
    const error = await failureOf(ca.client({ keyPem }).newOrder(names));
    assert.ok(error instanceof AcmeError);
    assert.equal(error.problem.type, 'https://ca.example/problems/odd');
    assert.equal(error.problem.detail.length, 1_000);
    assert.match(error.problem.detail, /^a b c \[31md+…$/);
  });

  test('names the page that the CA links to for help, and none of another scheme', async () => {
    const paused = {
      status: 429,
      body: {
        type: 'urn:ietf:params:acme:error:rateLimited',
        detail: 'paused; visit https://ca.example/unpause?jwt=a',
      },
    };
    ca.on('/new-order', {
      ...paused,
      headers: { link: [`<${ca.url('/directory')}>;rel="index"`, '</docs/limits>;rel="help"'] },
    });
    const error = await failureOf(ca.client({ keyPem }).newOrder(names));
    assert.ok(error instanceof AcmeError);
    assert.deepEqual(error.problem, {
      type: 'rateLimited',
      detail: 'paused; visit https://ca.example/unpause?jwt=a',
      status: 429,
      help: ca.url('/docs/limits'),
    });
    assert.equal(error.retryAfterMs, undefined);

    ca.on('/new-order', { ...paused, headers: { link: '<javascript:alert(1)>;rel="help"' } });
    const other = await failureOf(ca.client({ keyPem }).newOrder(names));
    assert.ok(other instanceof AcmeError);
    assert.equal(other.problem.help, undefined);
  });

  test('of status 409 needs no document, and names what stands in the way', async () => {
    ca.on('/order/1', { status: 409, headers: { location: ca.url('/account/2') } });
    const error = await failureOf(ca.client({ keyPem }).order(ca.url('/order/1')));
    assert.ok(error instanceof AcmeError);
    assert.deepEqual([error.problem.status, error.location], [409, ca.url('/account/2')]);
  });
});

describe('a redirect', () => {
  test('says where to, where that is a URL that a directory could have', async () => {
    for (const [location, seen] of [
      ['https://ca.example/new', 'https://ca.example/new'],
      ['/new', ca.url('/new')],
      ['javascript:alert(1)', undefined],
      [undefined, undefined],
    ] as const) {
      ca.on('/directory', { status: 301, headers: location === undefined ? {} : { location } });
      const error = await failureOf(ca.client({ keyPem }).directory());
      assert.ok(error instanceof RedirectError, String(error));
      assert.deepEqual([error.resource, error.location], ['directory', seen]);
    }
  });
});
