import type { Authorization, Problem } from '../../../acme/index.ts';
import { canonicalName } from '../../../pki/index.ts';
import { printable } from '../../../runtime/index.ts';
import type { Refusal } from '../observed.ts';

/** A status has room for the words on each of 100 names. */
const longestWords = 256;

/** The problem types that are about names, and not about the account, the request or the CA (RFC 8555, 6.7). */
const aboutNames: ReadonlySet<string> = new Set([
  'caa',
  'compound',
  'connection',
  'dns',
  'incorrectResponse',
  'rejectedIdentifier',
  'tls',
  'unauthorized',
  'unsupportedIdentifier',
]);

/** The CA's words, and its word for the kind of problem. */
export function wordsOf({ detail, type }: Problem): string {
  return printable(detail === '' ? type : `${detail} (${type})`, longestWords);
}

/**
 * Which of the names a problem is about: those of its identifier and its subproblems (RFC 8555, 6.7.1); where it has none,
 * the first that its sentence names, since Let's Encrypt tells of a single name in no other way.
 */
export function refusalsIn(problem: Problem, names: readonly string[]): readonly Refusal[] {
  const known = new Set(names);
  const told = [problem, ...(problem.subproblems ?? [])].flatMap((part): readonly Refusal[] => {
    const name = canonicalName(part.identifier?.value ?? '');
    return known.has(name) ? [{ name, problem: wordsOf(part) }] : [];
  });
  if (told.length > 0) return firstOfEach(told);
  if (!aboutNames.has(problem.type)) return [];
  const words = problem.detail.toLowerCase().split(/[^a-z0-9.:-]+/);
  const named = words.map((word) => word.replace(/^[.:-]+|[.:-]+$/g, '')).find((word) => known.has(word));
  return named === undefined ? [] : [{ name: named, problem: wordsOf(problem) }];
}

/** Which names failed, by what their authorizations say. */
export function refusalsOf(authorizations: readonly Authorization[]): readonly Refusal[] {
  const told = authorizations.flatMap(({ identifier, status, challenges }): readonly Refusal[] => {
    const name = canonicalName(identifier.value);
    const problem = challenges.find(({ error }) => error !== undefined)?.error;
    if (problem !== undefined) return [{ name, problem: wordsOf(problem) }];
    const isOpen = status === 'pending' || status === 'valid';
    return isOpen ? [] : [{ name, problem: `its authorization is ${status}` }];
  });
  return firstOfEach(told);
}

function firstOfEach(refusals: readonly Refusal[]): readonly Refusal[] {
  return [...new Map(refusals.toReversed().map((one) => [one.name, one])).values()].toReversed();
}
