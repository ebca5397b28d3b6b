import { printable } from '../runtime/index.ts';
import { given } from './given.ts';
import type { Identifier, Problem } from './types.ts';

/** The CA said no (RFC 8555 section 6.7). */
export class AcmeError extends Error {
  override readonly name = 'AcmeError';
  readonly problem: Problem;
  /** How long the CA asks to wait before the next try, where it said so. */
  readonly retryAfterMs: number | undefined;
  /** The URL of what stands in the way, where the CA named it (RFC 8555 section 7.3.5). */
  readonly location: string | undefined;

  constructor(problem: Problem, retryAfterMs?: number, location?: string) {
    super(problem.detail === '' ? problem.type : `${problem.detail} (${problem.type})`);
    this.problem = problem;
    this.retryAfterMs = retryAfterMs;
    this.location = location;
  }
}

const acmeNamespace = 'urn:ietf:params:acme:error:';
const longest = { type: 200, detail: 1_000, value: 253, instance: 2_000, subproblems: 100 } as const;

/**
 * Reads a problem document (RFC 7807) or the `error` of an order or a challenge. Lenient, because it only explains:
 * what is of a wrong type is left out. Undefined for what is no problem at all.
 */
export function problemOf(value: unknown, httpStatus?: number): Problem | undefined {
  if (!isRecord(value)) return undefined;
  const { type, detail, title, status, instance, identifier, subproblems } = value;
  if (typeof type !== 'string' && typeof detail !== 'string') return undefined;
  return {
    type: (textOf(type, longest.type) ?? 'about:blank').replace(acmeNamespace, ''),
    detail: textOf(detail, longest.detail) ?? textOf(title, longest.detail) ?? '',
    ...given(typeof status === 'number' ? status : httpStatus, (known) => ({ status: known })),
    ...given(pageOf(instance), (page) => ({ instance: page })),
    ...given(identifierOf(identifier), (about) => ({ identifier: about })),
    ...given(subproblemsOf(subproblems), (parts) => ({ subproblems: parts })),
  };
}

/** RFC 8555 section 6.7.1: they do not nest. */
function subproblemsOf(value: unknown): readonly Problem[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const problems = value.slice(0, longest.subproblems).flatMap((part: unknown) => {
    const problem = problemOf(isRecord(part) ? { ...part, subproblems: undefined } : part);
    return problem === undefined ? [] : [problem];
  });
  return problems.length === 0 ? undefined : problems;
}

function textOf(value: unknown, most: number): string | undefined {
  return typeof value === 'string' ? printable(value, most) : undefined;
}

/** A page that people may be sent to. */
function pageOf(value: unknown): string | undefined {
  const page = URL.parse(textOf(value, longest.instance) ?? '');
  return page?.protocol === 'https:' || page?.protocol === 'http:' ? page.href : undefined;
}

function identifierOf(value: unknown): Identifier | undefined {
  if (!isRecord(value) || typeof value['value'] !== 'string') return undefined;
  const { type } = value;
  return type === 'dns' || type === 'ip' ? { type, value: printable(value['value'], longest.value) } : undefined;
}

/** A JSON object, and neither null nor an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
