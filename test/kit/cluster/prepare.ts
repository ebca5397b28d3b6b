import { makeEvercertImage, makeNginxImage, makePauseImage } from './images.ts';
import { cniFolder, installPackages, missingPackages } from './packages.ts';
import { buildPrograms, programsFor } from './programs.ts';
import type { Progress } from './progress.ts';
import { missingRequirements } from './requirements.ts';
import { type ClusterSpec, layoutOf, type Parts } from './spec.ts';
import { fetchTools } from './tools.ts';

/** The machine lacks what we cannot set up. The message has a sentence for each thing. */
export class RequirementsError extends Error {}

/**
 * Builds, fetches and installs what a cluster of these parts needs and what is not there yet.
 *
 * @throws RequirementsError before anything is done; Error when a build, a download or an installation fails.
 */
export async function prepare(name: string, parts: Parts, progress: Progress): Promise<ClusterSpec> {
  layoutOf(name);
  const missing = await missingRequirements(parts);
  if (missing.length > 0) throw new RequirementsError(missing.join('\n'));
  await installPackages(missingPackages(parts), progress);
  const toolFolder = await fetchTools(progress);
  const programs = await buildPrograms(programsFor(parts), progress);
  const images = parts.node ? [await makePauseImage(programs.pause), await makeNginxImage(progress)] : [];
  if (parts.evercert) images.push(await makeEvercertImage(progress));
  return { name, parts, programs, toolFolder, cniFolder: cniFolder() ?? '', images };
}
