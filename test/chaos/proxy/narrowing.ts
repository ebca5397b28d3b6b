import { kubePathOf } from './call.ts';
import type { Upstream } from './upstream.ts';

/** Lets reads in all namespaces become reads in one, so that several clients of one API server know nothing of each other. */
export class Narrowing {
  readonly #upstream: Upstream;
  readonly #namespace: string;
  /** The plurals of the kinds that have namespaces, by group and version. */
  readonly #namespaced = new Map<string, Promise<ReadonlySet<string>>>();

  constructor(upstream: Upstream, namespace: string) {
    this.#upstream = upstream;
    this.#namespace = namespace;
  }

  /** The path that is asked for in the place of `path`. */
  async pathFor(method: string, path: string): Promise<string> {
    const { groupVersion, namespace, resource, name } = kubePathOf(new URL(path, 'https://api').pathname);
    if (method !== 'GET' || groupVersion === undefined || namespace !== undefined || name !== undefined) return path;
    let known = this.#namespaced.get(groupVersion);
    if (known === undefined) {
      known = this.#discover(groupVersion);
      known.catch(() => this.#namespaced.delete(groupVersion));
      this.#namespaced.set(groupVersion, known);
    }
    if (!(await known).has(resource)) return path;
    return path.replace(`${groupVersion}/`, `${groupVersion}/namespaces/${this.#namespace}/`);
  }

  async #discover(groupVersion: string): Promise<ReadonlySet<string>> {
    const { code, body } = await this.#upstream.send({
      method: 'GET',
      path: groupVersion,
      headers: { accept: 'application/json' },
      body: Buffer.alloc(0),
    });
    if (code !== 200 || !(body instanceof Buffer)) throw new Error(`${groupVersion} is answered ${code}`);
    const { resources } = JSON.parse(body.toString('utf8')) as {
      readonly resources: readonly { readonly name: string; readonly namespaced: boolean }[];
    };
    return new Set(resources.filter(({ namespaced }) => namespaced).map(({ name }) => name));
  }
}
