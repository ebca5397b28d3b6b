import type { AccountAccess, AcmeClient, Directory } from '../../../src/acme/index.ts';
import type { Clock } from '../../../src/runtime/index.ts';
import { Accounts, type KeptAccount } from './accounts.ts';
import { Authorizations, type KeptAuthorization } from './authorizations.ts';
import { Certificates, type KeptCertificate, type RenewalWindow } from './certificates.ts';
import { accountClient, type RequestKind } from './client.ts';
import { Issuance } from './issuance.ts';
import { RateLimits } from './limits.ts';
import { type Departure, departing, departure, type Misbehaviour } from './misbehaviour.ts';
import type { CaOptions } from './options.ts';
import { type KeptOrder, Orders } from './orders.ts';
import { Placing } from './placing.ts';
import { Revocation } from './revocation.ts';
import { type FailedValidation, type Serves, Validation } from './validation.ts';

/** The world that a CA stands in. */
export interface CaParts {
  /** Validation and issuance take their time on it, and all that expires does so by it. */
  readonly clock: Pick<Clock, 'now' | 'after'>;
  /** Uniform in [0, 1), such as `seededRandom`. */
  readonly random: () => number;
  readonly serves: Serves;
  readonly options: CaOptions;
}

/**
 * An ACME CA in memory (RFC 8555, 8738, 9773 and draft-ietf-acme-profiles), as far as an `AcmeClient` can see of one.
 *
 * Whatever a client asks for is done before its call returns; only validation and issuance come later, on the clock.
 * Nothing is lost or late: that is the network's to do, around `clientOf`. The same seed, keys and calls give the same
 * URLs, tokens, serial numbers and, CSRs being for the same keys, the same certificates.
 *
 * It is honest unless it is told to {@link misbehave}. To misbehave in one answer that no scenario has, wrap the client:
 * `{ ...ca.clientOf(access), order: async (url) => ... }`.
 */
export class SimulatedCa {
  readonly #options: CaOptions;
  readonly #accounts: Accounts;
  readonly #authorizations: Authorizations;
  readonly #certificates: Certificates;
  readonly #limits: RateLimits;
  readonly #orders: Orders;
  readonly #placing: Placing;
  readonly #validation: Validation;
  readonly #issuance: Issuance;
  readonly #revocation: Revocation;
  readonly #requests = new Map<RequestKind, number>();
  readonly #forbidding = new Set<string>();
  #departure: Departure = () => ({});

