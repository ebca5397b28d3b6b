import type { Identifier, Order, OrderStatus, Problem } from '../../../src/acme/index.ts';
import type { KeptAccount } from './accounts.ts';
import type { Authorizations, KeptAuthorization } from './authorizations.ts';
import type { KeptCertificate } from './certificates.ts';
import type { CaOptions, Profile } from './options.ts';
import { dateText } from './times.ts';

/** An order as the CA keeps it. */
export interface KeptOrder {
  readonly url: string;
  readonly account: KeptAccount;
  /** Normalized and sorted. */
  readonly identifiers: readonly Identifier[];
  /** As clients are shown them. */
  readonly shownIdentifiers: readonly Identifier[];
  readonly authorizations: readonly KeptAuthorization[];
  readonly profileName: string;
  readonly profile: Profile;
  /** The certID of its predecessor. */
  readonly replaces: string | undefined;
  /** It was placed within the window of the certificate that it replaces, and counts for no limit. */
  readonly isExempt: boolean;
  readonly expiresAt: number;
  /** Each state that it was seen in, and since when. */
  readonly history: { readonly status: OrderStatus; readonly at: Date }[];
  /** When finalize was accepted. */
  finalizedAt: Date | undefined;
  certificate: KeptCertificate | undefined;
  error: Problem | undefined;
}

/** What a new order is made of. */
export type Placing = Omit<KeptOrder, 'url' | 'history' | 'finalizedAt' | 'certificate' | 'error' | 'expiresAt'>;

/** The orders of a CA and their states (RFC 8555 section 7.1.6). */
export class Orders {
  /** All that were ever placed. */
  readonly placed: KeptOrder[] = [];
  readonly #options: CaOptions;
  readonly #authorizations: Authorizations;
  readonly #now: () => number;
  readonly #byUrl = new Map<string, KeptOrder>();

  constructor(options: CaOptions, authorizations: Authorizations, now: () => number) {
    this.#options = options;
    this.#authorizations = authorizations;
    this.#now = now;
  }

  add(placing: Placing): KeptOrder {
    const { authorizations, profile } = placing;
    const order: KeptOrder = {
      ...placing,
      url: `${this.#options.origin}/order/${this.placed.length + 1}`,
      expiresAt: this.#expiry(profile, authorizations),
      history: [],
      finalizedAt: undefined,
      certificate: undefined,
      error: undefined,
    };
    this.placed.push(order);
    this.#byUrl.set(order.url, order);
    const tell = (): void => this.#authorizationChanged(order, tell);
    for (const { changed } of authorizations) changed.add(tell);
    this.note(order);
    return order;
  }

  /** The order at a URL, for its account alone; `asked`: what for. */
  find(url: string, account: KeptAccount, asked: 'order' | 'finalize' = 'order'): KeptOrder {
    const { dialect } = this.#options;
    const found = this.#byUrl.get(url);
    if (found === undefined || (!dialect.showsExpired && this.#now() >= found.expiresAt)) throw dialect.unknown(asked);
    if (found.account !== account) throw dialect.foreignOrder(asked);
    return found;
  }

  /** The state at this moment. What has become of a valid or failed order stays, whatever its authorizations do. */
  statusOf(order: KeptOrder): OrderStatus {
    if (order.error !== undefined) return 'invalid';
    if (order.certificate !== undefined) return 'valid';
    if (order.finalizedAt !== undefined) return 'processing';
    const states = new Set(order.authorizations.map((one) => this.#authorizations.statusOf(one)));
    states.delete('valid');
    const mayBeReady = states.size === 0 || (states.size === 1 && states.has('pending'));
    if (!mayBeReady || this.#now() >= order.expiresAt) return 'invalid';
    return states.size === 0 ? 'ready' : 'pending';
  }

  /** The order as a client is shown it. */
  shown(order: KeptOrder): Order {
    const { url, shownIdentifiers: identifiers, authorizations, replaces, profileName, certificate, error } = order;
    const status = this.note(order);
    const { dialect, retryAfterMs } = this.#options;
    return {
      url,
      status,
      expires: dateText(order.expiresAt),
      identifiers,
      authorizations: authorizations.map((authorization) => authorization.url),
      finalize: finalizeUrl(order),
      profile: profileName,
      ...(replaces === undefined ? {} : { replaces }),
      ...(certificate === undefined ? {} : { certificate: certificate.url }),
      ...(error === undefined || (!dialect.ordersTell && order.finalizedAt === undefined) ? {} : { error }),
      ...(status !== 'processing' || retryAfterMs === undefined ? {} : { retryAfterMs }),
    };
  }

  /** Writes the state into the history, where it is a new one. */
  note(order: KeptOrder): OrderStatus {
    const status = this.statusOf(order);
    if (order.history.at(-1)?.status !== status) order.history.push({ status, at: new Date(this.#now()) });
    return status;
  }

  /** An authorization that failed takes its order with it, and says why. */
  #authorizationChanged(order: KeptOrder, tell: () => void): void {
    if (order.certificate === undefined && order.finalizedAt === undefined) {
      order.error ??= order.authorizations
        .flatMap(({ challenges }) => challenges.map(({ error }) => error))
        .find(isGiven);
    }
    if (isOpen(this.note(order))) return;
    for (const { changed } of order.authorizations) changed.delete(tell);
  }

  /** It ends no later than its authorizations do as they stand. */
  #expiry({ orderMs }: Profile, authorizations: readonly KeptAuthorization[]): number {
    const own = this.#now() + orderMs;
    return this.#options.dialect.showsExpired
      ? own
      : Math.min(own, ...authorizations.map(({ expiresAt }) => expiresAt));
  }
}

/** The URL that takes an order's CSR. */
export function finalizeUrl({ url }: { readonly url: string }): string {
  return `${url}/finalize`;
}

/** Whether what the order waits for may still come. */
export function isOpen(status: OrderStatus): boolean {
  return status === 'pending' || status === 'ready';
}

function isGiven(problem: Problem | undefined): problem is Problem {
  return problem !== undefined;
}
