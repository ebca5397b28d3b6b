import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { bundle } from '../../../build/bundle.ts';

/** The files that are run. */
export interface Programs {
  readonly probe: string;
  readonly evercert: string;
  readonly clientNode: string;
}

/** Some packages are CommonJS and call `require`, which an ES module does not have. */
const banner = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/** Bundles every program as the image's is: where Node has to take types out, that alone costs 20 MiB. */
export async function bundlePrograms(folder: string): Promise<Programs> {
  await mkdir(folder);
  const evercert = join(folder, 'evercert.mjs');
  const { code, sourceMap } = await bundle();
  await writeFile(evercert, code);
  await writeFile(`${evercert}.map`, sourceMap);
  await build({
    entryPoints: ['probe.ts', 'client-node-program.ts'].map((file) => join(import.meta.dirname, file)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    minify: true,
    banner: { js: banner },
    logLevel: 'silent',
  });
  return { evercert, probe: join(folder, 'probe.mjs'), clientNode: join(folder, 'client-node-program.mjs') };
}
