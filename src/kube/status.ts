import { ConflictError, TerminalError, TransientError } from '../runtime/index.ts';
import { keyOf, type Ref, type Resource } from './objects.ts';

/** A resourceVersion or a continue token is too old for the API server: list anew. */
export class ExpiredError extends TransientError {
  override readonly name: string = 'ExpiredError';
}

/** The kind itself is not served: its CRD is missing, or the API server is still setting up. */
export class UnservedKindError extends TransientError {
  override readonly name: string = 'UnservedKindError';
}

/** We may not, today: a right, a quota or a policy is in the way, and whoever made it can take it out of the way. */
export class ForbiddenError extends TransientError {
  override readonly name: string = 'ForbiddenError';
}

/** What was asked of the API server, for error messages and for what an answer means. */
export interface Call {
  readonly verb: 'get' | 'apply' | 'create' | 'replace' | 'patch' | 'delete' | 'list' | 'watch';
  readonly resource: Resource;
  readonly ref?: Ref;
}

/** A refusal as it came. */
export interface Refusal {
  readonly code: number;
  readonly retryAfter?: string | undefined;
  /** The body: a `Status`, or anything a proxy may say. Nothing of it but the Status message gets into an error. */
  readonly body: unknown;
}

/** The parts of a `Status` (meta/v1) that we read. */
interface Status {
  readonly reason: string;
  readonly message: string;
  /** The name of what was refused; absent when its kind is not served at all. */
  readonly name: string | undefined;
  readonly fields: readonly string[];
  readonly retryAfterSeconds: number | undefined;
}

/** Status messages repeat refused values, which may be long. */
const longestMessage = 1024;

/** `apply secrets default/web`, for messages. */
export function describeCall({ verb, resource, ref }: Call): string {
  const name = ref === undefined ? '' : ` ${keyOf(ref)}`;
  return `${verb} ${resource.plural}${name}`;
}

/** Whether a 404 means that the kind itself is not served (its CRD is missing), and not that one object is absent. */
export function isUnservedKind(refusal: Refusal): boolean {
  return refusal.code === 404 && statusOf(refusal.body).name === undefined;
}

/** The one place where an answer of the API server becomes an error class. `now` is for a Retry-After that is a date. */
export function refusalError(call: Call, refusal: Refusal, now: Date): Error {
  const status = statusOf(refusal.body);
  const said =
    status.message === '' ? `HTTP ${refusal.code}` : `${status.message.slice(0, longestMessage)} (${refusal.code})`;
  const message = `${describeCall(call)}: ${said}`;
  const retryAfterMs = retryAfterOf(refusal.retryAfter, now) ?? toMs(status.retryAfterSeconds);

  if (refusal.code === 410 || status.reason === 'Expired') return new ExpiredError(message, { retryAfterMs });
  if (isUnservedKind(refusal)) return new UnservedKindError(message, { retryAfterMs });
  if (isConflict(refusal, status)) return new ConflictError(message);
  if (refusal.code === 403) return new ForbiddenError(message, { retryAfterMs });
  if (isTransient(refusal)) return new TransientError(message, { retryAfterMs });
  return new TerminalError(message);
}

/** A 404 that names something is of a write: the object is gone, or its namespace. Reads and deletes take it for an answer. */
function isConflict(refusal: Refusal, status: Status): boolean {
  if (refusal.code === 409) return true;
  if (refusal.code === 404) return status.name !== undefined;
  return refusal.code === 422 && status.fields.includes('metadata.uid');
}

/**
 * A redirect is transient too: somebody is still setting things up. So is a field that the schema does not
 * have: the API server answers an apply with it 500, and the CRD may be older than we are.
 */
function isTransient(refusal: Refusal): boolean {
  const { code } = refusal;
  return code < 400 || code >= 500 || [401, 408, 429].includes(code);
}

function statusOf(body: unknown): Status {
  const status = record(body);
  const isStatus = status['kind'] === 'Status';
  const details = record(isStatus ? status['details'] : undefined);
  const causes = Array.isArray(details['causes']) ? details['causes'] : [];
  return {
    reason: isStatus ? text(status['reason']) : '',
    message: isStatus ? text(status['message']) : '',
    name: typeof details['name'] === 'string' ? details['name'] : undefined,
    fields: causes.map((cause) => text(record(cause)['field'])),
    retryAfterSeconds: typeof details['retryAfterSeconds'] === 'number' ? details['retryAfterSeconds'] : undefined,
  };
}

/** Milliseconds of a Retry-After: a number of seconds or an HTTP date (RFC 9110, section 10.2.3). */
export function retryAfterOf(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header.trim())) return toMs(Number(header));
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime());
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

/** The value as a record, empty when it is none: foreign JSON is read through this. */
export function record(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
