import type { KubeClient } from './client.ts';

export function connect(options: { kubeconfig?: string; userAgent: string }): KubeClient {
  throw new Error(`not built yet: ${options.userAgent}`);
}
