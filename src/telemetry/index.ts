/**
 * What the program tells of itself: log lines, metrics, health and readiness.
 *
 * It knows nothing of what it tells: fields, labels and sentences are given by the callers.
 */
export { type CertificateFigure, countCertificates } from './certificate-metrics.ts';
export { watchEventLoop } from './event-loop.ts';
export { createLogger, type Logger, type LogLevel } from './logger.ts';
export { createMetrics, type MetricDescription, type Metrics } from './metrics.ts';
export { startTelemetryServer, type TelemetryParts, type TelemetryServer } from './server.ts';
