import type { CertificateSpec } from '../../../api/index.ts';
import { spread } from '../spread.ts';
import { type Cron, firstMatch, type Offset, parseCron, zoneOffset } from './cron.ts';
import { parseDuration } from './duration.ts';

/** Those windows of a spec that can be read. One that cannot never opens. */
interface Window {
  readonly cron: Cron;
  readonly offsetMs: Offset;
  readonly durationMs: number;
  /** From its beginning to this certificate's turn; whole seconds. */
  readonly waitMs: number;
}

/**
 * The maintenance windows of one certificate (`spec.renewal.windows`).
 *
 * Within the first half of each window every certificate has a time of its own from which on the window is open for it, so
 * that those who share a window do not all renew in its first second.
 */
export class MaintenanceWindows {
  readonly #windows: readonly Window[];

  /** `fingerprint` is the certificate's: it alone decides its turn. */
  constructor(windows: NonNullable<NonNullable<CertificateSpec['renewal']>['windows']>, fingerprint: string) {
    const share = (spread(`${fingerprint}/maintenance`) + 1) / 4; // below one half
    this.#windows = windows.flatMap(({ cron: text, timezone = 'UTC', windowDuration }) => {
      const cron = parseCron(text);
      const offsetMs = zoneOffset(timezone);
      const durationMs = parseDuration(windowDuration);
      return cron === undefined || offsetMs === undefined || durationMs === undefined
        ? []
        : [{ cron, offsetMs, durationMs, waitMs: Math.floor((durationMs * share) / 1000) * 1000 }];
    });
  }

  /** Whether a renewal may start at this instant; milliseconds since 1970, as all of these. */
  isOpen(at: number): boolean {
    return this.#windows.some(({ cron, offsetMs, durationMs, waitMs }) => {
      return firstMatch(cron, offsetMs, at - durationMs + 1, at - waitMs) !== undefined;
    });
  }

  /** The first instant from `from` to `to` at which a renewal may start. */
  next(from: number, to: number): number | undefined {
    if (this.isOpen(from)) return from <= to ? from : undefined;
    const turns = this.#windows.flatMap(({ cron, offsetMs, waitMs }) => {
      const opens = firstMatch(cron, offsetMs, from - waitMs, to - waitMs);
      return opens === undefined ? [] : [opens + waitMs];
    });
    return turns.length === 0 ? undefined : Math.min(...turns);
  }
}
