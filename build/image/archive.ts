/**
 * Container images without a container engine: a docker-archive (the format of `docker save`) with one layer, which
 * `ctr images import`, `docker load`, `podman load`, `skopeo copy` and `kind load image-archive` read. The same
 * request gives the same bytes: entries sorted, time 0, owner 0:0.
 */
import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, mkdir, opendir, readlink, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type TarEntry, tar, tarSize } from './tar.ts';

/** One file of the image. `path` is absolute in the image; folders above it are made (mode 0755) where nobody lists them. */
export type ImageFile =
  | { readonly path: string; readonly mode: number; readonly content: string | Uint8Array }
  /** `source`: a file on this machine; links are followed. */
  | { readonly path: string; readonly mode: number; readonly source: string }
  /** A symbolic link to `link`, which is taken as it is. */
  | { readonly path: string; readonly link: string }
  | { readonly path: string; readonly mode: number; readonly directory: true };

export interface ImageConfig {
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  /** Numeric `uid` or `uid:gid`: a pod with runAsNonRoot refuses a name. Default: root. */
  readonly user?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Default `/`. */
  readonly workingDirectory?: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Such as `8080/tcp`. */
  readonly exposedPorts?: readonly string[];
}

export interface ImageRequest extends ImageConfig {
  /** The archive's path. It is there whole or not at all. */
  readonly output: string;
  /** With its tag, such as `ghcr.io/evercert/evercert:0.1.0`. */
  readonly reference: string;
  readonly files: Iterable<ImageFile> | AsyncIterable<ImageFile>;
  /** As in GOARCH; default `amd64`. */
  readonly architecture?: string;
}

export interface Image {
  /** Bytes of the archive. */
  readonly size: number;
  /** `sha256:…` of the archive file. */
  readonly archiveDigest: string;
  /** `sha256:…` of the image's config: what docker and kubelet call the image ID. */
  readonly imageID: string;
  /** `sha256:…` of the uncompressed layer. */
  readonly layerDigest: string;
}

const epoch = '1970-01-01T00:00:00Z';

/** Writes the archive. Throws when two files want one path, or a file lies below something that is no folder. */
export async function writeImage(request: ImageRequest): Promise<Image> {
  const layer = await layerEntries(request.files);
  const digests = { archive: createHash('sha256'), imageID: '', layer: '' };
  let size = 0;

  async function* members(): AsyncGenerator<TarEntry> {
    const hash = createHash('sha256');
    yield { type: 'file', path: 'layer.tar', mode: 0o644, size: tarSize(layer), open: () => hashed(tar(layer), hash) };
    digests.layer = digestOf(hash);
    const config = Buffer.from(JSON.stringify(configOf(request, digests.layer)));
    digests.imageID = digestOf(createHash('sha256').update(config));
    yield memberOf('config.json', config);
    const manifest = [{ Config: 'config.json', RepoTags: [request.reference], Layers: ['layer.tar'] }];
    yield memberOf('manifest.json', Buffer.from(JSON.stringify(manifest)));
  }
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of hashed(tar(members()), digests.archive)) {
      size += chunk.length;
      yield chunk;
    }
  }

  await writeWhole(request.output, counted());
  return { size, archiveDigest: digestOf(digests.archive), imageID: digests.imageID, layerDigest: digests.layer };
}

/**
 * Every file, link and folder below a folder of this machine, to lie below `at` in the image, with its permission bits.
 * Throws for sockets, pipes and devices.
 */
export async function* directoryFiles(root: string, at = '/'): AsyncGenerator<ImageFile> {
  for await (const found of await opendir(root)) {
    const source = join(root, found.name);
    const path = posix.join('/', at, found.name);
    const status = await lstat(source);
    const mode = status.mode & 0o7777;
    if (status.isSymbolicLink()) yield { path, link: await readlink(source) };
    else if (status.isFile()) yield { path, mode, source };
    else if (status.isDirectory()) {
      yield { path, mode, directory: true };
      yield* directoryFiles(source, path);
    } else throw new Error(`${source} is neither a file, a link nor a folder: an image cannot hold it`);
  }
}

/** The layer's entries, sorted, with the folders that nobody listed. */
async function layerEntries(files: Iterable<ImageFile> | AsyncIterable<ImageFile>): Promise<readonly TarEntry[]> {
  const entries = new Map<string, TarEntry>();
  for await (const file of files) {
    const entry = await entryOf(file);
    const other = entries.get(entry.path);
    if (other !== undefined && !(other.type === 'directory' && entry.type === 'directory')) {
      throw new Error(`the image has two entries for /${entry.path}`);
    }
    entries.set(entry.path, entry);
  }
  for (const path of entries.keys()) {
    for (let above = posix.dirname(path); above !== '.'; above = posix.dirname(above)) {
      const found = entries.get(above);
      if (found === undefined) entries.set(above, { type: 'directory', path: above, mode: 0o755 });
      else if (found.type !== 'directory') throw new Error(`/${path} lies below /${above}, which is a ${found.type}`);
    }
  }
  return [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function entryOf(file: ImageFile): Promise<TarEntry> {
  const path = posix.normalize(file.path).replaceAll(/^\/+|\/+$/g, '');
  if (!file.path.startsWith('/') || path === '')
    throw new Error(`${file.path} is no absolute path of a file in an image`);
  if ('link' in file) return { type: 'link', path, target: file.link };
  if ('directory' in file) return { type: 'directory', path, mode: file.mode };
  if ('source' in file) {
    const { source, mode } = file;
    const { size } = await stat(source);
    return { type: 'file', path, mode, size, open: () => createReadStream(source, { highWaterMark: 1 << 20 }) };
  }
  return memberOf(path, Buffer.from(file.content), file.mode);
}

function memberOf(path: string, bytes: Uint8Array, mode = 0o644): TarEntry {
  return { type: 'file', path, mode, size: bytes.length, open: () => [bytes] };
}

/** The image configuration of the OCI image specification 1.1 (which docker reads too). */
function configOf(request: ImageRequest, layerDigest: string): object {
  const { env = {}, exposedPorts = [], labels = {} } = request;
  return {
    architecture: request.architecture ?? 'amd64',
    os: 'linux',
    created: epoch,
    config: {
      Entrypoint: request.entrypoint,
      ...(request.command === undefined ? {} : { Cmd: request.command }),
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
      WorkingDir: request.workingDirectory ?? '/',
      ...(request.user === undefined ? {} : { User: request.user }),
      ...(exposedPorts.length === 0
        ? {}
        : { ExposedPorts: Object.fromEntries(exposedPorts.map((port) => [port, {}])) }),
      ...(Object.keys(labels).length === 0 ? {} : { Labels: labels }),
    },
    rootfs: { type: 'layers', diff_ids: [layerDigest] },
    history: [{ created: epoch, created_by: 'build/image' }],
  };
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

function digestOf(hash: Hash): string {
  return `sha256:${hash.digest('hex')}`;
}

async function writeWhole(output: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const partial = `${output}.partial-${process.pid}`;
  await mkdir(dirname(output), { recursive: true });
  try {
    await pipeline(chunks, createWriteStream(partial, { highWaterMark: 1 << 20 }));
    await rename(partial, output);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}
