import { spawnSync } from 'node:child_process';

/** What kubectl printed. */
export interface Printed {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs kubectl against the cluster of $KUBECONFIG, whatever it answers. Throws where it cannot be asked. */
export function kubectl(args: readonly string[], manifests: readonly unknown[] = []): Printed {
  if (process.env['KUBECONFIG'] === undefined) {
    throw new Error('needs a control plane: node test/kit/cluster/main.ts run --control-plane -- node --test FILE');
  }
  // JSON documents, because the YAML that kubectl reads takes words such as off and y for booleans.
  const input = manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n');
  const { status, stdout, stderr, error } = spawnSync('kubectl', args, { encoding: 'utf8', input, timeout: 60_000 });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Runs kubectl and gives what it printed. Throws where it fails. */
export function kubectlSucceeds(args: readonly string[], manifests: readonly unknown[] = []): string {
  const { status, stdout, stderr } = kubectl(args, manifests);
  if (status !== 0) throw new Error(`kubectl ${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Applies the CRDs as a user would, and waits until they are served. */
export function installCrds(): void {
  const folder = new URL('../../../crds/', import.meta.url).pathname;
  kubectlSucceeds(['apply', '-f', folder]);
  kubectlSucceeds(['wait', '--for=condition=Established', '--timeout=30s', '-f', folder]);
}
