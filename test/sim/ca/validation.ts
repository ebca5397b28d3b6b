import { AcmeError, type Problem } from '../../../src/acme/index.ts';
import type { Clock } from '../../../src/runtime/index.ts';
import type { KeptAccount } from './accounts.ts';
import type { Authorizations, KeptChallenge } from './authorizations.ts';
import type { RateLimits } from './limits.ts';
import type { CaOptions } from './options.ts';
import { refusal } from './problems.ts';

/**
 * What a host answers under `/.well-known/acme-challenge/<token>` at this moment: the body of a 200, or undefined for a
 * 404. A promise takes as long as it takes. An error means that nothing answers: the problem of an `AcmeError`, such as
 * one of type `dns`, or else `connection`.
 */
export type Serves = (host: string, token: string) => string | undefined | Promise<string | undefined>;

/** A validation that did not succeed. */
export interface FailedValidation {
  readonly account: string;
  readonly host: string;
  readonly token: string;
  readonly at: Date;
  readonly problem: Problem;
}

interface Parts {
  readonly options: CaOptions;
  readonly clock: Pick<Clock, 'now' | 'after'>;
  readonly serves: Serves;
  readonly authorizations: Authorizations;
  readonly limits: RateLimits;
}

/** Validates challenges (RFC 8555 sections 7.5.1 and 8.3). */
export class Validation {
  readonly failed: FailedValidation[] = [];
  readonly #parts: Parts;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The client says that the answer is there: it is looked at once the CA gets to it. */
  answer(url: string, account: KeptAccount): void {
    const { options, clock, authorizations } = this.#parts;
    const challenge = authorizations.challenge(url, account);
    const { authorization } = challenge;
    const isOpen = challenge.status === 'pending' && authorizations.statusOf(authorization) === 'pending';
    if (!isOpen) {
      if (options.dialect.answersAgain) return;
      throw refusal('malformed', 400, `Cannot update challenge with status ${challenge.status}, only status pending`);
    }
    challenge.status = 'processing';
    clock.after(options.work.validationMs, () => this.#validate(challenge));
  }

  /** What is served at once is judged at once, so that no other event comes in between. */
  #validate(challenge: KeptChallenge): void {
    const { identifier } = challenge.authorization;
    if (challenge.type !== 'http-01') return this.#conclude(challenge, unprepared(challenge.type));
    try {
      const served = this.#parts.serves(identifier.value, challenge.token);
      if (!(served instanceof Promise)) return this.#judge(challenge, served);
      served.then(
        (body) => this.#judge(challenge, body),
        (error: unknown) => this.#conclude(challenge, unanswered(error)),
      );
    } catch (error) {
      this.#conclude(challenge, unanswered(error));
    }
  }

  #judge(challenge: KeptChallenge, body: string | undefined): void {
    const { account, identifier } = challenge.authorization;
    const url = `http://${identifier.value}/.well-known/acme-challenge/${challenge.token}`;
    if (body === undefined) return this.#conclude(challenge, this.#parts.options.dialect.badStatus(url));
    const wanted = `${challenge.token}.${account.key.thumbprint}`;
    const served = body.replace(/[\n\r\t]+$/, ''); // of all white space (RFC 8555 section 8.3), but for blanks
    if (served === wanted && this.#parts.options.forbids(identifier.value)) {
      return this.#conclude(challenge, caaOf(identifier.value));
    }
    const detail = `The key authorization file from the server did not match this challenge "${wanted}" != "${served}"`;
    this.#conclude(challenge, served === wanted ? undefined : { type: 'unauthorized', status: 403, detail });
  }

  #conclude(challenge: KeptChallenge, problem: Problem | undefined): void {
    const { authorizations, limits, clock } = this.#parts;
    const { authorization, token } = challenge;
    const { account, identifier } = authorization;
    challenge.status = problem === undefined ? 'valid' : 'invalid';
    challenge.error = problem;
    limits.validated(account, identifier, problem === undefined);
    if (problem !== undefined) {
      this.failed.push({ account: account.url, host: identifier.value, token, at: clock.now(), problem });
    }
    // Whoever deactivated it meanwhile does not get it back.
    if (authorization.status === 'pending') authorizations.set(authorization, challenge.status);
  }
}

/** RFC 8659, in Boulder's words. */
function caaOf(name: string): Problem {
  const detail = `While processing CAA for ${name}: CAA record for ${name} prevents issuance`;
  return { type: 'caa', status: 403, detail };
}

/** Nobody here ever prepares anything but http-01. */
function unprepared(type: string): Problem {
  return { type: 'unauthorized', status: 403, detail: `Nothing was found for the ${type} challenge` };
}

function unanswered(error: unknown): Problem {
  if (error instanceof AcmeError) return error.problem;
  return { type: 'connection', status: 400, detail: error instanceof Error ? error.message : String(error) };
}
