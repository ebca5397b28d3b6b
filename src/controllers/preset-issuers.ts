import { clusterIssuers, group, labels, managedByValue, managers, version } from '../api/index.ts';
import { createOnly, type KubeClient, type KubeObject } from '../kube/index.ts';
import { type Clock, ConflictError, type Log, sleep } from '../runtime/index.ts';

/** Settings of the ClusterIssuers for Let's Encrypt. */
interface Presets {
  /** The mail address of the accounts; undefined: none. */
  readonly email: string | undefined;
  /** The IngressClass that names are proven through; undefined: the default one. */
  readonly ingressClassName: string | undefined;
}

interface Parts {
  readonly client: Pick<KubeClient, 'apply'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly presets: Presets;
}

const retryMs = 30_000;

/** The names of the ClusterIssuers, and the directories of Let's Encrypt. */
const directories = {
  'letsencrypt-staging': 'https://acme-staging-v02.api.letsencrypt.org/directory',
  letsencrypt: 'https://acme-v02.api.letsencrypt.org/directory',
} as const;

/**
 * Makes the ClusterIssuers for Let's Encrypt where there are none of their names, since a chart cannot install a kind and its
 * objects at once. What is there is the user's and stays as it is. `run` tries until both are there, or aborted.
 */
export function presetIssuers(parts: Parts): { run(signal: AbortSignal): Promise<void> } {
  return {
    async run(signal) {
      for (const [name, server] of Object.entries(directories)) await made(parts, { name, server }, signal);
    },
  };
}

async function made(
  { client, clock, log, presets }: Parts,
  wanted: { readonly name: string; readonly server: string },
  signal: AbortSignal,
): Promise<void> {
  const object = createOnly(issuerOf(wanted, presets));
  while (!signal.aborted) {
    try {
      await client.apply<KubeObject>(clusterIssuers, object, { manager: managers.preset, signal });
      return;
    } catch (error) {
      if (error instanceof ConflictError || signal.aborted) return;
      log.warn('a ClusterIssuer of the settings cannot be made yet, trying again', { issuer: wanted.name, error });
      await sleep(clock, retryMs, signal).catch(() => undefined); // rejects when aborted alone
    }
  }
}

function issuerOf({ name, server }: { readonly name: string; readonly server: string }, presets: Presets): KubeObject {
  const { email, ingressClassName } = presets;
  const issuer = {
    apiVersion: `${group}/${version}`,
    kind: clusterIssuers.kind,
    metadata: { name, labels: { [labels.managedBy]: managedByValue } },
    spec: {
      acme: {
        server,
        ...(email === undefined ? {} : { email }),
        privateKeySecretRef: { name: `${name}-account` },
        solvers: [{ http01: { ingress: ingressClassName === undefined ? {} : { ingressClassName } } }],
      },
    },
  };
  return issuer;
}
