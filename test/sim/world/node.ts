import { createHash } from 'node:crypto';
import { type Secret, textOf } from '../../../src/controllers/certificate/secret/secret.ts';
import { consumedSecrets, type PodTemplate } from '../../../src/controllers/reload/pod-template.ts';
import { deployments, type KubeClient, type KubeObject, keyOf, pods, secrets } from '../../../src/kube/index.ts';
import { readChain } from '../../../src/pki/index.ts';
import { type Clock, oncePer } from '../../../src/runtime/index.ts';
import { kindOfDefinition } from '../api-server/index.ts';
import type { Truth } from './truth.ts';

/** A Deployment as its controller sees it. */
interface Deployment extends KubeObject {
  readonly spec: { readonly replicas?: number; readonly template: PodTemplate & { readonly metadata?: object } };
}

/** ReplicaSets, as far as anybody here looks at them: they own pods, and Deployments own them. */
export const replicaSetKind = kindOfDefinition({
  spec: {
    group: 'apps',
    scope: 'Namespaced',
    names: { plural: 'replicasets', kind: 'ReplicaSet' },
    versions: [{ name: 'v1', schema: { openAPIV3Schema: { type: 'object' } } }],
  },
});

/** How long a pod takes from being made to being ready. */
const startMs = 1_000;
const manager = 'kube-controller-manager';

interface Parts {
  readonly clock: Clock;
  readonly truth: Truth;
  readonly client: KubeClient;
}

/** A running pod, and the leaf of each Secret as it was when the pod started. */
interface Running {
  readonly deployment: string;
  readonly hash: string;
  readonly leaves: readonly string[];
}

/**
 * A Deployment controller and a kubelet in one: replaces the pods of a Deployment one after another when its template
 * changes. A pod reads its Secrets once, when it starts, and waits for those that are not there.
 */
export class Node {
  readonly #parts: Parts;
  readonly #pods = new Map<string, Running>();
  readonly #busy = new Set<string>();
  #made = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.truth.onCommit(({ plural, key }) => {
      if (plural === deployments.plural) this.#wake(key);
      if (plural === secrets.plural)
        for (const { metadata } of parts.truth.list(deployments)) this.#wake(keyOf(metadata));
    });
  }

  /** The leaf that is served at an address; undefined where nothing answers. */
  leafAt(address: string): string | undefined {
    return this.#pods.get(address)?.leaves[0];
  }

  /** Every leaf that a pod serves. */
  get served(): readonly string[] {
    return [...this.#pods.values()].flatMap(({ leaves }) => leaves.slice(0, 1));
  }

  #wake(key: string): void {
    if (this.#busy.has(key)) return;
    this.#busy.add(key);
    this.#parts.clock.after(startMs, () => {
      this.#busy.delete(key);
      void this.#step(key);
    });
  }

  /** Starts one pod of the template in the spec, and takes one of an earlier template away. */
  async #step(key: string): Promise<void> {
    const [namespace = '', name = ''] = key.split('/');
    const deployment = this.#parts.truth.get(deployments, { namespace, name }) as Deployment | undefined;
    if (deployment === undefined) return; // its pods go with it
    const { replicas = 1, template } = deployment.spec;
    const hash = hashOf(template);
    const { current, earlier } = this.#podsOf(key, hash);
    const leaves = this.#leavesOf(deployment);
    if (current.length < replicas && leaves !== undefined) current.push(await this.#start(deployment, hash, leaves));
    const [oldest] = earlier;
    if (oldest !== undefined && current.length + earlier.length > replicas) {
      await this.#stop(namespace, oldest);
      earlier.shift();
    }
    await this.#report(deployment, current.length, earlier.length);
    if (earlier.length > 0 || (current.length < replicas && leaves !== undefined)) this.#wake(key);
  }

  #podsOf(key: string, hash: string): { readonly current: string[]; readonly earlier: string[] } {
    const own = [...this.#pods].filter(([, pod]) => pod.deployment === key);
    const of = (isCurrent: boolean): string[] =>
      own.flatMap(([address, pod]) => ((pod.hash === hash) === isCurrent ? [address] : []));
    return { current: of(true), earlier: of(false) };
  }

  /** What its Secrets hold; undefined while one is missing. */
  #leavesOf({ metadata, spec }: Deployment): readonly string[] | undefined {
    const held = consumedSecrets(spec.template).map((name) => {
      const secret = this.#parts.truth.get(secrets, { namespace: metadata.namespace ?? '', name });
      return secret === undefined ? undefined : leafOf(secret);
    });
    return held.every((leaf) => leaf !== undefined) ? held : undefined;
  }

  async #start({ metadata }: Deployment, hash: string, leaves: readonly string[]): Promise<string> {
    const { clock, client } = this.#parts;
    const { namespace = '', name } = metadata;
    this.#made += 1;
    const address = `10.1.0.${this.#made}`;
    this.#pods.set(address, { deployment: keyOf(metadata), hash, leaves });
    const replicaSet = await this.#own(metadata, `${name}-${hash}`);
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        namespace,
        name: podName(address),
        labels: { 'pod-template-hash': hash },
        ownerReferences: [ownerOf(replicaSet)],
      },
      spec: { containers: [{ name: 'web', image: 'nginx' }] },
    };
    await client.apply(pods, pod, { manager });
    const now = clock.now().toISOString();
    const status = {
      phase: 'Running',
      podIP: address,
      startTime: now,
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: 'web',
          image: 'nginx',
          imageID: '',
          ready: true,
          restartCount: 0,
          state: { running: { startedAt: now } },
        },
      ],
    };
    const { apiVersion, kind } = pod;
    const object = { apiVersion, kind, metadata: { namespace, name: pod.metadata.name }, status };
    await client.apply(pods, object, { manager, subresource: 'status' });
    return address;
  }

  /** The ReplicaSet of one template of a Deployment. */
  async #own(
    { namespace = '', name: deployment, uid = '' }: KubeObject['metadata'],
    name: string,
  ): Promise<KubeObject> {
    const owner = ownerOf({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: deployment, uid } });
    const object = {
      apiVersion: 'apps/v1',
      kind: 'ReplicaSet',
      metadata: { namespace, name, ownerReferences: [owner] },
    };
    return this.#parts.client.apply(replicaSetKind.resource, object, { manager });
  }

  async #stop(namespace: string, address: string): Promise<void> {
    this.#pods.delete(address);
    const ref = { namespace, name: podName(address) };
    const uid = this.#parts.truth.get(pods, ref)?.metadata.uid ?? '';
    await this.#parts.client.remove(pods, ref, { uid });
  }

  async #report({ metadata }: Deployment, updated: number, earlier: number): Promise<void> {
    const { namespace = '', name, generation } = metadata;
    const replicas = updated + earlier;
    const status = { observedGeneration: generation, replicas, updatedReplicas: updated, availableReplicas: replicas };
    const object = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { namespace, name }, status };
    await this.#parts.client.apply(deployments, object, { manager, subresource: 'status', force: true });
  }
}

function ownerOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true };
}

function hashOf(template: object): string {
  return createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10);
}

function podName(address: string): string {
  return `pod-${address.replaceAll('.', '-')}`;
}

/** The leaf in a Secret, whatever its annotations say; undefined where there is none. */
const leafOf = oncePer((secret: Secret): string | undefined => {
  try {
    return readChain(textOf(secret, 'tls.crt')).leaf.fingerprint;
  } catch {
    return undefined;
  }
});
