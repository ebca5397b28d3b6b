import { type AccountAccess, type AcmeClient, AcmeError } from '../../acme/index.ts';
import { type Clock, TerminalError, TransientError } from '../../runtime/index.ts';
import { accountAccess, type IssuerRow } from '../issuer-row.ts';
import type { AccountSeen, BindingSeen, KeySeen } from './observed.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** An account that is known is looked at again after a day; one that a person has to see to after an hour. */
const knownMs = 24 * hourMs;
const personMs = hourMs;
/** Doubled with each failure, up to the longest. */
const unavailableMs = { first: 5_000, longest: 5 * minuteMs };
const refusedMs = { first: minuteMs, longest: hourMs };

/** Refusals that say nothing of the account. */
const passing: ReadonlySet<string> = new Set(['rateLimited', 'serverInternal', 'badNonce']);

type ReadableKey = Extract<KeySeen, { state: 'readable' }>;

interface Lookup {
  /** What was asked about: another generation of the spec or another key makes the answer void. */
  readonly subject: string;
  readonly seen: AccountSeen;
  readonly failures: number;
}

interface Parts {
  readonly clock: Clock;
  readonly acme: (access: AccountAccess) => AcmeClient;
  readonly random?: () => number;
}

/**
 * What CAs said of the issuers' accounts, and when each may be asked again. Kept in memory alone: after a restart the status
 * tells whether anything has to be asked at all.
 */
export class AccountLookups {
  readonly #clock: Clock;
  readonly #acme: (access: AccountAccess) => AcmeClient;
  readonly #random: () => number;
  readonly #lookups = new Map<string, Lookup>();

  constructor({ clock, acme, random = Math.random }: Parts) {
    this.#clock = clock;
    this.#acme = acme;
    this.#random = random;
  }

  /** The last answer for this spec and key; `unasked`, to be asked in a day, where there is none. */
  remembered(issuer: IssuerRow, key: KeySeen): AccountSeen {
    const subject = subjectOf(issuer, key);
    const lookup = this.#lookups.get(issuer.key);
    if (lookup?.subject === subject) return lookup.seen;
    return this.#keep(issuer, { subject, seen: { state: 'unasked', askAgainAt: this.#in(knownMs) }, failures: 0 });
  }

  /** Asks the CA for its directory and, unless its terms are held back, for the account of the key. Makes none. */
  async ask(issuer: IssuerRow, key: ReadableKey, signal: AbortSignal): Promise<AccountSeen> {
    return this.#attempt(issuer, key, signal, async (client) => {
      const directory = await client.directory(signal);
      const account = termsHeldBack(issuer) ? undefined : await client.findAccount(signal);
      return account === undefined
        ? { state: 'unknown', directory, askAgainAt: this.#in(personMs) }
        : { state: 'known', account, directory, registeredEmail: undefined, askAgainAt: this.#in(knownMs) };
    });
  }

  /** Makes the account. The outcome, a refusal included, is what is remembered from then on. */
  async create(issuer: IssuerRow, key: ReadableKey, binding: BindingSeen, signal: AbortSignal): Promise<AccountSeen> {
    const { email = '' } = issuer.spec.acme;
    return this.#attempt(issuer, key, signal, async (client) => {
      const account = await client.createAccount(
        {
          contact: email === '' ? [] : [`mailto:${email}`],
          termsOfServiceAgreed: true,
          ...(binding.state === 'readable'
            ? { externalAccountBinding: { keyId: binding.keyId, hmacKey: binding.hmacKey } }
            : {}),
        },
        signal,
      );
      const registeredEmail = account.created && email !== '' ? email : undefined;
      const directory = await client.directory(signal);
      return { state: 'known', account, directory, registeredEmail, askAgainAt: this.#in(knownMs) };
    });
  }

  /** Forgets an issuer that is gone. */
  forget(issuerKey: string): void {
    this.#lookups.delete(issuerKey);
  }

  async #attempt(
    issuer: IssuerRow,
    key: ReadableKey,
    signal: AbortSignal,
    request: (client: AcmeClient) => Promise<AccountSeen>,
  ): Promise<AccountSeen> {
    const subject = subjectOf(issuer, key);
    const failures = this.#failuresOf(issuer, subject);
    try {
      const seen = await request(this.#acme(accountAccess(issuer, key.pem)));
      return this.#keep(issuer, { subject, seen, failures: seen.state === 'known' ? 0 : failures });
    } catch (error) {
      if (signal.aborted) throw error;
      return this.#keep(issuer, { subject, seen: this.#failureSeen(error, failures), failures: failures + 1 });
    }
  }

  /** @throws the error itself where it is of no class that a CA or the network causes. */
  #failureSeen(error: unknown, failures: number): AccountSeen {
    if (error instanceof AcmeError) {
      const askAgainAt = this.#after(failures, refusedMs, error.retryAfterMs);
      return { state: 'refused', why: whyOf(error), passing: passing.has(error.problem.type), askAgainAt };
    }
    if (error instanceof TransientError) {
      const askAgainAt = this.#after(failures, unavailableMs, error.retryAfterMs);
      return { state: 'unavailable', why: error.message, misconfigured: false, askAgainAt };
    }
    if (error instanceof TerminalError) {
      return { state: 'unavailable', why: error.message, misconfigured: true, askAgainAt: this.#in(personMs) };
    }
    throw error;
  }

  #failuresOf(issuer: IssuerRow, subject: string): number {
    const lookup = this.#lookups.get(issuer.key);
    return lookup?.subject === subject ? lookup.failures : 0;
  }

  #keep(issuer: IssuerRow, lookup: Lookup): AccountSeen {
    this.#lookups.set(issuer.key, lookup);
    return lookup.seen;
  }

  #after(failures: number, { first, longest }: typeof refusedMs, retryAfterMs = 0): Date {
    return this.#in(Math.max(Math.min(longest, first * 2 ** failures), retryAfterMs));
  }

  /** Up to a tenth later, so that those who were sent away together do not come back together. */
  #in(ms: number): Date {
    return new Date(this.#clock.now().getTime() + ms * (1 + this.#random() / 10));
  }
}

/** Whether the user has not agreed to the CA's terms. Naming a CA is consent; only an explicit `false` holds it back. */
export function termsHeldBack({ spec }: IssuerRow): boolean {
  return spec.acme.termsOfServiceAgreed === false;
}

function subjectOf({ uid, generation }: IssuerRow, key: KeySeen): string {
  return [uid, generation, key.state === 'readable' ? key.thumbprint : ''].join('/');
}

/** `instance` is the page to visit after a change of terms (RFC 8555 section 7.3.3). */
function whyOf({ message, problem }: AcmeError): string {
  return problem.instance === undefined ? message : `${message}; visit ${problem.instance}`;
}