  constructor({ clock, random, serves, options: given }: CaParts) {
    const options: CaOptions = { ...given, forbids: (name) => this.#forbidding.has(name) || given.forbids(name) };
    const now = (): number => clock.now().getTime();
    this.#options = options;
    this.#accounts = new Accounts(options);
    this.#authorizations = new Authorizations(options, random, now);
    this.#certificates = new Certificates(options, random, now);
    this.#limits = new RateLimits(options.limits, now);
    this.#orders = new Orders(options, this.#authorizations, now);
    const parts = {
      options,
      clock,
      random,
      now,
      serves,
      accounts: this.#accounts,
      authorizations: this.#authorizations,
      certificates: this.#certificates,
      limits: this.#limits,
      orders: this.#orders,
    };
    this.#placing = new Placing(parts);
    this.#validation = new Validation(parts);
    this.#issuance = new Issuance(parts);
    this.#revocation = new Revocation(parts);
  }

  /** The client for an access, as `acmeClients` gives it. Each call throws as `AcmeClient` says, for the CA's reasons. */
  readonly clientOf = (access: AccountAccess): AcmeClient => {
    const honest = accountClient(
      {
        accounts: this.#accounts,
        authorizations: this.#authorizations,
        certificates: this.#certificates,
        orders: this.#orders,
        placing: this.#placing,
        validation: this.#validation,
        issuance: this.#issuance,
        revocation: this.#revocation,
        directory: () => this.#directory(),
        asked: (kind) => this.#requests.set(kind, this.requests(kind) + 1),
      },
      access,
    );
    const means = {
      certify: this.#certificates.otherwise.bind(this.#certificates),
      revokeAuthorization: (url: string) => this.setAuthorization(url, 'revoked'),
    };
    return departing(honest, () => this.#departure(honest, means));
  };

  /** From now on it misbehaves like this, to everybody; without a word it is honest again. */
  misbehave(how?: Misbehaviour): void {
    this.#departure = how === undefined ? () => ({}) : departure(how);
  }

  /** Every order that was placed. */
  get orders(): readonly KeptOrder[] {
    return this.#orders.placed;
  }

  /** The orders of which finalize was accepted. */
  get finalized(): readonly KeptOrder[] {
    return this.orders.filter(({ finalizedAt }) => finalizedAt !== undefined);
  }

  /** Every certificate that was issued. */
  get certificates(): readonly KeptCertificate[] {
    return this.#certificates.issued;
  }

  /** Every account that was made, as it is now. */
  get accounts(): readonly KeptAccount[] {
    return this.#accounts.all;
  }

  /** How many requests were signed by a key that is not that of the account. */
  get strangers(): number {
    return this.#accounts.strangers;
  }

  get failedValidations(): readonly FailedValidation[] {
    return this.#validation.failed;
  }

  /** The state that an order is in now. */
  statusOf(order: KeptOrder): ReturnType<Orders['statusOf']> {
    return this.#orders.statusOf(order);
  }

  /** How often something was asked for; without a kind, anything. */
  requests(kind?: RequestKind): number {
    if (kind !== undefined) return this.#requests.get(kind) ?? 0;
    return [...this.#requests.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Gives an account that cannot be used any more. */
  setAccount(url: string, status: KeptAccount['status']): void {
    this.#accounts.at(url).status = status;
  }

  /** Takes an authorization back (RFC 8555 section 7.5.2 and 7.1.6). */
  setAuthorization(url: string, status: Extract<KeptAuthorization['status'], 'deactivated' | 'revoked'>): void {
    this.#authorizations.set(this.#authorizations.at(url), status);
  }

  /** Changes a name's CAA record: the CA may not issue for it, or may again (RFC 8659). */
  setForbidden(name: string, isForbidden: boolean): void {
    if (isForbidden) this.#forbidding.add(name);
    else this.#forbidding.delete(name);
  }

  /** Moves the window in which a certificate ought to be renewed (RFC 9773 section 4.2). */
  setRenewalWindow(certID: string, window: RenewalWindow): void {
    this.#certificates.setWindow(certID, window);
  }

  /** Has every account agree to new terms before anything else (RFC 8555 section 7.3.3). */
  setTerms(url: string): void {
    this.#accounts.termsOfService = url;
  }

  /** What a person does on the page that the CA named with `userActionRequired`. */
  agree(accountUrl: string): void {
    this.#accounts.at(accountUrl).agreedTo = this.#accounts.termsOfService;
  }

  /** How many orders were refused because of a limit that ends by itself. */
  get refusedByLimits(): number {
    return this.#limits.refused;
  }

  /** Pauses a name of an account, as when its validation has failed for months. */
  pause(accountUrl: string, name: string): void {
    this.#limits.pause(this.#accounts.at(accountUrl), { type: 'dns', value: name });
  }

  /** What a person does on the page that the CA named with the pause of an account's names. */
  unpause(accountUrl: string): void {
    this.#limits.unpause(this.#accounts.at(accountUrl));
  }

  #directory(): Directory {
    const { externalAccounts, profiles, renewalInfo } = this.#options;
    const { termsOfService } = this.#accounts;
    return {
      externalAccountRequired: externalAccounts.required,
      renewalInfo,
      profiles: Object.fromEntries(Object.entries(profiles).map(([name, { description }]) => [name, description])),
      ...(termsOfService === undefined ? {} : { termsOfService }),
    };
  }
}
