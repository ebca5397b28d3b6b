import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { environmentOf } from './environment.ts';
import { type Execution, execute } from './execute.ts';
import { acmeDirectory } from './pebble.ts';
import { type ClusterSpec, ingressClass, type Layout } from './spec.ts';

const chart = resolve(import.meta.dirname, '..', '..', '..', 'charts', 'evercert');
const namespace = 'evercert';

/**
 * Installs the chart as a user would and applies the ClusterIssuer `embedded`; resolves when both are ready.
 *
 * @throws Error with what the pods say when they do not become ready.
 */
export async function installEvercert(spec: ClusterSpec, layout: Layout): Promise<void> {
  const helm = join(spec.toolFolder, 'helm');
  const kubectl = join(spec.toolFolder, 'kubectl');
  const inside: Execution = { env: { ...process.env, ...environmentOf(spec) } };
  const flags = ['--namespace', namespace, '--create-namespace', '--wait', '--timeout', '100s'];
  try {
    await execute(helm, ['install', 'evercert', chart, ...flags], inside);
    await execute(kubectl, ['apply', '--server-side', '-f', '-'], { ...inside, input: JSON.stringify(issuer(layout)) });
    await execute(kubectl, ['wait', 'clusterissuer/embedded', '--for=condition=Ready', '--timeout=60s'], inside);
  } catch (error) {
    const questions = [
      ['get', 'pods', '--namespace', namespace, '--output=wide'],
      ['get', 'events', '--namespace', namespace, '--sort-by=.lastTimestamp'],
      ['logs', '--namespace', namespace, '--selector=app.kubernetes.io/name=evercert', '--tail=15', '--prefix'],
      ['get', 'clusterissuer', 'embedded', '--output=jsonpath={.status}'],
    ];
    const said = await Promise.all(questions.map((question) => execute(kubectl, question, inside).catch(String)));
    throw new Error([error instanceof Error ? error.message : String(error), ...said].join('\n'), { cause: error });
  }
}

function issuer({ acmeCA }: Layout): object {
  return {
    apiVersion: 'evercert.dev/v1',
    kind: 'ClusterIssuer',
    metadata: { name: 'embedded' },
    spec: {
      acme: {
        server: acmeDirectory,
        caBundle: readFileSync(acmeCA).toString('base64'),
        privateKeySecretRef: { name: 'embedded-account' },
        solvers: [{ http01: { ingress: { ingressClassName: ingressClass } } }],
      },
    },
  };
}
