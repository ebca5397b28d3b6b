/** Network probes: who answers over HTTP and over TLS; knows neither ACME nor Kubernetes. */
export interface HttpAnswer {
  readonly ok: boolean;
  readonly problem?: string;
}
export interface TlsAnswer {
  readonly ok: boolean;
  readonly fingerprint?: string;
  readonly problem?: string;
}
export declare function probeHttp(
  target: { host: string; path: string; address?: string; port?: number; expect: string },
  options?: { timeoutMs?: number; signal?: AbortSignal },
): Promise<HttpAnswer>;
export declare function probeTls(
  target: { address: string; port: number; serverName: string },
  options?: { timeoutMs?: number; signal?: AbortSignal },
): Promise<TlsAnswer>;
