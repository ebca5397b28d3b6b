import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { KubeConfig, loadYaml } from '@kubernetes/client-node';

interface Content {
  readonly users?: readonly { readonly name: string; readonly user?: { readonly tokenFile?: string } }[] | null;
}

/**
 * A kubeconfig as kubectl reads it: with `tokenFile`, which the library does not know. The token of that file is read again by
 * the minute, and comes before one that stands in the kubeconfig itself (client-go, `clientcmd/api` `AuthInfo`).
 */
export class Kubeconfig extends KubeConfig {
  override loadFromFile(...args: Parameters<KubeConfig['loadFromFile']>): void {
    super.loadFromFile(...args);
    const [path] = args;
    const content = loadYaml<Content | undefined>(readFileSync(path, 'utf8'));
    const tokenFiles = new Map(content?.users?.map(({ name, user }) => [name, user?.tokenFile]));
    this.users = this.users.map(({ token, ...user }) => {
      const tokenFile = tokenFiles.get(user.name);
      if (tokenFile === undefined) return token === undefined ? user : { ...user, token };
      const config = { tokenFile: resolve(dirname(path), tokenFile) };
      return { ...user, authProvider: { name: 'tokenFile', config } };
    });
  }
}
