const second = 1_000;
const minute = 60 * second;
const day = 24 * 60 * minute;

/** The longest wait that is believed: no known limit of a CA takes more than a week to refill. */
export const longestWaitMs = 7 * day;

/**
 * Reads a Retry-After header (RFC 9110 section 10.2.3), seconds or an HTTP date, into milliseconds: never negative, and
 * a week at most. A date is taken relative to the server's own Date, so that a wrong clock here does no harm. Undefined
 * where there is none that makes sense.
 */
export function retryAfterMs(
  header: string | undefined,
  serverDate: string | undefined,
  now: Date,
): number | undefined {
  const text = header?.trim();
  if (text === undefined || text === '') return undefined;
  if (/^\d+$/.test(text)) return clamp(Number(text) * second, 0, longestWaitMs);
  const at = /^[A-Za-z]{3}/.test(text) ? Date.parse(text) : Number.NaN; // Date.parse takes "-5" for a year
  if (Number.isNaN(at)) return undefined;
  const here = Date.parse(serverDate ?? '');
  return clamp(at - (Number.isNaN(here) ? now.getTime() : here), 0, longestWaitMs);
}

/** The wait before renewal information is asked for again: a minute to a day, as RFC 9773 section 4.3.1 advises. */
export function renewalInfoPollMs(ms: number): number {
  return clamp(ms, minute, day);
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most);
}
