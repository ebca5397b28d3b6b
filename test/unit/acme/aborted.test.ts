import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ca, keyPem, names } from './own-ca.ts';

describe('an aborted call', () => {
  test("rejects with the signal's reason, before and while the CA is silent", async () => {
    const abort = new AbortController();
    const reason = new Error('stopping');
    ca.on('/order/1', () => {
      abort.abort(reason); // while the CA thinks about it
      return { body: undefined };
    });
    const client = ca.client({ keyPem });
    const call = client.order(ca.url('/order/1'), abort.signal);
    await assert.rejects(call, reason);
    await assert.rejects(client.directory(abort.signal), reason);
    await assert.rejects(client.newOrder(names, abort.signal), reason);
  });

  test('does not disturb others who wait for the same directory', async () => {
    const abort = new AbortController();
    const client = ca.client({ keyPem });
    const aborted = client.directory(abort.signal);
    const other = client.directory();
    abort.abort(new Error('stopping'));
    await assert.rejects(aborted, /stopping/);
    assert.equal((await other).termsOfService, 'https://ca.example/terms');
  });
});
