/** A cause within a Status. */
export interface Cause {
  readonly reason?: string;
  readonly message: string;
  readonly field?: string;
}

/** The details of a Status. */
export interface Details {
  readonly name?: string;
  readonly group?: string;
  readonly kind?: string;
  readonly uid?: string;
  readonly causes?: readonly Cause[];
  readonly retryAfterSeconds?: number;
}

/** A refusal, as a `Status` (meta/v1) says it. */
export class Refusal extends Error {
  override readonly name: string = 'Refusal';
  readonly code: number;
  readonly reason: string | undefined;
  readonly details: Details | undefined;
  readonly metadata: object;

  constructor(
    code: number,
    reason: string | undefined,
    message: string,
    rest: { details?: Details; metadata?: object } = {},
  ) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = rest.details;
    this.metadata = rest.metadata ?? {};
  }

  /** The body of the answer. */
  status(): object {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: this.metadata,
      status: 'Failure',
      message: this.message,
      ...(this.reason === undefined ? {} : { reason: this.reason }),
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }
}

/** What a refusal names: group and plural (or kind, where the object itself is invalid), and the object. */
export interface Subject {
  readonly group: string;
  readonly kind: string;
  readonly name: string;
}

/** 404: there is no such object. */
export function notFound(of: Subject): Refusal {
  return new Refusal(404, 'NotFound', `${qualified(of)} ${JSON.stringify(of.name)} not found`, {
    details: detailsOf(of),
  });
}

/** 409: an object of that name is there. */
export function alreadyExists(of: Subject): Refusal {
  return new Refusal(409, 'AlreadyExists', `${qualified(of)} ${JSON.stringify(of.name)} already exists`, {
    details: detailsOf(of),
  });
}

/** 409: a precondition does not hold. */
export function conflict(of: Subject, why: string): Refusal {
  const message = `Operation cannot be fulfilled on ${qualified(of)} ${JSON.stringify(of.name)}: ${why}`;
  return new Refusal(409, 'Conflict', message, { details: detailsOf(of) });
}

/** 409: another resourceVersion than the one given. */
export function modified(of: Subject): Refusal {
  return conflict(of, 'the object has been modified; please apply your changes to the latest version and try again');
}

/** 422: the object breaks rules. `of.kind` is a kind here, not a plural. */
export function invalid(of: Subject, causes: readonly Cause[]): Refusal {
  const said = causes.map(({ field, message }) => `${field ?? ''}: ${message}`);
  const unique = [...new Set(said)];
  const list = unique.length === 1 ? (unique[0] ?? '') : `[${unique.join(', ')}]`;
  const message = `${qualified(of)} ${JSON.stringify(of.name)} is invalid: ${list}`;
  return new Refusal(422, 'Invalid', message, { details: { ...detailsOf(of), causes } });
}

/** 400: the request makes no sense. */
export function badRequest(message: string): Refusal {
  return new Refusal(400, 'BadRequest', message);
}

/** 404: nothing is served at that path, though its group and version are. */
export function notServed(): Refusal {
  return new Refusal(404, 'NotFound', 'the server could not find the requested resource', { details: {} });
}

/** 410: a resourceVersion of a watch is too old. */
export function tooOld(asked: number, oldest: number): Refusal {
  return new Refusal(410, 'Expired', `too old resource version: ${asked} (${oldest})`);
}

function detailsOf({ name, group, kind }: Subject): Details {
  return { name, ...(group === '' ? {} : { group }), kind };
}

function qualified({ group, kind }: Subject): string {
  return group === '' ? kind : `${kind}.${group}`;
}
