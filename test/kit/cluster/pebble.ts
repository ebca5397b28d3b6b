import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answers, ask } from './checks.ts';
import type { Components } from './component.ts';
import { versionOf } from './programs.ts';
import { type ClusterSpec, type Layout, nodeAddress } from './spec.ts';
import { makeServerPair } from './x509.ts';

/** The same URL for the node, for pods, and for the command that runs beside them. */
export const acmeDirectory = `https://${nodeAddress}:14000/dir`;
export const pebbleManagement = `https://${nodeAddress}:15000`;
export const dnsManagement = `http://${nodeAddress}:8055`;

/** Where challtestsrv answers DNS: CoreDNS has port 53 where there is a node. */
export function testDNSPort(parts: ClusterSpec['parts']): number {
  return parts.node ? 8053 : 53;
}

const seconds = { day: 24 * 3600 };

/** Pebble does by chance what a test has to ask for: no pause before validation, no nonce refused, no authorization reused. */
const deterministic = { PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0', PEBBLE_AUTHZREUSE: '0' };

/** Starts an ACME server that validates on ports 80 and 443, and the DNS server that it and everybody asks. */
export async function startPebble(
  { programs, parts }: ClusterSpec,
  layout: Layout,
  components: Components,
): Promise<void> {
  const version = versionOf('pebble');
  const dnsPort = testDNSPort(parts);
  const { authority, certificate, key } = await makeServerPair('Pebble', [nodeAddress, '127.0.0.1', 'localhost']);
  const paths = {
    config: join(layout.secrets, 'pebble.json'),
    certificate: join(layout.secrets, 'pebble.pem'),
    key: join(layout.secrets, 'pebble-key.pem'),
  };
  await writeFile(layout.acmeCA, authority);
  await writeFile(paths.certificate, certificate);
  await writeFile(paths.key, key, { mode: 0o600 });
  await writeFile(paths.config, JSON.stringify({ pebble: pebbleConfig(paths) }));
  await components.start({
    name: 'challtestsrv',
    version,
    command: [join(programs.pebble, 'pebble-challtestsrv'), ...dnsFlags(dnsPort)],
    // It answers its management API with 404 or 405 where there is nothing: that it answers is what counts.
    isReady: () =>
      ask(dnsManagement).then(
        () => true,
        () => false,
      ),
  });
  await components.start({
    name: 'pebble',
    version,
    command: [
      join(programs.pebble, 'pebble'),
      '-strict',
      '-config',
      paths.config,
      '-dnsserver',
      `127.0.0.1:${dnsPort}`,
    ],
    env: deterministic,
    isReady: () => answers(acmeDirectory, { ca: authority }),
  });
  const { body } = await ask(`${pebbleManagement}/roots/0`, { ca: authority });
  await writeFile(layout.acmeRoot, body);
}

function pebbleConfig(paths: { readonly certificate: string; readonly key: string }): object {
  return {
    listenAddress: '0.0.0.0:14000',
    managementListenAddress: '0.0.0.0:15000',
    certificate: paths.certificate,
    privateKey: paths.key,
    httpPort: 80,
    tlsPort: 443,
    externalAccountBindingRequired: false,
    retryAfter: { authz: 0, order: 0 },
    keyAlgorithm: 'ecdsa',
    // Of several profiles it takes one by chance for an order that names none.
    profiles: { default: { description: 'For everybody', validityPeriod: 90 * seconds.day } },
  };
}

function dnsFlags(port: number): readonly string[] {
  return [
    '-management=:8055',
    `-dnsserver=:${port}`,
    `-defaultIPv4=${nodeAddress}`,
    '-defaultIPv6=',
    '-http01=',
    '-https01=',
    '-tlsalpn01=',
    '-doh=',
  ];
}
