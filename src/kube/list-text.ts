const quote = 0x22;
const backslash = 0x5c;
const opening = 0x7b;
const closing = 0x7d;
const comma = 0x2c;
const endOfArray = 0x5d;

/** The text of a list, taken apart: what stands around its items, and where each of them stands. */
export interface ListText {
  /** The list as JSON, with no items. */
  readonly envelope: string;
  /** The text of each item, in their order. */
  readonly items: Iterable<string>;
}

const start = '"items":[';

/**
 * Takes the text of a list apart, so that its items are parsed one by one: what each leaves behind is collected while it is
 * young. A page parsed as a whole is megabytes of objects, which outgrow the young generation and are collected with the old.
 *
 * Of the text it takes for granted what an API server writes: no blanks between items, each an object. Undefined where it
 * is otherwise.
 */
export function takeApart(text: string): ListText | undefined {
  const from = text.indexOf(start) + start.length;
  if (from < start.length) return undefined;
  const ends: number[] = [];
  let at = from;
  while (text.charCodeAt(at) === opening) {
    at = endOfObject(text, at);
    ends.push(at);
    if (text.charCodeAt(at) !== comma) break;
    at += 1;
  }
  if (text.charCodeAt(at) !== endOfArray || text.charCodeAt(at - 1) === comma) return undefined;
  return { envelope: text.slice(0, from) + text.slice(at), items: slices(text, from, ends) };
}

/** Behind the brace that closes the object which begins at `from`; the length of the text where none does. */
function endOfObject(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === quote) at = endOfString(text, at);
    else if (character === opening) depth += 1;
    else if (character === closing) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

/** At the quote that ends the string which begins at `from`. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (character === quote) return at;
    if (character === backslash) at += 1;
  }
  return text.length;
}

function* slices(text: string, from: number, ends: readonly number[]): Generator<string, void, void> {
  let at = from;
  for (const end of ends) {
    yield text.slice(at, end);
    at = end + 1;
  }
}
