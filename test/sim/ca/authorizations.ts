import type { Authorization, Challenge, Identifier, Problem } from '../../../src/acme/index.ts';
import { shuffled } from '../../kit/random.ts';
import type { KeptAccount } from './accounts.ts';
import { identifierKey } from './names.ts';
import type { CaOptions, NamedProfile, Profile } from './options.ts';
import { refusal } from './problems.ts';
import { randomToken } from './random.ts';
import { dateText } from './times.ts';

/** A challenge as the CA keeps it. */
export interface KeptChallenge {
  readonly type: string;
  readonly url: string;
  readonly token: string;
  readonly authorization: KeptAuthorization;
  status: Challenge['status'];
  error: Problem | undefined;
}

/** An authorization as the CA keeps it; what time does to it is not in its status. */
export interface KeptAuthorization {
  readonly url: string;
  readonly account: KeptAccount;
  readonly identifier: Identifier;
  readonly profile: Profile;
  readonly challenges: readonly KeptChallenge[];
  status: 'pending' | 'valid' | 'invalid' | 'deactivated' | 'revoked';
  expiresAt: number;
  /** Told when its status changed. */
  readonly changed: Set<() => void>;
}

/** The authorizations of a CA (RFC 8555 sections 7.1.4 and 7.5). */
export class Authorizations {
  readonly #options: CaOptions;
  readonly #random: () => number;
  readonly #now: () => number;
  readonly #byUrl = new Map<string, KeptAuthorization>();
  readonly #challenges = new Map<string, KeptChallenge>();
  /** The youngest of each account, profile and identifier. */
  readonly #youngest = new Map<string, KeptAuthorization>();

  constructor(options: CaOptions, random: () => number, now: () => number) {
    this.#options = options;
    this.#random = random;
    this.#now = now;
  }

  /** One for an identifier of an order of a profile: one that may be reused and lives long enough, or a new one. */
  forOrder(account: KeptAccount, identifier: Identifier, [profileName, profile]: NamedProfile): KeptAuthorization {
    const key = `${account.url} ${profileName} ${identifierKey(identifier)}`;
    const known = this.#youngest.get(key);
    if (known !== undefined && this.#isReusable(known)) return known;
    const made = this.#make(account, identifier, profile);
    this.#youngest.set(key, made);
    return made;
  }

  /** The authorization at a URL, for its account alone. */
  find(url: string, account: KeptAccount): KeptAuthorization {
    const found = this.#byUrl.get(url);
    if (found === undefined || this.#isGone(found)) throw this.#options.dialect.unknown('authorization');
    return owned(found, account);
  }

  /** The challenge at a URL, for its account alone. */
  challenge(url: string, account: KeptAccount): KeptChallenge {
    const found = this.#challenges.get(url);
    if (found === undefined || this.#isGone(found.authorization)) throw this.#options.dialect.unknown('challenge');
    owned(found.authorization, account);
    return found;
  }

  /** @throws Error for a URL without an authorization. */
  at(url: string): KeptAuthorization {
    const found = this.#byUrl.get(url);
    if (found === undefined) throw new Error(`there is no authorization ${url}`);
    return found;
  }

  /** RFC 8555 section 7.1.6; what was never answered in time is invalid. */
  statusOf(authorization: KeptAuthorization): Authorization['status'] {
    const { status } = authorization;
    if (!this.#isExpired(authorization)) return status;
    if (status === 'valid') return 'expired';
    return status === 'pending' ? 'invalid' : status;
  }

  /** Whether an account has a valid authorization for an identifier. */
  hasProven(account: KeptAccount, identifier: Identifier): boolean {
    const key = identifierKey(identifier);
    return [...this.#byUrl.values()].some(
      (one) => one.account === account && identifierKey(one.identifier) === key && this.statusOf(one) === 'valid',
    );
  }

  /** Section 7.5.2: what is decided otherwise stays. */
  deactivate(authorization: KeptAuthorization): void {
    const status = this.statusOf(authorization);
    if (status === 'pending' || status === 'valid') this.set(authorization, 'deactivated');
  }

  /** Gives an authorization its last word, or takes it back. */
  set(authorization: KeptAuthorization, status: KeptAuthorization['status']): void {
    authorization.status = status;
    if (status === 'valid') authorization.expiresAt = this.#now() + authorization.profile.authorizationMs;
    for (const tell of authorization.changed) tell();
  }

  /** The authorization as a client is shown it: once it is decided, only with the challenge that decided it. */
  shown(authorization: KeptAuthorization): Authorization {
    const { url, identifier, challenges, expiresAt } = authorization;
    const status = this.statusOf(authorization);
    const isDecided = status !== 'pending';
    const relevant = isDecided
      ? challenges.filter((one) => one.status === 'valid' || one.error !== undefined)
      : challenges;
    return {
      url,
      status,
      identifier: { ...identifier, value: identifier.value.replace(/^\*\./, '') },
      expires: dateText(expiresAt),
      challenges: relevant.map(shownChallenge),
    };
  }

  #make(account: KeptAccount, identifier: Identifier, profile: Profile): KeptAuthorization {
    const url = `${this.#options.origin}/authorization/${this.#byUrl.size + 1}`;
    const challenges: KeptChallenge[] = [];
    const made: KeptAuthorization = {
      url,
      account,
      identifier,
      profile,
      challenges,
      status: 'pending',
      expiresAt: this.#now() + profile.pendingMs,
      changed: new Set(),
    };
    for (const type of shuffled(this.#random, this.#typesFor(identifier))) {
      const token = type === 'dns-persist-01' ? '' : randomToken(this.#random);
      const challenge: KeptChallenge = {
        type,
        url: `${url}/${type}`,
        token,
        authorization: made,
        status: 'pending',
        error: undefined,
      };
      challenges.push(challenge);
      this.#challenges.set(challenge.url, challenge);
    }
    this.#byUrl.set(url, made);
    return made;
  }

  /** A wildcard is proven by DNS alone. */
  #typesFor({ type, value }: Identifier): readonly string[] {
    const types = this.#options.challengeTypes[type];
    return value.startsWith('*.') ? types.filter((one) => one.startsWith('dns-')) : types;
  }

  #isGone(authorization: KeptAuthorization): boolean {
    return !this.#options.dialect.showsExpired && this.#isExpired(authorization);
  }

  #isExpired({ expiresAt }: KeptAuthorization): boolean {
    return this.#now() >= expiresAt;
  }

  #isReusable({ status, expiresAt, profile }: KeptAuthorization): boolean {
    const { dialect, reuse } = this.#options;
    const mayBe =
      (status === 'valid' && reuse.validAuthorizations) || (status === 'pending' && reuse.pendingAuthorizations);
    return mayBe && expiresAt - this.#now() > dialect.leastLeftMs(profile.orderMs);
  }
}

function owned(authorization: KeptAuthorization, account: KeptAccount): KeptAuthorization {
  if (authorization.account === account) return authorization;
  throw refusal('unauthorized', 403, 'The account does not own the authorization');
}

function shownChallenge({ type, url, token, status, error }: KeptChallenge): Challenge {
  return { type, url, token, status, ...(error === undefined ? {} : { error }) };
}
