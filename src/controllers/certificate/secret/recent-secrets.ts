import { labels, managedByValue } from '../../../api/index.ts';
import {
  type Cache,
  type KubeClient,
  type KubeObject,
  keyOf,
  type Ref,
  type Resource,
  secrets,
} from '../../../kube/index.ts';
import type { Clock } from '../../../runtime/index.ts';
import type { Secret } from './secret.ts';

/** What was read or written longer ago is read again: our Secrets, and those that are absent or of others, who may change them unheard. */
const keptMs = { ours: 60_000, others: 5_000 };
/** Characters of values that are kept: a thousand issuances under way have some eight million. */
const mostKept = 16_000_000;

interface Parts {
  readonly client: Pick<KubeClient, 'get' | 'apply' | 'patch'>;
  readonly clock: Clock;
  /** Our Secrets, found by `namespace/name`: what it tells of is read again. */
  readonly cache: Pick<Cache<unknown>, 'onChange'>;
}

interface Known {
  /** Undefined where there is none. */
  readonly secret: Secret | undefined;
  /** When it was asked for, monotonic, since an answer may have been on its way for long; undefined until it is there. */
  readonly atMs: number | undefined;
  readonly size: number;
}

/**
 * Secrets as they were last read or written, so that the passes of one issuance do not read the same ones again and again.
 *
 * What is remembered may be old: a watch lags, and of the archive none tells. That costs a conflict, since each write carries
 * the version that it was planned from; and what could not be written is read again.
 */
export class RecentSecrets {
  readonly #parts: Parts;
  /** In the order in which they came. */
  readonly #known = new Map<string, Known>();
  #size = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.cache.onChange(({ key }) => this.#forget(key));
  }

  /** Reads what is not remembered. */
  readonly recent: Pick<KubeClient, 'get'> = {
    get: async <T extends KubeObject>(resource: Resource, ref: Ref, signal?: AbortSignal): Promise<T | undefined> => {
      const known = resource === secrets ? this.#known.get(keyOf(ref)) : undefined;
      if (known === undefined || !this.#isRecent(known)) return this.live.get<T>(resource, ref, signal);
      return known.secret as T | undefined; // as it was answered
    },
  };

  /** Reads and writes as the client does. What it answers is remembered. */
  readonly live: Pick<KubeClient, 'get' | 'apply' | 'patch'> = {
    get: (resource, ref, signal) => this.#noted(resource, ref, () => this.#parts.client.get(resource, ref, signal)),
    apply: (resource, object, options) =>
      this.#noted(resource, object.metadata, () => this.#parts.client.apply(resource, object, options)),
    patch: (resource, ref, change, signal) =>
      this.#noted(resource, ref, () => this.#parts.client.patch(resource, ref, change, signal)),
  };

  async #noted<T extends KubeObject | undefined>(resource: Resource, ref: Ref, call: () => Promise<T>): Promise<T> {
    if (resource !== secrets) return call();
    const key = keyOf(ref);
    const askedMs = this.#parts.clock.monotonicMs();
    const underWay: Known = { secret: undefined, atMs: undefined, size: 0 };
    this.#put(key, underWay);
    try {
      const secret = await call();
      // Else the watch has told of a change meanwhile, or another call has gone out: this answer may be the older one.
      if (this.#known.get(key) === underWay) this.#remember(key, secret, askedMs);
      return secret;
    } catch (error) {
      if (this.#known.get(key) === underWay) this.#forget(key);
      throw error;
    }
  }

  #remember(key: string, secret: Secret | undefined, atMs: number): void {
    const size = Object.values(secret?.data ?? {}).reduce((sum, value) => sum + value.length, 0);
    this.#put(key, { secret, atMs, size });
    for (const [eldest, known] of this.#known) {
      if (known.atMs === undefined) continue;
      if (this.#isRecent(known) && this.#size <= mostKept) break;
      this.#forget(eldest);
    }
  }

  #isRecent({ secret, atMs }: Known): boolean {
    const isOurs = secret?.metadata.labels?.[labels.managedBy] === managedByValue;
    return atMs !== undefined && this.#parts.clock.monotonicMs() < atMs + (isOurs ? keptMs.ours : keptMs.others);
  }

  #put(key: string, known: Known): void {
    this.#forget(key);
    this.#known.set(key, known);
    this.#size += known.size;
  }

  #forget(key: string): void {
    this.#size -= this.#known.get(key)?.size ?? 0;
    this.#known.delete(key);
  }
}
