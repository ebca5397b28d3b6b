import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { proxyFor } from '../../../src/kube/environment-proxy.ts';
import { connect, type KubeObject, secrets } from '../../../src/kube/index.ts';
import { TerminalError } from '../../../src/runtime/index.ts';
import { selfSigned } from '../../kit/self-signed.ts';
import { connectProxy, tlsServer } from '../../kit/tls-server.ts';

const httpsProxy = 'http://proxy.test:3128';
const pair = await selfSigned('api.test');
const secret: KubeObject = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web' } };

async function get(kubeconfig: string, proxy: { httpsProxy: string; noProxy?: string }): Promise<unknown> {
  const client = connect({ kubeconfig, userAgent: 'test', proxy });
  try {
    return await client.get(secrets, { namespace: 'default', name: 'web' });
  } finally {
    await client.close();
  }
}

describe('the proxy of the environment', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['https://api.example.com:6443', '', true],
    ['https://api.example.com:6443', 'example.com', false],
    ['https://example.com', 'example.com', false],
    ['https://notexample.com', 'example.com', true],
    ['https://api.example.com', '.example.com', false],
    ['https://example.com', '.example.com', true],
    ['https://api.example.com', '*.example.com', false],
    ['https://example.com', '*.example.com', true],
    ['https://API.Example.com', ' other.test , EXAMPLE.com ', false],
    ['https://api.example.com:6443', 'example.com:6443', false],
    ['https://api.example.com:6443', 'example.com:443', true],
    ['https://api.example.com', 'example.com:443', false],
    ['https://api.example.com', '*', false],
    ['https://10.96.0.1', '10.96.0.0/12', false],
    ['https://10.112.0.1', '10.96.0.0/12', true],
    ['https://10.96.0.1', '10.96.0.1', false],
    ['https://10.96.0.1', '10.96.0.1:443', false],
    ['https://10.96.0.1:6443', '10.96.0.1:443', true],
    ['https://10.96.0.1', '0.1', true],
    ['https://10.96.0.1', '10.96.0.0/33,10.96.0.0/x,nonsense/8', true],
    ['https://[2001:db8::1]:6443', '2001:db8::/32', false],
    ['https://[2001:db8::1]:6443', '[2001:db8::1]:6443', false],
    ['https://[2001:db8::1]:6443', '2001:db8:0::1', false],
    ['https://[2001:db8::1]:6443', '10.0.0.0/8', true],
    ['https://localhost:6443', '', false],
    ['https://127.0.0.1:6443', '', false],
    ['https://127.1.2.3:6443', '', false],
    ['https://[::1]:6443', '', false],
    ['http://api.example.com', '', false],
  ];
  for (const [server, noProxy, isUsed] of cases) {
    test(`leads ${isUsed ? '' : 'not '}to ${server} where NO_PROXY is "${noProxy}"`, () => {
      assert.equal(proxyFor(server, { httpsProxy, noProxy }), isUsed ? httpsProxy : undefined);
    });
  }

  test('may be named without a scheme, and not at all', () => {
    assert.equal(proxyFor('https://api.example.com', { httpsProxy: 'proxy.test:3128' }), 'http://proxy.test:3128');
    assert.equal(proxyFor('https://api.example.com', {}), undefined);
  });

  test('that is no URL is refused, without a word of what it says', () => {
    assert.throws(
      () => proxyFor('https://api.example.com', { httpsProxy: 'http://me:pass word@:x' }),
      (error) => error instanceof TerminalError && !error.message.includes('pass'),
    );
  });

  test('leads to the API server', async () => {
    await using server = await tlsServer(pair, (_request, response) => response.end(JSON.stringify(secret)));
    await using proxy = await connectProxy();
    const { port } = new URL(server.url);
    const kubeconfig = server.kubeconfig({ token: 'x' }, { server: `https://api.test:${port}` });
    assert.deepEqual(await get(kubeconfig, { httpsProxy: `127.0.0.1:${proxy.port}`, noProxy: 'other.test' }), secret);
    assert.deepEqual(
      proxy.asked.map(({ to }) => to),
      [`api.test:${port}`],
    );
  });

  test('gives way to the one that the kubeconfig names', async () => {
    await using server = await tlsServer(pair, (_request, response) => response.end(JSON.stringify(secret)));
    await using proxy = await connectProxy();
    await using other = await connectProxy();
    const { port } = new URL(server.url);
    const cluster = { server: `https://api.test:${port}`, 'proxy-url': `http://127.0.0.1:${other.port}` };
    await get(server.kubeconfig({ token: 'x' }, cluster), { httpsProxy: `127.0.0.1:${proxy.port}` });
    assert.deepEqual([proxy.asked.length, other.asked.length], [0, 1]);
  });
});
