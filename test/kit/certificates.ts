import { type Certificate, certificates } from '../../src/api/index.ts';
import { type Cache, type KubeClient, type KubeObject, listWatch } from '../../src/kube/index.ts';
import { type Log, systemClock } from '../../src/runtime/index.ts';

const quiet: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, child: () => quiet };
function nothing(): void {}

/** Follows every Certificate of the cluster through a watch. */
export function followCertificates(
  client: KubeClient,
  signal: AbortSignal,
): { cache: Cache<Certificate>; running: Promise<void> } {
  const project = (object: KubeObject): Certificate => object as Certificate;
  const cache = listWatch({ client, clock: systemClock, log: quiet }, { resource: certificates, project });
  return { cache, running: cache.run(signal) };
}

/**
 * Resolves with a Certificate once it is as asked for.
 *
 * @throws Error with the Certificate's conditions when that takes longer than `timeoutMs`.
 */
export async function certificateThat(
  cache: Cache<Certificate>,
  key: string,
  { is, what, timeoutMs }: { is: (certificate: Certificate) => boolean; what: string; timeoutMs: number },
): Promise<Certificate> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const said = (cache.get(key)?.status?.conditions ?? []).map(({ type, status, reason, message }) => {
        return `  ${type}=${status} ${reason}: ${message}`;
      });
      reject(new Error(`${key} ${what} took longer than ${timeoutMs / 1000} s\n${said.join('\n')}`));
    }, timeoutMs);
    const look = (): void => {
      const certificate = cache.get(key);
      if (certificate === undefined || !is(certificate)) return;
      clearTimeout(timer);
      resolve(certificate);
    };
    cache.onChange((change) => {
      if (change.key === key) look();
    });
    look();
  });
}

/** Whether a condition of a Certificate has this status. */
export function says(certificate: Certificate, type: string, status: 'True' | 'False' | 'Unknown'): boolean {
  return certificate.status?.conditions?.some((one) => one.type === type && one.status === status) ?? false;
}
