import type { OperatorConfig } from '../config.ts';
import { connect, type KubeClient } from '../kube/index.ts';
import { type Surroundings, userAgent } from './surroundings.ts';

/** The client of the API server of a process, whose calls are counted. Throws as `connect` does. */
export function apiServer(
  { kubeconfig, httpsProxy, noProxy }: Pick<OperatorConfig, 'kubeconfig' | 'httpsProxy' | 'noProxy'>,
  surroundings: Surroundings,
): KubeClient {
  const { metrics, version } = surroundings;
  return connect({
    userAgent: userAgent(version),
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    proxy: { httpsProxy, noProxy },
    onCall: ({ verb, resource, lane, code, waitedMs, ms }) => {
      metrics.kubeRequests.inc({ verb, resource, code: String(code) });
      metrics.kubeRequestSeconds.observe({ verb }, ms / 1000);
      metrics.kubeWaitSeconds.inc({ lane }, waitedMs / 1000);
    },
  });
}
