/**
 * Makes the one file that the image runs: `src/main.ts` with everything it imports, as an ES module for Node 24.
 * `npm run bundle` writes it to dist/.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { build, type Metafile } from 'esbuild';

export interface Bundle {
  /** `evercert.mjs`; names its source map, `evercert.mjs.map`, beside it. */
  readonly code: Uint8Array;
  readonly sourceMap: Uint8Array;
  /** Folders of the packages that went in, relative to the repository, sorted: `node_modules/fastify`. */
  readonly packages: readonly string[];
}

const repository = resolve(import.meta.dirname, '..');

/** Some packages are CommonJS and call `require` for Node's own modules, which an ES module does not have. */
const requireBanner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Bundles the program. The same sources and lockfile give the same bytes, wherever the checkout lies. Throws when
 * something cannot be resolved, and on every warning.
 */
export async function bundle(): Promise<Bundle> {
  const result = await build({
    absWorkingDir: repository,
    entryPoints: ['src/main.ts'],
    outfile: 'dist/evercert.mjs',
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    keepNames: true, // names of error classes stand in logs
    lineLimit: 120, // Node prints the whole line that threw; it would be the whole program
    sourcemap: 'linked',
    sourcesContent: false, // stack traces need the mappings alone
    legalComments: 'none', // the image carries the whole licence of each package
    metafile: true,
    banner: { js: requireBanner },
    logLevel: 'silent',
  });
  if (result.warnings.length > 0) throw new Error(result.warnings.map(({ text }) => text).join('\n'));
  return {
    code: outputOf(result.outputFiles, 'evercert.mjs'),
    sourceMap: outputOf(result.outputFiles, 'evercert.mjs.map'),
    packages: packagesOf(result.metafile),
  };
}

function outputOf(files: readonly { path: string; contents: Uint8Array }[], name: string): Uint8Array {
  const found = files.find(({ path }) => path.endsWith(`/${name}`));
  if (found === undefined) throw new Error(`esbuild made no ${name}`);
  return found.contents;
}

function packagesOf(metafile: Metafile): readonly string[] {
  const folders = Object.keys(metafile.inputs).map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort();
}

if (import.meta.main) {
  const folder = join(repository, 'dist');
  const { code, sourceMap } = await bundle();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'evercert.mjs'), code);
  await writeFile(join(folder, 'evercert.mjs.map'), sourceMap);
  console.log(`dist/evercert.mjs: ${(code.length / 1e6).toFixed(1)} MB`);
}
