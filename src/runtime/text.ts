const unprintable = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu;

/** A foreign text made fit for a log line or a sentence: on one line, without control characters, of bounded length. */
export function printable(text: string, longest: number): string {
  const line = text
    .slice(0, longest * 4)
    .replace(unprintable, ' ')
    .trim();
  return line.length > longest ? `${line.slice(0, longest - 1)}…` : line;
}
