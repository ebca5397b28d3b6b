import { readFileSync } from 'node:fs';
import { type Answer, ask } from './checks.ts';
import { type Layout, nodeAddress } from './spec.ts';

/** Where kube-apiserver serves, the same inside and in pods. */
export const apiServerURL = `https://${nodeAddress}:6443`;

/** The cluster's API with an administrator's rights: for the few objects that the cluster itself consists of. */
export class ApiServer {
  readonly #authority: string;
  readonly #token: string;

  constructor(layout: Layout, token: string) {
    this.#authority = readFileSync(layout.apiServerCA, 'utf8');
    this.#token = token;
  }

  /** Throws when the answer is neither a success nor 409 (there already). */
  async create(path: string, object: object): Promise<void> {
    const { status, body } = await this.#ask('POST', path, JSON.stringify(object));
    if (status >= 300 && status !== 409) throw new Error(`kube-apiserver refused ${path} (${status}): ${body}`);
  }

  /** Undefined when there is no such object, or no answer. */
  async find(path: string): Promise<unknown> {
    const answer = await this.#ask('GET', path).catch(() => undefined);
    return answer?.status === 200 ? JSON.parse(answer.body) : undefined;
  }

  async #ask(method: string, path: string, body?: string): Promise<Answer> {
    return ask(`${apiServerURL}${path}`, {
      method,
      ca: this.#authority,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      timeoutMs: 20_000,
      ...(body === undefined ? {} : { body }),
    });
  }
}
