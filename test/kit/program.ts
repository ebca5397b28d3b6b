import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundle } from '../../build/bundle.ts';

/** The program as its image has it: one file, which starts three times as fast as its sources. */
export interface Program extends AsyncDisposable {
  readonly path: string;
}

/** Bundles it. */
export async function makeProgram(): Promise<Program> {
  const { code, sourceMap } = await bundle();
  const folder = await mkdtemp(join(tmpdir(), 'evercert-program-'));
  const path = join(folder, 'evercert.mjs');
  await writeFile(path, code);
  await writeFile(`${path}.map`, sourceMap);
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}
