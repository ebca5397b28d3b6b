import { challengePath, type IssuerSpec } from '../../../src/api/index.ts';
import { apply, kubectl } from '../../kit/inside.ts';
import type { Surroundings } from './surroundings.ts';

const name = 'bench-standing';

/**
 * Leads the challenge path of every name to the responders by one Ingress, and makes a ClusterIssuer whose own routes no ingress
 * controller takes up: Traefik needs minutes for those of a thousand Certificates.
 *
 * @param rateLimits Of the CA, as the issuer tells them; called again with others it changes them.
 * @returns the name of the ClusterIssuer.
 */
export async function standingRoute(
  world: Surroundings,
  rateLimits: NonNullable<IssuerSpec['acme']['rateLimits']> = {},
): Promise<string> {
  const backend = { service: { name: 'evercert-responder', port: { name: 'http' } } };
  const http = { paths: [{ path: challengePath, pathType: 'Prefix', backend }] };
  await apply(
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'IngressClass',
      metadata: { name },
      spec: { controller: 'evercert.dev/bench' },
    },
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: { name, namespace: 'evercert' },
      spec: { ingressClassName: world.ingressClass, rules: [{ http }] },
    },
    {
      apiVersion: 'evercert.dev/v1',
      kind: 'ClusterIssuer',
      metadata: { name },
      spec: {
        acme: {
          server: world.acmeDirectory,
          caBundle: Buffer.from(world.acmeCA).toString('base64'),
          privateKeySecretRef: { name: `${name}-account` },
          rateLimits,
          solvers: [{ http01: { ingress: { ingressClassName: name } } }],
        },
      },
    },
  );
  await kubectl('wait', `clusterissuer/${name}`, '--for=condition=Ready', '--timeout=60s');
  return name;
}
