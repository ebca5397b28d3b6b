import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What the client is given: a kubeconfig, and the files of the CA and of the token that it is known by. */
export class ClientFiles implements AsyncDisposable {
  readonly kubeconfig: string;
  readonly #folder: string;
  readonly #ownTokenFile: string | undefined;
  #token = randomUUID();

  private constructor(folder: string, ownTokenFile: string | undefined) {
    this.#folder = folder;
    this.#ownTokenFile = ownTokenFile;
    this.kubeconfig = join(folder, 'kubeconfig');
  }

  /**
   * @param authority PEM of what the server's HTTPS is to be verified by.
   * @param ownTokenFile the token by which the API server itself knows the client.
   */
  static async write(server: string, authority: string, ownTokenFile?: string): Promise<ClientFiles> {
    const files = new ClientFiles(await mkdtemp(join(tmpdir(), 'evercert-chaos-')), ownTokenFile);
    const user = { 'auth-provider': { name: 'tokenFile', config: { tokenFile: files.#tokenFile } } };
    const cluster = { server, 'certificate-authority': files.#authorityFile };
    const config = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name: 'chaos', cluster }],
      users: [{ name: 'chaos', user }],
      contexts: [{ name: 'chaos', context: { cluster: 'chaos', user: 'chaos' } }],
      'current-context': 'chaos',
    };
    await writeFile(files.kubeconfig, JSON.stringify(config), { mode: 0o600 });
    await files.trust(authority);
    if (ownTokenFile === undefined) await files.#writeToken();
    return files;
  }

  /** Lets the client verify the server by another CA. */
  async trust(authority: string): Promise<void> {
    await writeFile(this.#authorityFile, authority);
  }

  /** Whether an Authorization header has the token of now; of a token that the API server knows, it is the judge. */
  knows(authorization: string | undefined): boolean {
    return this.#ownTokenFile !== undefined || authorization === `Bearer ${this.#token}`;
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
    return this.#ownTokenFile ?? join(this.#folder, 'token');
  }

  get #authorityFile(): string {
    return join(this.#folder, 'ca.crt');
  }

  async #writeToken(): Promise<void> {
    await writeFile(this.#tokenFile, this.#token, { mode: 0o600 });
  }
}
