import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the client is given: a kubeconfig, and the file of the token that it is known by. */
export class ClientFiles implements AsyncDisposable {
  readonly kubeconfig: string;
  readonly #folder: string;
  #token = randomUUID();

  private constructor(folder: string) {
    this.#folder = folder;
    this.kubeconfig = join(folder, 'kubeconfig');
  }

  /** @param authority PEM of what the server's HTTPS is to be verified by. */
  static async write(server: string, authority: string): Promise<ClientFiles> {
    const files = new ClientFiles(await mkdtemp(join(tmpdir(), 'evercert-chaos-')));
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile: files.#tokenFile } } };
    const cluster = { server, 'certificate-authority-data': Buffer.from(authority).toString('base64') };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'chaos', cluster }],
      users: [{ name: 'chaos', user }],
      contexts: [{ name: 'chaos', context: { cluster: 'chaos', user: 'chaos' } }],
      'current-context': 'chaos',
    };
    await writeFile(files.kubeconfig, JSON.stringify(config), { mode: 0o600 });
    await files.#writeToken();
    return files;
  }

  /** Whether an Authorization header has the token of now. */
  knows(authorization: string | undefined): boolean {
    return authorization === `Bearer ${this.#token}`;
  }

  /** Makes a new token; the old one is refused from now on. */
  async rotate(): Promise<void> {
    this.#token = randomUUID();
    await this.#writeToken();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#folder, { recursive: true });
  }

  get #tokenFile(): string {
    return join(this.#folder, 'token');
  }

  async #writeToken(): Promise<void> {
    await writeFile(this.#tokenFile, this.#token, { mode: 0o600 });
  }
}
