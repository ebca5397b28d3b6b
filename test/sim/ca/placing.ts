import type { Identifier, OrderRequest } from '../../../src/acme/index.ts';
import { shuffled } from '../../kit/random.ts';
import type { Accounts, KeptAccount } from './accounts.ts';
import type { Authorizations } from './authorizations.ts';
import type { Certificates, KeptCertificate } from './certificates.ts';
import type { RateLimits } from './limits.ts';
import { checkWellFormed, identifierKey, normalized, setKey } from './names.ts';
import type { CaOptions, NamedProfile, Profile } from './options.ts';
import { isOpen, type KeptOrder, type Orders } from './orders.ts';
import { refusal } from './problems.ts';

interface Parts {
  readonly options: CaOptions;
  readonly random: () => number;
  readonly now: () => number;
  readonly accounts: Accounts;
  readonly authorizations: Authorizations;
  readonly certificates: Certificates;
  readonly limits: RateLimits;
  readonly orders: Orders;
}

/** Places orders (RFC 8555 section 7.4, RFC 9773 section 5), with the checks in the order in which Boulder makes them. */
export class Placing {
  readonly #parts: Parts;
  /** The youngest of each account, profile and set of names. */
  readonly #youngest = new Map<string, KeptOrder>();
  /** The orders that name a predecessor, by its certID. */
  readonly #successors = new Map<string, KeptOrder[]>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** A new order, or an open one for the same names where the CA reuses orders. */
  place(account: KeptAccount, request: OrderRequest): KeptOrder {
    const { accounts, limits, options, orders } = this.#parts;
    accounts.checkConsent(account);
    const identifiers = normalized(request.identifiers);
    checkWellFormed(identifiers);
    limits.checkPaused(account, identifiers);
    const replaces = options.renewalInfo ? request.replaces : undefined;
    const isExempt = replaces !== undefined && this.#checkReplaces(account, identifiers, replaces);
    const profileName = request.profile ?? Object.keys(options.profiles)[0] ?? '';
    const profile = this.#profile(profileName, identifiers);
    this.#checkAllowed(identifiers);
    limits.place(account, identifiers, isExempt);
    const key = `${account.url} ${profileName} ${setKey(identifiers)}`;
    const known = this.#youngest.get(key);
    if (options.reuse.orders && known !== undefined && isOpen(orders.statusOf(known))) return known;
    const order = orders.add({
      account,
      identifiers,
      shownIdentifiers: shuffled(this.#parts.random, identifiers),
      authorizations: this.#authorizationsFor(account, identifiers, [profileName, profile]),
      profileName,
      profile,
      replaces,
      isExempt,
    });
    this.#youngest.set(key, order);
    if (replaces !== undefined) this.#successors.set(replaces, [...(this.#successors.get(replaces) ?? []), order]);
    return order;
  }

  #profile(name: string, identifiers: readonly Identifier[]): Profile {
    const profile = this.#parts.options.profiles[name];
    if (profile === undefined) throw refusal('invalidProfile', 400, `profile name "${name}" not recognized`);
    if (identifiers.length > profile.mostNames) {
      throw refusal('malformed', 400, `Order cannot contain more than ${profile.mostNames} identifiers`);
    }
    const other = identifiers.find(({ type }) => !profile.identifierTypes.includes(type));
    if (other === undefined) return profile;
    throw refusal('rejectedIdentifier', 400, `Profile "${name}" does not permit ${other.type} type identifiers`);
  }

  #checkAllowed(identifiers: readonly Identifier[]): void {
    const { blocked, dialect } = this.#parts.options;
    const forbidden = identifiers.filter(({ value }) => blocked.includes(value));
    if (forbidden.length > 0) throw dialect.forbidden(forbidden);
  }

  #authorizationsFor(
    account: KeptAccount,
    identifiers: readonly Identifier[],
    profile: NamedProfile,
  ): KeptOrder['authorizations'] {
    const { authorizations, random } = this.#parts;
    return shuffled(
      random,
      identifiers.map((identifier) => authorizations.forOrder(account, identifier, profile)),
    );
  }

  /** Whether the order is exempt from limits: it is, where it comes within the window of what it replaces. */
  #checkReplaces(account: KeptAccount, identifiers: readonly Identifier[], certID: string): boolean {
    const { certificates, options, now } = this.#parts;
    const predecessor = certificates.named(certID);
    if (this.#isReplaced(certID))
      throw refusal('alreadyReplaced', 409, 'the certificate has a replacement order already');
    if (predecessor === undefined) throw options.dialect.unknownPredecessor();
    if (predecessor.account !== account) {
      const detail = 'requester account did not request the certificate being replaced by this order';
      throw refusal('unauthorized', 403, detail);
    }
    if (!sharesName(predecessor, identifiers)) throw options.dialect.otherNames();
    const { start, end } = certificates.windowOf(predecessor);
    return start.getTime() <= now() && now() < end.getTime();
  }

  /** An order that came to nothing replaces nothing. */
  #isReplaced(certID: string): boolean {
    const { options, orders } = this.#parts;
    return (this.#successors.get(certID) ?? []).some((order) =>
      options.dialect.replacedBy === 'order' ? orders.statusOf(order) !== 'invalid' : order.certificate !== undefined,
    );
  }
}

function sharesName({ identifiers: before }: KeptCertificate, identifiers: readonly Identifier[]): boolean {
  const known = new Set(before.map(identifierKey));
  return identifiers.some((identifier) => known.has(identifierKey(identifier)));
}
