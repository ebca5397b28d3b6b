import { setTimeout as delay } from 'node:timers/promises';
import { createServer, type Server } from 'node:tls';
import { type KubeClient, type KubeObject, listWatch, pods } from '../../src/kube/index.ts';
import { systemClock } from '../../src/runtime/index.ts';
import { recordedLog } from './log.ts';

interface Pair {
  readonly certificate: string;
  readonly key: string;
}

interface PodRow {
  readonly name: string;
  readonly uid: string;
  readonly app: string;
  readonly isReady: boolean;
  readonly isDeleting: boolean;
  readonly secretNames: readonly string[];
}

interface Pod extends KubeObject {
  readonly spec?: { readonly volumes?: readonly { readonly secret?: { readonly secretName?: string } }[] };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}

let addresses = 0;

/**
 * Plays the kubelet and the processes of a namespace: a pod that is made becomes ready, and, where there is a TLS port, has a
 * TLS server at an address of its own that serves what the pod's Secrets held when it started.
 */
export class Kubelet {
  /** Pods that start now say that they started so much earlier. */
  startedAgoMs = 0;
  /** The port on which every pod serves TLS; `undefined`: none does. */
  tlsPort: number | undefined;
  /** Pods made from now on stay as they are. */
  isStopped = false;
  readonly #client: KubeClient;
  readonly #namespace: string;
  readonly #secrets = new Map<string, Pair>();
  readonly #servers = new Map<string, Server>();
  readonly #pods = new Map<string, PodRow>();
  readonly #starting = new Set<Promise<void>>();

  constructor(client: KubeClient, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** Notes what a Secret holds from now on. */
  holds(secretName: string, pair: Pair): void {
    this.#secrets.set(secretName, pair);
  }

  /** Lets every running server serve what its Secrets hold now, as one that reloads by itself does. */
  reloadAll(): void {
    for (const [uid, server] of this.#servers) {
      const pod = [...this.#pods.values()].find((one) => one.uid === uid);
      for (const name of pod?.secretNames ?? [])
        server.addContext(`${name}.example.com`, contextOf(this.#secrets.get(name)));
    }
  }

  /** How many pods of an app are ready and stay. */
  ready(app: string): number {
    return [...this.#pods.values()].filter((pod) => pod.app === app && pod.isReady && !pod.isDeleting).length;
  }

  async run(signal: AbortSignal): Promise<void> {
    const parts = { client: this.#client, clock: systemClock, log: recordedLog() };
    const cache = listWatch<PodRow>(parts, { resource: pods, namespace: this.#namespace, project });
    const started = new Set<string>();
    cache.onChange(({ before, after }) => {
      if (before !== undefined && before.uid !== after?.uid) this.#gone(before);
      if (after === undefined) return;
      this.#pods.set(after.uid, after);
      if (after.isReady || after.isDeleting || started.has(after.uid) || this.isStopped) return;
      started.add(after.uid);
      const start = this.#start(after);
      this.#starting.add(start);
    });
    await cache.run(signal);
  }

  async stop(): Promise<void> {
    await Promise.allSettled(this.#starting);
    for (const server of this.#servers.values()) server.close();
  }

  async #start(pod: PodRow): Promise<void> {
    const startedAt = new Date(Date.now() - this.startedAgoMs).toISOString().replace(/\.\d{3}/, '');
    await delay(300);
    addresses += 1;
    const address = `127.9.${Math.floor(addresses / 250)}.${(addresses % 250) + 1}`;
    if (this.tlsPort !== undefined) await this.#serve(pod, address, this.tlsPort);
    const container = { name: 'web', image: 'nginx', imageID: 'i', ready: true, restartCount: 0, started: true };
    const status = {
      phase: 'Running',
      podIP: address,
      podIPs: [{ ip: address }],
      startTime: startedAt,
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: startedAt }],
      containerStatuses: [{ ...container, state: { running: { startedAt } } }],
    };
    const metadata = { namespace: this.#namespace, name: pod.name };
    const object = { apiVersion: 'v1', kind: 'Pod', metadata, status };
    await this.#client.apply(pods, object, { manager: 'kubelet', subresource: 'status', force: true });
  }

  async #serve(pod: PodRow, address: string, port: number): Promise<void> {
    const server = createServer(contextOf(this.#secrets.get(pod.secretNames[0] ?? '')), (socket) => socket.end());
    server.on('tlsClientError', () => undefined);
    for (const name of pod.secretNames) server.addContext(`${name}.example.com`, contextOf(this.#secrets.get(name)));
    this.#servers.set(pod.uid, server);
    await new Promise<void>((resolve) => server.listen(port, address, resolve));
  }

  #gone(pod: PodRow): void {
    this.#pods.delete(pod.uid);
    this.#servers.get(pod.uid)?.close();
    this.#servers.delete(pod.uid);
  }
}

function project(object: KubeObject): PodRow {
  const { metadata, spec, status } = object as Pod;
  return {
    name: metadata.name,
    uid: metadata.uid ?? '',
    app: metadata.labels?.['app'] ?? '',
    isReady: status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true,
    isDeleting: metadata.deletionTimestamp !== undefined,
    secretNames: (spec?.volumes ?? []).flatMap(({ secret }) => secret?.secretName ?? []),
  };
}

function contextOf(pair: Pair | undefined): { cert: string; key: string } {
  if (pair === undefined) throw new Error('the pod started before its Secret was there');
  return { cert: pair.certificate, key: pair.key };
}
