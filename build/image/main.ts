/** `npm run image`: makes the image without a container engine. */
import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type ImageFile, writeImage } from './archive.ts';
import { imageConfig, imageFiles, imageName, version } from './contents.ts';

const usage = `Makes Evercert's container image as a docker-archive, without a container engine.
The same sources on the same distribution give the same bytes.

Usage: npm run image -- [options]

  --output FILE      where the archive goes        (default dist/evercert-image.tar)
  --reference NAME   the image's name and tag      (default ${imageName}:${version})
  --root FOLDER      write the image's files into this new folder instead of an archive
  --help
`;

const { values: options } = parseArgs({
  options: {
    output: { type: 'string', default: 'dist/evercert-image.tar' },
    reference: { type: 'string', default: `${imageName}:${version}` },
    root: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) console.log(usage);
else if (options.root === undefined) await makeArchive(options.output, options.reference);
else await writeFolder(options.root, await imageFiles());

async function makeArchive(output: string, reference: string): Promise<void> {
  const started = performance.now();
  const image = await writeImage({ ...imageConfig, output, reference, files: await imageFiles() });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const file = relative('', output);
  console.log(`${file}: ${reference}, ${(image.size / 1e6).toFixed(1)} MB, made in ${seconds} s
  archive   ${image.archiveDigest}
  image ID  ${image.imageID}

Load it where your cluster finds it:
  containerd   ctr -n k8s.io images import ${file}
  k3s          k3s ctr images import ${file}
  kind         kind load image-archive ${file}
  minikube     minikube image load ${file}
  Docker       docker load -i ${file}
  Podman       podman load -i ${file}
  a registry   skopeo copy docker-archive:${file} docker://REGISTRY/evercert:${version}`);
}

/** For the Dockerfile, whose last stage copies this folder. Throws when the folder is there already. */
async function writeFolder(root: string, files: readonly ImageFile[]): Promise<void> {
  await mkdir(root);
  for (const file of files) {
    const path = join(root, file.path);
    await mkdir('directory' in file ? path : dirname(path), { recursive: true });
    if ('link' in file) await symlink(file.link, path);
    else {
      if ('content' in file) await writeFile(path, file.content);
      else if ('source' in file) await cp(file.source, path, { dereference: true });
      await chmod(path, file.mode);
    }
  }
}
