import { askControl } from './cluster/control.ts';
import { environment } from './inside.ts';

/** A program of every cluster that a test may crash. */
export type CrashableComponent = 'etcd' | 'kube-apiserver' | 'kube-controller-manager';

/** Kills a program of the cluster that we are inside of, as a crash would; resolves when it is gone. */
export async function killComponent(name: CrashableComponent): Promise<void> {
  await askControl(environment('EVERCERT_CLUSTER'), 'POST', `/components/${name}/kill`);
}

/** Starts a program that was killed once more; resolves when it serves. */
export async function reviveComponent(name: CrashableComponent): Promise<void> {
  await askControl(environment('EVERCERT_CLUSTER'), 'POST', `/components/${name}/revive`);
}
