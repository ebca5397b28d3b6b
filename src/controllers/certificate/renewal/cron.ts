/**
 * Cron expressions of five fields, and when they come true in a time zone.
 *
 * Minute, hour, day of the month, month, day of the week: numbers or names (JAN, MON), `*`, lists, ranges and steps. As in
 * every cron, where both days are told either is enough. A range may wrap around: `FRI-MON`, `22-2`.
 */
export interface Cron {
  /** Times of a day, in milliseconds since midnight, ascending. */
  readonly times: readonly number[];
  /** Of a date in UTC. */
  readonly matchesDay: (date: Date) => boolean;
}

interface Field {
  readonly first: number;
  readonly last: number;
  readonly names?: readonly string[];
}

const minuteField: Field = { first: 0, last: 59 };
const hourField: Field = { first: 0, last: 23 };
const dayField: Field = { first: 1, last: 31 };
const monthNames = ['', 'JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const monthField: Field = { first: 1, last: 12, names: monthNames };
/** 7 is Sunday as well. */
const weekdayField: Field = { first: 0, last: 7, names: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'] };

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** No zone has ever moved its clocks by more at once. */
const largestShiftMs = 3 * hourMs;

/** Reads an expression; undefined where it is none. */
export function parseCron(text: string): Cron | undefined {
  const fields = text.trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const [minute = '', hour = '', day = '', month = '', weekday = ''] = fields;
  const minutes = valuesOf(minute, minuteField);
  const hours = valuesOf(hour, hourField);
  const days = valuesOf(day, dayField);
  const months = valuesOf(month, monthField);
  const weekdays = valuesOf(weekday, weekdayField);
  if (minutes === undefined || hours === undefined) return undefined;
  if (days === undefined || months === undefined || weekdays === undefined) return undefined;
  const eitherDay = isTold(day) && isTold(weekday);
  return {
    times: hours.flatMap((each) => minutes.map((one) => each * hourMs + one * minuteMs)),
    matchesDay(date) {
      const onDay = days.includes(date.getUTCDate());
      const onWeekday = weekdays.includes(date.getUTCDay()) || (date.getUTCDay() === 0 && weekdays.includes(7));
      const today = eitherDay ? onDay || onWeekday : onDay && onWeekday;
      return today && months.includes(date.getUTCMonth() + 1);
    },
  };
}

/** The first time within `from` and `to` (milliseconds since 1970, both included) at which `cron` comes true in the zone. */
export function firstMatch(cron: Cron, offsetMs: Offset, from: number, to: number): number | undefined {
  const earliest = from + offsetMs(from) - largestShiftMs;
  const latest = to + offsetMs(to) + largestShiftMs;
  for (let day = Math.floor(earliest / dayMs) * dayMs; day <= latest; day += dayMs) {
    if (!cron.matchesDay(new Date(day))) continue;
    for (const time of cron.times) {
      if (day + time < earliest) continue;
      const at = instantOf(day + time, offsetMs);
      if (at >= from) return at <= to ? at : undefined;
    }
  }
  return undefined;
}

/** How far the clocks of a zone are ahead of UTC, at an instant; both in milliseconds. */
export type Offset = (at: number) => number;

/** Clocks are set at no other times than these. */
const quarterMs = 15 * minuteMs;
const mostRemembered = 1_000;
const zones = new Map<string, Offset>();

/** The clocks of an IANA time zone; undefined where there is no such zone. */
export function zoneOffset(zone: string): Offset | undefined {
  try {
    const known = zones.get(zone) ?? remembering(formatOf(zone));
    zones.set(zone, known);
    return known;
  } catch {
    return undefined;
  }
}

/** A fleet asks about the same quarters of an hour again and again, and each answer takes a formatter some ten microseconds. */
function remembering(format: Intl.DateTimeFormat): Offset {
  const offsets = new Map<number, number>();
  return (at) => {
    const quarter = Math.floor(at / quarterMs) * quarterMs;
    const known = offsets.get(quarter);
    if (known !== undefined) return known;
    if (offsets.size >= mostRemembered) offsets.clear();
    const offset = localTime(format, quarter) - quarter;
    offsets.set(quarter, offset);
    return offset;
  };
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const digits = 'numeric';
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: digits,
    month: digits,
    day: digits,
    hour: digits,
    minute: digits,
    second: digits,
  });
}

/** What clocks of the zone show at an instant, as if it were UTC. */
function localTime(format: Intl.DateTimeFormat, at: number): number {
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
  return Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
}

/** When clocks show a time: the first of two times, and as much later as clocks are set forward where they never do. */
function instantOf(local: number, offsetMs: Offset): number {
  const before = local - offsetMs(local - dayMs);
  const after = local - offsetMs(local + dayMs);
  const shows = [before, after].filter((at) => at + offsetMs(at) === local);
  return shows.length === 0 ? before : Math.min(...shows);
}

function isTold(field: string): boolean {
  return !field.startsWith('*') && !field.startsWith('?');
}

/** Every value of a field, ascending. */
function valuesOf(text: string, field: Field): readonly number[] | undefined {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const [range = '', step, ...more] = item.split('/');
    const stride = step === undefined ? 1 : numberOf(step, { first: 1, last: field.last });
    const ends = endsOf(range, step !== undefined, field);
    if (stride === undefined || ends === undefined || more.length > 0) return undefined;
    const { last, first } = field;
    const [from, to] = ends;
    const length = to >= from ? to - from : to - from + (last - first + 1);
    for (let ahead = 0; ahead <= length; ahead += stride) {
      const value = from + ahead;
      values.add(value > last ? value - (last - first + 1) : value);
    }
  }
  return [...values].toSorted((a, b) => a - b);
}

function endsOf(range: string, isStepped: boolean, field: Field): readonly [number, number] | undefined {
  if (range === '*' || range === '?') return [field.first, field.last];
  const [from = '', to, ...more] = range.split('-');
  const first = numberOf(from, field);
  const last = to === undefined ? (isStepped ? field.last : first) : numberOf(to, field);
  return first === undefined || last === undefined || more.length > 0 ? undefined : [first, last];
}

function numberOf(text: string, { first, last, names = [] }: Field): number | undefined {
  const named = text === '' ? -1 : names.indexOf(text.toUpperCase());
  const number = named >= 0 ? named : /^\d{1,2}$/.test(text) ? Number(text) : -1;
  return number >= first && number <= last ? number : undefined;
}
