import type { Authorization, Problem } from '../../../acme/index.ts';
import type { Reason } from '../../../api/index.ts';
import { canonicalName } from '../../../pki/index.ts';
import { printable } from '../../../runtime/index.ts';
import type { Refusal } from '../observed.ts';
import { pageOf, type Refused, reasonOf } from './problem-reason.ts';

/** A status has room for the words on each of 100 names. */
const longestWords = 256;
/** And for a page where a person has to go: one that is cut leads nowhere. */
const longestPage = 768;

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
 * Which of the names a refusal is about: those of its identifier and its subproblems (RFC 8555, 6.7.1); where it has none,
 * those that its sentence names, since Let's Encrypt tells of single names, and of those that it has paused, in no other way.
 * None where it is about the account, a limit that ends by itself, or the CA.
 */
export function refusalsIn(refused: Refused, names: readonly string[]): readonly Refusal[] {
  const { problem } = refused;
  const reason = reasonOf(refused);
  if (reason === 'RateLimited' || reason === 'CAUnavailable') return [];
  const known = new Set(names);
  const told = [problem, ...(problem.subproblems ?? [])].flatMap((part): readonly Refusal[] => {
    const name = canonicalName(part.identifier?.value ?? '');
    return known.has(name) ? [refusalOf(name, wordsOf(part), [part, problem], refused)] : [];
  });
  if (told.length > 0) return firstOfEach(told);
  if (reason === 'Paused') {
    // A sentence about all of them: what it says of each is that.
    const paused = namesIn(problem.detail.replace(/https?:\/\/\S+/g, ' '), known);
    return paused.map((name) => refusalOf(name, 'the CA has paused it', [problem], refused));
  }
  if (!aboutNames.has(problem.type)) return [];
  return namesIn(problem.detail, known)
    .slice(0, 1)
    .map((name) => ({ name, problem: wordsOf(problem) }));
}

/** The names that stand in a sentence, each once. */
function namesIn(sentence: string, known: ReadonlySet<string>): readonly string[] {
  const words = sentence.toLowerCase().split(/[^a-z0-9.:-]+/);
  const names = words.map((word) => word.replace(/^[.:-]+|[.:-]+$/g, ''));
  return [...new Set(names.filter((name) => known.has(name)))];
}

/** Where a person has to see to it, the page is told with the name: from the part about the name, else from the whole. */
function refusalOf(name: string, words: string, parts: readonly Problem[], { retryAfterMs }: Refused): Refusal {
  const reason = parts.map((problem) => reasonOf({ problem, retryAfterMs })).find(isForPerson);
  if (reason === undefined) return { name, problem: words };
  const page = parts.map(pageOf).find((one) => one !== undefined) ?? 'the page of the CA';
  return { name, reason, problem: `${words}; a person has to visit ${printable(page, longestPage)}` };
}

function isForPerson(reason: Reason): reason is 'Paused' | 'UserActionRequired' {
  return reason === 'Paused' || reason === 'UserActionRequired';
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
