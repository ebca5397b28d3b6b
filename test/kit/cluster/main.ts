/** `npm run cluster`: the embedded cluster on the command line. */
import { constants } from 'node:os';
import { type Arguments, readArguments, usage } from './arguments.ts';
import { type Cluster, findCluster, type RunningCommand, startCluster, stopCluster } from './cluster.ts';
import { prepare } from './prepare.ts';
import { progressOn } from './progress.ts';
import { runningClusters, sweep } from './registry.ts';
import { describeStatus } from './status.ts';

const progress = progressOn(process.stderr);
const graceMs = 10_000;

async function main(): Promise<number> {
  const options = readArguments(process.argv.slice(2));
  const outer = process.env['EVERCERT_CLUSTER'];
  if (outer !== undefined && options.action !== 'help') {
    throw new Error(`this is the inside of the cluster ${outer}: leave it first`);
  }
  switch (options.action) {
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'up':
      return up(options);
    case 'run':
      return run(options);
    case 'exec':
      return execInside(options);
    case 'shell':
      return existing(options.name).run([process.env['SHELL'] ?? '/bin/sh']).exitCode;
    case 'status':
      return status(options);
    case 'down':
      return down(options);
  }
}

async function up({ name, parts }: Arguments): Promise<number> {
  const interrupted = new AbortController();
  onSignals({ react: (signal) => interrupted.abort(new Interruption(signal)) });
  const cluster = await startCluster(await prepare(name, parts, progress), progress, interrupted.signal);
  cluster.keep();
  const named = name === 'evercert' ? '' : ` --name ${name}`;
  process.stdout.write(`The cluster ${name} runs. Its KUBECONFIG, which works inside it:

  ${cluster.environment['KUBECONFIG'] ?? ''}

Enter it:       npm run cluster -- shell${named}
See its health: npm run cluster -- status
Take it down:   npm run cluster -- down${named}
`);
  return 0;
}

async function run({ name, parts, command }: Arguments): Promise<number> {
  const interrupted = new AbortController();
  const reaction: Reaction = { react: (signal) => interrupted.abort(new Interruption(signal)) };
  onSignals(reaction);
  const spec = await prepare(name, parts, progress);
  await using cluster = await startCluster(spec, progress, interrupted.signal);
  const exitCode = await attend(cluster.run(command), reaction);
  await cluster.stop({ keepLogs: exitCode !== 0 });
  return exitCode;
}

async function execInside({ name, command }: Arguments): Promise<number> {
  const reaction: Reaction = { react: () => undefined };
  onSignals(reaction);
  return attend(existing(name).run(command), reaction);
}

/** Waits for a command and passes signals on to it; it has ten seconds to end. */
async function attend(running: RunningCommand, reaction: Reaction): Promise<number> {
  let received: NodeJS.Signals | undefined;
  reaction.react = (signal) => {
    received ??= signal;
    // From a terminal every process in the foreground has had its SIGINT already.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) running.kill(signal);
    setTimeout(() => running.kill('SIGKILL'), graceMs).unref();
  };
  const exitCode = await running.exitCode;
  reaction.react = () => undefined;
  return received === undefined ? exitCode : 128 + constants.signals[received];
}

async function status({ json }: Arguments): Promise<number> {
  const clusters = runningClusters().flatMap(({ name }) => findCluster(name) ?? []);
  const found = await Promise.all(clusters.map(async (cluster) => ({ cluster, status: await cluster.status() })));
  if (json) {
    const plain = found.map(({ cluster, status: { components } }) => ({ name: cluster.name, components }));
    process.stdout.write(`${JSON.stringify(plain)}\n`);
  } else process.stdout.write(describeStatus(found));
  return found.every(({ status: { components } }) => components.every(({ health }) => health === 'ready')) ? 0 : 1;
}

async function down({ name }: Arguments): Promise<number> {
  const ran = await stopCluster(name);
  const swept = await sweep();
  for (const killed of swept) progress.note(`cleared up after the cluster ${killed}, which was killed`);
  if (ran) progress.note(`the cluster ${name} is down, and nothing of it is left`);
  else if (!swept.includes(name)) progress.note(`no cluster named ${name} runs`);
  return 0;
}

function existing(name: string): Cluster {
  const cluster = findCluster(name);
  if (cluster === undefined) throw new Error(`no cluster named ${name} runs; start one: npm run cluster -- up`);
  return cluster;
}

/** Somebody asked us to stop. */
class Interruption extends Error {
  readonly exitCode: number;

  constructor(signal: NodeJS.Signals) {
    super(`interrupted (${signal})`);
    this.exitCode = 128 + constants.signals[signal];
  }
}

/** What a signal does; it changes as we go on. */
interface Reaction {
  react: (signal: NodeJS.Signals) => void;
}

function onSignals(reaction: Reaction): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => reaction.react(signal));
}

try {
  process.exitCode = await main();
} catch (error) {
  progress.note(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof Interruption ? error.exitCode : 1;
}
