/**
 * The main job for a newcomer, from nothing: `npm run demo`. Brings a cluster up with Evercert in it and tells the story.
 * `--keep` leaves the cluster up.
 */
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const usage = `npm run demo [-- --keep]

Sets up what is missing, starts a real Kubernetes node in private namespaces, installs Evercert by its chart, gives a site
a certificate, renews it under load, and takes everything down again. Exits with 0 only if every claim held.

  --keep   leave the cluster up, and say what to try next with kubectl
  --help   this text`;

const root = resolve(import.meta.dirname, '../..');
const kit = join(root, 'test/kit/cluster/main.ts');
const story = [process.execPath, '--disable-warning=ExperimentalWarning', join(root, 'test/demo/story.ts')];

function node(...args: readonly string[]): Promise<number> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
      cwd: root,
      stdio: 'inherit',
    });
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    child.on('error', () => done(1));
    child.on('exit', (code) => done(code ?? 130));
  });
}

async function keep(): Promise<number> {
  const up = await node(kit, 'up', '--with', 'evercert', '--name', 'demo');
  if (up !== 0) return up;
  const told = await node(kit, 'exec', '--name', 'demo', '--', ...story);
  console.log(`
The cluster "demo" is still up. What to try next:
  npm run cluster -- shell --name demo              enter it; then
    kubectl get evcert -A -o wide                     columns with hosts and messages
    kubectl describe evcert shop                      conditions and Events
    kubectl annotate evcert shop --overwrite evercert.dev/renew=$(date -u +%FT%TZ)
    kubectl delete secret shop-tls                    it comes back, with one order
    kubectl explain certificate.spec
  npm run cluster -- down --name demo               take it down`);
  return told;
}

const { values } = parseArgs({ options: { keep: { type: 'boolean' }, help: { type: 'boolean' } } });
if (values.help === true) console.log(usage);
else process.exit(values.keep === true ? await keep() : await node(kit, 'run', '--name', 'demo', '--', ...story));
