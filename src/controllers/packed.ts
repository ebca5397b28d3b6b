/**
 * JSON values that are kept by the hundred thousand and seldom read.
 *
 * The objects of a fleet are alike but for names, times, uids and digests. Packed, each holds these alone, and a template
 * that it shares with its likes: a Certificate's spec and status take a quarter of what they take as objects.
 */

/** What differs from one object to the next without being told: times, dates, uids, digests, serial numbers. */
const varying = /\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z)?|[0-9a-f][0-9a-f-]{14,}[0-9a-f]/g;
/** Stand where something was taken out. They are in no text, since JSON escapes them. */
const gap = '\u0000';
const marks = Array.from({ length: 8 }, (_, index) => String.fromCharCode(index + 1));
/** Between the things that were taken out, which are never of more than one line. */
const separator = '\n';
/** Those who have more templates than this are not alike. Templates that are in use live on with their values. */
const mostTemplates = 1_000;

/** What texts have in common, cut at its gaps. */
type Template = readonly string[];

const templates = new Map<string, Template>();

const texts = new Map<string, string>();

/** The values that were read last: whoever reads one mostly reads it again at once. */
const recent: { readonly of: object; readonly value: unknown }[] = [];
const mostRecent = 8;

/** A JSON value, packed. */
export class Packed<T> {
  readonly #template: Template;
  /** First what the marks stand for, then what fills the gaps. */
  readonly #taken: string;

  constructor(template: Template, taken: string) {
    this.#template = template;
    this.#taken = taken;
  }

  /** The value; not to be changed. */
  get value(): T {
    const value = recent.find(({ of }) => of === this)?.value ?? remember(this, this.#unpack());
    return value as T; // what was packed
  }

  #unpack(): unknown {
    const taken = this.#taken.split(separator);
    const gaps = this.#template.length - 1;
    const own = taken.slice(0, taken.length - gaps);
    let text = this.#template[0] ?? '';
    for (let index = 0; index < gaps; index += 1) {
      text += (taken[own.length + index] ?? '') + (this.#template[index + 1] ?? '');
    }
    for (const [index, mark] of marks.entries())
      if (index < own.length) text = text.replaceAll(mark, () => own[index] ?? '');
    return JSON.parse(text);
  }
}

function remember(of: object, value: unknown): unknown {
  if (recent.length >= mostRecent) recent.shift();
  recent.push({ of, value });
  return value;
}

/**
 * Packs a value that JSON can hold.
 *
 * @param own Up to eight texts that are this value's own and stand in it, perhaps more than once: its names.
 */
export function pack<T>(value: T, own: readonly string[]): Packed<T> {
  let text = JSON.stringify(value);
  const taken = own.slice(0, marks.length).map((one) => JSON.stringify(one).slice(1, -1));
  for (const [index, one] of taken.entries()) if (one !== '') text = text.replaceAll(one, marks[index] ?? '');
  const common = text.replace(varying, (found) => {
    taken.push(found);
    return gap;
  });
  const packed = new Packed<T>(templateOf(common), taken.join(separator));
  remember(packed, value);
  return packed;
}

/** The same text for the same text, so that those who keep it keep one. For what many have in common. */
export function shared<Text extends string>(text: Text): Text {
  const known = texts.get(text);
  if (known !== undefined) return known as Text; // it is the same
  if (texts.size >= mostTemplates) texts.clear();
  texts.set(text, text);
  return text;
}

function templateOf(common: string): Template {
  const known = templates.get(common);
  if (known !== undefined) return known;
  if (templates.size >= mostTemplates) templates.clear();
  const made = common.split(gap);
  templates.set(common, made);
  return made;
}
