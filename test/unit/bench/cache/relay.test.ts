import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Agent, request } from 'undici';
import { startRelay } from '../../../bench/cache/relay.ts';
import { selfSigned } from '../../../kit/self-signed.ts';

test('a relay passes bytes on, and once it is told to, says of each kind that its watch is too old', async () => {
  const { certificate, key } = await selfSigned('127.0.0.1');
  const server = createServer({ cert: certificate, key }, (asked, answer) => {
    if (asked.url !== '/silent') answer.end(`served ${asked.url}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const upstream = new URL(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await using relay = await startRelay(upstream, certificate);
  const dispatcher = new Agent({
    allowH2: false,
    connect: { ca: [certificate, relay.authority], checkServerIdentity: () => undefined },
  });
  const ask = async (path: string): Promise<string> => {
    const { statusCode, body } = await request(relay.url + path, { dispatcher, reset: true });
    return `${statusCode} ${await body.text()}`;
  };
  try {
    assert.equal(await ask('/api/v1/secrets'), '200 served /api/v1/secrets');
    const cut = assert.rejects(ask('/silent'));
    await once(server, 'request');
    const told = relay.expire(['secrets', 'certificates']);
    await cut;
    assert.match(await ask('/api/v1/pods?watch=true'), /^200 served/, 'a kind that was not named is passed on');
    assert.match(await ask('/api/v1/secrets?watch=true'), /^410 .*"reason":"Expired"/);
    assert.equal(await Promise.race([told, Promise.resolve('waiting')]), 'waiting', 'the other kind was not told yet');
    assert.match(await ask('/api/v1/secrets?watch=true'), /^200 served/, 'it was told twice');
    assert.match(await ask('/apis/evercert.dev/v1/certificates'), /^200 served/, 'a list is passed on');
    await told;
    assert.match(await ask('/apis/evercert.dev/v1/certificates?watch=true'), /^200 served/);
  } finally {
    await dispatcher.destroy();
    server.closeAllConnections();
    server.close();
  }
});
