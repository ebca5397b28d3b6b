import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apply, kubectl } from '../kit/inside.ts';
import { namespace } from './sources.ts';

const account = 'soak';

/**
 * Who the subject is: a ServiceAccount, whose token stands in a file as in a Pod. Each token is bound to a Secret, so that it
 * is refused from that Secret's end on, and not only after the ten minutes that the API server allows at least.
 */
export class Identity {
  /** The file that the token is read from. */
  readonly tokenFile: string;
  #tokens = 0;

  private constructor(folder: string) {
    this.tokenFile = join(folder, 'token');
  }

  /** Makes the ServiceAccount, with every right, and its first token. */
  static async create(folder: string): Promise<Identity> {
    await apply(
      { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: account, namespace } },
      {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: account },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
        subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
      },
    );
    const identity = new Identity(folder);
    await identity.#issue();
    return identity;
  }

  /** Puts another token into the file; the one before is refused as soon as the API server forgets it, which takes 10 s. */
  async rotate(): Promise<void> {
    const before = this.#name();
    await this.#issue();
    await kubectl('delete', 'secret', before, '--namespace', namespace, '--wait=false');
  }

  async #issue(): Promise<void> {
    this.#tokens += 1;
    const bound = { apiVersion: 'v1', kind: 'Secret', metadata: { name: this.#name(), namespace } };
    await apply(bound);
    const token = await kubectl(
      'create',
      'token',
      account,
      '--namespace',
      namespace,
      '--bound-object-kind=Secret',
      `--bound-object-name=${this.#name()}`,
    );
    await writeFile(`${this.tokenFile}.next`, token, { mode: 0o600 });
    await rename(`${this.tokenFile}.next`, this.tokenFile);
  }

  #name(): string {
    return `soak-token-${this.#tokens}`;
  }
}
