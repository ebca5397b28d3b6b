import { setTimeout as pause } from 'node:timers/promises';
import type { Issuance } from './cases.ts';

/** Traefik takes up changes every 2 s; the first one after that long without any at once. */
const ingressRestMs = 2_200;

/** Asks for certificates as a case wants it: all at once, or one after another, new routes with the ingress controller at rest. */
export async function inSequence<Name, T>(
  { storm, kind }: Pick<Issuance, 'storm' | 'kind'>,
  names: readonly Name[],
  ask: (name: Name) => Promise<T>,
): Promise<{ readonly answers: readonly T[]; readonly stormMs: number | undefined }> {
  if (kind === 'first') await pause(ingressRestMs);
  if (storm) {
    const started = performance.now();
    const answers = await Promise.all(names.map(ask));
    return { answers, stormMs: performance.now() - started };
  }
  const answers: T[] = [];
  for (const [index, name] of names.entries()) {
    if (kind === 'first' && index > 0) await pause(ingressRestMs);
    answers.push(await ask(name));
  }
  return { answers, stormMs: undefined };
}
