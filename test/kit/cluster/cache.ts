import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { withLock } from './lock.ts';

/** Where built things are kept: the user's cache folder, as the XDG Base Directory Specification has it. */
export const cacheFolder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'evercert');

const buildLimitMs = 45 * 60_000;

/** Names a cached thing by everything that goes into it. */
export function cachedPath(kind: string, ingredients: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const ingredient of ingredients) hash.update(createHash('sha256').update(ingredient).digest());
  return join(cacheFolder, `${kind}-${hash.digest('hex').slice(0, 16)}`);
}

/**
 * Resolves with `path`, a folder of the cache, which `make` fills when it is not there yet. It is there whole or not
 * at all, and two processes never make it at once.
 */
export async function cached(
  path: string,
  make: (folder: string) => Promise<void>,
  onWait?: () => void,
): Promise<string> {
  if (existsSync(path)) return path;
  const wait = onWait === undefined ? { timeoutMs: buildLimitMs } : { timeoutMs: buildLimitMs, onWait };
  return withLock(join(dirname(path), `.${basename(path)}.lock`), wait, async () => {
    if (existsSync(path)) return path;
    await mkdir(dirname(path), { recursive: true });
    const partial = await mkdtemp(`${path}.partial-`);
    try {
      await make(partial);
      await rename(partial, path);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
    return path;
  });
}
