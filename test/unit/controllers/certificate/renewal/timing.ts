import type { Suggested } from '../../../../../src/controllers/certificate/observed.ts';
import { parseDuration } from '../../../../../src/controllers/certificate/renewal/duration.ts';
import type { Timing } from '../../../../../src/controllers/certificate/renewal/renewal-time.ts';

export const secondMs = 1_000;
export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;

/** A Monday, at midnight. */
export const begins = Date.parse('2026-06-01T00:00:00Z');

/** `160h` or `12d12h` in milliseconds. */
export function ms(text: string): number {
  const hours = text
    .replace(/(\d+)d/, (_, days) => `${Number(days) * 24}h`)
    .replace(/^(\d+)h(\d+)h/, (_, a, b) => `${Number(a) + Number(b)}h`);
  return parseDuration(hours) ?? Number.NaN;
}

/** Milliseconds as days, hours and minutes. */
export function told(duration: number): string {
  const minutes = Math.floor(duration / 60_000);
  const [days, hours, rest] = [Math.floor(minutes / 1440), Math.floor(minutes / 60) % 24, minutes % 60];
  return [days > 0 ? `${days}d` : '', hours > 0 ? `${hours}h` : '', rest > 0 ? `${rest}m` : ''].join('') || '0';
}

/** A certificate of so many milliseconds that was issued at {@link begins}, of which nothing else is asked. */
export function timing(lifetimeMs: number, overrides: Partial<Timing> = {}): Timing {
  const issued = { notBefore: new Date(begins), notAfter: new Date(begins + lifetimeMs), fingerprint: 'c0ffee' };
  return {
    issued,
    issuedAt: new Date(begins),
    spec: {},
    suggested: undefined,
    started: false,
    held: false,
    ...overrides,
  };
}

/** The window from one time after issuance to another. */
export function window(from: string, to: string, immediate = false): Suggested {
  return { start: new Date(begins + ms(from)), end: new Date(begins + ms(to)), immediate };
}

/** The lifetimes that public CAs have, from the shortest to the longest. */
export const lifetimes = ['6h', '160h', '45d', '90d', '398d'].map(ms);

/** A maintenance window of each Sunday. */
export const sundays: Timing['spec'] = { renewal: { windows: [{ cron: '0 2 * * SUN', windowDuration: '4h' }] } };
