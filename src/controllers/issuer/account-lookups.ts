import { type AccountAccess, type AcmeClient, AcmeError, type Problem, RedirectError } from '../../acme/index.ts';
import { type Clock, TerminalError, TransientError } from '../../runtime/index.ts';
import { accountAccess, type IssuerRow } from '../issuer-row.ts';
import type { AccountKey, AccountSeen, BindingSeen } from './observed.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** An account, and what its CA offers, is looked at again after an hour. */
const lookAgainMs = hourMs;
/** Doubled with each failure, up to the longest. */
const unavailableMs = { first: 5_000, longest: 5 * minuteMs };
const refusedMs = { first: minuteMs, longest: hourMs };

const unproven: Problem = { type: 'unproven', detail: 'the CA said yes, and does not know the account by the new key' };

/** Refusals that say nothing of the account. */
const passing: ReadonlySet<string> = new Set(['rateLimited', 'serverInternal', 'badNonce']);
const contactProblems: ReadonlySet<string> = new Set(['invalidContact', 'unsupportedContact']);

type Known = Extract<AccountSeen, { state: 'known' }>;

/** What a key is to the issuer: a refusal to take it for the next one says nothing of the account once it is in use. */
type Role = 'current' | 'next';

interface Asked {
  readonly issuer: IssuerRow;
  readonly key: AccountKey | undefined;
  readonly role: Role;
}

interface Lookup {
  readonly seen: AccountSeen;
  readonly failures: number;
}

interface Parts {
  readonly clock: Clock;
  readonly acme: (access: AccountAccess) => AcmeClient;
  readonly random?: () => number;
}

/**
 * What CAs said of the accounts of issuers' keys, and when each may be asked again. Kept in memory alone: after a restart the
 * status tells whether anything has to be asked at all.
 */
export class AccountLookups {
  readonly #clock: Clock;
  readonly #acme: (access: AccountAccess) => AcmeClient;
  readonly #random: () => number;
  /** By issuer, then by what was asked about: another generation of the spec or another key makes an answer void. */
  readonly #lookups = new Map<string, Map<string, Lookup>>();

  constructor({ clock, acme, random = Math.random }: Parts) {
    this.#clock = clock;
    this.#acme = acme;
    this.#random = random;
  }

  /** The last answer for this spec and key; `unasked`, to be asked in an hour, where there is none. */
  remembered(issuer: IssuerRow, key: AccountKey | undefined, role: Role): AccountSeen {
    const asked = { issuer, key, role };
    const lookup = this.#lookups.get(issuer.key)?.get(subjectOf(asked));
    if (lookup !== undefined) return lookup.seen;
    return this.#keep(asked, { seen: { state: 'unasked', askAgainAt: this.#in(lookAgainMs) }, failures: 0 });
  }

  /** Asks the CA for its directory and, unless its terms are held back, for the account of the key. Makes none. */
  async ask(issuer: IssuerRow, key: AccountKey, role: Role, signal: AbortSignal): Promise<AccountSeen> {
    return this.#attempt({ issuer, key, role }, signal, async (client) => {
      const directory = await client.directory(signal);
      const account = termsHeldBack(issuer) ? undefined : await client.findAccount(signal);
      return account === undefined
        ? { state: 'unknown', directory, askAgainAt: this.#in(lookAgainMs) }
        : { state: 'known', account, directory, registeredEmail: undefined, askAgainAt: this.#in(lookAgainMs) };
    });
  }

