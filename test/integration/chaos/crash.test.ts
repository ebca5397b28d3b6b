import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { describe, test } from 'node:test';
import { type Phase, phases } from '../../chaos/proxy/index.ts';
import { proxied } from './proxied.ts';

const door = resolve(import.meta.dirname, '../../../src/kube/index.ts');

/** A program that makes two ConfigMaps, one after the other, and says so of each. */
const program = `
  import { configMaps, connect } from ${JSON.stringify(door)};
  const client = connect({ kubeconfig: process.env.PROXIED, userAgent: 'evercert-test' });
  for (const name of ['first', 'second']) {
    const metadata = { namespace: process.env.NAMESPACE, name };
    await client.apply(configMaps, { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { value: 'made' } }, { manager: 'test' });
    console.log(name);
  }
`;

const expected: Readonly<Record<Phase, { readonly first: string | undefined; readonly said: string }>> = {
  unsent: { first: undefined, said: '' },
  unheard: { first: 'made', said: '' },
  heard: { first: 'made', said: 'first\n' },
};

describe('a client is killed at a call of its own', () => {
  for (const phase of phases) {
    test(`whose answer is ${phase === 'unsent' ? 'never asked for' : phase}`, async () => {
      await using at = await proxied();
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
        env: { PROXIED: at.proxy.kubeconfig, NAMESPACE: at.namespace },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const exited = once(child, 'close');
      const crash = at.proxy.traffic.crash(
        ({ kind }) => kind === 'write',
        phase,
        async () => {
          child.kill('SIGKILL');
          await exited;
        },
      );
      const call = await crash.killed;
      assert.equal(call.name, 'first');
      assert.equal(child.signalCode, 'SIGKILL');
      const first = await at.value('first');
      const second = await at.value('second');
      assert.deepEqual({ first, said, second }, { ...expected[phase], second: undefined });
    });
  }
});
