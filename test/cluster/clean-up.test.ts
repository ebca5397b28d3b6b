/** A cluster leaves nothing behind, however it ends. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { runningClusters } from '../kit/cluster/registry.ts';
import { readSysctls } from '../kit/cluster/sysctls.ts';
import { printNamespaces, processesIn, remainsOf, type Snapshot, takeSnapshot } from './remains.ts';

const repository = resolve(import.meta.dirname, '..', '..');

interface Command {
  readonly child: ChildProcess;
  /** Resolves with the first lines of standard output. */
  lines(count: number): Promise<readonly string[]>;
  readonly ended: Promise<{ readonly exitCode: number | null; readonly output: string; readonly errors: string }>;
}

function cluster(...args: readonly string[]): Command {
  const child = spawn(process.execPath, [join(repository, 'test/kit/cluster/main.ts'), ...args], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  const ended = once(child, 'close').then(([exitCode]) => ({ exitCode: exitCode as number | null, output, errors }));
  const lines = async (count: number): Promise<readonly string[]> => {
    while (output.split('\n').length <= count) {
      const more = await Promise.race([once(child.stdout, 'data').then(() => true), ended.then(() => false)]);
      if (!more) throw new Error(`it ended before it had printed ${count} lines:\n${errors}`);
    }
    return output.split('\n').slice(0, count);
  };
  return { child, lines, ended };
}

function assertUnchanged(before: Snapshot): void {
  const after = takeSnapshot();
  assert.equal(after.mounts, before.mounts, 'the mounts are as they were');
  assert.deepEqual(after.links, before.links, 'the network links are as they were');
  if (before.sysctls === undefined || after.sysctls === undefined) return;
  assert.deepEqual(after.sysctls, before.sysctls, 'the sysctls are as they were');
}

function supervisorOf(name: string): number {
  const entry = runningClusters().find((running) => running.name === name);
  assert.ok(entry, `the cluster ${name} is registered`);
  return entry.supervisor.pid;
}

describe('a cluster leaves nothing behind', () => {
  test('a node whose command failed, with a pod and a stray process in it; the exit code is the command’s', async () => {
    const before = takeSnapshot();
    const script = [
      printNamespaces,
      'kubectl run web --image=local.test/nginx:1 --image-pull-policy=Never >&2',
      'kubectl wait pod/web --for=condition=Ready --timeout=30s >&2',
      'setsid sleep 1000 </dev/null >/dev/null 2>&1 &',
      'exit 3',
    ];
    const run = cluster('run', '--name', 'kit-node', '--without-evercert', '--', 'sh', '-c', script.join('\n'));
    const { exitCode, output, errors } = await run.ended;
    assert.equal(exitCode, 3, errors);
    assert.match(errors, /pod\/web condition met/);
    assert.deepEqual(await remainsOf('kit-node', output.trim().split('\n')), []);
    assertUnchanged(before);
  });

  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    test(`a control plane whose command is interrupted by ${signal}`, async () => {
      const before = takeSnapshot();
      const run = cluster(
        'run',
        '--name',
        'kit-signal',
        '--control-plane',
        '--',
        'sh',
        '-c',
        `${printNamespaces}; exec sleep 1000`,
      );
      const namespaces = await run.lines(3);
      assert.ok(processesIn(namespaces).length > 3, 'the programs of the cluster run in its namespaces');
      run.child.kill(signal);
      assert.equal((await run.ended).exitCode, exitCode);
      assert.deepEqual(await remainsOf('kit-signal', namespaces), []);
      assertUnchanged(before);
    });
  }

  test('a control plane that is interrupted while it starts', async () => {
    const before = takeSnapshot();
    const run = cluster('run', '--name', 'kit-start', '--control-plane', '--', 'true');
    await once(run.child.stderr ?? run.child, 'data');
    run.child.kill('SIGTERM');
    const { exitCode, errors } = await run.ended;
    assert.equal(exitCode, 143);
    assert.match(errors, /interrupted \(SIGTERM\)/);
    assert.deepEqual(await remainsOf('kit-start', []), []);
    assertUnchanged(before);
  });

  test('a control plane whose starter was killed', async () => {
    const before = takeSnapshot();
    const run = cluster(
      'run',
      '--name',
      'kit-orphan',
      '--control-plane',
      '--',
      'sh',
      '-c',
      `${printNamespaces}; exec sleep 1000`,
    );
    const namespaces = await run.lines(3);
    run.child.kill('SIGKILL');
    assert.deepEqual(await remainsOf('kit-orphan', namespaces), []);
    assertUnchanged(before);
  });
});

test('two nodes run side by side; one that was killed is cleared up after, and the last restores the sysctls', async () => {
  const before = takeSnapshot();
  const up = await Promise.all([
    cluster('up', '--name', 'kit-first').ended,
    cluster('up', '--name', 'kit-second').ended,
  ]);
  for (const { exitCode, errors } of up) assert.equal(exitCode, 0, errors);
  const first = (await cluster('exec', '--name', 'kit-first', '--', 'sh', '-c', printNamespaces).ended).output.trim();
  const second = (await cluster('exec', '--name', 'kit-second', '--', 'sh', '-c', printNamespaces).ended).output.trim();
  assert.equal(new Set([...first.split('\n'), ...second.split('\n')]).size, 6, 'they share no namespace');
  if (before.sysctls !== undefined) {
    assert.notDeepEqual(readSysctls(), before.sysctls, 'a node changes sysctls of the machine');
  }

  process.kill(supervisorOf('kit-first'), 'SIGKILL');
  const swept = await cluster('down', '--name', 'kit-first').ended;
  assert.match(swept.errors, /cleared up after the cluster kit-first, which was killed/);
  assert.deepEqual(await remainsOf('kit-first', first.split('\n')), []);

  const well = await cluster('status', '--json').ended;
  const statuses = JSON.parse(well.output) as { name: string; components: { name: string; health: string }[] }[];
  const survivor = statuses.find(({ name }) => name === 'kit-second');
  assert.deepEqual(
    survivor?.components.filter(({ health }) => health !== 'ready'),
    [],
    'the other one is well',
  );
  assert.equal((await cluster('down', '--name', 'kit-second').ended).exitCode, 0);
  assert.deepEqual(await remainsOf('kit-second', second.split('\n')), []);
  assertUnchanged(before);
});
