// Starts a command of this repository on the Node that it is written for.
// Plain JavaScript without dependencies, because it has to run on the Node a newcomer has (20 or later).
//
//   node build/launch.mjs FILE.ts [ARGUMENT ...]
//
// Installs the dependencies when the lockfile has changed, then runs the file with node_modules/.bin/node.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const modules = join(root, 'node_modules');
const node = join(modules, '.bin', 'node');
const stamp = join(modules, '.evercert-lockfile');

/** @param {string} message
 * @returns {never} */
function fail(message) {
  console.error(`evercert: ${message}`);
  process.exit(1);
}

function lockfileHash() {
  return createHash('sha256')
    .update(readFileSync(join(root, 'package-lock.json')))
    .digest('hex');
}

function installDependencies() {
  const wanted = lockfileHash();
  if (existsSync(node) && existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  console.error('evercert: installing the dependencies of package-lock.json (Node 24 among them; no install scripts)');
  const started = Date.now();
  const install = spawnSync('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (install.error) fail(`npm could not be started (${install.error.message}); install npm and try again`);
  if (install.status !== 0) fail('npm ci failed; its message is above. Is the npm registry reachable?');
  writeFileSync(stamp, wanted);
  console.error(`evercert: dependencies installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

if (process.platform !== 'linux' || process.arch !== 'x64') {
  fail(`needs Linux on x86-64, because its Node and its clusters are; this is ${process.platform} on ${process.arch}`);
}
if (process.argv.length < 3) fail('usage: node build/launch.mjs FILE.ts [ARGUMENT ...]');

installDependencies();
const path = `${join(modules, '.bin')}:${process.env.PATH ?? ''}`;
const child = spawn(node, ['--disable-warning=ExperimentalWarning', ...process.argv.slice(2)], {
  stdio: 'inherit',
  env: { ...process.env, PATH: path },
});
/** @param {NodeJS.Signals} signal */
const forward = (signal) => child.kill(signal);
process.on('SIGINT', forward).on('SIGTERM', forward).on('SIGHUP', forward);
child.on('error', (error) => fail(`${node} could not be started: ${error.message}`));
child.on('exit', (code, signal) => process.exit(code ?? 128 + constants.signals[signal ?? 'SIGKILL']));
