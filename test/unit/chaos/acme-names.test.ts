import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcmeNames } from '../../chaos/proxy/acme-names.ts';

const origin = 'https://127.0.0.1:7';

function answer(body: object, location?: string) {
  const headers = { 'content-type': 'application/json', ...(location === undefined ? {} : { location }) };
  return { code: 201, headers, body: Buffer.from(JSON.stringify(body)) };
}

test('the URLs of a CA are named by what its answers said of them', () => {
  const names = new AcmeNames(`${origin}/dir`);
  const nameOf = (path: string): string => names.describe('POST', path).resource;
  assert.equal(nameOf('/dir'), 'directory');
  assert.equal(nameOf('/orders'), 'unknown');
  names.learn('directory', answer({ newOrder: `${origin}/orders`, renewalInfo: `${origin}/ari/`, meta: {} }));
  names.learn(
    'newOrder',
    answer({ authorizations: [`${origin}/a/1`], finalize: `${origin}/o/1/finalize` }, `${origin}/o/1`),
  );
  names.learn('authorization', answer({ challenges: [{ url: `${origin}/c/1` }] }));
  names.learn('order', answer({ certificate: `${origin}/cert/1` }));
  assert.deepEqual(['/orders', '/o/1', '/a/1', '/c/1', '/o/1/finalize', '/cert/1', '/ari/abc.def'].map(nameOf), [
    'newOrder',
    'order',
    'authorization',
    'challenge',
    'finalize',
    'certificate',
    'renewalInfo',
  ]);
});

test('a CA that leads its clients round the proxy is found out', () => {
  const names = new AcmeNames(`${origin}/dir`);
  const directory = answer({ newOrder: 'https://ca.example/orders' });
  assert.throws(() => names.learn('directory', directory), /does not lead through the proxy/);
});
