/**
 * Writes the files that are made from others: `npm run generate`. With `--check` nothing is written, and the
 * exit code is 1 where a file is not what it would be made to.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { chart } from './chart.ts';
import { clusterIssuer } from './cluster-issuer.ts';
import { flags } from './flags.ts';
import { metrics } from './metrics.ts';
import type { Output } from './output.ts';
import { reference } from './reference.ts';
import { types } from './types.ts';

const root = resolve(import.meta.dirname, '..', '..');
const crds = join(root, 'crds');

function textOf(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

const fromSchemas: Output[] = [clusterIssuer(crds), ...(await types(crds)), reference(crds)];
const outputs = [flags(), metrics(), ...fromSchemas, ...(await chart(root, fromSchemas))];
const stale = outputs.filter(({ path, text }) => textOf(path) !== text);

if (process.argv.includes('--check')) {
  for (const { path } of stale)
    console.error(`generate: ${path} is not what it is made from says; run: npm run generate`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  for (const { path, text } of stale) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(`generate: ${path}`);
  }
}
