/** Longer lists are cut: a status holds several of them, and nobody reads on. */
const longest = { problems: 1_000, names: 200 } as const;

/**
 * What is wrong with each name, as a part of a sentence: `a.example: …; b.example: …; and 37 more`. A problem that speaks of
 * its name itself is not introduced by it.
 */
export function eachProblem(problems: readonly { readonly name: string; readonly problem: string }[]): string {
  const told = problems.map(({ name, problem }) => (problem.includes(name) ? problem : `${name}: ${problem}`));
  return cut(told, '; ', longest.problems);
}

/** Names, as a part of a sentence: `a.example, b.example, and 37 more`. */
export function eachName(names: readonly string[]): string {
  return cut(names, ', ', longest.names);
}

/** The first of the parts is always there. */
function cut(parts: readonly string[], between: string, most: number): string {
  let [text = '', ...others] = parts;
  while (others.length > 0) {
    const [next = '', ...rest] = others;
    if (text.length + between.length + next.length > most) return `${text}${between}and ${others.length} more`;
    text = `${text}${between}${next}`;
    others = rest;
  }
  return text;
}
