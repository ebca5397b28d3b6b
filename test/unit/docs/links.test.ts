import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import manifest from '../../../package.json' with { type: 'json' };

const root = resolve(import.meta.dirname, '../../..');
const pages = globSync('**/*.md', { cwd: root, exclude: ['**/node_modules/**', 'dist/**'] }).toSorted();
const textOf = (page: string): string => readFileSync(join(root, page), 'utf8');

/** Code is no Markdown: neither links nor headings are looked for in it. */
function prose(text: string): string {
  return text.replaceAll(/^( *)(`{3,})[\s\S]*?^\1\2$/gm, '');
}

/** The targets of the links of a page that lead to files of the repository, and to headings of its own. */
function targetsOf(text: string): string[] {
  const spoken = prose(text).replaceAll(/`[^`\n]*`/g, (code) => ' '.repeat(code.length));
  return [...spoken.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^\w+:/.test(target));
}

/** The anchors that GitHub gives the headings of a page: lower case, spaces as dashes, no punctuation. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  return new Set(
    [...prose(text).matchAll(/^#{1,6} +(.+?) *$/gm)].map(([, heading = '']) => {
      const words = heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase();
      const slug = words.replaceAll(/[^\p{L}\p{N}\p{Pc}\- ]/gu, '').replaceAll(' ', '-');
      const repeats = seen.get(slug) ?? 0;
      seen.set(slug, repeats + 1);
      return repeats === 0 ? slug : `${slug}-${repeats}`;
    }),
  );
}

function problemOf(page: string, target: string): string | undefined {
  const [path = '', anchor] = target.split('#', 2);
  const file = path === '' ? join(root, page) : resolve(root, dirname(page), decodeURIComponent(path));
  if (relative(root, file).startsWith('..')) return `${page}: ${target} leads out of the repository`;
  if (!existsSync(file)) return `${page}: ${target} leads to no file`;
  if (anchor === undefined || !file.endsWith('.md')) return undefined;
  return anchorsOf(readFileSync(file, 'utf8')).has(anchor) ? undefined : `${page}: ${target} leads to no heading`;
}

describe('the documentation', () => {
  test('has pages', () => {
    for (const page of ['README.md', 'CONTRIBUTING.md', 'docs/guides/install.md', 'docs/adr/README.md']) {
      assert.ok(pages.includes(page), page);
    }
  });

  test('links to files and headings that exist', () => {
    const problems = pages.flatMap((page) => targetsOf(textOf(page)).map((target) => problemOf(page, target)));
    assert.ok(problems.length > 50, `only ${problems.length} links were found`);
    assert.deepEqual(
      problems.filter((problem) => problem !== undefined),
      [],
    );
  });

  test('names npm scripts that exist', () => {
    const unknown = pages.flatMap((page) =>
      [...textOf(page).matchAll(/\bnpm run ([\w:-]+)/g)]
        .map(([, script = '']) => script)
        .filter((script) => !Object.hasOwn(manifest.scripts, script))
        .map((script) => `${page}: npm run ${script}`),
    );
    assert.deepEqual(unknown, []);
  });

  test('is all linked from the README, directly or by other pages', () => {
    const reached = new Set(['README.md']);
    for (const page of reached) {
      for (const target of targetsOf(textOf(page))) {
        const linked = relative(root, resolve(root, dirname(page), target.split('#', 1)[0] ?? ''));
        if (pages.includes(linked)) reached.add(linked);
      }
    }
    assert.deepEqual(
      pages.filter((page) => !reached.has(page)),
      [],
    );
  });
});

describe('what holds the links', () => {
  test('sees a missing file, a missing heading and a way out', () => {
    assert.match(problemOf('README.md', 'docs/nothing.md') ?? '', /no file/);
    assert.match(problemOf('README.md', 'docs/troubleshooting.md#nothing') ?? '', /no heading/);
    assert.match(problemOf('README.md', '../elsewhere.md') ?? '', /out of the repository/);
  });

  test('gives headings the anchors of GitHub', () => {
    const page = '# A `code` word, and: more\n## [Link](x.md) twice\n## Link twice\n```\n# no heading\n```\n';
    assert.deepEqual([...anchorsOf(page)], ['a-code-word-and-more', 'link-twice', 'link-twice-1']);
  });

  test('finds links in prose and none in code', () => {
    assert.deepEqual(targetsOf('[a](a.md) `[b](b.md)` [c](https://c.example/) [d](#d)\n```\n[e](e.md)\n```\n'), [
      'a.md',
      '#d',
    ]);
  });
});
