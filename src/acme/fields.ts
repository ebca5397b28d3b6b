import { printable } from '../runtime/index.ts';
import { isRecord } from './problem.ts';

/** A reply that is not what the protocol says. Its message completes the sentence "the CA's reply …". */
export class MalformedReplyError extends Error {
  override readonly name = 'MalformedReplyError';
}

const longestText = 2_048;
const longestName = 128;

/** Where everything of a CA lies: what is signed goes nowhere else, whatever a reply says. */
export interface Whereabouts {
  /** Such as `https:`. */
  readonly schemes: readonly string[];
  /** The host of the directory, with its port where that is not the usual one. */
  readonly host: string;
}

/**
 * The members of one JSON object in a CA's reply, read one by one. What is null counts as absent, as some servers write
 * it. Each method throws a `MalformedReplyError` for a member of a wrong type.
 */
export class Fields {
  readonly #members: Readonly<Record<string, unknown>>;
  readonly #where: Whereabouts;

  /** `where`: what URLs may lead to. */
  constructor(value: unknown, where: Whereabouts) {
    if (!isRecord(value)) throw new MalformedReplyError('is no JSON object');
    this.#members = value;
    this.#where = where;
  }

  /** A text without control characters, of up to 2,048 characters. */
  text(name: string): string {
    return present(name, this.optionalText(name));
  }

  optionalText(name: string): string | undefined {
    const value = this.#members[name] ?? undefined;
    if (value === undefined) return undefined;
    if (typeof value === 'string' && value.length > longestText)
      throw new MalformedReplyError(`has a "${name}" of more than 2,048 characters`);
    const isText = typeof value === 'string' && !/\p{Cc}/u.test(value);
    if (!isText) throw new MalformedReplyError(`has a "${name}" that is no text`);
    return value;
  }

  /** A URL exactly as the CA wrote it, which is how a request to it must be signed (RFC 8555 section 6.4). */
  url(name: string): string {
    return present(name, this.optionalUrl(name));
  }

  optionalUrl(name: string): string | undefined {
    const text = this.optionalText(name);
    return text === undefined ? undefined : checkedUrl(name, text, this.#where);
  }

  urls(name: string): readonly string[] {
    return this.#list(name).map((value) => new Fields({ [name]: value }, this.#where).url(name));
  }

  flag(name: string): boolean {
    const value = this.#members[name] ?? false;
    if (typeof value !== 'boolean') throw new MalformedReplyError(`has a "${name}" that is neither true nor false`);
    return value;
  }

  /** RFC 3339. */
  date(name: string): Date {
    return new Date(present(name, this.optionalDate(name)));
  }

  /** A date (RFC 3339, of which Date.parse alone takes much more), in UTC and whole seconds, so that everybody can read it. */
  optionalDate(name: string): string | undefined {
    const text = this.optionalText(name);
    if (text === undefined) return undefined;
    const isDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i.test(text);
    const written =
      isDate && !Number.isNaN(Date.parse(text)) ? new Date(text).toISOString().replace(/\.\d+Z$/, 'Z') : '';
    if (!/^\d{4}-/.test(written)) throw new MalformedReplyError(`has a "${name}" that is no date`);
    return written;
  }

  oneOf<Word extends string>(name: string, words: readonly Word[]): Word {
    const text = this.text(name);
    const word = words.find((known) => known === text);
    if (word === undefined)
      throw new MalformedReplyError(`has the ${name} "${text.slice(0, 40)}", which RFC 8555 does not know`);
    return word;
  }

  object(name: string): Fields {
    return new Fields(present(name, this.#members[name] ?? undefined), this.#where);
  }

  optionalObject(name: string): Fields {
    return new Fields(this.#members[name] ?? {}, this.#where);
  }

  objects(name: string): readonly Fields[] {
    return this.#list(name).map((value) => new Fields(value, this.#where));
  }

  /** Names and texts, both made printable; what is no text is left out. */
  texts(name: string): Readonly<Record<string, string>> {
    const value = this.#members[name];
    const texts = Object.entries(isRecord(value) ? value : {}).flatMap(([key, text]) =>
      typeof text === 'string' ? [[printable(key, longestName), printable(text, longestText)] as const] : [],
    );
    return Object.fromEntries(texts);
  }

  /** A member as it is. */
  raw(name: string): unknown {
    return this.#members[name];
  }

  #list(name: string): readonly unknown[] {
    const value = this.#members[name];
    if (!Array.isArray(value)) throw new MalformedReplyError(`has no list "${name}"`);
    if (value.length > 1_000) throw new MalformedReplyError(`has a list "${name}" of more than 1,000`);
    return value;
  }
}

/** @throws MalformedReplyError unless `text` is an absolute URL of the CA, without user and password. */
function checkedUrl(name: string, text: string, { schemes, host }: Whereabouts): string {
  const url = URL.parse(text);
  const isPlain = url !== null && schemes.includes(url.protocol) && url.username === '' && url.password === '';
  if (!isPlain)
    throw new MalformedReplyError(`has a "${name}" that is no ${schemes.join(' or ').replaceAll(':', '')} URL`);
  if (url.host !== host)
    throw new MalformedReplyError(`has a "${name}" at ${url.host}, another host than that of the directory`);
  return text;
}

function present<T>(name: string, value: T | undefined): T {
  if (value === undefined) throw new MalformedReplyError(`has no "${name}"`);
  return value;
}
