import { readFileSync, writeFileSync } from 'node:fs';

const page = new URL('../../../docs/troubleshooting.md', import.meta.url);
/** The waits between attempts, seconds: each is within a tenth of one of these. */
const waits = [60, 7_200, 86_400];
const noon = Date.parse('2026-06-01T12:00:00Z');
const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/;

/** What stands in a text of one run alone, and what stands for it in the docs. */
export type Stand = readonly [inThisRun: string | RegExp, inTheDocs: string];

/**
 * What `kubectl describe` printed, as it is the same in every run: without metadata, with times around noon, and with the texts of
 * this run alone replaced.
 */
export function normalized(described: string, stands: readonly Stand[]): string {
  const lines = described.split('\n');
  const top = lines.filter((line) => /^(Name|Namespace):/.test(line));
  const rest = lines.slice(lines.indexOf('Spec:'));
  const last = Date.parse(time.exec(rest.find((line) => line.includes('Last Time:')) ?? '')?.[0] ?? '');
  const told = rest.map((line) => withoutTimes(line, last)).join('\n');
  const replaced = stands.reduce((text, [from, to]) => text.replaceAll(from, to), `${top.join('\n')}\n...\n${told}`);
  return replaced.trimEnd();
}

function withoutTimes(line: string, last: number): string {
  const aged = line.replace(/^( +(?:Warning|Normal) +\w+ +)\S+( \(x\d+ over \S+\))? {2,}/, '$15s    ');
  // On a slow machine it may have failed again meanwhile.
  if (/^ +Count: +\d+$/.test(line)) return line.replace(/\d+$/, '1');
  if (/^ +Type +Reason +Age/.test(line)) return line.replace(/Age +From/, 'Age   From');
  if (/^ +---- +-+ +---- /.test(line)) return line.replace(/^( +---- +-+ +)---- +/, '$1----  ');
  if (!line.includes('Next Attempt Time:')) return aged.replaceAll(new RegExp(time, 'g'), iso(noon));
  const seconds = (Date.parse(time.exec(line)?.[0] ?? '') - last) / 1_000;
  const wait = waits.toSorted((a, b) => Math.abs(a - seconds) - Math.abs(b - seconds))[0] ?? 0;
  return line.replace(time, iso(noon + wait * 1_000));
}

function iso(ms: number): string {
  return new Date(ms).toISOString().replace('.000', '');
}

const open = (reason: string): string => `<!-- describe ${reason} -->`;
const close = '<!-- end -->';

/** The text that the docs show for a reason; undefined where they show none. */
export function shown(reason: string): string | undefined {
  const text = readFileSync(page, 'utf8');
  const start = text.indexOf(open(reason));
  const block = start < 0 ? '' : text.slice(start, text.indexOf(close, start));
  return /```text\n([^]*?)\n```/.exec(block)?.[1];
}

/** Writes the text that the docs show for a reason, at the end of its entry where there is none yet. */
export function show(reason: string, described: string): void {
  const text = readFileSync(page, 'utf8');
  const block = `${open(reason)}
<details><summary><code>kubectl describe evcert www</code></summary>

\`\`\`text
${described}
\`\`\`

</details>
${close}`;
  const start = text.indexOf(open(reason));
  if (start >= 0) {
    const end = text.indexOf(close, start) + close.length;
    writeFileSync(page, text.slice(0, start) + block + text.slice(end));
    return;
  }
  const entry = text.indexOf(`### ${reason}\n`);
  if (entry < 0) throw new Error(`there is no entry for ${reason}`);
  const next = /\n#{2,3} /g;
  next.lastIndex = entry + 4;
  const end = next.exec(text)?.index ?? text.length;
  writeFileSync(page, `${text.slice(0, end).trimEnd()}\n\n${block}\n${text.slice(end)}`);
}
