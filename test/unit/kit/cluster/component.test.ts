import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type Component, Components } from '../../../kit/cluster/component.ts';
import { eventually } from '../../../kit/cluster/processes.ts';

/** A component whose program says hello in its log, and then waits. */
async function world() {
  const folder = await mkdtemp(join(tmpdir(), 'evercert-component-'));
  const ends: string[] = [];
  const components = new Components({ logs: folder, onReady: () => undefined, onEnd: (end) => ends.push(end) });
  const log = join(folder, 'waiter.log');
  const lives = async (): Promise<number> => (await readFile(log, 'utf8')).split('\n').length - 1;
  let expected = 1;
  const waiter: Component = {
    name: 'waiter',
    version: '1',
    command: ['sh', '-c', 'echo "$$"; exec sleep 600'],
    isReady: async () => (await lives()) === expected,
  };
  const health = async (): Promise<string | undefined> => (await components.statuses())[0]?.health;
  return {
    components,
    waiter,
    ends,
    health,
    lives,
    /** The process as it says in its log. */
    pid: async (): Promise<number> => Number((await readFile(log, 'utf8')).trim().split('\n').at(-1)),
    expectLife: (count: number) => {
      expected = count;
    },
    async [Symbol.asyncDispose]() {
      await components.kill('waiter');
      await rm(folder, { recursive: true });
    },
  };
}

describe('the components of a cluster', () => {
  test('one that was killed on an order is gone, comes back on another, and nobody is told of an accident', async () => {
    await using at = await world();
    await at.components.start(at.waiter);
    await at.components.kill('waiter');
    assert.equal(await at.health(), 'ended');
    at.expectLife(2);
    await at.components.revive('waiter');
    assert.equal(await at.health(), 'ready');
    assert.equal(await at.lives(), 2);
    assert.deepEqual(at.ends, []);
  });

  test('one that dies by itself is told of, also in its second life', async () => {
    await using at = await world();
    await at.components.start(at.waiter);
    await at.components.kill('waiter');
    at.expectLife(2);
    await at.components.revive('waiter');
    process.kill(await at.pid(), 'SIGTERM');
    assert.ok(await eventually(() => at.ends.length === 1, { timeoutMs: 5_000 }));
    assert.match(at.ends[0] ?? '', /^waiter: it ended \(SIGTERM\)\. The end of its log:/);
  });

  test('one that runs is left alone by a revival', async () => {
    await using at = await world();
    await at.components.start(at.waiter);
    await at.components.revive('waiter');
    assert.equal(await at.lives(), 1);
  });

  test('a name that no component has is refused', async () => {
    await using at = await world();
    await at.components.start(at.waiter);
    await assert.rejects(at.components.kill('scheduler'), /the cluster has no component scheduler/);
  });
});
