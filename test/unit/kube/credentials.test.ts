import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, mock, test } from 'node:test';
import { Credentials } from '../../../src/kube/credentials.ts';
import { connect, secrets } from '../../../src/kube/index.ts';
import { TerminalError, TransientError } from '../../../src/runtime/index.ts';
import { virtualClock } from '../../kit/clock.ts';
import { until } from '../../kit/until.ts';

/** A folder with a kubeconfig whose user is made of files in it. */
async function world(userOf: (folder: string) => object) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'evercert-credentials-'));
  const kubeconfig = join(folder.path, 'kubeconfig');
  const config = {
    clusters: [{ name: 'x', cluster: { server: 'https://192.0.2.1:6443/' } }],
    users: [{ name: 'x', user: userOf(folder.path) }],
    contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
    'current-context': 'x',
  };
  writeFileSync(kubeconfig, JSON.stringify(config));
  const clock = virtualClock();
  const credentials = new Credentials(kubeconfig, { clock });
  return {
    kubeconfig,
    clock,
    credentials,
    path: (name: string) => join(folder.path, name),
    token: async () => (await credentials.current()).headers['authorization'],
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

/** A user whose plugin notes that it was asked in `asked`, waits for `go` where `waits`, and prints `credential`. */
function plugin(folder: string, waits = false): object {
  const wait = waits ? `until [ -e ${folder}/go ]; do sleep 0.02; done;` : '';
  const script = `echo asked >> ${folder}/asked; ${wait} cat ${folder}/credential`;
  return { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: '/bin/sh', args: ['-c', script] } };
}

function credential(token: string, expires?: Date): string {
  const expirationTimestamp = expires === undefined ? {} : { expirationTimestamp: expires.toISOString() };
  return JSON.stringify({ kind: 'ExecCredential', status: { token, ...expirationTimestamp } });
}

describe('a credential plugin', () => {
  const timesAsked = (path: string): number =>
    existsSync(path) ? readFileSync(path, 'utf8').split('\n').length - 1 : 0;

  test('is asked again when what it gave has expired, and not before', async () => {
    await using at = await world((folder) => plugin(folder));
    const now = new Date('2026-06-01T00:00:00Z');
    mock.timers.enable({ apis: ['Date'], now });
    try {
      writeFileSync(at.path('credential'), credential('first', new Date(now.getTime() + 60_000)));
      assert.equal(await at.token(), 'Bearer first');
      writeFileSync(at.path('credential'), credential('second', new Date(now.getTime() + 120_000)));
      await at.clock.advance(59_000);
      mock.timers.tick(59_000);
      assert.equal(await at.token(), 'Bearer first');
      await at.clock.advance(2_000);
      mock.timers.tick(2_000);
      assert.equal(await at.token(), 'Bearer second');
    } finally {
      mock.timers.reset();
    }
    assert.equal(timesAsked(at.path('asked')), 2);
  });

  test('that takes its time is asked once for all calls that wait', async () => {
    await using at = await world((folder) => plugin(folder, true));
    writeFileSync(at.path('credential'), credential('late'));
    const first = at.token();
    await until('it is asked', () => timesAsked(at.path('asked')) === 1);
    await at.clock.advance(59_000);
    at.credentials.expire();
    const second = at.token();
    writeFileSync(at.path('go'), '');
    assert.deepEqual(await Promise.all([first, second]), ['Bearer late', 'Bearer late']);
    assert.equal(timesAsked(at.path('asked')), 1);
  });

  test('that hangs is asked anew after a minute, and ends no later than their limits the calls that wait for it', async () => {
    await using at = await world((folder) => plugin(folder, true));
    writeFileSync(at.path('credential'), credential('late'));
    const client = connect({ kubeconfig: at.kubeconfig, userAgent: 'test' });
    const abort = new AbortController();
    const call = client.get(secrets, { namespace: 'default', name: 'web' }, abort.signal);
    const first = at.token();
    await until('it is asked', () => timesAsked(at.path('asked')) === 2);
    abort.abort(new Error('no longer wanted'));
    await assert.rejects(call, /no longer wanted/);
    await at.clock.advance(60_001);
    const second = at.token();
    await until('it is asked again', () => timesAsked(at.path('asked')) === 3);
    writeFileSync(at.path('go'), '');
    assert.deepEqual(await Promise.all([first, second]), ['Bearer late', 'Bearer late']);
    await client.close();
  });

  test('that fails is an error that may pass, and is asked again by the next call', async () => {
    await using at = await world((folder) => plugin(folder));
    await assert.rejects(at.token(), TransientError);
    writeFileSync(at.path('credential'), credential('first'));
    assert.equal(await at.token(), 'Bearer first');
  });
});

describe('a token in a file', () => {
  const user = (folder: string): object => ({
    'auth-provider': { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } },
  });

  test('is read again within a minute of its change', async () => {
    const now = new Date('2026-06-01T00:00:00Z');
    mock.timers.enable({ apis: ['Date'], now });
    try {
      await using at = await world(user);
      writeFileSync(at.path('token'), 'first\n');
      assert.equal(await at.token(), 'Bearer first');
      writeFileSync(at.path('token'), 'second\n');
      await at.clock.advance(61_000);
      mock.timers.tick(61_000);
      assert.equal(await at.token(), 'Bearer second');
    } finally {
      mock.timers.reset();
    }
  });

  test('is that of `tokenFile`, beside the kubeconfig where its path is relative, before one in the kubeconfig itself', async () => {
    await using at = await world((folder) => {
      writeFileSync(join(folder, 'own-token'), 'of-the-file');
      return { tokenFile: 'own-token', token: 'of-the-kubeconfig' };
    });
    assert.equal(await at.token(), 'Bearer of-the-file');
    writeFileSync(at.path('own-token'), 'rotated');
    await at.credentials.refused(await at.credentials.current());
    assert.equal(await at.token(), 'Bearer rotated');
  });
});

test('what the API server refused is read anew, also when it was read again meanwhile, and only once', async () => {
  await using at = await world((folder) => ({
    'auth-provider': { name: 'tokenFile', config: { tokenFile: join(folder, 'token') } },
  }));
  writeFileSync(at.path('token'), 'first');
  const refused = await at.credentials.current();
  writeFileSync(at.path('token'), 'second');
  await at.clock.advance(2_000);
  assert.equal(await at.token(), 'Bearer first');
  await at.credentials.refused(refused);
  assert.equal(await at.token(), 'Bearer second');
  writeFileSync(at.path('token'), 'third');
  await at.credentials.refused(refused);
  assert.equal(await at.token(), 'Bearer second');
});

test('a proxy that is no URL is refused at the start', async () => {
  await using at = await world(() => ({ token: 'x' }));
  assert.throws(() => new Credentials(at.kubeconfig, { proxy: { httpsProxy: 'http://:x' } }), TerminalError);
});

test('the server has no slash at its end, and what is read is kept for a second', async () => {
  await using at = await world(() => ({ token: 'x' }));
  const access = await at.credentials.current();
  assert.equal(access.server, 'https://192.0.2.1:6443');
  assert.equal(await at.credentials.current(), access);
  await at.clock.advance(1_001);
  const again = await at.credentials.current();
  assert.notEqual(again, access);
  assert.equal(again.connectionID, access.connectionID);
});
