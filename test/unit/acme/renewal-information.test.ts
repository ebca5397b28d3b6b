import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import { ScriptedCa } from '../../kit/scripted-ca.ts';
import { ca, keyPem, names } from './own-ca.ts';

describe('renewal information', () => {
  beforeEach(() => {
    ca.on('/directory', {
      body: {
        newNonce: ca.url('/new-nonce'),
        newAccount: ca.url('/new-account'),
        newOrder: ca.url('/new-order'),
        renewalInfo: ca.url('/renewal-info'),
      },
    });
  });
  const window = { start: '2026-12-01T00:00:00Z', end: '2026-12-02T00:00:00Z' };

  test('is asked for without a signature', async () => {
    const explanationURL = 'https://ca.example/why';
    ca.on('/renewal-info/a.b', {
      headers: { 'retry-after': '21600' },
      body: { suggestedWindow: window, explanationURL },
    });
    assert.deepEqual(await ca.client({ keyPem }).renewalInfo('a.b'), {
      start: new Date(window.start),
      end: new Date(window.end),
      explanationURL,
      retryAfterMs: 21_600_000,
    });
    assert.deepEqual(ca.log, ['GET /directory', 'GET /renewal-info/a.b']);
  });

  test('is asked for again after a minute at the earliest and a day at the latest', async () => {
    ca.on('/renewal-info/a.b', { headers: { 'retry-after': '0' }, body: { suggestedWindow: window } });
    assert.equal((await ca.client({ keyPem }).renewalInfo('a.b'))?.retryAfterMs, 60_000);
    ca.on('/renewal-info/a.b', { headers: { 'retry-after': '9999999' }, body: { suggestedWindow: window } });
    assert.equal((await ca.client({ keyPem }).renewalInfo('a.b'))?.retryAfterMs, 86_400_000);
  });

  test('is none where the window ends before it begins, or the CA has no such service', async () => {
    ca.on('/renewal-info/a.b', { body: { suggestedWindow: { start: window.end, end: window.start } } });
    assert.equal(await ca.client({ keyPem }).renewalInfo('a.b'), undefined);
    const without = await ScriptedCa.start();
    try {
      const client = ca.client({ keyPem, directoryUrl: without.url('/directory') });
      assert.equal(await client.renewalInfo('a.b'), undefined);
    } finally {
      without.close();
    }
  });

  test('lets an order name its predecessor', async () => {
    ca.on('/new-order', ca.newOrder({ replaces: 'a.b' }));
    const order = await ca.client({ keyPem }).newOrder({ ...names, replaces: 'a.b' });
    assert.equal(order.replaces, 'a.b');
    assert.deepEqual(JSON.parse(ca.to('/new-order')[0]?.payload ?? ''), { ...names, replaces: 'a.b' });
  });
});
