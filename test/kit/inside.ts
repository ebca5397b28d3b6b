/** What a program finds inside of a cluster of the kit: its environment, kubectl and helm. */
import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
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

/** The serial number of what a server presents for a host, with its chain verified against the CA's root. */
export function servedSerial(address: string, host: string, rootPem: string): Promise<bigint> {
  return new Promise((done, failed) => {
    const socket = tlsConnect({ host: address, port: 443, servername: host, ca: rootPem, timeout: 5_000 }, () => {
      done(BigInt(`0x${socket.getPeerX509Certificate()?.serialNumber ?? '0'}`));
      socket.end();
    });
    socket.on('error', failed);
    socket.on('timeout', () => socket.destroy(new Error(`${address} does not answer`)));
  });
}
