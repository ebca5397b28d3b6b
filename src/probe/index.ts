/**
 * Network probes: what answers over HTTP, and which certificate is served over TLS. Knows neither ACME nor Kubernetes;
 * what it finds out is said in sentences for people.
 */
export { type HttpAnswer, probeHttp } from './http.ts';
export { probeTls, type TlsAnswer } from './tls.ts';