  /** Makes the account. The outcome, a refusal included, is what is remembered from then on. */
  async create(issuer: IssuerRow, key: AccountKey, binding: BindingSeen, signal: AbortSignal): Promise<void> {
    await this.#attempt({ issuer, key, role: 'current' }, signal, async (client) => {
      const account = await client.createAccount(
        {
          contact: contactOf(issuer),
          termsOfServiceAgreed: true,
          ...(binding.state === 'readable'
            ? { externalAccountBinding: { keyId: binding.keyId, hmacKey: binding.hmacKey } }
            : {}),
        },
        signal,
      );
      const registeredEmail = account.created ? emailOf(issuer) : undefined;
      const directory = await client.directory(signal);
      return { state: 'known', account, directory, registeredEmail, askAgainAt: this.#in(lookAgainMs) };
    });
  }

  /** Gives a known account the address of the spec. A CA that does not take it is remembered to. */
  async updateContact(issuer: IssuerRow, key: AccountKey, known: Known, signal: AbortSignal): Promise<void> {
    await this.#attempt({ issuer, key, role: 'current' }, signal, async (client) => {
      try {
        await client.updateContact(contactOf(issuer), signal);
        return { ...known, registeredEmail: emailOf(issuer) };
      } catch (error) {
        if (!(error instanceof AcmeError) || !contactProblems.has(error.problem.type)) throw error;
        return { ...known, contactRefused: error.message };
      }
    });
  }

  /** Ends a known account for good. */
  async deactivate(issuer: IssuerRow, key: AccountKey, known: Known, signal: AbortSignal): Promise<void> {
    await this.#attempt({ issuer, key, role: 'current' }, signal, async (client) => {
      return { ...known, account: await client.deactivateAccount(signal) };
    });
  }

  /**
   * Gives the account of one key another. What the CA says to that is no proof: it is asked for the account of the new key. The
   * outcome is remembered of that one; a change that did not happen, as a refusal.
   */
  async changeKey(issuer: IssuerRow, from: AccountKey, to: AccountKey, signal: AbortSignal): Promise<void> {
    await this.#attempt({ issuer, key: to, role: 'next' }, signal, async (client) => {
      await this.#acme(accountAccess(issuer, from.pem)).changeKey(to.pem, signal);
      const directory = await client.directory(signal);
      const account = await client.findAccount(signal);
      if (account === undefined) throw new AcmeError(unproven);
      return { state: 'known', account, directory, registeredEmail: undefined, askAgainAt: this.#in(lookAgainMs) };
    });
  }

  /** Forgets an issuer that is gone. */
  forget(issuerKey: string): void {
    this.#lookups.delete(issuerKey);
  }

  async #attempt(
    asked: Asked & { readonly key: AccountKey },
    signal: AbortSignal,
    request: (client: AcmeClient) => Promise<AccountSeen>,
  ): Promise<AccountSeen> {
    const { issuer, key } = asked;
    const failures = this.#lookups.get(issuer.key)?.get(subjectOf(asked))?.failures ?? 0;
    try {
      const seen = await request(this.#acme(accountAccess(issuer, key.pem)));
      return this.#keep(asked, { seen, failures: seen.state === 'known' ? 0 : failures });
    } catch (error) {
      if (signal.aborted) throw error;
      return this.#keep(asked, { seen: this.#failureSeen(error, failures), failures: failures + 1 });
    }
  }

  /** @throws the error itself where it is of no class that a CA or the network causes. */
  #failureSeen(error: unknown, failures: number): AccountSeen {
    if (error instanceof AcmeError) {
      const { type } = error.problem;
      const askAgainAt = this.#after(failures, refusedMs, error.retryAfterMs);
      return { state: 'refused', type, why: whyOf(error), passing: passing.has(type), askAgainAt };
    }
    if (error instanceof RedirectError && error.resource === 'directory') {
      const moved = error.location === undefined ? {} : { movedTo: error.location };
      return { state: 'unavailable', why: error.message, misconfigured: true, ...moved, askAgainAt: this.#in(hourMs) };
    }
    if (error instanceof TransientError) {
      const askAgainAt = this.#after(failures, unavailableMs, error.retryAfterMs);
      return { state: 'unavailable', why: error.message, misconfigured: false, askAgainAt };
    }
    if (error instanceof TerminalError) {
      return { state: 'unavailable', why: error.message, misconfigured: true, askAgainAt: this.#in(hourMs) };
    }
    throw error;
  }

  /** Two subjects at most are asked about by turns: the account's key, and the one that is to take its place. */
  #keep(asked: Asked, lookup: Lookup): AccountSeen {
    const { key } = asked.issuer;
    const lookups = this.#lookups.get(key) ?? new Map<string, Lookup>();
    const subject = subjectOf(asked);
    lookups.delete(subject);
    lookups.set(subject, lookup);
    for (const oldest of lookups.keys()) {
      if (lookups.size <= 2) break;
      lookups.delete(oldest);
    }
    this.#lookups.set(key, lookups);
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

/** The address that the CA may write to; empty for none. */
export function emailOf({ spec }: IssuerRow): string {
  return spec.acme.email ?? '';
}

function contactOf(issuer: IssuerRow): readonly string[] {
  const email = emailOf(issuer);
  return email === '' ? [] : [`mailto:${email}`];
}

function subjectOf({ issuer: { uid, generation }, key, role }: Asked): string {
  return [uid, generation, role, key?.thumbprint ?? ''].join('/');
}

/** `instance` is the page to visit after a change of terms (RFC 8555 section 7.3.3). */
function whyOf({ message, problem }: AcmeError): string {
  return problem.instance === undefined ? message : `${message}; visit ${problem.instance}`;
}
