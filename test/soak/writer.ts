import type { KubeClient, KubeObject } from '../../src/kube/index.ts';
import { ConflictError, TransientError } from '../../src/runtime/index.ts';
import { Random } from '../kit/random.ts';
import { Gate } from './gate.ts';
import { type Kind, kinds, objectOf } from './kinds.ts';
import { namespace } from './sources.ts';

const manager = 'soak';
const workers = 4;
const betweenMs = 25;

/**
 * Makes, changes and deletes objects of every kind, all the time, by a seed. It goes to the API server by a way that no fault
 * lies in, but for those of the API server itself; then it loses what it was about to write, and goes on.
 */
export class Writer {
  readonly #client: KubeClient;
  readonly #random: Random;
  readonly #gate = new Gate();
  #versions: Record<string, string[]> = {};
  #writes = 0;
  #failures = 0;

  constructor(client: KubeClient, seed: number) {
    this.#client = client;
    this.#random = new Random(seed);
  }

  /** Writes that were carried out. */
  get writes(): number {
    return this.#writes;
  }

  /** Writes that failed, while the API server was away. */
  get failures(): number {
    return this.#failures;
  }

  /** The versions that its writes made since this was asked last, by the plural of their kind. */
  takeVersions(): Readonly<Record<string, readonly string[]>> {
    const versions = this.#versions;
    this.#versions = {};
    return versions;
  }

  /** Makes as many objects as there are later on. */
  async fill(): Promise<void> {
    const all = kinds.flatMap((kind) =>
      Array.from({ length: Math.floor((kind.names * 3) / 4) }, (_, number) => ({ kind, name: nameOf(kind, number) })),
    );
    await Promise.all(
      Array.from({ length: 2 * workers }, async () => {
        for (let next = all.pop(); next !== undefined; next = all.pop()) await this.#apply(next.kind, next.name);
      }),
    );
  }

  /** Writes until aborted. Rejects when the API server refuses a write for good, which is a mistake in here. */
  async run(signal: AbortSignal): Promise<void> {
    await Promise.all(Array.from({ length: workers }, () => this.#work(signal)));
  }

  /** Resolves when nothing is being written any more, until {@link resume}. */
  async pause(): Promise<void> {
    await this.#gate.close();
  }

  resume(): void {
    this.#gate.open();
  }

  async #work(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#gate.through(() => this.#step(), signal);
      await new Promise((resolve) => setTimeout(resolve, betweenMs));
    }
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const kind = random.pick(kinds);
    const name = nameOf(kind, random.below(kind.names));
    try {
      // As many are deleted as are made when three of four names are taken.
      if (random.chance(0.25)) await this.#remove(kind, name);
      else await this.#apply(kind, name);
      this.#writes += 1;
    } catch (error) {
      if (!(error instanceof TransientError || error instanceof ConflictError)) throw error;
      this.#failures += 1;
    }
  }

  async #apply(kind: Kind, name: string): Promise<void> {
    const object = objectOf(kind, name, namespace, kind.said(this.#random));
    this.#note(kind, await this.#client.apply(kind.resource, object, { manager, force: true }));
    if (kind.status === undefined) return;
    const status = objectOf(kind, name, namespace, { status: kind.status(this.#random) });
    this.#note(kind, await this.#client.apply(kind.resource, status, { manager, force: true, subresource: 'status' }));
  }

  #note({ resource }: Kind, { metadata }: KubeObject): void {
    (this.#versions[resource.plural] ??= []).push(metadata.resourceVersion ?? '');
  }

  async #remove({ resource }: Kind, name: string): Promise<void> {
    const ref = resource.namespaced ? { namespace, name } : { name };
    const found = await this.#client.get<KubeObject>(resource, ref);
    if (found !== undefined) await this.#client.remove(resource, ref, { uid: found.metadata.uid ?? '' });
  }
}

function nameOf({ resource }: Kind, number: number): string {
  return `${resource.plural}-${number}`;
}
