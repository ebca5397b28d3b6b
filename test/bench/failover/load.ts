import type { Site } from '../site.ts';

const count = 3;

/** Certificates that are renewed all the time, each again as soon as it is issued. */
export class Load {
  readonly #site: Site;
  readonly #names = Array.from({ length: count }, (_, number) => `load-${number}`);

  constructor(site: Site) {
    this.#site = site;
  }

  /** Issues them first, which takes the ingress controller some time. */
  async prepare(): Promise<void> {
    await Promise.all(this.#names.map((name) => this.#site.issue(name)));
  }

  /** Runs while `work` does; then lets every renewal come to its end. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    const ending = new AbortController();
    const renewing = Promise.all(this.#names.map((name) => this.#renew(name, ending.signal)));
    try {
      return await work();
    } finally {
      ending.abort();
      await renewing;
    }
  }

  async #renew(name: string, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) await this.#site.issued(name, await this.#site.renew(name));
  }
}
