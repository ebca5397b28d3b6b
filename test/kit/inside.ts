/** What a program finds inside of a cluster of the kit: its environment, kubectl and helm. */
import { execFile } from 'node:child_process';
import { request } from 'node:https';
import { resolve } from 'node:path';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '..', '..');
const run = promisify(execFile);

/** A variable that the kit sets. @throws Error that says how to get inside of a cluster. */
export function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: start this inside of a cluster, by npm test or npm run cluster`);
  return value;
}

/** What kubectl prints, run at the root of the repository. @throws Error with what it says where it fails. */
export async function kubectl(...args: string[]): Promise<string> {
  const { stdout } = await run('kubectl', args, { cwd: root, maxBuffer: 1 << 24 });
  return stdout.trim();
}

/** Applies objects as a user would. */
export async function apply(...objects: object[]): Promise<void> {
  const applying = run('kubectl', ['apply', '-f', '-'], { cwd: root });
  applying.child.stdin?.end(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
  await applying;
}

/** What helm prints, run at the root of the repository. */
export async function helm(...args: string[]): Promise<string> {
  const { stdout } = await run('helm', args, { cwd: root });
  return stdout.trim();
}

/** The serial number of what a server presents for a host that it answers with 200, with its chain verified against the CA's root. */
export function servedSerial(address: string, host: string, rootPem: string): Promise<bigint> {
  return new Promise((done, failed) => {
    const options = { host: address, servername: host, headers: { host }, ca: rootPem, agent: false, timeout: 5_000 };
    const asking = request(options, (answer) => {
      const { socket } = answer;
      const serial = socket instanceof TLSSocket ? socket.getPeerX509Certificate()?.serialNumber : undefined;
      answer.resume();
      if (answer.statusCode === 200) done(BigInt(`0x${serial ?? '0'}`));
      else failed(new Error(`${address} answers ${answer.statusCode}`));
    });
    asking.on('error', failed);
    asking.on('timeout', () => asking.destroy(new Error(`${address} does not answer`)));
    asking.end();
  });
}
