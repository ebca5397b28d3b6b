/**
 * Network probes: what answers over HTTP, and which certificate is served over TLS. Knows neither ACME nor Kubernetes;
 * what it finds out is said in sentences for people.
 */
export { type HttpAnswer, type HttpTarget, type ProbeOptions, probeHttp } from './http.ts';
export { probeTls, type TlsAnswer, type TlsTarget } from './tls.ts';
