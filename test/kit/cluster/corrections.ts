import { existsSync, readFileSync } from 'node:fs';
import { appendFile, chmod, copyFile, cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Execution, execute } from './execute.ts';

/** What is changed in a Go module before it is built: defects of it that would fail tests of ours. */
interface Corrections {
  /** A sentence for people. */
  readonly why: string;
  readonly module: string;
  readonly edits: readonly { readonly file: string; readonly from: string; readonly to: string }[];
}

/**
 * Makes a corrected copy of the module that a program's corrections (`corrections.json` beside its go.mod) are for.
 *
 * @param go How the Go command is run; `cwd` is the program's folder.
 * @param folder Takes the copy until the program is built.
 * @returns flags for the Go command.
 * @throws Error where the sources are others than the corrections were made for.
 */
export async function correctionFlags(
  go: Execution & { readonly cwd: string },
  folder: string,
): Promise<readonly string[]> {
  const path = join(go.cwd, 'corrections.json');
  if (!existsSync(path)) return [];
  const { module, edits } = JSON.parse(readFileSync(path, 'utf8')) as Corrections;
  await execute('go', ['mod', 'download', module], go);
  const original = (await execute('go', ['list', '-m', '-f', '{{.Dir}}', module], go)).trim();
  const copy = join(folder, 'module');
  await cp(original, copy, { recursive: true });
  for (const { file, from, to } of edits) {
    const text = await readFile(join(copy, file), 'utf8');
    if (text.split(from).length !== 2) throw new Error(`${path}: ${module} does not have once in ${file}: ${from}`);
    await chmod(join(copy, file), 0o644);
    await writeFile(
      join(copy, file),
      text.replace(from, () => to),
    );
  }
  for (const file of ['go.mod', 'go.sum']) await copyFile(join(go.cwd, file), join(folder, file));
  await appendFile(join(folder, 'go.mod'), `\nreplace ${module} => ${copy}\n`);
  return ['-modfile', join(folder, 'go.mod')];
}
